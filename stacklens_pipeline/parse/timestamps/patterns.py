"""The parts that times are written with, as patterns of Rust's regex that Python reads alike; a group is a field."""

import re
from collections.abc import Mapping

from stacklens_pipeline.parse.timestamps.zones import SHORT_ZONE, ZONE

_LONG = "january february march april may june july august september october november december"
MONTHS: Mapping[str, int] = {name[:3]: number for number, name in enumerate(_LONG.split(), 1)}
"""English months by their first three letters."""


def any_case(words: str) -> str:
    """A pattern for words in large or small letters, ASCII ones alone.

    >>> any_case("am|pm")
    '(?:[Aa][Mm]|[Pp][Mm])'
    """
    return f"(?:{re.sub('[a-z]', lambda letter: f'[{letter[0].upper()}{letter[0]}]', words)})"


YEAR = r"(?P<year>[0-9]{4})"
LIKELY_YEAR = r"(?:(?:19|20)[0-9]{2})"
"""A year in the midst of a line."""
YEAR_OR_SHORT = r"(?P<year>[0-9]{4}|[0-9]{2}|'[0-9]{2})"
YEAR_OR_APOSTROPHE = r"(?P<year>[0-9]{4}|'[0-9]{2})"
SHORT_YEAR = r"(?P<year>[0-9]{2})"
MONTH = r"(?P<month>[0-9]{1,2})"
MONTH_2 = r"(?P<month>[0-9]{2})"
NAMED = f"(?P<name>{any_case(_LONG.replace(' ', '|') + '|sept|' + '|'.join(MONTHS))})"
DAY = r"(?P<day>[0-9]{1,2})"
DAY_2 = r"(?P<day>[0-9]{2})"
NTH = rf"{DAY}{any_case('st|nd|rd|th')}?"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
WEEKDAY = f"(?:{any_case(f'{_DAYS}|thurs|tues|wed|thu|fri|sat|sun|mon|tue')}[.,]? +)?"
WEEK = r"(?P<year>[0-9]{4})-?W(?P<week>[0-9]{2})(?:-?(?P<weekday>[1-7]))?"

HOUR = r"(?P<hour>[0-9]{1,2})"
HOUR_2 = r"(?P<hour>[0-9]{2})"
MINUTE = r"(?P<minute>[0-9]{1,2})"
MINUTE_2 = r"(?P<minute>[0-9]{2})"
SECOND = r"(?P<second>[0-9]{1,2})"
SECOND_2 = r"(?P<second>[0-9]{2})"
FRACTION = r"(?P<fraction>[.,][0-9]{1,12}|:[0-9]{6}|:[0-9]{1,3})"
"""Decimals; behind a colon they are a number of milliseconds, or six digits of microseconds."""
HALF = r"(?: {0,3}(?P<half>[AaPp]\.?[Mm]\.?))"

CLOCK = rf"{HOUR}:{MINUTE}(?::{SECOND}{FRACTION}?)?{HALF}?"
DIGITS = rf"{HOUR_2}{MINUTE_2}(?:{SECOND_2}{FRACTION}?)?"
SIX_DIGITS = rf"{HOUR_2}{MINUTE_2}{SECOND_2}(?P<fraction>[.,][0-9]{{1,9}})?"
DOTS = rf"{HOUR_2}\.{MINUTE_2}\.{SECOND_2}(?P<fraction>\.[0-9]{{1,9}})?"
CHINESE = rf"{HOUR}[:时點点]{MINUTE}(?:[:分]{SECOND}{FRACTION}?秒?|分)?{HALF}?"
LOOSE_SECONDS = rf"{HOUR}:{MINUTE}:{SECOND}{FRACTION}?"
SECONDS = rf"{HOUR}:{MINUTE_2}:{SECOND_2}{FRACTION}?{HALF}?"
"""A time of day that has seconds: what has none is too short to stand for a time by itself."""

TAIL = rf"(?: {{0,2}}(?P<zone>{ZONE}))?"
SHORT_TAIL = rf"(?: {{0,2}}(?P<zone>{SHORT_ZONE}))?"


def unnamed(pattern: str) -> str:
    """The pattern without fields, for use within others.

    >>> unnamed("(?P<year>[0-9]{4})-(?P<month>[0-9]{2})")
    '(?:[0-9]{4})-(?:[0-9]{2})'
    """
    return re.sub(r"\(\?P<[a-z_]+>", "(?:", pattern)


def rough(pattern: str) -> str:
    """The pattern with any word for a zone, month or weekday: what the pattern matches, it does too."""
    pattern = pattern.replace(ZONE, ".+").replace(SHORT_ZONE, ".+")
    return pattern.replace(NAMED, "[A-Za-z]+").replace(WEEKDAY, "(?:[A-Za-z]+[.,]? +)?")
