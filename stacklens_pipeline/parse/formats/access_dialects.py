"""Access lines that are not of the usual form, by pattern.

With a virtual host before the client, several clients, users with blanks, no zone, fields that are not there, or
wrapped in quotation marks; and those that put time, client and method first, as some Java servers do.
"""

import polars as pl

from stacklens_pipeline.parse.formats.urls import METHOD, request_parts
from stacklens_pipeline.parse.timestamps import recognise

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
    *("client", "ident", "user", "host", "port", "forwarded", "time", "request", "method", "target", "version"),
    *("status", "bytes", "seconds", "referrer", "agent", "more"),
)


def dialect_fields(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """`FIELDS` of the lines, their `timestamp` and `timestamp_source`, in their order.

    `bytes`, for which there is at least a dash, are null without a match.
    """
    fields = _usual_order(lines["text"]).with_row_index("index")
    is_other = fields["bytes"].is_null()
    if is_other.any():
        others = fields.filter(is_other).select("index").hstack(_time_first(lines["text"].filter(is_other)))
        fields = pl.concat([fields.filter(~is_other), others]).sort("index")
    times = recognise(fields["time"], lines["appended_at"], timezone)
    return fields.drop("index").hstack(times.rename({"source": "timestamp_source"}))


def _usual_order(texts: pl.Series) -> pl.DataFrame:
    fields = texts.str.extract_groups(_ACCESS).struct.unnest()
    of_head = fields["head"].str.extract_groups(_HEAD).struct.unnest()
    fields = fields.hstack(of_head).hstack(request_parts(fields["request"]))
    clients, host = pl.col("clients"), pl.col("vhost")
    return fields.with_columns(
        pl.coalesce("behind", clients.str.replace(",.*$", "").replace("-", None)).alias("client"),
        pl.coalesce("ident1", "ident2").alias("ident"),
        pl.coalesce("user1", "user2").alias("user"),
        host.str.replace(_PORT, "").alias("host"),
        host.str.extract(_PORT, 1).alias("port"),
        pl.when(clients.str.contains(",", literal=True)).then(clients).alias("forwarded"),
    ).select(FIELDS)


def _time_first(texts: pl.Series) -> pl.DataFrame:
    fields = texts.str.extract_groups(_TIME_FIRST).struct.unnest()
    request = pl.concat_str("method", pl.lit(" "), "target").alias("request")
    missing = [pl.lit(None, pl.String).alias(name) for name in FIELDS if name not in (*fields.columns, "request")]
    return fields.with_columns(*missing, request).select(FIELDS)
