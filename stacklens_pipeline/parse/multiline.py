"""Multi-line records: which lines belong together, by stored content and stored times only.

A line of text goes on with the record before it in its stream when it looks like the later line of a trace or message,
by itself or beside the line before (`continuing`). Only records of text, and of formats that say so, can go on; JSON,
syslog, access and logfmt lines are complete. A gap between append times, or a cap of lines or bytes, ends a record. So
any split of the same messages into batches gives the same records, as long as the lines of open records are given
again.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import polars as pl

from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.parse import continuing

Resumed = Mapping[TopicPartition, int]
"""Where reading was resumed."""
NOWHERE: Resumed = {}

STREAM = ["topic", "partition", "source", "peer", "key"]
RECORD = ["topic", "partition", "record_offset"]
GAP = timedelta(seconds=2)
"""Lines of one stream further apart than this are not one record."""
MAX_LINES = 500
MAX_BYTES = 256 * 1024
LONGEST_RECORD = GAP * MAX_LINES
"""No record spans more time than this between its first and its last line."""


def assign(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines with `record_offset`, and apart from them the empty lines that have no record before them.

    `record_offset` is the offset of the first line of the record that a line belongs to. `lines` are in the order of
    offsets within a partition, as `reading.read_messages` gives them.
    """
    record_offset = lines["offset"].alias("record_offset")
    touched = _touched(lines)
    if not touched.height:
        return lines.with_columns(record_offset), lines.clear()
    assigned = _assigned(touched)
    lines = lines.with_columns(record_offset.clone().scatter(assigned["row"], assigned["record_offset"]))
    blank = assigned.filter(pl.col("record_offset").is_null())["row"]
    if not len(blank):
        return lines, lines.clear().drop("record_offset")
    is_kept = pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True).scatter(blank, False)
    return lines.filter(is_kept), lines.filter(~is_kept).drop("record_offset")


def _touched(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines, as narrow as may be, of streams in which a line may go on with the one before, or is empty."""
    columns = ("offset", "appended_at", "text", "can_grow", "goes_on", "is_plain", "is_cut", "is_joined")
    narrow = lines.select(*STREAM, *columns, "line_index").with_row_index("row")
    narrow = narrow.filter(pl.col("line_index") == 0).drop("line_index")
    joins = pl.col("goes_on") | pl.col("is_cut") | pl.col("is_joined") | (pl.col("text") == "")
    streams = narrow.filter(joins).select(STREAM).unique()
    near = narrow.filter(pl.col("source").is_in(streams["source"].unique().implode(), nulls_equal=True))
    return near.join(streams, on=STREAM, how="semi", nulls_equal=True, maintain_order="left")


def _assigned(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of streams that have continuation lines, with `record_offset`: null of empty ones without a record.

    What follows such an empty line begins a record of its own.
    """
    before, is_plain_before = (pl.col(name).shift().over(STREAM) for name in ("text", "is_plain"))
    by_text = continuing.goes_on(pl.col("text"), before, is_plain_before)
    goes_on = pl.col("goes_on") & (~pl.col("is_plain") | by_text)
    after_open, after_cut = (pl.col(name).shift().over(STREAM).fill_null(False) for name in ("can_grow", "is_cut"))
    gap = (pl.col("appended_at") - pl.col("appended_at").shift().over(STREAM) >= GAP).fill_null(True)
    starts = (~(goes_on & after_open | after_cut) | gap) & ~pl.col("is_joined")
    lines = lines.with_columns(starts.alias("starts"))
    group = [*STREAM, pl.col("starts").cum_sum().over(STREAM)]
    lines = lines.with_columns((pl.col("text") == "").cum_min().over(group).alias("is_leading"))
    first = pl.col("offset").filter(~pl.col("is_leading")).first().over(group)
    return _capped(lines.with_columns(pl.when(~pl.col("is_leading")).then(first).alias("record_offset")))


def _capped(lines: pl.DataFrame) -> pl.DataFrame:
    """Records that reach a cap, cut into several; an empty line at such a place belongs to none.

    Each is measured from its own first line on, one line after another: so it does not matter whether the lines before
    it are in this batch.
    """
    size = pl.col("text").str.len_bytes().cast(pl.Int64)
    is_long = (pl.len().over(RECORD) > MAX_LINES) | (size.sum().over(RECORD) > MAX_BYTES)
    places = lines.select(is_long & pl.col("record_offset").is_not_null()).to_series().arg_true()
    if not len(places):
        return lines
    open_parts: dict[tuple[str, int, int], tuple[int, int, int]] = {}
    starts: list[int | None] = []
    for topic, partition, first, offset, size_bytes in lines.select(*RECORD, "offset", size.alias("size"))[
        places
    ].rows():
        start, count, taken = open_parts.get((topic, partition, first), (first, 0, 0))
        is_full = count == MAX_LINES or taken >= MAX_BYTES
        if is_full and not size_bytes:
            starts.append(None)
            continue
        if is_full:
            start, count, taken = offset, 0, 0
        open_parts[topic, partition, first] = start, count + 1, taken + size_bytes
        starts.append(start)
    return lines.with_columns(lines["record_offset"].clone().scatter(places, starts))


def with_joined(lines: pl.DataFrame, resumed: Resumed) -> pl.DataFrame:
    """The raw rows with `is_joined`: whether a line belongs to the record before it, whatever it looks like now.

    Lines below the offset at which reading of their partition was `resumed` are those of records that were open:
    one in a stream. They were found to belong together then, perhaps by other rules, and their table holds no other.
    """
    of_open = [
        (pl.col("topic") == topic) & (pl.col("partition") == partition) & (pl.col("offset") < offset)
        for (topic, partition), offset in resumed.items()
    ]
    is_joined = pl.any_horizontal(of_open) if of_open else pl.lit(False)
    lines = lines.with_columns(is_joined.alias("is_joined"))
    given_again = lines["is_joined"].arg_true()
    if not given_again.len():
        return lines
    first = lines[given_again].select(pl.struct(STREAM).is_first_distinct()).to_series()
    return lines.with_columns(lines["is_joined"].scatter(given_again.filter(first), False))


def lines_of_open(lines: pl.DataFrame, open: Mapping[tuple[str, int], Iterable[int]]) -> pl.DataFrame:
    """The lines, in order, of the records that are open: to be given again with the next batch.

    An open record is the last of its stream: its lines are those of the stream from its first offset on.
    """
    starts = [(*partition, offset) for partition, offsets in open.items() for offset in offsets]
    if not starts:
        return lines.clear()
    schema = {"topic": pl.String, "partition": pl.Int32, "offset": pl.Int64}
    first = lines.join(pl.DataFrame(starts, schema=schema, orient="row"), on=list(schema), how="semi")
    began = first.select(*STREAM, pl.col("offset").alias("began"))
    joined = lines.join(began, on=STREAM, how="inner", nulls_equal=True, maintain_order="left")
    return joined.filter(pl.col("offset") >= pl.col("began")).select(lines.columns)


def join_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """One row a record: its first line's columns, the text of all its lines, and `raw_messages`."""
    is_first = lines["offset"] == lines["record_offset"]
    text, raw_messages = lines["text"], (lines["line_index"] == 0).cast(pl.Int32).alias("raw_messages")
    if is_first.all():
        return lines.with_columns(raw_messages)
    several = lines.filter(~is_first).select(RECORD).unique()
    near = (
        lines.select(*RECORD, "text", "is_cut")
        .with_row_index("row")
        .filter(pl.col("record_offset").is_in(several["record_offset"].unique().implode()))
    )
    joined = (
        near.join(several, on=RECORD, how="semi", maintain_order="left")
        .group_by(RECORD, maintain_order=True)
        .agg(pl.col("row").first(), _whole(), pl.len().cast(pl.Int32).alias("lines"))
    )
    text, raw_messages = (
        column.scatter(joined["row"], joined[name]) for column, name in ((text, "text"), (raw_messages, "lines"))
    )
    return lines.with_columns(text, raw_messages).filter(is_first)


def _whole() -> pl.Expr:
    """The lines of a record as one text; those that were cut go on without a line end."""
    end = pl.when("is_cut").then(pl.lit("")).otherwise(pl.lit("\n"))
    return (pl.col("text") + end).str.join("").str.strip_suffix("\n").alias("text")
