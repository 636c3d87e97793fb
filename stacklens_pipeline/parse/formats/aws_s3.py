"""Amazon S3 server access logs. Fields have the names of AWS's documentation, "Amazon S3 server access log format"."""

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.layout import REST, decimal_or_text, laid_out, layout
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.otherwise import or_text
from stacklens_pipeline.parse.formats.urls import path_of, query_of, request_parts
from stacklens_pipeline.parse.levels import severity_of_status
from stacklens_pipeline.parse.timestamps import from_clf

FIELDS = layout(
    "bucket_owner bucket day zone remote_ip requester request_id operation key"
    ' "request_uri" http_status error_code bytes_sent object_size total_time turn_around_time "referer" "user_agent"'
    " version_id host_id signature_version cipher_suite authentication_type host_header tls_version access_point_arn"
    " acl_required"
)
_NUMBERS = ("object_size", "total_time", "turn_around_time")
_TEXTS = (
    *("bucket_owner", "bucket", "request_id", "operation", "key", "error_code", "version_id", "host_id"),
    *("signature_version", "cipher_suite", "authentication_type", "host_header", "tls_version", "access_point_arn"),
    *("acl_required", "user_agent"),
)


def parse_s3(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of S3 access lines; the body is the request line, or the line where there was none."""
    return or_text(lines, _TEST, _records, timezone)


def _records(lines: pl.DataFrame) -> pl.DataFrame:
    fields = laid_out(lines["text"], FIELDS)
    fields = fields.hstack(request_parts(fields["request_uri"]))
    status = pl.col("http_status").cast(pl.Int32, strict=False)
    columns = fields.select(
        from_clf(pl.col("day").str.slice(1), pl.col("zone").str.strip_suffix("]")).alias("timestamp"),
        pl.lit("clf").alias("timestamp_source"),
        pl.when(status.is_not_null()).then(severity_of_status(status)).alias("severity"),
        pl.lit("status").alias("level_source"),
        pl.col("remote_ip").alias("client_address"),
        pl.col("requester").alias("user_id"),
        pl.col("method").alias("http_method"),
        path_of(pl.col("target")).alias("url_path"),
        status.alias("http_status"),
        "bytes_sent",
        pl.col("total_time").alias("duration_ms"),
        pl.coalesce("request_uri", lines["text"]).alias("body"),
        _attributes(fields).alias("attributes"),
    )
    return lines.hstack(columns)


def _attributes(fields: pl.DataFrame) -> pl.Series:
    return json_object(
        {name: fields[name] for name in _TEXTS}
        | {name: decimal_or_text(fields[name]) for name in _NUMBERS}
        | {
            "http.referrer": fields["referer"],
            "http.version": fields["version"],
            "url.query": fields.select(query_of(pl.col("target"))).to_series(),
            "extra": fields[REST],
        }
    )


_IS_S3 = r"^(?:[0-9a-f]{64}|-) [^ ]+ \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\] [^ ]+ [^ ]+ [^ ]+ [A-Z]"
_TEST = pl.col("text").str.contains(_IS_S3)
AWS_S3 = Format("aws_s3", parse_s3, _TEST, first="0123456789abcdef-")
