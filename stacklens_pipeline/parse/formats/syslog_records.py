"""From the fields of syslog messages, of either dialect, to records."""

import polars as pl

from stacklens_pipeline.parse.formats.members import quoted
from stacklens_pipeline.parse.levels import severity_of_syslog

IS_PRI = r"^<(?:0|[1-9][0-9]?|1[0-8][0-9]|19[01])>"
"""PRI, a number from 0 to 191 without leading zeros; RFC 3164, section 4.1.1, and RFC 5424, section 6.2.1."""

NO_PRI = "PRI is no number from 0 to 191 without leading zeros"

_HEAD = r"^(?:<(?P<pri>[0-9]{1,9})?(?:\.(?P<severity>[0-7]))?>)?(?P<version>[1-9][0-9]{0,2}$)?"
_HIGHEST_PRI = 191
_NUMBER = r"^(?:0|[1-9][0-9]{0,17})$"

_MEMBERS = {
    "pid": "process.pid",
    "msgid": "syslog.msgid",
    "json": "syslog.structured_data",
    "invalid": "syslog.invalid",
}
"""Fields that become attributes, and their names there."""


def syslog_records(lines: pl.DataFrame, fields: pl.DataFrame, source: str) -> pl.DataFrame:
    """Records of the lines from their fields, which stand in the same order.

    Fields: `timestamp`, `host`, `app`, `pid`, `body`, what `with_priority` adds, and where there are any `msgid`,
    `json` (structured data) and `invalid` (what is wrong).
    """
    fields = _without_nil(fields)
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


def with_priority(fields: pl.DataFrame) -> pl.DataFrame:
    """The fields with `severity` and `priority` (members of a JSON object), which each `head` is asked for once.

    A head begins with `<PRI>`, or with nothing, and a version may end it; `<.3>` is a severity alone. Services write
    few priorities.
    """
    heads = fields.select("head").unique()
    heads = heads.with_columns(pl.col("head").str.extract_groups(_HEAD).alias("groups")).unnest("groups")
    pri = pl.col("pri").cast(pl.Int32, strict=False)
    pri = pl.when(pri <= _HIGHEST_PRI).then(pri)
    severity = pl.coalesce(pri % 8, pl.col("severity").cast(pl.Int32))
    members = {"facility": pri // 8, "severity": severity, "version": pl.col("version")}
    joined = pl.concat_str(
        [pl.concat_str(pl.lit(f'"syslog.{name}":'), value) for name, value in members.items()],
        separator=",",
        ignore_nulls=True,
    )
    found = heads.select(
        "head", severity_of_syslog(severity).alias("severity"), pl.when(joined != "").then(joined).alias("priority")
    )
    return fields.join(found, on="head", how="left", nulls_equal=True, maintain_order="left")


def _without_nil(fields: pl.DataFrame) -> pl.DataFrame:
    """The fields, null where a dash says that there is nothing to say."""
    names = [name for name in ("host", "app", "pid", "msgid") if name in fields.columns]
    return fields.with_columns(pl.when(pl.col(name) != "-").then(pl.col(name)).alias(name) for name in names)


def _attributes(fields: pl.DataFrame) -> pl.Expr:
    """A JSON object of what a message carries beside the columns; null without any."""
    parts: list[pl.Expr] = [pl.col("priority")]
    for field, name in _MEMBERS.items():
        if field in fields.columns and fields[field].null_count() < fields.height:
            values = _json(field, fields[field])
            member = [pl.lit(f',"{name}":'), pl.lit(values)]
            parts += [pl.concat_str(member)] if values.null_count() else member
    if not fields["priority"].null_count():
        return pl.concat_str(pl.lit("{"), *parts, pl.lit("}"), ignore_nulls=True)
    members = pl.concat_str(parts, ignore_nulls=True).str.strip_prefix(",")
    return pl.when(members != "").then(pl.concat_str(pl.lit("{"), members, pl.lit("}")))


def _json(field: str, values: pl.Series) -> pl.Series:
    """The values of a field as JSON: a process id that is a number stays one, all other texts are quoted."""
    if field == "json":
        return values
    if field != "pid":
        return quoted(values)
    is_number = values.str.contains(_NUMBER).fill_null(False)
    if is_number.all():
        return values
    return quoted(values).zip_with(~is_number, values) if is_number.any() else quoted(values)
