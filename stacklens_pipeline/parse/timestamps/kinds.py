"""The kinds of times that are known: one row each. A text is of one kind at most, so the order of the rows is only a
matter of which is the longest where several could begin at one place of a line.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import polars as pl

from stacklens_pipeline.parse.timestamps import patterns as p
from stacklens_pipeline.parse.timestamps.epochs import EPOCH, SHORT_EPOCH, TAI64N, epoch, tai64n
from stacklens_pipeline.parse.timestamps.layouts import Layout
from stacklens_pipeline.parse.timestamps.reading import Reader, dated, day_first, month_first
from stacklens_pipeline.parse.timestamps.zones import SHORT_ZONE, Zone

_GAP = r"(?:[Tt_]|,? {1,2})"
"""Between a date and a time of day."""
_SPOKEN_GAP = "(?:[Tt]| *,(?: *[Aa][Tt])? *| +(?:[Aa][Tt] +)?)"
"""The same where the month has a name."""
_AFTER_MONTH = r"(?:\.? +|-)"
_END = r"[ :]*"
"""What may be left of a line's separator."""
_BEGIN = r" *[*.]?"
"""Before a date of Cisco's: its clock is not set, or not in step."""
_WEEKDAYS = p.any_case("mon|tue|wed|thu|fri|sat|sun")


class Found(Enum):
    """Where in a line a kind is looked for."""

    ANYWHERE = "anywhere"
    """It is so much of a time that it is one wherever it stands."""
    ALONE = "alone"
    """At the beginning of a line, or between blanks and brackets where nothing better is found."""
    LETTERED = "lettered"
    """Behind the letter of a level with which a line begins: `I0102 15:04:05.678901`."""
    NOWHERE = "nowhere"
    """Too short, or too strange, to be taken for a time among other words."""


@dataclass(frozen=True)
class Kind:
    """A way to write times.

    `name` is the source of what is read so. A text is a `date`, a `gap`, a `clock` (time of day) and a `tail`, which
    may say the zone; `is_date_enough` where the date may stand alone. `layouts` are the usual forms of it, which are
    read much quicker than by the pattern, with the same result. `short` is what it looks like in a line where that is
    something else.
    """

    name: str
    date: str = ""
    gap: str = ""
    clock: str = p.CLOCK
    tail: str = p.TAIL
    is_date_enough: bool = False
    found: Found = Found.ANYWHERE
    read: Reader = dated
    layouts: tuple[Layout, ...] = ()
    short: str = ""

    @cached_property
    def pattern(self) -> str:
        """What a whole text of this kind matches, without anchors."""
        time = f"{self.gap}{self.clock}"
        return f"{self.date}(?:{time})?{self.tail}" if self.is_date_enough else f"{self.date}{time}{self.tail}"

    @property
    def anchored(self) -> str:
        """The pattern for Rust."""
        return f"^(?:{self.pattern})$"

    @cached_property
    def in_line(self) -> str:
        """What it matches within a line, where a date alone is no time; without groups."""
        tail = self.tail.replace(p.TAIL, p.SHORT_TAIL).removesuffix(_END)
        date = self.date.removeprefix(_BEGIN)
        return self.short or p.unnamed(f"{date}{self.gap}{self.clock}{tail}".replace(p.YEAR, p.LIKELY_YEAR))

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern for Python, with any zone and any word for a month; else it would take half a second."""
        return re.compile(p.rough(self.pattern))

    def instants(self, texts: pl.Series, observed: pl.Series, default: Zone) -> pl.Series:
        """UTC microseconds of texts that match the pattern; null where there is no such date or time of day.

        `observed` are UTC microseconds; `default` is the zone of texts without one.
        """
        return self.read(texts.str.extract_groups(self.anchored).struct.unnest(), observed, default)


def _year_first(name: str, between: str, *layouts: Layout) -> Kind:
    """Year, month and day as numbers, with the same sign between them."""
    date = rf"{p.YEAR}{between}{p.MONTH}{between}{p.DAY}"
    return Kind(name, date, _GAP, is_date_enough=True, layouts=layouts)


def _year_last(name: str, between: str, year: str, read: Reader, *layouts: Layout) -> Kind:
    """Numbers of which the first is the month or the day, and the last, as a rule, the year."""
    date = rf"(?P<first>[0-9]{{1,2}}){between}(?P<other>[0-9]{{1,2}}){between}(?P<last>{year})"
    return Kind(name, date, r"(?:[Tt_-]|, ?| {1,2})", is_date_enough=True, read=read, layouts=layouts)


def _no_year(name: str, between: str) -> Kind:
    """Month and day as numbers."""
    return Kind(name, rf"{p.MONTH_2}{between}{p.DAY_2}", "(?:T| {1,2})", p.SECONDS, found=Found.ALONE)


_FOUR, _FOUR_OR_TWO = "[0-9]{4}", "[0-9]{4}|[0-9]{2}"

KINDS: tuple[Kind, ...] = (
    _year_first("iso", "-", Layout(19, "%Y-%m-%dT%H:%M:%S"), Layout(19, "%Y-%m-%d %H:%M:%S")),
    Kind("iso", rf"{p.YEAR}-{p.MONTH_2}-{p.DAY_2}", "[Tt]", p.HOUR_2, found=Found.NOWHERE),
    Kind("iso", rf"{p.YEAR}-{p.MONTH_2}", clock="", tail="", found=Found.NOWHERE),
    Kind("iso_week", p.WEEK, "[Tt]", is_date_enough=True, found=Found.NOWHERE),
    Kind("iso_ordinal", rf"{p.YEAR}-(?P<ordinal>[0-9]{{3}})", "[Tt]", is_date_enough=True, found=Found.NOWHERE),
    Kind("iso_basic", rf"{p.YEAR}{p.MONTH_2}{p.DAY_2}", "[Tt]", p.DIGITS, is_date_enough=True),
    Kind("iso_basic", rf"{p.YEAR}{p.MONTH_2}{p.DAY_2}", "[Tt]", p.HOUR_2, found=Found.NOWHERE),
    Kind("iso_dots", rf"{p.YEAR}-{p.MONTH_2}-{p.DAY_2}", "[ -]", p.DOTS),
    Kind("compact", rf"{p.YEAR}{p.MONTH_2}{p.DAY_2}", "[T _-]", p.LOOSE_SECONDS),
    Kind("compact", rf"{p.YEAR}{p.MONTH_2}{p.DAY_2}", "[ _-]?", p.DIGITS, found=Found.ALONE),
    _year_first("ymd_slashes", "/", Layout(19, "%Y/%m/%d %H:%M:%S")),
    _year_first("ymd_dots", r"\.", Layout(19, "%Y.%m.%d %H:%M:%S")),
    _year_first("ymd_colons", ":", Layout(19, "%Y:%m:%d %H:%M:%S")),
    replace(_year_first("ymd_blanks", " "), found=Found.NOWHERE),
    Kind("ymd_named", rf"{p.YEAR}[ ./-]{p.NAMED}[ ./-]+{p.DAY}(?: AD)?", _SPOKEN_GAP, is_date_enough=True),
    Kind("ymd_chinese", rf"{p.YEAR}年{p.MONTH}月{p.DAY}日", " ?", p.CHINESE, is_date_enough=True),
    Kind(
        "clf",
        rf"{p.DAY}/{p.NAMED}/{p.YEAR}",
        "[: ]",
        is_date_enough=True,
        layouts=(Layout(20, "%d/%b/%Y:%H:%M:%S"),),
    ),
    Kind(
        "ctime",
        rf"{_BEGIN}{p.WEEKDAY}{p.NAMED}{_AFTER_MONTH}{p.DAY}",
        ",? +",
        tail=rf"(?: +(?P<zone>{SHORT_ZONE}))? +{p.YEAR}(?: (?P<zone_behind>{SHORT_ZONE}))?{_END}",
        layouts=(Layout(15, "%b %d %H:%M:%S", lead=f"{_WEEKDAYS} ", skipped=4, is_padded=True, has_year_behind=True),),
    ),
    Kind(
        "mdy_named",
        rf"{_BEGIN}{p.WEEKDAY}{p.NAMED}{_AFTER_MONTH}{p.NTH}(?: *, *| +|-){p.YEAR_OR_APOSTROPHE}",
        _SPOKEN_GAP,
        tail=f"{p.TAIL}{_END}",
        is_date_enough=True,
    ),
    Kind(
        "syslog",
        rf"{_BEGIN}{p.WEEKDAY}{p.NAMED}{_AFTER_MONTH}{p.DAY}",
        ",? +",
        p.SECONDS,
        tail=f"{p.TAIL}{_END}",
        layouts=(Layout(15, "%b %d %H:%M:%S", is_padded=True),),
    ),
    Kind(
        "dmy_named",
        rf"{p.WEEKDAY}{p.NTH}(?: of)?[ .-]*{p.NAMED}[ ,.-]*{p.YEAR_OR_SHORT}",
        _SPOKEN_GAP,
        is_date_enough=True,
        layouts=(
            Layout(20, "%d %b %Y %H:%M:%S", lead=f"{_WEEKDAYS}, ", skipped=5),
            Layout(20, "%d %b %Y %H:%M:%S"),
        ),
    ),
    Kind("dm_named", rf"{p.WEEKDAY}{p.DAY}[ -]{p.NAMED}", "[, ] *", p.SECONDS),
    _year_last("mdy_slashes", "/", _FOUR_OR_TWO, month_first, Layout(19, "%m/%d/%Y %H:%M:%S")),
    _year_last("mdy_dashes", "-", _FOUR_OR_TWO, month_first),
    _year_last("mdy_colons", ":", _FOUR, month_first),
    replace(_year_last("mdy_blanks", " ", _FOUR_OR_TWO, month_first), found=Found.NOWHERE),
    _year_last("dmy_dots", r"\.", _FOUR_OR_TWO, day_first),
    Kind("yymmdd", rf"{p.SHORT_YEAR}{p.MONTH_2}{p.DAY_2}", "(?:T| {1,2})", p.SECONDS, found=Found.ALONE),
    Kind("yymmdd", rf"{p.SHORT_YEAR}{p.MONTH_2}{p.DAY_2}", "[ T]", p.SIX_DIGITS, tail="", found=Found.ALONE),
    _no_year("md_dashes", "-"),
    _no_year("md_dots", r"\."),
    _no_year("md_slashes", "/"),
    Kind("klog", rf"{p.MONTH_2}{p.DAY_2}", " {1,2}", p.SECONDS, tail="", found=Found.LETTERED),
    Kind(
        "named_last",
        p.CLOCK,
        r",? +(?:on +)?",
        rf"{p.WEEKDAY}{p.NAMED}{_AFTER_MONTH}{p.NTH},? +{p.YEAR}",
        found=Found.NOWHERE,
    ),
    Kind("tai64n", clock=TAI64N, tail="", read=tai64n),
    Kind("epoch", clock=r"(?P<seconds>1[0-9]{9}) [0-9]{4}\.[0-9]{2}\.[0-9]{2}", tail="", read=epoch),
    Kind("epoch", clock=EPOCH, tail="", read=epoch, short=SHORT_EPOCH, found=Found.ALONE),
    Kind("time", found=Found.ALONE, short=p.unnamed(p.SECONDS)),
)
"""All kinds. Of those that may begin at one place of a line, the one that says more stands first."""
