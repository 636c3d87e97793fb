"""Formats that a person writes for times, of strptime or Joda, and the names that Logstash has for some: as kinds."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.timestamps import joda, strptime
from stacklens_pipeline.parse.timestamps.epochs import TAI64N, epoch, tai64n
from stacklens_pipeline.parse.timestamps.kinds import KINDS, Kind
from stacklens_pipeline.parse.timestamps.pieces import joined
from stacklens_pipeline.parse.timestamps.reading import dated

_NAMES: Mapping[str, Sequence[Kind]] = {
    "ISO8601": [kind for kind in KINDS if kind.name in ("iso", "iso_week", "iso_ordinal", "iso_basic")],
    "UNIX": [Kind("UNIX", clock=r"(?P<seconds>-?[0-9]{1,11})(?:\.(?P<part>[0-9]{1,12}))?", tail="", read=epoch)],
    "UNIX_MS": [Kind("UNIX_MS", clock=r"(?P<millis>-?[0-9]{1,14})(?:\.(?P<rest>[0-9]{1,12}))?", tail="", read=epoch)],
    "TAI64N": [Kind("TAI64N", clock=TAI64N, tail="", read=tai64n)],
}


@lru_cache
def kinds_of_format(format: str) -> Sequence[Kind]:
    """The kinds that a format stands for, named after it; raises ConfigurationError for what is none.

    One with a `%` is of strptime, and any other of Joda.
    """
    if format in _NAMES:
        return [replace(kind, name=format) for kind in _NAMES[format]]
    pieces = [*(strptime if "%" in format else joda).pieces(format)]
    fields = {piece.field for piece in pieces}
    if problem := _problem(fields):
        raise ConfigurationError(f"a time format says {problem}: `{format}`")
    if "seconds" in fields:
        pieces = [replace(piece, field="part") if piece.field == "decimals" else piece for piece in pieces]
    read = epoch if "seconds" in fields else dated
    return [Kind(format, clock=joined(pieces), tail="", read=read)]


def _problem(fields: Set[str]) -> str:
    """What a format lacks that nothing else says; empty when it lacks nothing."""
    if fields & {"ordinal", "week"} and "year" not in fields:
        return "a day or week of no year"
    if "day" in fields and not fields & {"month", "word"}:
        return "a day of no month"
    return "" if fields & {"year", "month", "word", "hour", "seconds"} else "neither date nor time"
