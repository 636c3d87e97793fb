"""Raw frames for parser tests."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from stacklens_pipeline.tables import RAW_LOGS

RECEIVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

EXAMPLES = {
    "json": b'{"ts":"2026-01-02T03:04:05Z","level":"warn","msg":"slow","service":"pay","n":{"a":[1]}}',
    "journald": (
        b'{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1767323045000000","_BOOT_ID":"b00","PRIORITY":"4",'
        b'"_HOSTNAME":"web","SYSLOG_IDENTIFIER":"sshd","_PID":"12","MESSAGE":"slow"}'
    ),
    "rfc5424": b'<165>1 2003-08-24T05:14:15.000003-07:00 web app 12 ID7 [x@1 a="b"][y@1 c="d\\"e"] it is said',
    "rfc3164": b"<34>Oct 11 22:14:15 mymachine su[231]: 'su root' failed",
    "access": b'192.0.2.9 - ann [10/Oct/2000:13:55:36 -0700] "GET /a?b=c HTTP/1.0" 404 23 "-" "curl/8" 0.250',
    "logfmt": b'level=error msg="it \\"broke\\"" status=500 duration_ms=1.5 ts=2026-01-02T03:04:05Z other=x',
    "text": b"2026-01-02 03:04:05,678 ERROR [main] it failed",
}


def raw(values: Sequence[bytes | None], received: datetime = RECEIVED) -> pl.DataFrame:
    columns = {
        "topic": "raw-logs",
        "partition": 0,
        "offset": range(len(values)),
        "ingest_hour": "2026-01-02T03",
        "value": pl.Series(values, dtype=pl.Binary),
        "appended_at": received,
        "source": "unit",
    }
    frame = pl.DataFrame(
        {"offset": pl.Series(range(len(values)), dtype=pl.Int64), "value": columns["value"]}
    ).with_columns(*(pl.lit(columns[name]).alias(name) for name in columns if name not in ("offset", "value")))
    missing = [pl.lit(None).alias(name) for name in RAW_LOGS.schema if name not in frame.columns]
    return frame.with_columns(missing).cast(dict(RAW_LOGS.schema)).select(RAW_LOGS.schema.names())  # type: ignore[arg-type]
