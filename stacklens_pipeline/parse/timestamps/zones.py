"""Zones: what texts call them, and what a name means.

A name that means one offset is read as it, whatever the season: `PST` is -08:00 in July too. One that countries share
means what `timezone` calls so; where that does not, it says nothing, and the text counts as one without a zone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
from polars.exceptions import ComputeError

from stacklens_pipeline.errors import ConfigurationError

_AMERICA = {-8: "PST", -7: "PDT MST", -6: "MDT CST", -5: "CDT EST", -4: "EDT"}
"""Of RFC 822; the `date` command prints them too."""
_OTHERS = {
    -10: "HST",
    -9: "AKST HDT",
    -8: "AKDT",
    -5: "PET COT",
    -4: "CLT",
    -3.5: "NST",
    -3: "ADT BRT ART UYT CLST",
    -2.5: "NDT",
    -2: "BRST",
    0: "UTC GMT UCT WET",
    1: "CET MET WEST WAT",
    2: "CEST MEST EET CAT SAST",
    3: "EEST MSK TRT EAT IDT",
    3.5: "IRST",
    4: "MSD",
    4.5: "IRDT",
    5: "YEKT PKT UZT",
    5.75: "NPT",
    6: "OMST",
    7: "NOVT KRAT ICT WIB",
    8: "IRKT WITA HKT SGT PHT AWST",
    9: "YAKT JST KST WIT",
    9.5: "ACST",
    10: "VLAT AEST",
    10.5: "ACDT",
    11: "MAGT AEDT",
    12: "PETT NZST",
    13: "NZDT",
}
SECONDS_EAST: Mapping[str, int] = {
    name: round(hours * 3600)
    for table in (_AMERICA, _OTHERS)
    for hours, names in table.items()
    for name in names.split()
}
"""Names of one meaning, and how far east of UTC they are."""

_SHARED = ("IST", "BST", "AST", "GST", "SST", "AMT", "ECT")
"""Names of several, such as India's, Israel's and Ireland's."""

_AREAS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific"
_NAME = "|".join(sorted({*SECONDS_EAST, *_SHARED}, key=len, reverse=True))
_OFFSET = "[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?"
_AREA = f"(?:{_AREAS}|US)/[A-Za-z_]+(?:[/+-][A-Za-z0-9_]+)*"
_COMMENT = r" \([A-Za-z][A-Za-z0-9 :+-]*\)"
_MONOTONIC = r" m=[+-][0-9]+\.[0-9]+"

SHORT_ZONE = (
    rf"(?:[Zz]|{_OFFSET}(?:\[{_AREA}\]| (?:{_NAME}|{_OFFSET}))?|{_AREA}"
    f"|(?:{_NAME})(?:[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?)?)"
)
"""A zone amid a text: `Z`, `+01:00`, `CEST`, `UTC+0200`, `-0600 MST`, `Europe/Berlin`, `+01:00[Europe/Paris]`."""
ZONE = rf"(?:{SHORT_ZONE}(?:{_COMMENT})?(?:{_MONOTONIC})?|\((?:{_NAME})\)|\[(?:{_NAME}|{_AREA})\])"
"""A zone at the end of a text, maybe with a comment, as in `GMT+0100 (British Summer Time)`, or Go's other clock."""

_WHOLE = re.compile(ZONE)
_PARTS = re.compile(rf"[\[(]?(?:(?P<area>{_AREA})|(?P<name>{_NAME})?(?P<offset>[+-][0-9:]+)?)[Zz]?[\])]?(?:[ \[].*)?")
_SIGNED = re.compile("([+-])([0-9]{1,2})(?::?([0-9]{2}))?(?::?([0-9]{2}))?")


@dataclass(frozen=True)
class Zone:
    """A zone: seconds east of UTC, or the IANA name of one whose offset changes."""

    seconds: int = 0
    name: str | None = None


UTC = Zone()


@lru_cache
def zone_named(text: str) -> Zone:
    """A zone as a person sets it, an IANA name or an offset (`+02:00`, `UTC-3`); raises ConfigurationError."""
    zone = _offset(text.removeprefix("UTC")) or _area(text)
    if zone is None:
        raise ConfigurationError(f"unknown time zone: `{text}`")
    return zone


@lru_cache(maxsize=4096)
def zone_of(text: str, default: Zone) -> Zone | None:
    """The zone that a text ends with; `default` when it is empty or says nothing, None when it is no zone.

    An offset counts more than the name beside it.
    """
    text = text.removeprefix(" ").removeprefix(" ")
    parts = _PARTS.fullmatch(text) if _WHOLE.fullmatch(text) else None
    if parts is None:
        return None
    if parts["area"]:
        return _area(parts["area"])
    if parts["offset"]:
        return _offset(parts["offset"])
    return _abbreviated(parts["name"], default) if parts["name"] else UTC


def _abbreviated(name: str, default: Zone) -> Zone:
    used = _names(default.name) if default.name else {}
    seconds = used.get(name, SECONDS_EAST.get(name))
    return default if seconds is None else Zone(seconds)


@lru_cache
def _names(area: str) -> Mapping[str, int]:
    """What a zone calls itself in winter and in summer, and how far east of UTC it is then."""
    found = (datetime(2020, month, 1, 12, tzinfo=ZoneInfo(area)) for month in (1, 7))
    return {str(at.tzname()): round((at.utcoffset() or timedelta()).total_seconds()) for at in found}


@lru_cache
def _area(name: str) -> Zone | None:
    """The zone of an IANA name, where both Python and Polars have it."""
    try:
        ZoneInfo(name)
        pl.Series([0], dtype=pl.Datetime("us")).dt.replace_time_zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, ComputeError):
        return None
    return UTC if name == "UTC" else Zone(name=name)


def _offset(text: str) -> Zone | None:
    signed = _SIGNED.fullmatch(text)
    if signed is None:
        return None
    sign, *numbers = signed.groups()
    hours, minutes, seconds = (int(number or 0) for number in numbers)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    east = hours * 3600 + minutes * 60 + seconds
    return Zone(-east if sign == "-" else east)
