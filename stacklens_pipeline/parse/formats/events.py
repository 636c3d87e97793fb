"""What security events share, CEF and LEEF: a syslog head before them, times, and severities of their own."""

from collections.abc import Sequence

import polars as pl

from stacklens_pipeline.parse.formats.pairs import Pairs, joined
from stacklens_pipeline.parse.formats.rfc3164 import RFC3164
from stacklens_pipeline.parse.formats.rfc5424 import RFC5424
from stacklens_pipeline.parse.levels import severity_of_syslog, severity_of_word
from stacklens_pipeline.parse.timestamps import ISO, from_iso, recognise
from stacklens_pipeline.tables import UTC_TIME

SEVERITIES = {
    **dict.fromkeys(("0", "1", "2", "3", "low"), 9),
    **dict.fromkeys(("4", "5", "6", "medium"), 13),
    **dict.fromkeys(("7", "8", "high"), 17),
    **dict.fromkeys(("9", "10", "very-high", "very high"), 21),
}
"""A severity of CEF, 0 to 10 or its word in lower case -> severity number; LEEF's 1 to 10 means the same."""

_OTHER_HEAD = rf"^(?:<(?P<pri>[0-9]{{1,3}})>)?(?:[0-9]{{1,2}} )?(?:(?P<time>{ISO}) )?(?:(?P<host>[A-Za-z0-9][^ ]*) )?"
_OF_HEAD = ("timestamp", "timestamp_source", "severity", "level_source", "host_name", "attributes")


EVENT_FIRST = "CL<ADFJMNOS0123456789"
"""What events begin with, or the heads before them."""


def event_test(mark: str, pattern: str) -> pl.Expr:
    """Whether each text matches the pattern, which is asked only of those that hold the mark."""

    def are_events(texts: pl.Series) -> pl.Series:
        has_mark = texts.str.contains(mark, literal=True).fill_null(False)
        if not has_mark.any():
            return has_mark
        return has_mark.scatter(has_mark.arg_true(), texts.filter(has_mark).str.contains(pattern))

    return pl.col("text").map_batches(are_events, return_dtype=pl.Boolean)


def severities(texts: pl.Series) -> tuple[pl.Expr, pl.Expr]:
    """Severity numbers, 0 for what is none, and what they were read from."""
    words = pl.lit(texts).str.strip_chars().str.to_lowercase()
    own = words.replace_strict(SEVERITIES, default=None, return_dtype=pl.Int32)
    is_number = words.str.contains("^[0-9]+$").fill_null(False)
    source = pl.when(is_number).then(pl.lit("number")).otherwise(pl.lit("field"))
    return pl.coalesce(own, severity_of_word(words), pl.lit(0)).alias("severity"), source.alias("level_source")


def event_time(pairs: Pairs, names: Sequence[str], observed: pl.Series, timezone: str) -> pl.Series:
    """The time of each event: the first of the fields that is a time; null without."""
    texts = [pairs.first(name) for name in names]
    found = [recognise(each, observed, timezone)["timestamp"] for each in texts if each.null_count() < len(each)]
    nothing = pl.repeat(None, pairs.height, dtype=UTC_TIME, eager=True)
    return pl.select(pl.coalesce(*found, nothing)).to_series()


def with_head(lines: pl.DataFrame, heads: pl.Series, columns: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of the lines from the columns of their events and from their heads, texts before `CEF:` or `LEEF:`.

    An event's own time and level go before its head's, and the host that sent it before those that it names.
    """
    has_head = heads != ""
    records = lines.hstack(columns)
    if not has_head.any():
        return records
    of_head = _head_records(lines.with_columns(heads.alias("text")).filter(has_head), timezone)
    index = pl.repeat(None, lines.height, dtype=pl.UInt32, eager=True).scatter(has_head.arg_true(), range(len(of_head)))
    head = {column.name: pl.lit(column.gather(index)) for column in of_head}
    has_level, has_time = pl.col("severity").fill_null(0) > 0, pl.col("timestamp").is_not_null()
    return records.with_columns(
        pl.coalesce(head["host_name"], "host_name"),
        pl.when(has_level).then("severity").otherwise(head["severity"]).alias("severity"),
        pl.when(has_level).then("level_source").otherwise(head["level_source"]).alias("level_source"),
        pl.coalesce("timestamp", head["timestamp"]).alias("timestamp"),
        pl.when(has_time).then("timestamp_source").otherwise(head["timestamp_source"]).alias("timestamp_source"),
        joined(records["attributes"], of_head["attributes"].gather(index)).alias("attributes"),
    )


def _head_records(heads: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """What the heads say, each a syslog line that ends where its message begins."""
    left, found = heads.with_row_index("row"), []
    for format in (RFC5424, RFC3164):
        is_one = left.select(format.test).to_series() & left["text"].str.head(1).is_in(list(format.first))
        if is_one.any():
            records = format.parse(left.filter(is_one), timezone).filter(pl.col("timestamp").is_not_null())
            found.append(records.select("row", *_OF_HEAD))
            left = left.join(records, on="row", how="anti")
    found.append(_other_heads(left, timezone).select("row", *_OF_HEAD))
    return pl.concat(found, how="vertical_relaxed").sort("row").drop("row")


def _other_heads(heads: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """A priority, an ISO time and a host, as far as they are there."""
    parts = heads.select("row", pl.col("text").str.extract_groups(_OTHER_HEAD).alias("parts")).unnest("parts")
    priority = pl.col("pri").cast(pl.Int32, strict=False)
    return parts.select(
        "row",
        from_iso(pl.col("time"), timezone).alias("timestamp"),
        pl.lit("iso").alias("timestamp_source"),
        severity_of_syslog(pl.when(priority <= 191).then(priority % 8)).alias("severity"),
        pl.lit("syslog").alias("level_source"),
        pl.col("host").alias("host_name"),
        pl.lit(None, pl.String).alias("attributes"),
    )
