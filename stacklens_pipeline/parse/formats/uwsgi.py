"""The request lines that uWSGI writes unless told otherwise. Source: "Formatting uWSGI requests logs"."""

from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.layout import decimal_or_text
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.otherwise import or_text
from stacklens_pipeline.parse.formats.urls import path_of, query_of
from stacklens_pipeline.parse.levels import severity_of_status
from stacklens_pipeline.parse.timestamps import recognise

_LINE = (
    r"^\[pid: (?P<pid>[0-9]+)\|app: (?P<app>[^|\]]*)\|req: (?P<req>[^\]]*)\] (?P<client>[^ ]+) \((?P<user>[^)]*)\)"
    r" \{[^}]*\} \[(?P<time>[^\]]{24})\] (?P<method>[A-Z-]+) (?P<target>[^ ]+) => generated (?P<size>[0-9]+) bytes"
    r" in (?P<took>[0-9]+) (?P<unit>msecs|micros) \(HTTP/(?P<version>[0-9.]+) (?P<status>[0-9]{3})\)"
)
_TEST = pl.col("text").str.contains(_LINE)


def parse_uwsgi(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of uWSGI's request lines; the body is method and address."""
    return or_text(lines, _TEST, partial(_records, timezone=timezone), timezone)


def _records(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    fields = lines["text"].str.extract_groups(_LINE).struct.unnest()
    times = recognise(fields["time"], lines["appended_at"], timezone)
    status = pl.col("status").cast(pl.Int32)
    took = pl.col("took").cast(pl.Float64)
    columns = fields.select(
        times["timestamp"],
        times["source"].alias("timestamp_source"),
        severity_of_status(status).alias("severity"),
        pl.lit("status").alias("level_source"),
        pl.col("client").alias("client_address"),
        pl.when(~pl.col("user").is_in(["", "-"])).then(pl.col("user")).alias("user_id"),
        pl.col("method").alias("http_method"),
        path_of(pl.col("target")).alias("url_path"),
        status.alias("http_status"),
        pl.when(pl.col("unit") == "micros").then(took / 1000).otherwise(took).alias("duration_ms"),
        pl.col("size").alias("bytes_sent"),
        (pl.col("method") + " " + pl.col("target")).alias("body"),
        _attributes(fields).alias("attributes"),
    )
    return lines.hstack(columns)


def _attributes(fields: pl.DataFrame) -> pl.Series:
    query = fields.select(query_of(pl.col("target"))).to_series()
    numbers = {"process.pid": decimal_or_text(fields["pid"]), "uwsgi.app": decimal_or_text(fields["app"])}
    return json_object(numbers | {"uwsgi.req": fields["req"], "http.version": fields["version"], "url.query": query})


UWSGI = Format("uwsgi", parse_uwsgi, _TEST, first="[")
