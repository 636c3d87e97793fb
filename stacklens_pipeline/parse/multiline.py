"""Multi-line records: which lines belong together, by stored content and stored times only.

A line of text that begins with a blank, `at`, `Caused by`, `Traceback` or nothing goes on with the record before it in
its stream, and so does the unindented last line of a Python trace. Only records of text, and of formats that say so,
can go on; JSON, syslog, access and logfmt lines are complete. A gap between append times, or a cap of lines or bytes,
ends a record. So any split of the same messages into batches gives the same records, as long as the lines of open
records are given again.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import polars as pl

from stacklens_pipeline.parse.levels import TOKEN
from stacklens_pipeline.parse.timestamps import ISO

STREAM = ["topic", "partition", "source", "peer", "key"]
RECORD = ["topic", "partition", "record_offset"]
GAP = timedelta(seconds=2)
"""Lines of one stream further apart than this are not one record."""
MAX_LINES = 500
MAX_BYTES = 256 * 1024
LONGEST_RECORD = GAP * MAX_LINES
"""No record spans more time than this between its first and its last line."""

_DATED = rf"^\[?(?:{ISO})|^\[?{TOKEN}\]?[ :]"
_CONTINUES = r"^(?:[ \t]|at [^ ]|Caused by|Traceback|\.\.\. [0-9]|$)"
_TRACE_END = r"^[A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception|Warning|Interrupt|Exit|Fault)(?::|$)"


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
    while (is_leading := assigned.select(_IS_LEADING_BLANK).to_series()).any():
        # what followed an empty line begins a record of its own
        assigned = _assigned(assigned.filter(~is_leading).select(touched.columns))
    lines = lines.with_columns(record_offset.clone().scatter(assigned["row"], assigned["record_offset"]))
    if assigned.height == touched.height:
        return lines, lines.clear().drop("record_offset")
    blank = touched.join(assigned, on="row", how="anti")["row"]
    is_kept = pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True).scatter(blank, False)
    return lines.filter(is_kept), lines.filter(~is_kept).drop("record_offset")


_IS_LEADING_BLANK = (pl.col("text") == "").cum_min().over(RECORD)
"""Whether a line is empty, as all lines of its record before it are."""


def continues(text: pl.Expr) -> pl.Expr:
    """Whether a line of text goes on with the record before it, by how it begins."""
    return text.str.contains(_CONTINUES)


def is_dated(text: pl.Expr) -> pl.Expr:
    """Whether a line of text begins with a time or a level."""
    return text.str.contains(_DATED)


def is_later(text: pl.Expr) -> pl.Expr:
    """Whether a line of text, of which the lines before are not known, may be a later line of a record."""
    return continues(text) | (text.str.contains(_TRACE_END) & ~is_dated(text))


def _touched(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines, as narrow as may be, of streams in which a line goes on with the one before, or is empty."""
    text = pl.col("text")
    goes_on, is_blank = ((pl.col("format") == "text") & continues(text)).alias("goes_on"), text == ""
    columns = ("offset", "appended_at", "format", "text", "can_grow", "is_cut")
    narrow = lines.select(*STREAM, *columns, "line_index", goes_on).with_row_index("row")
    narrow = narrow.filter(pl.col("line_index") == 0).drop("line_index")
    streams = narrow.filter(pl.col("goes_on") | is_blank | pl.col("is_cut")).select(STREAM).unique()
    near = narrow.filter(pl.col("source").is_in(streams["source"].unique().implode(), nulls_equal=True))
    return near.join(streams, on=STREAM, how="semi", nulls_equal=True, maintain_order="left")


def _assigned(lines: pl.DataFrame) -> pl.DataFrame:
    """As `assign`, of streams that have continuation lines."""
    previous = pl.col("text").shift().over(STREAM)
    trace_end = pl.col("text").str.contains(_TRACE_END) & previous.str.contains(r"^[ \t]")
    is_text = pl.col("format") == "text"
    goes_on = pl.col("goes_on") | (is_text & trace_end & ~is_dated(pl.col("text")))
    after_open, after_cut = (pl.col(name).shift().over(STREAM).fill_null(False) for name in ("can_grow", "is_cut"))
    gap = (pl.col("appended_at") - pl.col("appended_at").shift().over(STREAM) >= GAP).fill_null(True)
    lines = lines.with_columns((~(goes_on & after_open | after_cut) | gap).alias("starts"))
    group = [*STREAM, pl.col("starts").cum_sum().over(STREAM)]
    return _capped(lines.with_columns(pl.col("offset").first().over(group).alias("record_offset")))


def _capped(lines: pl.DataFrame) -> pl.DataFrame:
    """Records that reach a cap, cut into several.

    Each is measured from its own first line on, one line after another: so it does not matter whether the lines before
    it are in this batch.
    """
    size = pl.col("text").str.len_bytes().cast(pl.Int64)
    is_long = (pl.len().over(RECORD) > MAX_LINES) | (size.sum().over(RECORD) > MAX_BYTES)
    long = lines.filter(is_long).select(*RECORD, "offset", size.alias("size"))
    if not long.height:
        return lines
    open_parts: dict[tuple[str, int, int], tuple[int, int, int]] = {}
    starts = []
    for topic, partition, first, offset, size_bytes in long.rows():
        start, count, taken = open_parts.get((topic, partition, first), (first, 0, 0))
        if count == MAX_LINES or taken >= MAX_BYTES:
            start, count, taken = offset, 0, 0
        open_parts[topic, partition, first] = start, count + 1, taken + size_bytes
        starts.append(start)
    cut = long.select("topic", "partition", "offset", pl.Series("start", starts, dtype=pl.Int64))
    both = lines.join(cut, on=["topic", "partition", "offset"], how="left", maintain_order="left")
    return both.with_columns(pl.coalesce("start", "record_offset").alias("record_offset")).drop("start")


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
