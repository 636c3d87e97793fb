"""What stands behind the user agent of an access line: durations, addresses that proxies passed on, upstreams.

Sources: nginx's log variables, and the log format of ingress-nginx, "Log format" of its documentation.
"""

from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.formats.layout import decimal_or_text
from stacklens_pipeline.parse.formats.members import json_object

_SECONDS = r"^[0-9]+\.[0-9]{3}$"
_LAST_SECONDS = r"^(?:.* )?([0-9]+\.[0-9]{3})(?: |$)"
_NOTHING = ("-", '"-"', "", '""')

_LIST = r"[^ ,]+(?:(?:, | : )[^ ,]+)*"
"""A value for each upstream that was tried."""
_INGRESS = (
    r"^(?P<request_length>[0-9]+|-) (?P<request_time>[0-9.]+|-) \[(?P<proxy_upstream_name>[^\]]*)\]"
    rf"(?: \[(?P<proxy_alternative_upstream_name>[^\]]*)\])? (?P<upstream_addr>{_LIST})"
    rf" (?P<upstream_response_length>{_LIST}) (?P<upstream_response_time>{_LIST}) (?P<upstream_status>{_LIST})"
    r"(?: (?P<req_id>[^ ]+))?$"
)
_ADDRESS = r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|unknown)"
_OTHERS = (
    rf'(?s)^(?:"(?P<x_forwarded_for>{_ADDRESS}(?:, ?{_ADDRESS})*)"|"(?P<gzip_ratio>[0-9]+\.[0-9]{{2}})")?'
    r" ?(?P<extra>.*)$"
)
"""nginx's `main` ends with the addresses, and its examples of compression with the ratio."""


@dataclass(frozen=True)
class Ending:
    """What the ends of lines say, row by row; `attributes` are JSON objects or null."""

    duration_ms: pl.Series
    attributes: pl.Series


def ending(more: pl.Series) -> Ending:
    """Milliseconds, of the seconds that stand there; and what is known by name or left over, as attributes."""
    nothing = pl.repeat(None, more.len(), dtype=pl.String, eager=True)
    if not more.len() - more.null_count():
        return Ending(nothing.cast(pl.Float64), nothing)
    is_simple = more.is_null() | more.is_in(_NOTHING) | more.str.contains(_SECONDS)
    duration = more.cast(pl.Float64, strict=False) * 1000
    if is_simple.all():
        return Ending(duration, nothing)
    others = _named(more.filter(~is_simple))
    places = (~is_simple).arg_true()
    return Ending(duration.scatter(places, others.duration_ms), nothing.scatter(places, others.attributes))


def _named(more: pl.Series) -> Ending:
    parts = more.str.extract_groups(_INGRESS).struct.unnest()
    rest = more.set(parts["upstream_addr"].is_not_null(), None)
    parts = parts.hstack(rest.str.extract_groups(_OTHERS).struct.unnest())
    last = rest.str.extract(_LAST_SECONDS, 1)
    seconds = parts["request_time"].zip_with(rest.is_null(), last).cast(pl.Float64, strict=False)
    plain = parts.select(pl.when(~pl.all().is_in(_NOTHING)).then(pl.all()))
    return Ending(seconds * 1000, json_object({name: _member(plain[name]) for name in plain.columns}))


def _member(texts: pl.Series) -> pl.Series:
    return texts if texts.name in _TEXTS else decimal_or_text(texts)


_TEXTS = frozenset(("proxy_upstream_name", "proxy_alternative_upstream_name", "x_forwarded_for", "req_id", "extra"))
