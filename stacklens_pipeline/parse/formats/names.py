"""What a field's name means: the names that loggers write, and the column that each becomes.

A name is the keys that lead to a value, joined by dots: `http.response.status_code` is one key, or three nested ones.
Names are exact, as the loggers write them. Behind a colon stands how the value is read (`readings.py`) where that is
not the column's usual way. Of one column, the first in order whose value can be read is taken.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

COLUMNS: Mapping[str, str] = {
    "time": "time",
    "level": "level",
    "body": "text",
    "service_name": "name",
    "host_name": "name",
    "trace_id": "trace_id",
    "span_id": "span_id",
    "client_address": "address",
    "user_id": "name",
    "http_method": "method",
    "url_path": "path",
    "http_status": "status",
    "duration_ms": "ms",
    "bytes_sent": "count",
}
"""What fields become -> how their values are usually read. `time` and `level` are several columns of a record each."""

_NAMES: Mapping[str, str] = {
    "time": """
        timestamp @timestamp time ts datetime date_time eventTime event_time eventtime asctime Timestamp timeStamp
        TimeGenerated time_iso8601 timestamp_ms timestampMs timeMillis time_ms epoch_ms timeUnixNano time_unix_nano
        instant date Date log_time logTime _time StartUTC EdgeStartTimestamp requestTimeEpoch
        requestReceivedTimestamp stageTimestamp time_local requestTime msec receiveTimestamp
        observedTimeUnixNano observed_timestamp record.time.timestamp
    """,
    "level": """
        level severity log.level log_level logLevel loglevel lvl levelname level_name levelName Level LogLevel Severity
        severityNumber:otel severity_number:otel SeverityNumber:otel severityText severity_text SeverityText
        severityLevel:insights record.level.name level_value:logback levelno
    """,
    "body": """
        message msg log event body Message MESSAGE textPayload jsonPayload.message jsonPayload.msg fields.message
        record.message short_message RenderedMessage MessageTemplate body.stringValue @message _msg logMessage
        log_message text request:request_line error.message err.message exception.message error err exception
    """,
    "service_name": """
        service.name service service_name serviceName app.name app application.name application app_name appName
        appname application_name applicationName Application AppName ServiceName program programname dd.service
        serviceContext.service AppRoleName cloud_RoleName k8s.container.name kubernetes.container.name
        kubernetes.container_name container_name
    """,
    "host_name": """
        host.name host host.hostname hostname host_name hostName Hostname HostName MachineName Properties.MachineName
        Computer node.name nodeName k8s.node.name kubernetes.node.name kubernetes.host beat.hostname agent.hostname
    """,
    "client_address": """
        client.address client.ip client_ip clientIp clientIP clientip client_address remote_addr remoteAddr remote_ip
        remoteIp remote_address remoteAddress source.ip source.address src_ip sourceIPAddress callerIpAddress
        ClientHost ClientAddr ClientIP httpRequest.remoteIp httpRequest.clientIp req.remoteAddress request.client_ip
        request.remote_ip request.remote_addr network.peer.address net.sock.peer.addr net.peer.ip id.orig_h ip
    """,
    "user_id": """
        user.id user_id userId userid UserId usr.id enduser.id user.name user user_name userName username UserName
        user.username remote_user userIdentity.userName userIdentity.arn
    """,
    "http_method": """
        http.request.method http.method http_method method request_method requestMethod httpMethod RequestMethod
        http.http_method httpRequest.requestMethod httpRequest.httpMethod req.method request.method
        ClientRequestMethod request:request_method
    """,
    "url_path": """
        url.path url_path path request_path requestPath RequestPath uri url request_uri requestUri requestURI url.full
        url.original http.target http.url httpRequest.requestUrl httpRequest.uri req.url req.path request.uri
        request.path request.url http.request.uri resourcePath ClientRequestPath ClientRequestURI request:request_path
    """,
    "http_status": """
        http.response.status_code http.status_code http_status http_status_code httpStatus httpStatusCode status_code
        statusCode status StatusCode response_status responseStatus response_code responseCode response.status
        response.status_code response.statusCode res.statusCode http.status httpRequest.status responseStatus.code
        DownstreamStatus EdgeResponseStatus
    """,
    "duration_ms": """
        duration_ms durationMs DurationMs latency_ms latencyMs elapsed_ms elapsedMs ElapsedMs elapsed_milliseconds
        ElapsedMilliseconds response_time_ms responseTimeMs responseTime took_ms tookMs time_taken_ms duration_millis
        durationMillis event.duration:ns duration_ns:ns latency_ns:ns elapsed_ns:ns duration_us:us latency_us:us
        elapsed_us:us request_time:s duration_s:s duration_seconds:s elapsed_s:s elapsed_seconds:s latency_seconds:s
        duration:unit latency:unit elapsed:unit took:unit httpRequest.latency:unit
    """,
    "bytes_sent": """
        bytes_sent bytes body_bytes_sent bytesSent bytes_out response_bytes responseBytes response_size responseSize
        response_length responseLength http.response.body.bytes http.response.body.size http.response.bytes
        http.response_content_length httpRequest.responseSize DownstreamContentSize EdgeResponseBytes
    """,
}
"""The names of each column, the first first; the names of trace context are below."""

_TRACE_NAMES: Mapping[str, str] = {
    "trace_id": """
        trace_id traceId trace.id traceid TraceId TraceID traceID trace-id otelTraceID trace:gcp
        logging.googleapis.com/trace:gcp dd.trace_id:decimal xray_trace_id:xray xrayTraceId:xray
    """,
    "span_id": """
        span_id spanId span.id spanid SpanId SpanID spanID span-id otelSpanID logging.googleapis.com/spanId
        dd.span_id:decimal
    """,
}
_TRACE_HEADERS: Mapping[str, Mapping[str, str]] = {
    "traceparent": {"trace_id": "traceparent_trace", "span_id": "traceparent_span"},
    "b3": {"trace_id": "b3_trace", "span_id": "b3_span"},
    "x-b3-traceid": {"trace_id": "trace_id"},
    "x-b3-spanid": {"span_id": "span_id"},
    "uber-trace-id": {"trace_id": "jaeger_trace", "span_id": "jaeger_span"},
    "x-amzn-trace-id": {"trace_id": "xray", "span_id": "xray_span"},
    "x-cloud-trace-context": {"trace_id": "cloud_trace", "span_id": "cloud_span"},
}
"""Headers of HTTP that carry a trace, and how each column is read from them."""
_HEADER_CASES = ("X-B3-TraceId", "X-B3-SpanId", "X-B3-Traceid", "X-B3-Spanid", "X-Amzn-Trace-Id", "Uber-Trace-Id")
_HEADER_CASES += ("X-Cloud-Trace-Context", "Traceparent", "B3")

_CONTAINERS = ("attributes", "resource", "resource.attributes", "Attributes", "Resource", "ResourceAttributes")
"""Objects in which OpenTelemetry keeps the fields of its conventions."""
_TRACE_CONTAINERS = (*_CONTAINERS, "mdc", "MDC", "contextMap", "context", "properties", "labels", "fields", "extra")
_TRACE_CONTAINERS += ("trace", "trace_context", "traceContext", "span", "jsonPayload")
_HEADER_CONTAINERS = ("headers", "request.headers", "req.headers", "http.request.headers", "http.headers")


class Target(NamedTuple):
    """A column that a field may become, its place among the names of that column, and how its values are read."""

    column: str
    rank: int
    reading: str


Targets = Mapping[str, tuple[Target, ...]]


class _Dialect(NamedTuple):
    """Names that mean something only among others, by which a logger is known: any of `signs`, all of its keys.

    `severity` is that of its records which name no level.
    """

    signs: tuple[frozenset[str], ...]
    names: Mapping[str, str]
    severity: int = 0


def _signs(*signs: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(sign.split()) for sign in signs)


_DIALECTS = (
    _Dialect(  # Bunyan, pino
        _signs("level time pid hostname", "level time msg v", "level time msg"),
        {"level": "level:pino"},
    ),
    _Dialect(_signs("name level pid hostname v"), {"service_name": "name"}),  # Bunyan
    _Dialect(_signs("version host short_message"), {"level": "level:syslog"}),  # GELF
    _Dialect(  # Serilog's compact format, which leaves out the level of information
        _signs("@t"),
        {"time": "@t", "level": "@l", "body": "@m @mt", "trace_id": "@tr", "span_id": "@sp"},
        severity=9,
    ),
    _Dialect(_signs("t s c ctx msg", "t s c id msg"), {"time": "t.$date", "level": "s:mongodb"}),  # MongoDB 4.4
    _Dialect(_signs("eventVersion eventSource eventName"), {"service_name": "eventSource"}),  # AWS CloudTrail
    _Dialect(_signs("logName insertId", "logName timestamp", "insertId timestamp"), {"level": "severity:gcp"}),
    _Dialect(_signs("channel level_name"), {"level": "level:monolog"}),
    _Dialect(_signs("request duration size status"), {"duration_ms": "duration:s", "bytes_sent": "size"}),  # Caddy
    _Dialect(_signs("DownstreamStatus Duration"), {"duration_ms": "Duration:ns"}),  # Traefik
    _Dialect(_signs("response_code response_flags duration"), {"time": "start_time", "duration_ms": "duration"}),  # Envoy
    _Dialect(  # systemd's journal
        _signs("__REALTIME_TIMESTAMP", "__CURSOR", "_BOOT_ID"),
        {
            "time": "_SOURCE_REALTIME_TIMESTAMP __REALTIME_TIMESTAMP",
            "level": "PRIORITY:syslog",
            "body": "MESSAGE",
            "service_name": "CONTAINER_NAME SYSLOG_IDENTIFIER _SYSTEMD_UNIT _COMM",
            "host_name": "_HOSTNAME",
        },
    ),
)


@dataclass(frozen=True, eq=False)
class Names:
    """What names mean.

    `prefixes` are the objects in which names lie deeper (`http`, `http.response`), and `severity` is that of a record
    that names no level.
    """

    targets: Targets
    prefixes: frozenset[str]
    severity: int = 0


def names_among(keys: Collection[str]) -> Names:
    """What names mean in an object with these keys: as everywhere, and as the logger that writes such keys means them."""
    known = frozenset(keys)
    return _names(tuple(place for place, dialect in enumerate(_DIALECTS) if any(s <= known for s in dialect.signs)))


@lru_cache(maxsize=256)
def _names(dialects: tuple[int, ...]) -> Names:
    if not dialects:
        return Names(ALIASES, _prefixes(ALIASES))
    first = [entry for place in dialects for entry in _entries(_DIALECTS[place].names)]
    targets = _ranked([*first, *_every_entry()])
    return Names(targets, _prefixes(targets), max(_DIALECTS[place].severity for place in dialects))


def rank_of(rank: int, order: int) -> int:
    """A rank that also says which of an object's fields comes first, where one name stands in it in two ways."""
    return rank * _MOST_FIELDS + min(order, _MOST_FIELDS - 1)


_MOST_FIELDS = 2**16
_Entry = tuple[str, str, str]
"""A name, a column and a reading."""


def _entries(names: Mapping[str, str]) -> Iterator[_Entry]:
    for column, written in names.items():
        for word in written.split():
            name, _, reading = word.partition(":")
            yield name, column, reading or COLUMNS[column]


def _every_entry() -> Iterator[_Entry]:
    """All that is known without a dialect; what lies within a container comes after what does not."""
    plain, trace = list(_entries(_NAMES)), list(_entries(_TRACE_NAMES))
    headers = list(_headers())
    yield from (*plain, *trace, *headers)
    yield from _within(_CONTAINERS, (entry for entry in plain if "." in entry[0]))
    yield from _within(_TRACE_CONTAINERS, (*trace, *headers))
    yield from _within(_HEADER_CONTAINERS, headers)


def _headers() -> Iterator[_Entry]:
    for name in (*_TRACE_HEADERS, *_HEADER_CASES):
        for column, reading in _TRACE_HEADERS[name.lower()].items():
            yield name, column, reading


def _within(containers: Iterable[str], entries: Iterable[_Entry]) -> Iterator[_Entry]:
    known = list(entries)
    for container in containers:
        for name, column, reading in known:
            yield f"{container}.{name}", column, reading


def _ranked(entries: Iterable[_Entry]) -> Targets:
    targets: dict[str, dict[str, Target]] = {}
    for rank, (name, column, reading) in enumerate(entries):
        targets.setdefault(name, {}).setdefault(column, Target(column, rank, reading))
    return {name: tuple(columns.values()) for name, columns in targets.items()}


def _prefixes(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name[:place] for name in names for place, sign in enumerate(name) if sign == ".")


ALIASES: Targets = _ranked(_every_entry())
"""A field's name as services write it -> what it may become."""
