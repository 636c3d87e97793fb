"""nginx's error log: `2026/11/24 04:00:00 [error] 31#31: *3 text, client: 192.0.2.9, server: ..., request: "..."`.

Source: nginx's own `ngx_log.c` and `ngx_http_request.c`, as read in their documentation.
"""

import polars as pl

from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_LEVEL = "emerg|alert|crit|error|warn|notice|info|debug"
_HEAD = r"^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_PATTERN = (
    rf"(?s){_HEAD.replace('^', '^(?P<time>')}) \[(?P<level>{_LEVEL})\] (?P<pid>[0-9]+)#(?P<tid>[0-9]+):"
    r" (?:\*(?P<connection_number>[0-9]+) )?(?P<body>.*)$"
)
_REQUEST = r"^(?P<http_method>[A-Z]{3,20}) (?P<path>[^ ?]*)(?:\?(?P<query>[^ ]*))?(?: HTTP/(?P<version>[0-9.]+))?$"
_ZONE = r'^(?P<text>.*), excess: (?P<excess_number>[0-9.]+) by zone "(?P<zone>[^"]*)"$'
_QUOTED = ("request", "subrequest", "upstream", "host", "referrer", "login")


def _context(fields: pl.DataFrame) -> list[pl.Expr]:
    """The message, and what nginx says about the connection behind it."""
    parts = fields["body"].str.splitn(", client: ", 2).struct.rename_fields(["body", "context"]).struct.unnest()
    body, context = pl.lit(parts["body"]), parts["context"]
    if context.null_count() == len(context):
        return []
    said = ("," + context).alias("context")
    return [
        body.alias("body"),
        pl.lit(said.str.extract(r"^,([^ ,]*)", 1)).alias("client_address"),
        pl.lit(said.str.extract(", server: ([^, ]*)", 1)).alias("server"),
        *(pl.lit(said.str.extract(f', {name}: "([^"]*)"', 1)).alias(name) for name in _QUOTED),
    ]


def _request(fields: pl.DataFrame) -> list[pl.Expr]:
    """The parts of the request line."""
    if "request" not in fields.columns:
        return []
    parts = fields["request"].str.extract_groups(_REQUEST).struct.unnest()
    return [pl.lit(parts[name]).alias("url_path" if name == "path" else name) for name in parts.columns]


def _limit(fields: pl.DataFrame) -> list[pl.Expr]:
    """By how much a request was beyond a limit, and which."""
    if not fields["body"].str.contains(", excess: ", literal=True).any():
        return []
    parts = fields["body"].str.extract_groups(_ZONE).struct.unnest()
    return [
        pl.coalesce(pl.lit(parts["text"]), "body").alias("body"),
        *(pl.lit(parts[name]).alias(name) for name in ("excess_number", "zone")),
    ]


NGINX_ERROR = Layout(
    "nginx_error",
    (_PATTERN,),
    members={
        "connection_number": "nginx.error.connection_id",
        "server": "server.address",
        "request": "http.request_line",
        "subrequest": "nginx.error.subrequest",
        "upstream": "nginx.error.upstream",
        "host": "http.request.header.host",
        "referrer": "http.referrer",
        "login": "user.name",
        "query": "url.query",
        "version": "http.version",
        "excess_number": "nginx.error.excess",
        "zone": "nginx.error.zone",
    },
    words=numbers_of(_LEVEL.split("|")),
    more=(_context, _request, _limit),
).format(rf"{_HEAD} \[(?:{_LEVEL})\] [0-9]+#[0-9]+: ", first="12")
