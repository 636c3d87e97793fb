"""Raw frames for parser tests."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from stacklens_pipeline.parse import UNCONFIGURED, parse_lines
from stacklens_pipeline.parse.formats import Format
from stacklens_pipeline.parse.rules import Rules
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
    "klog": b"E0102 03:04:05.678901   28133 klog.go:70] it failed",
    "glog": b"W20260102 03:04:05.678901 15520 main.cc:9] it is slow",
    "apache_error": b"[Fri Jan 02 03:04:05.678901 2026] [core:error] [pid 12:tid 34] [client 192.0.2.9:60444] "
    b"AH00135: it failed",
    "nginx_error": b"2026/01/02 03:04:05 [error] 31#32: *1 it failed, client: 192.0.2.9, server: web, "
    b'request: "GET /a?b=c HTTP/1.1"',
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
    "cef": b"<134>Sep 29 08:26:10 fw1 CEF:0|Acme|Gate|1.0|7|Port\\|scan|8|src=192.0.2.9 msg=a\\=b c cs1=x cs1Label=y",
    "leef": b"LEEF:2.0|Acme|Gate|1.0|7|^|src=192.0.2.9^usrName=ann^sev=8^msg=a b",
    "aws_alb": b"https 2026-01-02T03:04:05.000001Z app/web/50dc6c495c0c9188 192.0.2.9:2817 10.0.0.1:80 0.086 0.048 "
    b'0.037 200 200 0 57 "GET https://www.example.com:443/a?b=c HTTP/1.1" "curl/8" ECDHE TLSv1.2 arn:aws:x '
    b'"Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:y" 1 2026-01-02T03:04:04.364000Z '
    b'"authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1',
    "aws_elb": b"2026-01-02T03:04:05.000001Z lb 192.0.2.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
    b'"GET http://www.example.com:80/ HTTP/1.1" "curl/8" - -',
    "aws_s3": b"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be bucket [06/Feb/2019:00:00:38 +0000] "
    b'192.0.2.3 ann 3E57427F3EXAMPLE REST.GET.VERSIONING - "GET /bucket?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3"',
    "aws_vpc": b"2 123456789010 eni-1235b8ca 192.0.2.9 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
    "w3c": b"2026-01-02 03:04:05 10.0.0.5 GET /a b=c 80 - 192.0.2.9 Mozilla/5.0+(X11) https://example.com/ 404 0 2 15",
    "uwsgi": b"[pid: 24|app: 0|req: 4/41] 192.0.2.9 (ann) {44 vars in 1322 bytes} [Tue Jan  3 05:01:31 2012] "
    b"GET /a?b=c => generated 192 bytes in 21 msecs (HTTP/1.1 200) 4 headers in 188 bytes (1 switches on core 0)",
    "csv": b'a,"b ""c"", d",e',
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


def read(format: Format | None, text: str, timezone: str = "UTC") -> dict[str, Any]:
    """The record of a line of a format that a source declares, or of one that is detected; attributes as an object."""
    declared = replace(UNCONFIGURED, rules=(Rules(format=format, timezone=timezone),))
    (row,) = parse_lines(raw([text.encode()]), declared).parsed.to_dicts()
    return row | {"attributes": json.loads(row["attributes"] or "{}")}
