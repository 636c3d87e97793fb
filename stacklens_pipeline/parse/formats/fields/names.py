"""What a field's name means: the names that loggers write, and the column that each becomes.

A name is the keys that lead to a value, joined by dots: `http.response.status_code` is one key, or three nested ones.
Names are exact, as the loggers write them. Behind a colon stands how the value is read (`readings.py`) where that is
not the column's usual way. Of one column, the first in order whose value can be read is taken.
"""

from collections.abc import Mapping

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

NAMES: Mapping[str, str] = {
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
        duration:unit latency:unit elapsed:unit httpRequest.latency:unit
    """,
    "bytes_sent": """
        bytes_sent bytes body_bytes_sent bytesSent bytes_out response_bytes responseBytes response_size responseSize
        response_length responseLength http.response.body.bytes http.response.body.size http.response.bytes
        http.response_content_length httpRequest.responseSize DownstreamContentSize EdgeResponseBytes
    """,
}
"""The names of each column, the first first; the names of trace context are below."""

TRACE_NAMES: Mapping[str, str] = {
    "trace_id": """
        trace_id traceId trace.id traceid TraceId TraceID traceID trace-id otelTraceID trace:gcp_trace
        logging.googleapis.com/trace:gcp_trace dd.trace_id:decimal xray_trace_id:xray xrayTraceId:xray
    """,
    "span_id": """
        span_id spanId span.id spanid SpanId SpanID spanID span-id otelSpanID logging.googleapis.com/spanId
        dd.span_id:decimal
    """,
}
TRACE_HEADERS: Mapping[str, Mapping[str, str]] = {
    "traceparent": {"trace_id": "traceparent_trace", "span_id": "traceparent_span"},
    "b3": {"trace_id": "b3_trace", "span_id": "b3_span"},
    "x-b3-traceid": {"trace_id": "trace_id"},
    "x-b3-spanid": {"span_id": "span_id"},
    "uber-trace-id": {"trace_id": "jaeger_trace", "span_id": "jaeger_span"},
    "x-amzn-trace-id": {"trace_id": "xray", "span_id": "xray_span"},
    "x-cloud-trace-context": {"trace_id": "cloud_trace", "span_id": "cloud_span"},
}
"""Headers of HTTP that carry a trace, and how each column is read from them."""
HEADER_CASES = (
    *("X-B3-TraceId", "X-B3-SpanId", "X-B3-Traceid", "X-B3-Spanid", "X-Amzn-Trace-Id", "Uber-Trace-Id"),
    *("X-Cloud-Trace-Context", "Traceparent", "B3"),
)

CONTAINERS = ("attributes", "resource", "resource.attributes", "Attributes", "Resource", "ResourceAttributes")
"""Objects in which OpenTelemetry keeps the fields of its conventions."""
TRACE_CONTAINERS = (
    *(*CONTAINERS, "mdc", "MDC", "contextMap", "context", "properties", "labels", "fields", "extra"),
    *("trace", "trace_context", "traceContext", "span", "jsonPayload"),
)
HEADER_CONTAINERS = ("headers", "request.headers", "req.headers", "http.request.headers", "http.headers")
