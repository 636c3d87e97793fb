"""Every table of the lake, once: its layer, name, schema, key and what one row means.

Nothing else in the project spells a table's path or a column's type. All times are UTC in microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")
HEADERS = pl.List(pl.Struct({"name": pl.String, "value": pl.Binary}))
HOUR_FORMAT = "%Y-%m-%dT%H"
"""How an `ingest_hour` is written: `2026-11-24T04`. It sorts as text, and is the Dagster partition key."""

REPEATED = frozenset(
    {"topic", "timestamp_source", "level", "level_source", "service_name", "host_name", "format", "parser_version"}
    | {"http_method", "source", "protocol", "tenant"}
)
"""Columns of text in which few values stand over and over: they are written by their place in a dictionary."""

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "UNKNOWN")


Columns = Mapping[str, tuple[pl.DataType | type[pl.DataType], str]]
"""A column's name -> its type and what it means."""


@dataclass(frozen=True)
class Table:
    """One table of the lake.

    `columns` maps a column to its type and to what it means; `key` are the columns that make a row unique.
    """

    layer: str
    name: str
    description: str = field(repr=False)
    key: tuple[str, ...] = field(repr=False)
    columns: Columns = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """In another process it is that process's table of the same path."""
        return table_at, (self.path,)

    @property
    def path(self) -> str:
        """Where the table lies under the lake's root."""
        return f"{self.layer}/{self.name}"

    @cached_property
    def schema(self) -> pl.Schema:
        """Column names and types, in the table's order."""
        return pl.Schema({name: dtype for name, (dtype, _) in self.columns.items()})

    @property
    def is_partitioned(self) -> bool:
        """Whether rows lie in one partition per `ingest_hour`."""
        return "ingest_hour" in self.columns

    def empty(self) -> pl.DataFrame:
        """A frame of this schema without rows."""
        return pl.DataFrame(schema=self.schema)


_POSITION: Columns = {
    "topic": (pl.String, "topic of the event log; a topic that was deleted and made again gets `~2`, `~3` ..."),
    "partition": (pl.Int32, "partition of the topic"),
    "offset": (pl.Int64, "offset of the (first) message"),
    "ingest_hour": (pl.String, "hour in which the message entered the lake, e.g. 2026-11-24T04 (UTC)"),
}
_ENVELOPE: Columns = {
    "source": (pl.String, "what sent it: a name given by the collector's source or the topic"),
    "peer": (pl.String, "address of the sender"),
    "protocol": (pl.String, "how it came in: http, syslog_tcp, kafka ..."),
    "tenant": (pl.String, "whose it is, where tenants are used"),
}

RAW_LOGS = Table(
    "raw",
    "logs",
    "Messages as received, bytes untouched: one row for each offset of the event log.",
    ("topic", "partition", "offset"),
    {
        **_POSITION,
        "key": (pl.Binary, "the message's key"),
        "value": (pl.Binary, "the message's bytes; null is a tombstone"),
        "headers": (HEADERS, "headers other than source, peer, protocol and tenant"),
        "appended_at": (UTC_TIME, "when the event log took the message"),
        **_ENVELOPE,
    },
)

OFFSET_GAPS = Table(
    "raw",
    "offset_gaps",
    "Ranges of offsets that could not be read, and why; a jump is never silent.",
    ("topic", "partition", "start"),
    {
        "topic": _POSITION["topic"],
        "partition": _POSITION["partition"],
        "start": (pl.Int64, "first offset that is missing"),
        "end": (pl.Int64, "first offset that is there again"),
        "reason": (pl.String, "retention, corrupt or topic_recreated"),
        "detected_at": (UTC_TIME, "when the reader met the gap"),
    },
)

LEDGER = Table(
    "raw",
    "ledger",
    "What each stage took from a topic, partition and ingest hour; it outlives the rows and proves conservation.",
    ("topic", "partition", "ingest_hour", "stage", "outcome", "reason", "first_offset"),
    {
        "topic": _POSITION["topic"],
        "partition": _POSITION["partition"],
        "ingest_hour": _POSITION["ingest_hour"],
        "stage": (pl.String, "raw, parsed, enriched or aggregated"),
        "outcome": (
            pl.String,
            "stored, dead, filtered, redacted, violated, tolerated, expired or erased",
        ),
        "reason": (
            pl.String,
            "the dead letter's reason code, the rule that filtered or redacted, or what was violated",
        ),
        "rows": (pl.Int64, "rows written to (or removed from) the stage's table"),
        "messages": (
            pl.Int64,
            "messages of the event log that these rows stand for; 0 of what was only noted",
        ),
        "first_offset": (pl.Int64, "smallest offset among them"),
        "last_offset": (pl.Int64, "largest offset among them"),
        "value_bytes": (pl.Int64, "bytes of the messages' values; null past parsed"),
        "appended_at_max": (UTC_TIME, "latest append time among them"),
        "committed_at": (UTC_TIME, "when the row was written; the only wall clock here"),
    },
)

_RECORD: Columns = {
    **_POSITION,
    "line_index": (pl.Int32, "position inside the message, when one message holds several records; else 0"),
    "raw_messages": (pl.Int32, "messages that the record took: lines of a stack trace count each"),
    "weight": (pl.Int32, "records that it stands for: more than 1 where a rule keeps a sample"),
    "timestamp": (UTC_TIME, "when it happened, by the record itself; else the observed time"),
    "observed_timestamp": (UTC_TIME, "when the event log took it"),
    "timestamp_source": (pl.String, "which format or field gave the timestamp; `observed` when none did"),
    "level": (pl.String, "DEBUG, INFO, WARNING, ERROR, CRITICAL or UNKNOWN"),
    "level_source": (pl.String, "field, syslog, number, token, status or none"),
    "severity_number": (pl.Int32, "OpenTelemetry's severity 1-24; 0 when unknown"),
    "service_name": (pl.String, "service, program or application that wrote it"),
    "host_name": (pl.String, "host that wrote it"),
    "body": (pl.String, "the message a person reads"),
    "format": (pl.String, "format that the line was read as; `stacklens parse --help` names all"),
    "parser_version": (pl.String, "hash of the parsers and their configuration that made the row"),
    "trace_id": (pl.String, "trace id, hexadecimal"),
    "span_id": (pl.String, "span id, hexadecimal"),
    "client_address": (pl.String, "address of the client"),
    "user_id": (pl.String, "the user"),
    "http_method": (pl.String, "HTTP method"),
    "url_path": (pl.String, "path of the URL without its query"),
    "http_status": (pl.Int32, "HTTP status code"),
    "duration_ms": (pl.Float64, "duration in milliseconds"),
    "bytes_sent": (pl.Int64, "bytes of the response's body"),
    "attributes": (pl.String, "everything else, a JSON object"),
    **_ENVELOPE,
}

PARSED_LOGS = Table(
    "parsed",
    "logs",
    "Log records with their fields, levels and UTC times; what failed went to the dead letters.",
    ("topic", "partition", "offset", "line_index"),
    _RECORD,
)

DEAD_LETTERS = Table(
    "parsed",
    "dead_letters",
    "Messages that no parser could take, with the reason and the raw bytes, ready to be replayed.",
    ("topic", "partition", "offset"),
    {
        **_POSITION,
        "reason": (pl.String, "reason code: invalid_utf8, tombstone, empty, oversize ..."),
        "stage": (pl.String, "the stage that refused it"),
        "detail": (pl.String, "one sentence on what is wrong"),
        "value": (pl.Binary, "the message's bytes"),
        "observed_timestamp": _RECORD["observed_timestamp"],
        "parser_version": _RECORD["parser_version"],
        **_ENVELOPE,
    },
)

REPLAYS = Table(
    "parsed",
    "replays",
    "Hours that were parsed anew by other parsers, what each table held and holds; and the parsers that drains use.",
    ("replay", "phase", "hour", "table", "topic", "partition"),
    {
        "replay": (pl.String, "id of the replay"),
        "phase": (pl.String, "begun (a row for each hour, table and partition), done; or used: a drain parses so"),
        "hour": (pl.String, "ingest hour that is replaced"),
        "table": (pl.String, "path of the table"),
        "topic": _POSITION["topic"],
        "partition": _POSITION["partition"],
        "rows_before": (pl.Int64, "rows that the table held of the hour"),
        "rows_after": (pl.Int64, "rows that take their place"),
        "messages_before": (pl.Int64, "messages that they stood for; of the ledger, those that rules left out"),
        "messages_after": (pl.Int64, "messages that the new rows stand for"),
        "parser_version": (pl.String, "version of the parsers that made the new rows"),
        "configuration": (pl.String, "their configuration: paths and texts of the files, as JSON"),
        "at": (UTC_TIME, "when the row was written"),
    },
)

ENRICHED_LOGS = Table(
    "enriched",
    "logs",
    "Log records with what is known about their place, user and business.",
    ("topic", "partition", "offset", "line_index"),
    _RECORD,
)

_WINDOW: Columns = {
    "ingest_hour": _POSITION["ingest_hour"],
    "window_start": (UTC_TIME, "start of the window, by the records' own time"),
}
_METRICS: Columns = {
    **_WINDOW,
    "source": _ENVELOPE["source"],
    "service_name": _RECORD["service_name"],
    "count": (pl.Int64, "records"),
    **{f"count_{level.lower()}": (pl.Int64, f"records of level {level}") for level in LEVELS},
    "request_count": (pl.Int64, "records that carry an HTTP status"),
    "request_error_count": (pl.Int64, "records with an HTTP status of 500 and above"),
    "duration_count": (pl.Int64, "records that carry a duration"),
    "duration_ms_sum": (pl.Float64, "sum of durations"),
    "duration_ms_min": (pl.Float64, "smallest duration"),
    "duration_ms_max": (pl.Float64, "largest duration"),
    "duration_histogram": (
        pl.List(pl.Struct({"bucket": pl.Int32, "count": pl.Int64})),
        "log-bucket histogram of durations, 1 % relative error; merged by adding the counts of equal buckets",
    ),
    "bytes_sent_sum": (pl.Int64, "sum of bytes sent"),
    "observed_max": (UTC_TIME, "latest append time among the records: how fresh the window is"),
}


def _metrics(name: str, length: str) -> Table:
    return Table(
        "aggregated",
        f"log_metrics_{name}",
        f"Counts by level, durations and bytes per source, service and {length} window; partial rows add up.",
        ("window_start", "source", "service_name"),
        _METRICS,
    )


LOG_METRICS_1M = _metrics("1m", "one-minute")
LOG_METRICS_5M = _metrics("5m", "five-minute")
LOG_METRICS_1H = _metrics("1h", "one-hour")
WINDOWS = {"1m": LOG_METRICS_1M, "5m": LOG_METRICS_5M, "1h": LOG_METRICS_1H}

REQUEST_FAILURES_5M = Table(
    "aggregated",
    "request_failures_5m",
    "Failed HTTP requests (status 500 and above) per service, path and five-minute window; partial rows add up.",
    ("window_start", "service_name", "http_method", "url_path", "http_status"),
    {
        **_WINDOW,
        "service_name": _RECORD["service_name"],
        "http_method": _RECORD["http_method"],
        "url_path": _RECORD["url_path"],
        "http_status": _RECORD["http_status"],
        "count": (pl.Int64, "requests"),
        "duration_ms_sum": (pl.Float64, "sum of durations"),
        "last_seen": (UTC_TIME, "latest of them"),
    },
)

TABLES: tuple[Table, ...] = (
    RAW_LOGS,
    OFFSET_GAPS,
    LEDGER,
    PARSED_LOGS,
    DEAD_LETTERS,
    REPLAYS,
    ENRICHED_LOGS,
    LOG_METRICS_1M,
    LOG_METRICS_5M,
    LOG_METRICS_1H,
    REQUEST_FAILURES_5M,
)


def table_at(path: str) -> Table:
    """The table that lies at a path under the lake's root."""
    return next(table for table in TABLES if table.path == path)
