"""Apache's error log, of 2.2 (`[time] [level] [client] text`) and of 2.4 (`[time] [module:level] [pid] [client] text`).

Source: the documentation of `ErrorLogFormat`.
"""

import polars as pl

from stacklens_pipeline.parse.formats.groups import groups_of
from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_WORDS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
_LEVELS = numbers_of({**{word: word for word in _WORDS}, **{f"trace{n}": "trace" for n in range(1, 9)}})
_LEVEL = "|".join(_LEVELS)
_HEAD = (
    rf"\[(?P<time>[^\]\n]+)\] \[(?:(?P<module>[A-Za-z0-9_-]*):)?(?P<level>{_LEVEL})\]"
    r"(?: \[pid (?P<pid>[0-9]+)(?::tid (?P<tid>[0-9]+))?\])?"
)
_CLIENT = r"^(?P<before>[^\[\n]*)\[(?:client|remote) (?P<client>[^\]\n]+)\] ?"
_PORT = r"^(?P<address>.*?):(?P<port>[0-9]{1,5})$"


def _client(fields: pl.DataFrame) -> list[pl.Expr]:
    """The client's address and port, which 2.4 writes behind it, and the text without them.

    What stands before the client, an error of the operating system, belongs to the text.
    """
    body = fields["body"].str.strip_chars_start(" ")
    found = groups_of(body, _CLIENT)
    parts = groups_of(found["client"], _PORT)
    has_port = pl.col("module").is_not_null() & pl.lit(parts["port"].is_not_null())
    behind = pl.lit(body).str.slice(pl.lit(body.str.extract(_CLIENT, 0).str.len_chars()))
    address = pl.when(has_port).then(pl.lit(parts["address"])).otherwise(pl.lit(found["client"]))
    return [
        address.str.strip_chars("[]").alias("client_address"),
        pl.when(has_port).then(pl.lit(parts["port"])).alias("port_number"),
        pl.coalesce(pl.lit(found["before"]) + behind, pl.lit(body)).alias("body"),
    ]


def _marks(fields: pl.DataFrame) -> list[pl.Expr]:
    """The number of the message, and the page that the request came from."""
    body = fields["body"]
    return [
        pl.lit(body.str.extract(r"(?:^|: )(AH[0-9]{5}): ", 1)).alias("code"),
        pl.lit(body.str.extract(r", referer: ([^\n]*)$", 1)).alias("referrer"),
    ]


APACHE_ERROR = Layout(
    "apache_error",
    (_HEAD,),
    members={
        "module": "apache.error.module",
        "port_number": "client.port",
        "code": "error.code",
        "referrer": "http.referrer",
    },
    words=_LEVELS,
    more=(_client, _marks),
    goes_on=True,
).format(
    r"\[(?:[A-Z][a-z]{2} [A-Z]|[0-9]{2}/[A-Z])[^\]]*\] \[",
    r"\[(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:.]+ [0-9]{4}|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}[ :][^\]\n]*)\]"
    rf" \[(?:[A-Za-z0-9_-]*:)?(?:{_LEVEL})\] ",
    first="[",
)
