"""What names mean among others: loggers that are known by the keys that they write, and what they mean by them."""

from collections.abc import Mapping
from typing import NamedTuple


class Dialect(NamedTuple):
    """Names that mean something only among others, by which a logger is known: any of `signs`, all of its keys.

    `severity` is that of its records which name no level.
    """

    signs: tuple[frozenset[str], ...]
    names: Mapping[str, str]
    severity: int = 0


def _signs(*signs: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(sign.split()) for sign in signs)


DIALECTS = (
    Dialect(  # Bunyan, pino
        _signs("level time pid hostname", "level time msg v", "level time msg"),
        {"level": "level:pino"},
    ),
    Dialect(_signs("name level pid hostname v"), {"service_name": "name"}),  # Bunyan
    Dialect(_signs("version host short_message"), {"level": "level:syslog"}),  # GELF
    Dialect(  # Serilog's compact format, which leaves out the level of information
        _signs("@t"),
        {"time": "@t", "level": "@l", "body": "@m @mt", "trace_id": "@tr", "span_id": "@sp"},
        severity=9,
    ),
    Dialect(_signs("t s c ctx msg", "t s c id msg"), {"time": "t.$date", "level": "s:mongodb"}),  # MongoDB 4.4
    Dialect(_signs("eventVersion eventSource eventName"), {"service_name": "eventSource"}),  # AWS CloudTrail
    Dialect(_signs("logName insertId", "logName timestamp", "insertId timestamp"), {"level": "severity:gcp"}),
    Dialect(_signs("channel level_name"), {"level": "level:monolog"}),
    Dialect(_signs("request duration size status"), {"duration_ms": "duration:s", "bytes_sent": "size"}),  # Caddy
    Dialect(_signs("DownstreamStatus Duration"), {"duration_ms": "Duration:ns"}),  # Traefik
    Dialect(
        _signs("response_code response_flags duration"), {"time": "start_time", "duration_ms": "duration"}
    ),  # Envoy
    Dialect(  # systemd's journal
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
