"""Each format's share of the lines to records with every column of `parsed/logs`, held to the rules of their source."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime

import polars as pl
import structlog
from polars.exceptions import PanicException, PolarsError

from stacklens_pipeline.parse.formats import BY_NAME, Format
from stacklens_pipeline.parse.formats.text import TEXT
from stacklens_pipeline.parse.levels import level_of_severity
from stacklens_pipeline.parse.rules import Rules, apply_rules
from stacklens_pipeline.parse.rules.fieldmap import map_fields
from stacklens_pipeline.parse.wrappers import with_wrapper
from stacklens_pipeline.tables import PARSED_LOGS, UTC_TIME
from stacklens_pipeline.threads import in_order, slices

logger = structlog.get_logger(__name__)

STRANGE = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, PolarsError, PanicException)
"""What parsers, and the libraries that they use, raise over text that nobody has thought of."""

FIRST_TIME, LAST_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Times beyond have no date: such a text is taken for no time."""

_TYPES = {"timestamp": UTC_TIME, "severity": pl.Int32()}


REFUSED = pl.Schema(
    {"topic": pl.String, "partition": pl.Int32, "offset": pl.Int64, "reason": pl.String, "detail": pl.String}
)
"""Records that are none: the message that they begin with, why, and a sentence where the reason does not say all."""


@dataclass(frozen=True)
class Share:
    """What lines became: `records` of `parsed/logs`, the lines that no parser could cope with, and what rules did.

    `filtered` and `notes` are those of `rules.Applied`, `refused` are records as in `REFUSED`.
    """

    records: pl.DataFrame
    failed: pl.DataFrame
    filtered: pl.DataFrame
    refused: pl.DataFrame
    notes: pl.DataFrame


def parse_shares(lines: pl.DataFrame, rules: Rules, version: str) -> Share:
    """Parse each format's share; the records come by format, and in the order of their lines within it."""
    shares = lines.partition_by("format", as_dict=True)
    formats = BY_NAME.values() if rules.format is None else [rules.format]
    parts = [(f, part) for f in formats if (f.name,) in shares for part in slices(shares[(f.name,)])]
    if not parts:
        return _nothing(lines)
    return _together(in_order(lambda part: _share(*part, rules, version), parts))


def _share(format: Format, lines: pl.DataFrame, rules: Rules, version: str) -> Share:
    """What the lines of one format become.

    When a parser fails, each half is tried by itself; a line on which it fails becomes text.
    """
    try:
        return _records(format.parse(lines, rules.timezone), lines, rules, version)
    except STRANGE as error:
        if lines.height == 1:
            told = {"format": format.name, "offset": lines["offset"][0], "error": repr(error)[:200]}
            logger.warning("a parser failed on a line", **told)
            as_text = lines.with_columns(pl.lit(TEXT.name).alias("format"))
            text = BY_NAME[TEXT.name]
            return _nothing(lines) if format.name == TEXT.name else _share(text, as_text, rules, version)
    middle = lines.height // 2
    return _together([_share(format, half, rules, version) for half in (lines[:middle], lines[middle:])])


def _records(parsed: pl.DataFrame, lines: pl.DataFrame, rules: Rules, version: str) -> Share:
    parsed, limited = _without_refused(parsed)
    records = _with_every_column(parsed)
    if rules.fields:
        records = map_fields(records, rules.fields, rules.timezone)
    records = complete(records).with_columns(pl.lit(version).alias("parser_version"))
    applied = apply_rules(records.select(PARSED_LOGS.schema.names()), rules)
    refused = applied.refused.select(REFUSED.names())
    if limited.height:
        refused = pl.concat([refused, limited])
    return Share(applied.records, lines.clear(), applied.filtered, refused, applied.notes)


def _without_refused(parsed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records that a parser has not refused, and those that it has, as `REFUSED`."""
    if "refused" not in parsed.columns or parsed["refused"].null_count() == parsed.height:
        return parsed, pl.DataFrame(schema=REFUSED)
    is_refused = pl.col("refused").is_not_null()
    refused = parsed.filter(is_refused).with_columns(pl.col("refused").alias("reason"), detail=pl.lit(None, pl.String))
    return parsed.filter(~is_refused), refused.select(REFUSED.names()).cast(dict(REFUSED))  # type: ignore[arg-type]


def _with_every_column(records: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in (*PARSED_LOGS.schema, "severity") if name not in records.columns]
    return records.with_columns(pl.lit(None, _TYPES.get(name, pl.String())).alias(name) for name in names)


def complete(records: pl.DataFrame) -> pl.DataFrame:
    """The records with levels, times, the service and the measures by the rules that hold for every format."""
    records = with_wrapper(records)
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
        pl.lit(1, pl.Int32).alias("weight"),
        pl.when(status.is_between(100, 999)).then(status).cast(pl.Int32).alias("http_status"),
        pl.col("duration_ms").cast(pl.Float64, strict=False),
        pl.col("bytes_sent").cast(pl.Float64, strict=False).cast(pl.Int64, strict=False),
    )


def _other_time() -> pl.Expr:
    """Where the time of a record without one comes from."""
    return pl.when(pl.col("wrapped_at").is_null()).then(pl.lit("observed")).otherwise(pl.lit("container"))


def _nothing(lines: pl.DataFrame) -> Share:
    """No records, and the lines as those that nothing could cope with."""
    none = apply_rules(PARSED_LOGS.empty(), Rules())
    return Share(none.records, lines, none.filtered, none.refused.select(REFUSED.names()), none.notes)


def _together(shares: list[Share]) -> Share:
    if len(shares) == 1:
        return shares[0]
    return Share(**{each.name: pl.concat(getattr(share, each.name) for share in shares) for each in fields(Share)})
