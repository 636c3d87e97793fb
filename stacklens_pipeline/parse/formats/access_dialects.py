"""Access lines that are not of the usual form, by pattern.

With a virtual host before the client, several clients, users with blanks, no zone, fields that are not there, or
wrapped in quotation marks; and those that put time, client and method first, as some Java servers do.
"""

import polars as pl

from stacklens_pipeline.parse.formats.urls import METHOD, request_parts
from stacklens_pipeline.parse.timestamps import from_clf, from_iso, in_zone
from stacklens_pipeline.tables import UTC_TIME

_QUOTED = r'(?:[^"\\]|\\.)*'
_DAY = r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}"
_ACCESS = (
    rf'(?s)^"?(?P<head>[^"\[\n]*)\[(?P<time>[^\]\n]+)\] +(?:"(?P<request>{_QUOTED})"|-)'
    r" +(?P<status>[0-9]{3}|-) +(?P<bytes>[0-9]+|-)(?: +(?P<seconds>[0-9]+\.[0-9]+))?"
    rf'(?: +(?:"(?P<referrer>{_QUOTED})"|-) +(?:"(?P<agent>{_QUOTED})"?|-))?"?(?: +(?P<more>.*))?$'
)
_ADDRESS = r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)"
_HEAD = (
    rf"^(?:(?P<vhost>[^ ,]+) +(?P<behind>{_ADDRESS}) +(?P<ident1>[^ ]+) +(?P<user1>[^ ].*?)"
    r"|(?P<clients>[^ ,]+(?:, ?[^ ,]+)*) +(?P<ident2>[^ ]+)(?: +(?P<user2>.*?))?) *$"
)
_TIME = rf"^(?P<date>{_DAY})[: ](?P<clock>[0-9:]{{8}})(?P<fraction>[.,][0-9]{{1,6}})? ?(?P<zone>Z|UTC|[+-][0-9]{{4}})?$"
_ZONE = "^[+-][0-9]{4}$"
_PORT = r":([0-9]{1,5})$"

_TIME_FIRST = (
    r"(?s)^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)"
    rf' (?P<client>[^ ]+) (?P<user>[^ ]+) (?P<method>{METHOD}) "?(?P<target>[^ "]+)"? -?[0-9]+'
    r" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)"
    rf'(?: "(?P<referrer>{_QUOTED})" "(?P<agent>{_QUOTED})")?(?: (?P<more>.*))?$'
)

IS_ACCESS = (
    rf'^"?[0-9A-Za-z.:_%,-]+ [^"\[\n]*\[(?:{_DAY}[: ]|[0-9]{{4}}[-/][0-9]{{2}}[-/][0-9]{{2}}[T ])[^\]\n]*\] +(?:"|- )'
    r"|^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}[^ ]* [^ ]+ [^ ]+ [A-Z]{3,10} [^ ]+ -?[0-9]+ [0-9]{3} [0-9]+ "
)
"""How a line of any dialect begins."""

FIELDS = (
    *("client", "ident", "user", "host", "port", "forwarded", "time", "timestamp", "request", "method", "target"),
    *("version", "status", "bytes", "seconds", "referrer", "agent", "more"),
)


def dialect_fields(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """`FIELDS` of the lines, in their order; `bytes`, for which there is at least a dash, are null without a match."""
    fields = _usual_order(lines["text"], timezone)
    others = lines["text"].filter(fields["bytes"].is_null())
    if not others.len():
        return fields
    numbered = fields.with_row_index("index")
    rest = numbered.filter(pl.col("bytes").is_null()).select("index").hstack(_time_first(others, timezone))
    return pl.concat([numbered.filter(pl.col("bytes").is_not_null()), rest]).sort("index").drop("index")


def _usual_order(texts: pl.Series, timezone: str) -> pl.DataFrame:
    fields = texts.str.extract_groups(_ACCESS).struct.unnest()
    of_head = fields["head"].str.extract_groups(_HEAD).struct.unnest()
    fields = fields.hstack(of_head).hstack(request_parts(fields["request"]))
    clients, host = pl.col("clients"), pl.col("vhost")
    return fields.with_columns(
        _times(fields["time"], timezone).alias("timestamp"),
        pl.coalesce("behind", clients.str.replace(",.*$", "").replace("-", None)).alias("client"),
        pl.coalesce("ident1", "ident2").alias("ident"),
        pl.coalesce("user1", "user2").alias("user"),
        host.str.replace(_PORT, "").alias("host"),
        host.str.extract(_PORT, 1).alias("port"),
        pl.when(clients.str.contains(",", literal=True)).then(clients).alias("forwarded"),
    ).select(FIELDS)


def _time_first(texts: pl.Series, timezone: str) -> pl.DataFrame:
    fields = texts.str.extract_groups(_TIME_FIRST).struct.unnest()
    request = pl.concat_str("method", pl.lit(" "), "target").alias("request")
    missing = [pl.lit(None, pl.String).alias(name) for name in FIELDS if name not in (*fields.columns, "request")]
    fields = fields.with_columns(*missing, request)
    return fields.with_columns(_times(fields["time"], timezone).alias("timestamp")).select(FIELDS)


def _times(texts: pl.Series, timezone: str) -> pl.Series:
    """Times as Apache and nginx write them, or as some others do."""
    parts = texts.str.splitn(" ", 2).struct.rename_fields(["moment", "zone"]).struct.unnest()
    usual = pl.when(pl.col("zone").str.contains(_ZONE)).then(from_clf(pl.col("moment"), pl.col("zone")))
    times = parts.select(usual.alias("timestamp")).to_series()
    others = (times.is_null() & texts.is_not_null()).arg_true()
    if not others.len():
        return times
    other = _other_times(texts.gather(others), timezone).to_physical()
    # as numbers, since some years have no Python date, which scattering goes by
    return times.to_physical().scatter(others, other).cast(UTC_TIME)


def _other_times(texts: pl.Series, timezone: str) -> pl.Series:
    """Times with fractions, with a blank before the clock, or in ISO 8601; without a zone they are of `timezone`."""
    parts = texts.str.extract_groups(_TIME).struct.unnest()
    moment, zone = parts["date"] + ":" + parts["clock"], parts["zone"]
    micros = parts["fraction"].str.slice(1).str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    local = moment.str.to_datetime("%d/%b/%Y:%H:%M:%S", time_unit="us", strict=False)
    in_utc, in_local = from_clf(pl.lit(moment), pl.lit(zone)), in_zone(pl.lit(local), timezone)
    seconds = pl.when(pl.lit(zone).is_null()).then(in_local).otherwise(in_utc)
    iso = from_iso(pl.lit(texts.str.replace_all("/", "-", literal=True)), timezone)
    return pl.select(pl.coalesce(seconds + pl.duration(microseconds=pl.lit(micros)), iso)).to_series()
