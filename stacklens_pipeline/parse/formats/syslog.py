"""Syslog: RFC 5424 with structured data, and RFC 3164 as it is written in the field. Sources: the two RFCs."""

from collections.abc import Callable

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.structured import structured_json
from stacklens_pipeline.parse.formats.syslog_split import split_rfc3164, split_rfc5424
from stacklens_pipeline.parse.levels import severity_of_syslog
from stacklens_pipeline.parse.timestamps import from_iso, from_rfc3164

_RFC5424 = (
    r"(?s)^(?P<head><[0-9]{1,3}>[0-9]{1,2}) (?P<time>[^ ]+) (?P<host>[^ ]+) (?P<app>[^ ]+) (?P<pid>[^ ]+)"
    r' (?P<msgid>[^ ]+) (?P<data>-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: \x{FEFF}?(?P<body>.*))?$'
)
_RFC3164 = (
    r"(?s)^(?P<head>(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<host>[^ ]+)"
    r" (?:(?P<app>[^ :\[]+)(?:\[(?P<pid>[^\]]*)\])?: ?)?(?P<body>.*)$"
)
_HEAD = r"^(?:<(?P<pri>[0-9]+)>)?(?P<version>[0-9]+)?(?P<time>[A-Z].*)?$"
_NUMBER = r"^(?:0|[1-9][0-9]{0,17})$"

_TOKENS = ("host", "app", "pid", "msgid")
_MEMBERS = {"pid": "process.pid", "msgid": "syslog.msgid", "json": "syslog.structured_data"}
"""Fields that become attributes, and their names there."""


def parse_rfc5424(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of RFC 5424 messages; a header that does not hold leaves the whole text as body."""
    fields = _fields(lines["text"], split_rfc5424, _matched_rfc5424)
    fields = fields.with_columns(from_iso(pl.col("time"), timezone).alias("timestamp"))
    return _records(lines, _with_head(fields, ["head"]), "syslog_rfc5424")


def parse_rfc3164(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of BSD syslog lines, with or without PRI; the year comes from the time of receipt."""
    fields = _fields(lines["text"], split_rfc3164, lambda others: _matched(others, _RFC3164))
    # their times have no fractions of seconds, so that those of the time of receipt cannot change the year
    fields = fields.with_columns(lines["appended_at"].dt.truncate("1s").alias("observed"))
    timestamp = from_rfc3164(pl.col("time"), pl.col("observed"), timezone).alias("timestamp")
    return _records(lines, _with_head(fields, ["head", "observed"], timestamp), "syslog_rfc3164")


def _fields(
    texts: pl.Series, split: Callable[[pl.DataFrame], pl.DataFrame], matched: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """The fields of each text in order: of the usual ones by splitting, of the others by the pattern."""
    every = pl.DataFrame({"text": texts}).with_row_index("index")
    usual = split(every)
    if usual.height < every.height:
        others = matched(every.join(usual, on="index", how="anti"))
        usual = pl.concat([usual, others.select(usual.columns)])
    return (usual if usual["index"].is_sorted() else usual.sort("index")).drop("index")


def _matched_rfc5424(lines: pl.DataFrame) -> pl.DataFrame:
    fields = _matched(lines, _RFC5424)
    return fields.with_columns(structured_json(fields["data"]).alias("json"))


def _matched(lines: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """The groups of the pattern; without a match they are null, and the body is the whole text."""
    fields = lines.with_columns(pl.col("text").str.extract_groups(pattern).alias("fields")).unnest("fields")
    body = pl.when(pl.col("head").is_null()).then("text").otherwise(pl.col("body").fill_null(""))
    return fields.with_columns(body.alias("body"))


def _with_head(fields: pl.DataFrame, keys: list[str], *more: pl.Expr) -> pl.DataFrame:
    """The fields with `severity`, `priority` (members of a JSON object) and `more`, which each head is asked for once.

    Services write few priorities, and many lines in a second.
    """
    heads = fields.select(keys).unique()
    heads = heads.with_columns(pl.col("head").str.extract_groups(_HEAD).alias("groups")).unnest("groups")
    priority = pl.col("pri").cast(pl.Int32, strict=False)
    severity = pl.when(priority <= 191).then(priority % 8)
    members = {"facility": priority // 8, "severity": severity, "version": pl.col("version")}
    joined = pl.concat_str(
        [pl.concat_str(pl.lit(f'"syslog.{name}":'), value) for name, value in members.items()],
        separator=",",
        ignore_nulls=True,
    )
    found = heads.select(
        *keys,
        severity_of_syslog(severity).alias("severity"),
        pl.when(joined != "").then(joined).alias("priority"),
        *more,
    )
    return fields.join(found, on=keys, how="left", nulls_equal=True, maintain_order="left")


def _records(lines: pl.DataFrame, fields: pl.DataFrame, source: str) -> pl.DataFrame:
    """Records of the lines from their fields, which stand in the same order."""
    tokens = [name for name in _TOKENS if name in fields.columns]
    fields = fields.with_columns(pl.when(pl.col(name) != "-").then(pl.col(name)).alias(name) for name in tokens)
    columns = fields.select(
        "timestamp",
        pl.lit(source).alias("timestamp_source"),
        "severity",
        pl.lit("syslog").alias("level_source"),
        pl.col("host").alias("host_name"),
        pl.col("app").alias("service_name"),
        "body",
        _attributes(fields).alias("attributes"),
    )
    return lines.hstack(columns)


def _attributes(fields: pl.DataFrame) -> pl.Expr:
    """A JSON object of what a message carries beside the columns; null without any."""
    parts: list[pl.Expr] = [pl.col("priority")]
    for field, name in _MEMBERS.items():
        if field in fields.columns and fields[field].null_count() < fields.height:
            values = fields[field] if field == "json" else _json_texts(fields[field])
            member = [pl.lit(f',"{name}":'), pl.lit(values)]
            parts += [pl.concat_str(member)] if values.null_count() else member
    if not fields["priority"].null_count():
        return pl.concat_str(pl.lit("{"), *parts, pl.lit("}"), ignore_nulls=True)
    members = pl.concat_str(parts, ignore_nulls=True).str.strip_prefix(",")
    return pl.when(members != "").then(pl.concat_str(pl.lit("{"), members, pl.lit("}")))


def _json_texts(tokens: pl.Series) -> pl.Series:
    """Tokens as JSON: a number stays one, all else is quoted."""
    is_number = tokens.str.contains(_NUMBER)
    if is_number.all():
        return tokens
    escaped = tokens.str.replace_all(r'(["\\])', r"\${1}") if tokens.str.contains(r'["\\]').any() else tokens
    quoted = '"' + escaped + '"'
    return quoted.zip_with(~is_number, tokens) if is_number.any() else quoted


_IS_RFC5424 = r"^<[0-9]{1,3}>[1-9][0-9]? [^ ]"
_IS_RFC3164 = r"^(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [^ ]"
RFC5424 = Format("rfc5424", parse_rfc5424, pl.col("text").str.contains(_IS_RFC5424), first="<")
RFC3164 = Format("rfc3164", parse_rfc3164, pl.col("text").str.contains(_IS_RFC3164), first="<ADFJMNOS")
