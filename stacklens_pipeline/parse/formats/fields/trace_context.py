"""Trace and span ids as tracers write them: W3C, B3, Jaeger, Datadog, AWS X-Ray, Google Cloud.

What comes out is hexadecimal in lower case: a trace id of 32 digits, or of 16 where the tracer knows 64 bits only; a
span id of 16. An id of nothing but zeros is none, and what is no id is null.
Sources: W3C Trace Context; openzipkin/b3-propagation; the tracers' own documentation.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import polars as pl

_SPAN, _TRACE = (16,), (16, 32)
"""So many digits has an id."""
_ZEROS = r"^0+$"

_TRACEPARENT = r"^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$"
_B3 = r"^((?:[0-9a-f]{16}){1,2})-([0-9a-f]{16})(?:-[01d](?:-[0-9a-f]{16})?)?$"
_JAEGER = r"^([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{1,16}:[0-9a-f]{1,2}$"
_XRAY = r"(?:^|Root=)1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)"
_XRAY_SPAN = r"(?:^|;)Parent=([0-9a-f]{16})(?:;|$)"
_GOOGLE = r"^(?:projects/[^/]+/traces/)?([0-9a-f]{32})$"
_CLOUD = r"^([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=[0-9]+)?$"

Read = Callable[[pl.Series], pl.Series]


def trace_id(texts: pl.Series) -> pl.Series:
    """Trace ids of 128 or 64 bits, with or without `0x` before them."""
    return _id(texts, _TRACE)


def span_id(texts: pl.Series) -> pl.Series:
    """Span ids, with or without `0x` before them."""
    return _id(texts, _SPAN)


def traceparent(texts: pl.Series, group: int) -> pl.Series:
    """The trace (group 2) or span (3) of W3C's header, which is invalid as a whole when either is."""
    parts = _groups(texts, _TRACEPARENT)
    version, trace, span, more = parts
    is_later = (version != "00") & (version != "ff")
    is_valid = (is_later | ((version == "00") & more.is_null())) & ~_is_zero(trace) & ~_is_zero(span)
    return _only(parts[group - 1], is_valid)


def b3(texts: pl.Series, group: int) -> pl.Series:
    """The trace (group 1) or span (2) of B3's single header."""
    return _not_zero(_groups(texts.str.to_lowercase(), _B3)[group - 1])


def jaeger(texts: pl.Series, group: int) -> pl.Series:
    """The trace (group 1) or span (2) of `uber-trace-id`, which leaves out zeros in front."""
    digits = _groups(texts.str.to_lowercase(), _JAEGER)[group - 1]
    is_long = digits.str.len_bytes() > 16
    return _not_zero(digits.str.zfill(32).zip_with(is_long, digits.str.zfill(16)))


def decimal_id(texts: pl.Series) -> pl.Series:
    """Datadog's ids of 64 bits, which are decimal, as 16 digits; or what is hexadecimal already."""
    numbers = texts.set(~texts.str.contains("^[0-9]{1,20}$"), None).cast(pl.UInt64, strict=False)
    return _not_zero(_hex16(numbers)).zip_with(numbers.is_not_null(), trace_id(texts))


def xray(texts: pl.Series) -> pl.Series:
    """The trace of AWS X-Ray, `Root=1-67891233-abcdef012345678912345678;...`, without its signs."""
    epoch, unique = _groups(texts, _XRAY)
    return _not_zero(epoch + unique)


def xray_span(texts: pl.Series) -> pl.Series:
    """The parent of AWS X-Ray."""
    return _not_zero(_groups(texts, _XRAY_SPAN)[0])


def google(texts: pl.Series) -> pl.Series:
    """The trace of Google Cloud's records, `projects/x/traces/<id>`."""
    return _not_zero(_groups(texts, _GOOGLE)[0])


def cloud_trace(texts: pl.Series) -> pl.Series:
    """The trace of `X-Cloud-Trace-Context`."""
    return _not_zero(_groups(texts, _CLOUD)[0])


def cloud_span(texts: pl.Series) -> pl.Series:
    """The span of `X-Cloud-Trace-Context`, where it is decimal."""
    return _not_zero(_hex16(_groups(texts, _CLOUD)[1].cast(pl.UInt64, strict=False)))


HEADERS: Mapping[str, Read] = {
    "traceparent_trace": partial(traceparent, group=2),
    "traceparent_span": partial(traceparent, group=3),
    "b3_trace": partial(b3, group=1),
    "b3_span": partial(b3, group=2),
    "jaeger_trace": partial(jaeger, group=1),
    "jaeger_span": partial(jaeger, group=2),
    "decimal": decimal_id,
    "xray": xray,
    "xray_span": xray_span,
    "gcp_trace": google,
    "cloud_trace": cloud_trace,
    "cloud_span": cloud_span,
}
"""Values that say more than the id that is read from them."""


def _id(texts: pl.Series, lengths: Sequence[int]) -> pl.Series:
    if not _are_ids(texts, lengths):  # few write capitals, or `0x` before it
        texts = texts.str.to_lowercase().str.strip_prefix("0x")
        is_id = texts.str.len_bytes().is_in(lengths) & texts.str.contains("^[0-9a-f]+$")
        texts = _only(texts, is_id)
    return _not_zero(texts)


def _are_ids(texts: pl.Series, lengths: Sequence[int]) -> bool:
    """Whether all are ids as they stand, looked at byte by byte: in a third of the time of a pattern."""
    if texts.null_count() or not texts.len() or not texts.str.len_bytes().is_in(lengths).all():
        return False
    signs = texts.cast(pl.Binary).cast(pl.List(pl.UInt8)).explode()
    return bool((signs.is_between(ord("0"), ord("9")) | signs.is_between(ord("a"), ord("f"))).all())


def _not_zero(ids: pl.Series) -> pl.Series:
    return _only(ids, ~_is_zero(ids))


def _is_zero(ids: pl.Series) -> pl.Series:
    may_be = ids.str.starts_with("00000000")
    return may_be & ids.str.contains(_ZEROS) if may_be.any() else may_be


def _only(values: pl.Series, chosen: pl.Series) -> pl.Series:
    return values if chosen.all(ignore_nulls=False) else values.set(~chosen.fill_null(False), None)


def _groups(texts: pl.Series, pattern: str) -> list[pl.Series]:
    return texts.str.extract_groups(pattern).struct.unnest().get_columns()


def _hex16(numbers: pl.Series) -> pl.Series:
    return pl.Series(numbers.name, [None if n is None else f"{n:016x}" for n in numbers], dtype=pl.String)
