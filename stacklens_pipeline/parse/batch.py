"""One batch of raw lines: sort out what nobody can parse, detect, join, parse each share, complete the columns."""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
import structlog
from polars.exceptions import PanicException, PolarsError

from stacklens_pipeline.parse import multiline, reading, wrappers
from stacklens_pipeline.parse.formats import BY_NAME, FORMATS
from stacklens_pipeline.parse.levels import level_of_severity
from stacklens_pipeline.tables import DEAD_LETTERS, PARSED_LOGS
from stacklens_pipeline.threads import in_order, slices

logger = structlog.get_logger(__name__)

PARSER_VERSION = "1"
DETAILS = {
    **reading.DETAILS,
    "empty": "the message has no text, and there is no record before it that it could belong to",
    "parser_failed": "no parser could cope with the message",
}

STRANGE = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, PolarsError, PanicException)
"""What parsers, and the libraries that they use, raise over text that nobody has thought of."""

FIRST_TIME, LAST_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Times beyond have no date: such a text is taken for no time."""

KEY = ["topic", "partition", "offset"]
LINE_COLUMNS = ("topic", "partition", "offset", "ingest_hour", "appended_at", "value_bytes", "record_offset")


@dataclass(frozen=True)
class Parsed:
    """What a batch became.

    `parsed` and `rejected` have the schemas of `parsed/logs` and `parsed/dead_letters`. `line_records` has
    `LINE_COLUMNS` and `records`, one row for each message that is (part of) a record: how many of them begin with it.
    """

    parsed: pl.DataFrame
    rejected: pl.DataFrame
    line_records: pl.DataFrame


def parse_lines(raw: pl.DataFrame, *, timezone: str = "UTC", format: str | None = None) -> Parsed:
    """Parse rows of `raw/logs`, ordered by offset within each partition; no line, however strange, raises.

    They are taken for whole records: lines of records that may still grow are set apart before (`cut`).
    `timezone` is that of texts without one, and `format` pins one of `FORMATS` instead of detecting it.
    """
    every = reading.read_messages(raw, format)
    dead = every.filter(pl.col("reason").is_not_null())
    lines = every.filter(pl.col("reason").is_null()) if dead.height else every
    lines, blank = multiline.assign(lines)
    if blank.height:
        dead = pl.concat([dead, blank.with_columns(pl.lit("empty").alias("reason")).select(dead.columns)])
    records, failed = _records(multiline.join_lines(lines), timezone)
    if failed.height:
        records = records.join(failed, left_on=KEY, right_on=multiline.RECORD, how="anti", maintain_order="left")
        of_failed = lines.join(failed, on=multiline.RECORD, how="semi", maintain_order="left")
        dead = pl.concat([dead, of_failed.with_columns(pl.lit("parser_failed").alias("reason")).select(dead.columns)])
        lines = lines.join(failed, on=multiline.RECORD, how="anti", maintain_order="left")
    return Parsed(records, _dead_letters(dead), _line_records(lines))


def _line_records(lines: pl.DataFrame) -> pl.DataFrame:
    """One row a message that became (part of) a record, with the number of `records` that begin with it."""
    is_first = (pl.col("offset") == pl.col("record_offset")).cast(pl.Int64)
    if not (lines["line_index"] > 0).any():
        return lines.select(*LINE_COLUMNS, is_first.alias("records"))
    by_message = lines.group_by(KEY, maintain_order=True)
    return by_message.agg(pl.col(LINE_COLUMNS).exclude(KEY).first(), is_first.sum().alias("records")).select(
        *LINE_COLUMNS, "records"
    )


def _records(lines: pl.DataFrame, timezone: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parse each format's share; the records come by format, and in the order of their lines within it.

    Also gives the lines that no parser could cope with.
    """
    shares = lines.partition_by("format", as_dict=True)
    parts = [(f.name, part) for f in FORMATS if (f.name,) in shares for part in slices(shares[(f.name,)])]
    if not parts:
        return PARSED_LOGS.empty(), lines
    shares_of = in_order(lambda part: _share(*part, timezone), parts)
    return pl.concat(records for records, _ in shares_of), pl.concat(failed for _, failed in shares_of)


def _share(name: str, lines: pl.DataFrame, timezone: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records of lines of one format, and the lines that no parser could cope with.

    When a parser fails, each half is tried by itself; a line on which it fails becomes text.
    """
    try:
        return _complete(BY_NAME[name].parse(lines, timezone)), lines.clear()
    except STRANGE as error:
        if lines.height == 1:
            logger.warning("a parser failed on a line", format=name, offset=lines["offset"][0], error=repr(error)[:200])
            as_text = lines.with_columns(pl.lit("text").alias("format"))
            return (PARSED_LOGS.empty(), lines) if name == "text" else _share("text", as_text, timezone)
    middle = lines.height // 2
    first, second = (_share(name, half, timezone) for half in (lines[:middle], lines[middle:]))
    return pl.concat([first[0], second[0]]), pl.concat([first[1], second[1]])


def _complete(records: pl.DataFrame) -> pl.DataFrame:
    """Columns that every record has: missing ones null, levels, times and the service by their rules."""
    missing = [pl.lit(None, pl.String).alias(n) for n in PARSED_LOGS.schema if n not in records.columns]
    records = wrappers.with_wrapper(records.with_columns(missing))
    severity = pl.col("severity").fill_null(0)
    has_time, has_level = pl.col("timestamp").is_between(FIRST_TIME, LAST_TIME).fill_null(False), severity > 0
    status = pl.col("http_status").cast(pl.Float64, strict=False)
    return records.with_columns(
        pl.col("appended_at").alias("observed_timestamp"),
        pl.when(has_time).then("timestamp").otherwise(pl.coalesce("wrapped_at", "appended_at")).alias("timestamp"),
        pl.when(has_time).then("timestamp_source").otherwise(_other_time()).alias("timestamp_source"),
        level_of_severity(severity).alias("level"),
        pl.when(has_level).then("level_source").otherwise(pl.lit("none")).alias("level_source"),
        severity.cast(pl.Int32).alias("severity_number"),
        pl.coalesce("service_name", "source").alias("service_name"),
        pl.lit(PARSER_VERSION).alias("parser_version"),
        pl.when(status.is_between(100, 999)).then(status).cast(pl.Int32).alias("http_status"),
        pl.col("duration_ms").cast(pl.Float64, strict=False),
        pl.col("bytes_sent").cast(pl.Float64, strict=False).cast(pl.Int64, strict=False),
    ).select(PARSED_LOGS.schema.names())


def _other_time() -> pl.Expr:
    """Where the time of a record without one comes from."""
    return pl.when(pl.col("wrapped_at").is_null()).then(pl.lit("observed")).otherwise(pl.lit("container"))


def _dead_letters(dead: pl.DataFrame) -> pl.DataFrame:
    return dead.with_columns(
        pl.lit("parse").alias("stage"),
        pl.col("reason").replace_strict(DETAILS, return_dtype=pl.String).alias("detail"),
        pl.col("appended_at").alias("observed_timestamp"),
        pl.lit(PARSER_VERSION).alias("parser_version"),
    ).select(DEAD_LETTERS.schema.names())
