"""Access lines of Apache and nginx: common and combined, with or without fields of one's own at the end."""

import polars as pl

from stacklens_pipeline.parse.levels import severity_of_status
from stacklens_pipeline.parse.timestamps import from_clf

_ACCESS = (
    r'^(?P<client>[^ ]+) (?P<ident>[^ ]+) (?P<user>[^\[]*?) ?\[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)"'
    r" (?P<status>[0-9]{3}|-) (?P<bytes>[0-9]+|-)"
    r'(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"?)?(?: (?P<more>.*))?$'
)
_REQUEST = r"^(?P<method>[A-Z]{3,20}) (?P<target>.*?)(?: HTTP/(?P<version>[0-9.]+))?$"


def parse_access(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of access lines; the body is the request line. The zone stands in the line itself."""
    del timezone
    fields = lines.with_columns(pl.col("text").str.extract_groups(_ACCESS).alias("fields")).unnest("fields")
    fields = fields.with_columns(pl.col("request").str.extract_groups(_REQUEST).alias("parts")).unnest("parts")
    status = pl.col("status").cast(pl.Int32, strict=False)
    seconds = pl.col("more").str.extract(r"^(?:.* )?([0-9]+\.[0-9]{3})(?: |$)", 1).cast(pl.Float64, strict=False)
    return fields.with_columns(
        from_clf(pl.col("time")).alias("timestamp"),
        pl.lit("clf").alias("timestamp_source"),
        severity_of_status(status).alias("severity"),
        pl.lit("status").alias("level_source"),
        pl.col("client").alias("client_address"),
        pl.when(~pl.col("user").is_in(["-", ""])).then(pl.col("user")).alias("user_id"),
        pl.col("method").alias("http_method"),
        pl.col("target").str.replace(r"\?.*$", "").alias("url_path"),
        pl.col("status").alias("http_status"),
        pl.col("bytes").alias("bytes_sent"),
        (seconds * 1000).cast(pl.String).alias("duration_ms"),
        pl.coalesce("request", "text").alias("body"),
        _attributes().alias("attributes"),
    )


def _attributes() -> pl.Expr:
    query = pl.col("target").str.extract(r"\?(.*)$", 1)
    members = [
        _member("http.version", pl.col("version")),
        _member("http.referrer", pl.col("referrer")),
        _member("user_agent", pl.col("agent")),
        _member("url.query", query),
    ]
    joined = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(pl.lit("{") + joined + pl.lit("}"))


def _member(name: str, value: pl.Expr) -> pl.Expr:
    """A member of a JSON object; null when there is nothing to say. Escapes of the log line become JSON's."""
    plain = (
        value.str.replace_all(r'\\"', '"').str.replace_all(r'([\\"])', r"\${1}").str.replace_all(r"[\x00-\x1f]", " ")
    )
    return pl.when(value.is_not_null() & (value != "-")).then(pl.format('"' + name + '":"{}"', plain))
