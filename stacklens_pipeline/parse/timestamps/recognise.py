"""Texts that are times as a whole, such as a field of a JSON object: to instants, and what they were recognised as."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import polars as pl

from stacklens_pipeline.parse.timestamps.formats import kinds_of_format
from stacklens_pipeline.parse.timestamps.kinds import KINDS, Kind
from stacklens_pipeline.parse.timestamps.layouts import Layout
from stacklens_pipeline.parse.timestamps.zones import Zone, zone_named
from stacklens_pipeline.tables import UTC_TIME

LONGEST = 128
"""A text of more bytes is no time."""

SAMPLE = 64
"""So many texts show in which order it is best to try: a matter of time alone, since each is of one kind at most."""

_EPOCH = datetime(1970, 1, 1)
_FIRST, _LAST = ((at - _EPOCH) // timedelta(microseconds=1) for at in (datetime.min, datetime.max))
"""Times beyond have no date in Python: they are none here."""

Trial: TypeAlias = tuple[Kind, Kind | Layout]
"""A kind, and the way to read texts of it: by itself, that is by its pattern, or by a layout of it."""


def recognise(
    texts: pl.Series, observed: pl.Series, timezone: str = "UTC", formats: Sequence[str] = ()
) -> pl.DataFrame:
    """`timestamp` (UTC) and `source` (the kind, or the format) of each text, in order; null where it is no time.

    `observed` are the times of receipt (UTC), which give a year, or a date, that a text does not say. `timezone` (an
    IANA name or an offset) is that of texts without one. With `formats` (of strptime or Joda, or one of Logstash's
    names) only these are tried, in their order. Raises ConfigurationError for a zone or format that is none.
    """
    zone = zone_named(timezone)
    given = [kind for format in formats for kind in kinds_of_format(format)]
    every = pl.DataFrame({"text": texts, "observed": observed.cast(UTC_TIME).to_physical()}).with_row_index("row")
    is_short = texts.str.len_bytes().is_between(1, LONGEST).fill_null(False)
    left = every if is_short.all() else every.filter(is_short)
    trials = [(kind, kind) for kind in given] if formats else _trials(left["text"])
    return _in_order(list(_tried(left, trials, zone)), len(texts))


def _tried(left: pl.DataFrame, trials: Iterable[Trial], zone: Zone) -> Iterator[pl.DataFrame]:
    """What each trial finds among the texts that none before it took: `row`, `timestamp` and `source`."""
    for kind, way in trials:
        if not left.height:
            return
        like, left = _parted(left, left["text"].str.contains(way.anchored))
        if not like.height:
            continue
        micros = way.instants(like["text"], like["observed"], zone)
        is_time = micros.is_between(_FIRST, _LAST).fill_null(False)
        times = pl.DataFrame([like["row"], micros.cast(UTC_TIME).alias("timestamp")])
        found, _ = _parted(times.with_columns(pl.lit(kind.name).alias("source")), is_time)
        yield found
        left = pl.concat([left, _parted(like, ~is_time)[0]])


def _parted(frame: pl.DataFrame, is_first: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of which it is so, and the others; quick where all are the same."""
    if is_first.all():
        return frame, frame.clear()
    return (frame.filter(is_first), frame.filter(~is_first)) if is_first.any() else (frame.clear(), frame)


def _in_order(found: list[pl.DataFrame], height: int) -> pl.DataFrame:
    """The rows in order, with those that nothing was found for."""
    nothing = pl.DataFrame(schema={"row": pl.UInt32, "timestamp": UTC_TIME, "source": pl.String})
    together = pl.concat([nothing, *found])
    if together.height == height:
        return (together if len(found) <= 1 else together.sort("row")).drop("row")
    rows = pl.DataFrame({"row": pl.int_range(height, dtype=pl.UInt32, eager=True)})
    return rows.join(together, on="row", how="left", maintain_order="left").drop("row")


def _trials(texts: pl.Series) -> Iterator[Trial]:
    """Every way to read that may take some of the texts, those that take many of them first."""
    sample = texts.gather_every(max(1, len(texts) // SAMPLE))
    counted = Counter(trial for text in sample for trial in _ways(text))
    often = sorted(counted, key=lambda trial: -counted[trial])
    yield from often
    kinds = dict.fromkeys(kind for kind, _ in often) if len(sample) == len(texts) else dict.fromkeys(KINDS)
    yield from ((kind, kind) for kind in kinds if (kind, kind) not in counted)


def _ways(text: str) -> Iterator[Trial]:
    """How a text may be read, as far as its form shows."""
    for kind in KINDS:
        if kind.compiled.fullmatch(text):
            yield kind, next((layout for layout in kind.layouts if layout.compiled.match(text)), kind)
