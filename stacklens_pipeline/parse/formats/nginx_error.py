"""nginx's error log: `2026/11/24 04:00:00 [error] 31#31: *3 text, client: 192.0.2.9, server: ..., request: "..."`.

Source: nginx's documentation of `error_log`, and lines that it writes.
"""

import polars as pl

from stacklens_pipeline.parse.formats.groups import groups_of
from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_LEVEL = "emerg|alert|crit|error|warn|notice|info|debug"
_TIME = "[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_HEAD = (
    rf"(?P<time>{_TIME}) \[(?P<level>{_LEVEL})\] (?P<pid>[0-9]+)#(?P<tid>[0-9]+):"
    r" (?:\*(?P<connection_number>[0-9]+) )?"
)
_REQUEST = r"^(?P<http_method>[A-Z]{3,20}) (?P<path>[^ ?]*)(?:\?(?P<query>[^ ]*))?(?: HTTP/(?P<version>[0-9.]+))?$"
_ZONE = r'^(?P<text>.*), excess: (?P<excess_number>[0-9.]+) by zone "(?P<zone>[^"]*)"$'
_ADDRESSES = r"^(?P<client_address>[^ ,]*)(?:, server: (?P<server>[^, ]*))?"
_QUOTED = ("request", "subrequest", "upstream", "host", "referrer", "login")


def _context(fields: pl.DataFrame) -> list[pl.Expr]:
    """The message, and what nginx says about the connection behind it: `client: ..., server: ..., request: "..."`."""
    parts = _split(fields["body"], ", client: ", ["body", "context"])
    if parts["context"].null_count() == parts.height:
        return []
    pieces = _split(parts["context"], '"', [f"p{n}" for n in range(2 * len(_QUOTED) + 1)])
    addresses = groups_of(pieces["p0"], _ADDRESSES)
    return [
        pl.lit(parts["body"]).alias("body"),
        *(pl.lit(addresses[name]).alias(name) for name in addresses.columns),
        *(pl.lit(values).alias(name) for name, values in _quoted(pieces).items()),
    ]


def _quoted(pieces: pl.DataFrame) -> dict[str, pl.Series]:
    """The values in quotation marks, which are every other piece, by the names at the ends of those before them."""
    names = [pl.col(f"p{n}").str.extract("([a-z]+): $", 1) for n in range(0, pieces.width - 1, 2)]
    found = pieces.select(name.alias(f"n{n}") for n, name in enumerate(names)).hstack(pieces)
    values = {
        name: pl.coalesce(pl.when(pl.col(f"n{n}") == name).then(pl.col(f"p{2 * n + 1}")) for n in range(len(_QUOTED)))
        for name in _QUOTED
    }
    return found.select(**values).to_dict()


def _split(texts: pl.Series, by: str, names: list[str]) -> pl.DataFrame:
    return texts.str.splitn(by, len(names)).struct.rename_fields(names).struct.unnest()


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
    (_HEAD,),
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
).format(rf"{_TIME} \[", _HEAD, first="12")
