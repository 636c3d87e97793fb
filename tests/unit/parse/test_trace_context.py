"""Trace and span ids, as each tracer writes them."""

import pytest

from tests.unit.parse.records import expect, record

TRACE, SPAN, SHORT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "e457b5a2e4d86bd1"


@pytest.mark.parametrize(
    "name",
    [
        *("trace_id", "traceId", "traceid", "TraceId", "TraceID", "trace.id", "otelTraceID", "trace", "X-B3-TraceId"),
        *("x-b3-traceid", "logging.googleapis.com/trace", "attributes.trace_id", "mdc.traceId", "headers.X-B3-TraceId"),
    ],
)
@pytest.mark.parametrize("written", [TRACE, TRACE.upper()])
def test_names_of_trace_ids(name: str, written: str) -> None:
    if "google" not in name and name != "trace":
        expect({name: written}, trace_id=TRACE, attributes={})
    elif written == TRACE:
        expect({name: written}, trace_id=TRACE, attributes={name: TRACE})


@pytest.mark.parametrize("name", ["span_id", "spanId", "span.id", "SpanId", "x-b3-spanid", "X-B3-SpanId"])
def test_names_of_span_ids(name: str) -> None:
    expect({name: SPAN}, span_id=SPAN, attributes={})


@pytest.mark.parametrize(
    ("name", "value", "trace_id", "span_id"),
    [
        ("traceparent", f"00-{TRACE}-{SPAN}-01", TRACE, SPAN),
        ("traceparent", f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", TRACE, SPAN),
        ("traceparent", f"cc-{TRACE}-{SPAN}-01.what", None, None),
        ("traceparent", f"00-{TRACE}-{SPAN}-01-more", None, None),
        ("traceparent", f"ff-{TRACE}-{SPAN}-01", None, None),
        ("traceparent", f"00-{'0' * 32}-{SPAN}-01", None, None),
        ("traceparent", f"00-{TRACE}-{'0' * 16}-01", None, None),
        ("traceparent", f"00-{TRACE.upper()}-{SPAN}-01", None, None),
        ("traceparent", f"00-{TRACE}-{SPAN}", None, None),
        ("b3", f"{TRACE}-{SPAN}-1-{SHORT}", TRACE, SPAN),
        ("b3", f"{SHORT}-{SPAN}-d", SHORT, SPAN),
        ("b3", f"{SHORT}-{SPAN}", SHORT, SPAN),
        ("b3", "0", None, None),
        ("b3", f"{'0' * 16}-{SPAN}-1", None, SPAN),
        ("uber-trace-id", f"{TRACE}:{SPAN}:0:1", TRACE, SPAN),
        ("uber-trace-id", "af7651916cd43dd8448eb211c80319c:7ad6b7169203331:0:1", TRACE, "07ad6b7169203331"),
        ("uber-trace-id", "7ad6b7169203331:1:0:1", "07ad6b7169203331", "0000000000000001"),
        ("dd.trace_id", "1234567890123456789", "112210f47de98115", None),
        ("dd.trace_id", 1234567890123456789, "112210f47de98115", None),
        ("dd.trace_id", "18446744073709551616", None, None),
        ("dd.trace_id", "0", None, None),
        ("dd.trace_id", TRACE, TRACE, None),
        ("dd.span_id", "255", None, "00000000000000ff"),
        ("logging.googleapis.com/trace", f"projects/p-1/traces/{TRACE}", TRACE, None),
        ("trace", "Traceback (most recent call last)", None, None),
        ("X-Amzn-Trace-Id", f"Root=1-67891233-abcdef012345678912345678;Parent={SPAN};Sampled=1",
         "67891233abcdef012345678912345678", SPAN),
        ("X-Amzn-Trace-Id", "Self=1-67891233-a;Root=1-67891233-abcdef012345678912345678",
         "67891233abcdef012345678912345678", None),
        ("xray_trace_id", "1-67891233-abcdef012345678912345678", "67891233abcdef012345678912345678", None),
        ("X-Cloud-Trace-Context", f"{TRACE}/255;o=1", TRACE, "00000000000000ff"),
        ("X-Cloud-Trace-Context", TRACE, TRACE, None),
    ],
)  # fmt: skip
def test_values_that_say_more_than_an_id_stay_among_the_attributes(
    name: str, value: object, trace_id: str | None, span_id: str | None
) -> None:
    expect({name: value}, trace_id=trace_id, span_id=span_id, attributes={name: value})


@pytest.mark.parametrize("written", [SHORT, f"0x{SHORT}"])
def test_ids_of_64_bits_keep_their_length(written: str) -> None:
    expect({"trace_id": written, "span_id": f"0x{SPAN}"}, trace_id=SHORT, span_id=SPAN, attributes={})


@pytest.mark.parametrize("name", ["trace_id", "span_id"])
@pytest.mark.parametrize("value", ["", "-", "0" * 16, "0" * 32, TRACE[:-1], f"{TRACE}0", "g" * 16, 5, None, [TRACE]])
def test_what_is_no_id_is_an_attribute_only(name: str, value: object) -> None:
    expect({name: value}, trace_id=None, span_id=None, attributes={name: value})


def test_an_id_that_is_invalid_does_not_hide_another() -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-00"}
    expect({"trace_id": "0" * 32, "request": {"headers": headers}}, trace_id=TRACE, span_id=SPAN)
    found = record({"dd": {"trace_id": "12", "span_id": "13", "env": "x"}, "trace_id": TRACE})
    assert (found["trace_id"], found["span_id"]) == (TRACE, "000000000000000d")
    assert found["attributes"] == {"dd": {"trace_id": "12", "span_id": "13", "env": "x"}}
