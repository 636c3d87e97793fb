"""Raw frames for parser tests."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from stacklens_pipeline.tables import RAW_LOGS

RECEIVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

EXAMPLES = {
    "json": b'{"ts":"2026-01-02T03:04:05Z","level":"warn","msg":"slow","service":"pay","n":{"a":[1]}}',
    "rfc5424": b'<165>1 2003-08-24T05:14:15.000003-07:00 web app 12 ID7 [x@1 a="b"][y@1 c="d\\"e"] it is said',
    "rfc3164": b"<34>Oct 11 22:14:15 mymachine su[231]: 'su root' failed",
    "access": b'192.0.2.9 - ann [10/Oct/2000:13:55:36 -0700] "GET /a?b=c HTTP/1.0" 404 23 "-" "curl/8" 0.250',
    "logfmt": b'level=error msg="it \\"broke\\"" status=500 duration_ms=1.5 ts=2026-01-02T03:04:05Z other=x',
    "klog": b"E0102 03:04:05.678901   28133 klog.go:70] it failed",
    "glog": b"W20260102 03:04:05.678901 15520 main.cc:9] it is slow",
    "apache_error": b"[Fri Jan 02 03:04:05.678901 2026] [core:error] [pid 12:tid 34] [client 192.0.2.9:60444] AH00135: x",
    "nginx_error": b'2026/01/02 03:04:05 [error] 31#32: *1 it failed, client: 192.0.2.9, server: web, request: "GET /a?b=c HTTP/1.1"',
    "postgresql": b"2026-01-02 03:04:05.678 UTC [691] ann@shop LOG:  duration: 0.140 ms  statement: select 1",
    "postgresql_csv": b'2026-01-02 03:04:05.678 UTC,"ann","shop",691,"192.0.2.9:5432",5f.1,1,"idle",'
    b'2026-01-02 03:00:00 UTC,3/0,0,ERROR,42P01,"no ""x""",,,,,,,,,"psql"',
    "mysql": b"2026-01-02T03:04:05.678901Z 8 [Warning] [MY-010068] [Server] it is old",
    "mysql_slow": b"# Time: 2026-01-02T03:04:05.678901Z",
    "redis": b"1:M 02 Jan 2026 03:04:05.678 # it failed",
    "kafka": b"[2026-01-02 03:04:05,678] WARN it is slow (kafka.server.KafkaServer)",
    "logcat": b"01-02 03:04:05.678  1702  2395 E WindowManager: it failed",
    "sssd": b"(2026-01-02  3:04:05): [be[example.com]] [sysdb_add_user] (0x0040): it failed",
    "ras": b"- 1767323045 2026.01.02 R02-M1 2026-01-02-03.04.05.678901 R02-M1 RAS KERNEL FATAL it failed",
    "cluster_syslog": b"- 1767323045 2026.01.02 dn228 Jan 2 03:04:05 dn228/dn228 crond(pam_unix)[2915]: session opened",
    "cluster_event": b"134681 node-246 unix.hw state_change.unavailable 1767323045 1 Component State Change",
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
