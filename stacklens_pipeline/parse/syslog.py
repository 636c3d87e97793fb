"""Syslog: RFC 5424 with structured data, and RFC 3164 as it is written in the field. Sources: the two RFCs."""

from collections.abc import Callable

import polars as pl

from stacklens_pipeline.parse.levels import severity_of_syslog
from stacklens_pipeline.parse.structured import structured_json
from stacklens_pipeline.parse.syslog_split import split_rfc3164, split_rfc5424
from stacklens_pipeline.parse.timestamps import from_iso, from_rfc3164

_RFC5424 = (
    r"(?s)^(?P<head><[0-9]{1,3}>[0-9]{1,2}) (?P<time>[^ ]+) (?P<host>[^ ]+) (?P<app>[^ ]+) (?P<pid>[^ ]+)"
    r' (?P<msgid>[^ ]+) (?P<data>-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: \x{FEFF}?(?P<body>.*))?$'
)
_RFC3164 = (
    r"(?s)^(?P<head><[0-9]{1,3}>)?(?P<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<host>[^ ]+)"
    r" (?:(?P<app>[^ :\[]+)(?:\[(?P<pid>[^\]]*)\])?: ?)?(?P<body>.*)$"
)
_HEAD = r"^<([0-9]+)>([0-9]+)?$"
_NUMBER = r"^(?:0|[1-9][0-9]{0,17})$"


def parse_rfc5424(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of RFC 5424 messages; a header that does not hold leaves the whole text as body."""
    fields = _fields(lines["text"], split_rfc5424, _matched_rfc5424)
    return _records(lines, fields.with_columns(from_iso(pl.col("time"), timezone).alias("timestamp")), "syslog_rfc5424")


def parse_rfc3164(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of BSD syslog lines, with or without PRI; the year comes from the time of receipt."""
    fields = _fields(lines["text"], split_rfc3164, _matched_rfc3164)
    timestamps = _bsd_times(fields["time"], lines["appended_at"], timezone)
    return _records(lines, fields.with_columns(timestamps.alias("timestamp")), "syslog_rfc3164")


def _fields(
    texts: pl.Series, split: Callable[[pl.DataFrame], pl.DataFrame], matched: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """The fields of each text in order: of the usual ones by splitting, of the others by the pattern."""
    every = pl.DataFrame({"text": texts}).with_row_index("index")
    usual = split(every)
    if usual.height < every.height:
        others = matched(every.join(usual, on="index", how="anti"))
        usual = pl.concat([usual, others.select(usual.columns)]).sort("index")
    return usual.drop("index")


def _matched_rfc5424(lines: pl.DataFrame) -> pl.DataFrame:
    fields = _matched(lines, _RFC5424)
    return fields.with_columns(structured_json(fields["data"]).alias("json"))


def _matched_rfc3164(lines: pl.DataFrame) -> pl.DataFrame:
    return _matched(lines, _RFC3164).with_columns(pl.lit(None, pl.String).alias(name) for name in ("msgid", "json"))


def _matched(lines: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """The groups of the pattern; without a match they are null, and the body is the whole text."""
    fields = lines.with_columns(pl.col("text").str.extract_groups(pattern).alias("fields")).unnest("fields")
    body = pl.when(pl.col("time").is_null()).then("text").otherwise(pl.col("body").fill_null(""))
    return fields.with_columns(body.alias("body"))


def _bsd_times(texts: pl.Series, observed: pl.Series, timezone: str) -> pl.Series:
    """The times as instants, each pair of text and second of receipt once: such lines come many to a second.

    The texts have no fractions of seconds, so that those of the receipt cannot change the year.
    """
    every = pl.DataFrame({"time": texts, "observed": observed.dt.truncate("1s")})
    pairs = every.unique().with_columns(from_rfc3164(pl.col("time"), pl.col("observed"), timezone).alias("timestamp"))
    return every.join(pairs, on=["time", "observed"], how="left", nulls_equal=True, maintain_order="left")["timestamp"]


def _records(lines: pl.DataFrame, fields: pl.DataFrame, source: str) -> pl.DataFrame:
    """Records of the lines from their fields, which stand in the same order."""
    heads = fields.select("head").unique().with_columns(_priority()).with_columns(_of_priority())
    fields = fields.join(heads, on="head", how="left", maintain_order="left").with_columns(
        *(_unless_nil(name) for name in ("host", "app", "pid", "msgid")), pl.col("severity").fill_null(0)
    )
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


def _priority() -> list[pl.Expr]:
    """Facility, severity and version of a head `<PRI>VERSION`; a PRI above 191 has no severity."""
    head = pl.col("head").str.extract_groups(_HEAD).struct
    priority = head.field("1").cast(pl.Int32, strict=False)
    severity = pl.when(priority <= 191).then(priority % 8)
    return [(priority // 8).alias("facility"), severity.alias("sev"), head.field("2").alias("version")]


def _of_priority() -> list[pl.Expr]:
    members = [_member(f"syslog.{key}", pl.col(name)) for key, name in _PRIORITY.items()]
    joined = pl.concat_str(members, separator=",", ignore_nulls=True)
    return [
        severity_of_syslog(pl.col("sev")).alias("severity"),
        pl.when(joined != "").then(joined).alias("priority"),
    ]


_PRIORITY = {"facility": "facility", "severity": "sev", "version": "version"}


def _unless_nil(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "-").then(pl.col(name)).alias(name)


def _attributes(fields: pl.DataFrame) -> pl.Series:
    """A JSON object of what a message carries beside the columns."""
    members = fields.select(
        "priority",
        _member("process.pid", pl.lit(_json_texts(fields["pid"]))).alias("pid"),
        _member("syslog.msgid", pl.lit(_json_texts(fields["msgid"]))).alias("msgid"),
        _member("syslog.structured_data", pl.col("json")).alias("json"),
    )
    joined = pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    return members.select(pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))).to_series()


def _member(name: str, value: pl.Expr) -> pl.Expr:
    """A member of a JSON object; null without a value."""
    return pl.concat_str(pl.lit(f'"{name}":'), value)


def _json_texts(tokens: pl.Series) -> pl.Series:
    """Tokens as JSON: a number stays one, all else is quoted."""
    is_number = tokens.str.contains(_NUMBER)
    if is_number.all():
        return tokens
    escaped = tokens.str.replace_all(r'(["\\])', r"\${1}") if tokens.str.contains(r'["\\]').any() else tokens
    quoted = pl.concat_str(pl.lit('"'), escaped, pl.lit('"'))
    return pl.select(pl.when(is_number).then(tokens).otherwise(quoted)).to_series()
