"""Syslog: RFC 5424 with structured data, and RFC 3164 as it is written in the field. Sources: the two RFCs."""

import re

import orjson
import polars as pl

from stacklens_pipeline.parse.levels import severity_of_syslog
from stacklens_pipeline.parse.timestamps import from_iso, from_rfc3164

_RFC5424 = (
    r"(?s)^<(?P<pri>[0-9]{1,3})>(?P<version>[0-9]{1,2}) (?P<time>[^ ]+) (?P<host>[^ ]+) (?P<app>[^ ]+) (?P<pid>[^ ]+)"
    r' (?P<msgid>[^ ]+) (?P<data>-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: \x{FEFF}?(?P<body>.*))?$'
)
_RFC3164 = (
    r"(?s)^(?:<(?P<pri>[0-9]{1,3})>)?(?P<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<host>[^ ]+)"
    r" (?:(?P<app>[^ :\[]+)(?:\[(?P<pid>[^\]]*)\])?: ?)?(?P<body>.*)$"
)
_PLAIN_DATA = r'^\[([^ =\]"\[\\]+)((?: [^ =\]"\[\\]+="[^"\[\]\\\x00-\x1f]*")+)\]$'
"""One element without escapes and brackets in its values, which most are."""
_ELEMENT = re.compile(r'\[([^ \]]+)((?: [^ =\]"]+="(?:[^"\\]|\\.)*")*) ?\]')
_PARAMETER = re.compile(r' ([^ =\]"]+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r'\\(["\\\]])')


def parse_rfc5424(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of RFC 5424 messages; a header that does not hold leaves the whole text as body."""
    fields = _matched(lines, _RFC5424)
    fields = fields.with_columns(_data_json(fields["data"]).alias("json"))
    return _records(fields, from_iso(pl.col("time"), timezone), "syslog_rfc5424")


def parse_rfc3164(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of BSD syslog lines, with or without PRI; the year comes from the time of receipt."""
    fields = _matched(lines, _RFC3164).with_columns(
        pl.lit(None, pl.String).alias("version"),
        pl.lit(None, pl.String).alias("msgid"),
        pl.lit(None, pl.String).alias("json"),
    )
    return _records(fields, from_rfc3164(pl.col("time"), pl.col("appended_at"), timezone), "syslog_rfc3164")


def _matched(lines: pl.DataFrame, pattern: str) -> pl.DataFrame:
    return lines.with_columns(pl.col("text").str.extract_groups(pattern).alias("fields")).unnest("fields")


def _records(fields: pl.DataFrame, timestamp: pl.Expr, source: str) -> pl.DataFrame:
    priority = pl.col("pri").cast(pl.Int32, strict=False)
    severity = pl.when(priority <= 191).then(priority % 8)
    numbers = fields.with_columns(severity.alias("sev"), (priority // 8).alias("facility")).with_columns(
        *(_unless_nil(name) for name in ("host", "app", "pid", "msgid"))
    )
    return numbers.with_columns(
        timestamp.alias("timestamp"),
        pl.lit(source).alias("timestamp_source"),
        severity_of_syslog(pl.col("sev")).alias("severity"),
        pl.lit("syslog").alias("level_source"),
        pl.col("host").alias("host_name"),
        pl.col("app").alias("service_name"),
        pl.when(pl.col("time").is_null()).then("text").otherwise(pl.col("body").fill_null("")).alias("body"),
        _attributes().alias("attributes"),
    )


def _unless_nil(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "-").then(pl.col(name)).alias(name)


def _attributes() -> pl.Expr:
    """A JSON object of what a message carries beside the columns."""
    members = [
        pl.format('"syslog.facility":{}', pl.col("facility")),
        pl.format('"syslog.severity":{}', pl.col("sev")),
        pl.format('"syslog.version":{}', pl.col("version")),
        pl.format('"process.pid":{}', _json_text("pid")),
        pl.format('"syslog.msgid":{}', _json_text("msgid")),
        pl.format('"syslog.structured_data":{}', pl.col("json")),
    ]
    joined = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(pl.lit("{") + joined + pl.lit("}"))


def _json_text(name: str) -> pl.Expr:
    """A token as JSON: a number stays one, all else is quoted."""
    column = pl.col(name)
    quoted = pl.lit('"') + column.str.replace_all(r'(["\\])', r"\${1}") + pl.lit('"')
    return pl.when(column.str.contains(r"^(?:0|[1-9][0-9]{0,17})$")).then(column).otherwise(quoted)


def _data_json(data: pl.Series) -> pl.Series:
    """Structured data as JSON: one plain element by rewriting its text, all else one by one."""
    plain = data.str.extract_groups(_PLAIN_DATA)
    names = data.str.extract_all(' [^ =\\]"]+="').list
    is_plain = plain.struct["1"].is_not_null() & (names.n_unique() == names.len())
    pairs = plain.struct["2"].str.replace_all(' ([^ =\\]"]+)="([^"]*)"', '"${1}":"${2}",').str.strip_chars_end(",")
    rewritten = '{"' + plain.struct["1"] + '":{' + pairs + "}}"
    others = pl.Series([None if plain else _structured(text) for plain, text in zip(is_plain, data, strict=True)])
    return pl.select(pl.when(is_plain).then(rewritten).otherwise(others.cast(pl.String))).to_series()


def _structured(text: str | None) -> str | None:
    """Structured data as a JSON object of objects."""
    if text is None or text == "-":
        return None
    elements: dict[str, dict[str, str]] = {}
    for name, parameters in _ELEMENT.findall(text):
        pairs = elements.setdefault(name, {})
        pairs |= {key: _ESCAPED.sub(r"\1", value) for key, value in _PARAMETER.findall(parameters)}
    return orjson.dumps(elements).decode()
