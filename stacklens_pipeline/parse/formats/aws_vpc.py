"""Amazon VPC flow logs: the default fields, and the orders of fields that AWS's documentation shows.

A flow log may have any fields in any order, which no line tells: one of its own order is a format of its own, made by
`vpc_format` for the sources that say so. Fields have the names of the documentation, "Flow log records".
"""

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.layout import (
    REST,
    Layout,
    decimal_or_text,
    declared_layout,
    laid_out,
    layout,
)
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.otherwise import by_layout
from stacklens_pipeline.parse.timestamps import from_epoch

DEFAULT = layout(
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
"""Version 2."""
_WITH_PACKET_ADDRESSES = layout(
    "version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr"
    " pkt-dstaddr protocol bytes packets start end action tcp-flags log-status"
)
_OF_TRANSIT_GATEWAY = layout(
    "version interface-id account-id vpc-id subnet-id instance-id srcaddr dstaddr srcport dstport protocol tcp-flags"
    " type pkt-srcaddr pkt-dstaddr action log-status"
)
_WITH_PATH = layout(
    "version srcaddr dstaddr srcport dstport protocol start end type packets bytes account-id vpc-id subnet-id"
    " instance-id interface-id region az-id sublocation-type sublocation-id action tcp-flags pkt-srcaddr pkt-dstaddr"
    " pkt-src-aws-service pkt-dst-aws-service traffic-path flow-direction log-status"
)

_ADDRESS, _NUMBER, _ID = "(?:[0-9a-fA-F.:]{2,45}|-)", "(?:[0-9]{1,19}|-)", "(?:{}-[0-9a-zA-Z]{{1,40}}|-)"
_PATTERNS: Mapping[str, str] = {
    "version": "[1-9][0-9]?",
    "account-id": "(?:[0-9]{12}|unknown|-)",
    **{f"{kind}-id": _ID.format(prefix) for kind, prefix in (("interface", "eni"), ("vpc", "vpc"))},
    **{f"{kind}-id": _ID.format(prefix) for kind, prefix in (("subnet", "subnet"), ("instance", "i"))},
    **dict.fromkeys(("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"), _ADDRESS),
    **dict.fromkeys(("srcport", "dstport", "protocol", "packets", "bytes", "tcp-flags"), _NUMBER),
    **dict.fromkeys(("start", "end"), "[0-9]{10}"),
    "type": "(?:IPv4|IPv6|EFA|-)",
    "action": "(?:ACCEPT|REJECT|-)",
    "log-status": "(?:OK|NODATA|SKIPDATA)",
}
_NUMBERS = frozenset(
    ("version", "srcport", "dstport", "protocol", "packets", "start", "end", "tcp-flags", "traffic-path")
)
_COLUMNS = ("srcaddr", "bytes")
"""Fields that a column holds as they stand."""
_KNOWN = ("start", *_COLUMNS)


def vpc_format(name: str, fields: Sequence[str]) -> Format:
    """The format of a flow log whose `fields` stand in an order of its own, for sources that are said to have it."""
    return Format(name, partial(_parse_declared, layout=declared_layout(fields)))


def parse_vpc(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of flow logs: the client is where packets come from, the time is the start; no line has a level."""
    return by_layout(lines, _LAYOUTS, _records, timezone)


def _parse_declared(lines: pl.DataFrame, timezone: str, layout: Layout) -> pl.DataFrame:
    del timezone
    return _records(lines, layout)


def _records(lines: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    fields = laid_out(lines["text"], layout)
    missing = [pl.lit(None, pl.String).alias(name) for name in _KNOWN if name not in fields.columns]
    start = pl.col("start").cast(pl.Float64, strict=False)
    members = {name: _member(name, fields[name]) for name in layout.names if name not in _COLUMNS}
    attributes = json_object(members | {"extra": fields[REST]})
    columns = fields.with_columns(missing).select(
        from_epoch(start).alias("timestamp"),
        pl.lit("epoch").alias("timestamp_source"),
        pl.lit(0, pl.Int32).alias("severity"),
        pl.lit("none").alias("level_source"),
        pl.col("srcaddr").alias("client_address"),
        pl.col("bytes").alias("bytes_sent"),
        lines["text"].alias("body"),
        attributes.alias("attributes"),
    )
    return lines.hstack(columns)


def _member(name: str, texts: pl.Series) -> pl.Series:
    return decimal_or_text(texts) if name in _NUMBERS else texts


def _pattern(layout: Layout) -> str:
    return f"^{' '.join(_PATTERNS.get(name, '[^ ]+') for name in layout.names)}$"


_LAYOUTS = {_pattern(one): one for one in (DEFAULT, _WITH_PACKET_ADDRESSES, _OF_TRANSIT_GATEWAY, _WITH_PATH)}
AWS_VPC = Format("aws_vpc", parse_vpc, pl.col("text").str.contains("|".join(_LAYOUTS)), first="123456789")
