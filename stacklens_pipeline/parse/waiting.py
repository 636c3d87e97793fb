"""Which lines have to wait for the next batch, since their record may still grow.

Only the last record of a stream can, so only the ends of streams are looked at: a batch is cut before it is parsed, and
the lines of the next one can be put together while this one is still being worked on. That takes a fifth of the time of
parsing or less where lines of a stream stand together, and as long as parsing where each stands alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from stacklens_pipeline.parse.multiline import GAP, NOWHERE, RECORD, STREAM, Resumed, assign, with_joined
from stacklens_pipeline.parse.reading import read_all
from stacklens_pipeline.parse.rules import UNCONFIGURED, Parsers

MARGIN = timedelta(seconds=3)
"""How long after the gap the clock may close a record: appends take time to become visible to readers."""

FEW_LINES = 16
"""So many lines of a stream are looked at first; more only when none of them surely starts a record."""


@dataclass(frozen=True)
class Cut:
    """A batch of raw lines: those of whole records, in order, and those that wait.

    `open` are the first offsets of the records that wait, by topic and partition.
    """

    whole: pl.DataFrame
    waiting: pl.DataFrame
    open: Mapping[tuple[str, int], frozenset[int]]


def cut(
    lines: pl.DataFrame,
    closed_at: datetime | None,
    parsers: Parsers = UNCONFIGURED,
    resumed: Resumed = NOWHERE,
) -> Cut:
    """Set the lines apart whose records may still grow; `lines` are raw rows in the order of offsets in a partition.

    A record that can go on is open at the end of its stream, until a later message of its partition was appended `GAP`
    after its last line, or the clock says that none can be any more: by `closed_at` (UTC), at which time the event log
    held no line past these. None closes all. Lines before `resumed` are those of records that were open.
    """
    if closed_at is None or not lines.height:
        return Cut(lines, lines.clear(), {})
    waiting = _waiting(with_joined(lines, resumed).with_row_index("row"), closed_at, parsers)
    if waiting is None or not waiting.height:
        return Cut(lines, lines.clear(), {})
    waits = pl.repeat(False, lines.height, dtype=pl.Boolean, eager=True).scatter(waiting["row"], True)
    starts = waiting.group_by("topic", "partition").agg("record_offset").rows()
    first_offsets = {(topic, partition): frozenset(offsets) for topic, partition, offsets in starts}
    return Cut(lines.filter(~waits), lines.filter(waits), first_offsets)


def _waiting(lines: pl.DataFrame, closed_at: datetime, parsers: Parsers) -> pl.DataFrame | None:
    """`row` and `RECORD` of the lines that wait; None when no stream ends in a way that lets it go on."""
    newest = lines.group_by("topic", "partition").agg(pl.col("appended_at").max().alias("newest"))
    waits = (pl.col("newest") < pl.col("appended_at") + GAP) & (pl.col("appended_at") + GAP + MARGIN > closed_at)
    last = read_all(_last_of_streams(lines).join(newest, on=["topic", "partition"]), parsers)
    # what cannot be read is no line of a record: the one before it may be open, whatever their times
    may_wait = pl.col("reason").is_not_null() | (pl.col("can_grow") & waits)
    streams = last.filter(may_wait).select(STREAM)
    if not streams.height:
        return None
    near = lines.join(streams, on=STREAM, how="semi", nulls_equal=True, maintain_order="left")
    assigned, _ = assign(_tails(near, parsers))
    ends = assigned.group_by(STREAM).last().join(newest, on=["topic", "partition"])
    records = ends.filter(pl.col("can_grow") & waits).select(RECORD)
    return assigned.join(records, on=RECORD, how="semi").select("row", *RECORD)


def _last_of_streams(lines: pl.DataFrame) -> pl.DataFrame:
    """The last line of each stream; most lines are followed by one of the same, which is seen without any hashing."""
    is_end = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in STREAM)
    return lines.filter(is_end).unique(STREAM, keep="last", maintain_order=True)


def _tails(lines: pl.DataFrame, parsers: Parsers) -> pl.DataFrame:
    """The last readable lines of each stream, and before them one that surely starts a record if there is any."""
    found, count = [], FEW_LINES
    while lines.height:
        tails = lines.group_by(STREAM, maintain_order=True).tail(count)
        readable = read_all(tails, parsers).filter(pl.col("reason").is_null())
        sure = readable.filter(~_may_go_on(pl.col("is_cut").shift().over(STREAM))).select(STREAM).unique()
        cut_off = tails.group_by(STREAM).len().filter(pl.col("len") == count)
        unsure = cut_off.join(sure, on=STREAM, how="anti", nulls_equal=True)
        found.append(readable.join(unsure, on=STREAM, how="anti", nulls_equal=True, maintain_order="left"))
        lines = lines.join(unsure, on=STREAM, how="semi", nulls_equal=True, maintain_order="left")
        count *= 16
    return pl.concat(found)


def may_go_on(raw: pl.DataFrame, parsers: Parsers = UNCONFIGURED) -> bool:
    """Whether any of the messages, of which those before are not known, may be a later line of a record."""
    after_cut = pl.col("wrapped_at").is_not_null()  # as what a container writes may be
    return bool(read_all(raw, parsers).select(_may_go_on(after_cut).any()).item())


def _may_go_on(after_cut: pl.Expr) -> pl.Expr:
    return (pl.col("goes_on") | pl.col("is_joined")).fill_null(False) | after_cut.fill_null(True)
