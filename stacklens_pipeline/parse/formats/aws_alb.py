"""AWS load balancers: the access logs of application load balancers, and of classic ones before them.

Fields have the names of AWS's documentation, "Access logs for your Application Load Balancer" and "Access logs for
your Classic Load Balancer".
"""

from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.layout import REST, Layout, as_list, decimal_or_text, laid_out, layout
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.otherwise import or_text
from stacklens_pipeline.parse.formats.urls import path_of, query_of, request_parts
from stacklens_pipeline.parse.levels import severity_of_status
from stacklens_pipeline.parse.timestamps import from_iso

ALB_FIELDS = layout(
    "type time elb client:port target:port request_processing_time target_processing_time response_processing_time"
    ' elb_status_code target_status_code received_bytes sent_bytes "request" "user_agent" ssl_cipher ssl_protocol'
    ' target_group_arn "trace_id" "domain_name" "chosen_cert_arn" matched_rule_priority request_creation_time'
    ' "actions_executed" "redirect_url" "error_reason" "target:port_list" "target_status_code_list" "classification"'
    ' "classification_reason" conn_trace_id "transformed_host" "transformed_uri" "request_transform_status"'
)
ELB_FIELDS = layout(
    "time elb client:port backend:port request_processing_time backend_processing_time response_processing_time"
    ' elb_status_code backend_status_code received_bytes sent_bytes "request" "user_agent" ssl_cipher ssl_protocol'
)

_NUMBERS = frozenset({"received_bytes", "matched_rule_priority", "target_status_code", "backend_status_code"})
_LISTS = frozenset({"target:port_list", "target_status_code_list"})
_COLUMNS = frozenset({"time", "elb_status_code", "sent_bytes", "request"})
"""Fields that a column holds as they stand."""
_TIMES = "_processing_time"
_ROOT = r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})"


def parse_balancer(lines: pl.DataFrame, timezone: str, layout: Layout) -> pl.DataFrame:
    """Records of a load balancer's lines; the body is the request line, or the line where nothing was asked."""
    return or_text(lines, _TESTS[layout], partial(_records, layout=layout), timezone)


def _records(lines: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    fields = laid_out(lines["text"], layout)
    fields = fields.hstack(request_parts(fields["request"]))
    status = pl.col("elb_status_code").cast(pl.Int32, strict=False)
    address = pl.col("client:port").str.replace(r":[0-9]+$", "")
    columns = fields.select(
        from_iso(pl.col("time")).alias("timestamp"),
        pl.lit("iso").alias("timestamp_source"),
        pl.when(status.is_not_null()).then(severity_of_status(status)).alias("severity"),
        pl.lit("status").alias("level_source"),
        address.alias("client_address"),
        pl.col("method").alias("http_method"),
        path_of(pl.col("target")).alias("url_path"),
        status.alias("http_status"),
        pl.col("sent_bytes").alias("bytes_sent"),
        _duration_ms(layout).alias("duration_ms"),
        _trace(fields).alias("trace_id"),
        pl.when(pl.col("method").is_not_null()).then("request").otherwise(lines["text"]).alias("body"),
        _attributes(fields).alias("attributes"),
    )
    return lines.hstack(columns)


def _duration_ms(layout: Layout) -> pl.Expr:
    """What the balancer, the target and the way back took together; null when it has not come to that (-1)."""
    times = [pl.col(name).cast(pl.Float64, strict=False) for name in layout.names if name.endswith(_TIMES)]
    total = pl.sum_horizontal(times, ignore_nulls=False) * 1000
    return pl.when(pl.all_horizontal(time >= 0 for time in times)).then(total.round(3))


def _trace(fields: pl.DataFrame) -> pl.Expr:
    """The trace id in AWS's `Root=1-time-number` as OpenTelemetry writes it, its two numbers in one."""
    if "trace_id" not in fields.columns:
        return pl.lit(None, pl.String)
    root = pl.col("trace_id").str.extract_groups(_ROOT)
    return root.struct.field("1") + root.struct.field("2")


def _attributes(fields: pl.DataFrame) -> pl.Series:
    target = fields["target"]
    members = {name: _member(name, fields[name]) for name in fields.columns if name not in _NO_MEMBERS}
    return json_object(
        members
        | {
            "http.version": fields["version"],
            "url.full": target,
            "url.query": target.to_frame().select(query_of(pl.col("target"))).to_series(),
            "extra": fields[REST],
        }
    )


_NO_MEMBERS = _COLUMNS | {"method", "target", "version", REST}


def _member(name: str, texts: pl.Series) -> pl.Series:
    if name in _LISTS:
        return as_list(texts)
    return decimal_or_text(texts) if name in _NUMBERS or name.endswith(_TIMES) else texts


_IS_ALB = (
    r"^(?:https?|h2|grpcs|wss?) [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z [^ ]+ [^ ]+:[0-9]+ (?:[^ ]+:[0-9]+|-) -?[0-9]"
)
_IS_ELB = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z [^ ]+ [^ ]+:[0-9]+ (?:[^ ]+:[0-9]+|-)(?: -?[0-9][0-9.]*){3} "
_TESTS = {ALB_FIELDS: pl.col("text").str.contains(_IS_ALB), ELB_FIELDS: pl.col("text").str.contains(_IS_ELB)}
AWS_ALB = Format("aws_alb", partial(parse_balancer, layout=ALB_FIELDS), _TESTS[ALB_FIELDS], first="hgw")
AWS_ELB = Format("aws_elb", partial(parse_balancer, layout=ELB_FIELDS), _TESTS[ELB_FIELDS], first="12")
