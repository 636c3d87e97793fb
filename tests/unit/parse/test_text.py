"""Heads of application lines, as a person reads them: what is level, thread, logger, process and place in each."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.formats.headed import _SIMPLE, _of_all, headed
from stacklens_pipeline.parse.formats.timed import timed
from tests.unit.parse.lines import RECEIVED, raw, read

TIME = datetime(2026, 11, 24, 4, 0, 0, 123000, tzinfo=UTC)
SECOND = TIME.replace(microsecond=0)
LOGGER, THREAD, THREAD_ID, PID = "log.logger", "thread.name", "thread.id", "process.pid"
FILE, LINE = "code.file.path", "code.lineno"

HEADS: dict[str, tuple[str, datetime, str, dict[str, Any]]] = {
    "log4j": ("2026-11-24 04:00:00,123 ERROR [main] org.x.Y: m m", TIME, "ERROR", {THREAD: "main", LOGGER: "org.x.Y"}),
    "log4j, dashes": (
        "2026-11-24 04:00:00,123 INFO  [pool-1-thread-2] org.x.Y - m m",
        TIME,
        "INFO",
        {THREAD: "pool-1-thread-2", LOGGER: "org.x.Y"},
    ),
    "logback": (
        "2026-11-24 04:00:00.123 [http-nio-8080-exec-1] WARN  o.s.b.Application - m m",
        TIME,
        "WARNING",
        {THREAD: "http-nio-8080-exec-1", LOGGER: "o.s.b.Application"},
    ),
    "Spring": (
        "2026-11-24T04:00:00.123Z  INFO 123 --- [           main] o.s.b.Application   : m m",
        TIME,
        "INFO",
        {PID: 123, THREAD: "main", LOGGER: "o.s.b.Application"},
    ),
    "JBoss": (
        "2026-11-24 04:00:00,123 INFO  [org.jboss.as] (MSC service thread 1-1) m m",
        TIME,
        "INFO",
        {THREAD: "MSC service thread 1-1", LOGGER: "org.jboss.as"},
    ),
    "Elasticsearch": (
        "[2026-11-24T04:00:00,123][WARN ][o.e.n.Node               ] [node-1] m m",
        TIME,
        "WARNING",
        {THREAD: "node-1", LOGGER: "o.e.n.Node"},
    ),
    "ZooKeeper": (
        "2026-11-24 04:00:00,123 [myid:] - INFO  [Worker[myid=3]:o.a.z.FastLeaderElection$Messenger@391] - m m",
        TIME,
        "INFO",
        {THREAD: "Worker[myid=3]", LOGGER: "o.a.z.FastLeaderElection$Messenger", LINE: 391, "log.context": "myid"},
    ),
    "Cassandra": (
        "INFO  [main] 2026-11-24 04:00:00,123 Server.java:157 - m m",
        TIME,
        "INFO",
        {THREAD: "main", FILE: "Server.java", LINE: 157},
    ),
    "Tomcat": (
        "24-Nov-2026 04:00:00.123 SEVERE [main] org.apache.catalina.core.StandardContext.start m m",
        TIME,
        "ERROR",
        {THREAD: "main", LOGGER: "org.apache.catalina.core.StandardContext.start"},
    ),
    "Hadoop": (
        "2026-11-24 04:00:00,123 FATAL [IPC Server handler 0 on 62270] org.apache.hadoop.X: m m",
        TIME,
        "CRITICAL",
        {THREAD: "IPC Server handler 0 on 62270", LOGGER: "org.apache.hadoop.X"},
    ),
    "HDFS": ("261124 040000 148 INFO dfs.DataNode$X: m m", SECOND, "INFO", {PID: 148, LOGGER: "dfs.DataNode$X"}),
    "Spark": ("26/11/24 04:00:00 INFO executor.X: m m", SECOND, "INFO", {LOGGER: "executor.X"}),
    "Python": ("2026-11-24 04:00:00,123 - app.db - WARNING - m m", TIME, "WARNING", {LOGGER: "app.db"}),
    "Loguru": (
        "2026-11-24 04:00:00.123 | DEBUG    | app.db:query:12 - m m",
        TIME,
        "DEBUG",
        {LOGGER: "app.db", LINE: 12, "code.function": "query"},
    ),
    "Celery": ("[2026-11-24 04:00:00,123: INFO/MainProcess] m m", TIME, "INFO", {THREAD: "MainProcess"}),
    "Gunicorn": ("[2026-11-24 04:00:00 +0000] [7] [INFO] m m", SECOND, "INFO", {PID: 7}),
    "Airflow": (
        "[2026-11-24T04:00:00.123+0000] {taskinstance.py:1150} ERROR - m m",
        TIME,
        "ERROR",
        {FILE: "taskinstance.py", LINE: 1150},
    ),
    "Scrapy": ("2026-11-24 04:00:00 [scrapy.core.engine] INFO: m m", SECOND, "INFO", {LOGGER: "scrapy.core.engine"}),
    "structlog": ("2026-11-24 04:00:00 [warning  ] m m", SECOND, "WARNING", {}),
    "OpenStack": (
        "nova-api.log.1.2017-05-16_13:53:08 2026-11-24 04:00:00.123 25746 INFO nova.wsgi.server [req-3 - -] m m",
        TIME,
        "INFO",
        {PID: 25746, LOGGER: "nova.wsgi.server", "log.file.name": "nova-api.log.1.2017-05-16_13:53:08"},
    ),
    "Go's log": ("2026/11/24 04:00:00 file.go:12: m m", SECOND, "UNKNOWN", {FILE: "file.go", LINE: 12}),
    "zap": (
        "2026-11-24T04:00:00.123Z\tINFO\tadmin\tserver/main.go:12\tm m",
        TIME,
        "INFO",
        {LOGGER: "admin", FILE: "server/main.go", LINE: 12},
    ),
    "zerolog": ("2026-11-24T04:00:00Z INF main.go:12 > m m", SECOND, "INFO", {FILE: "main.go", LINE: 12}),
    "hclog": ("2026-11-24T04:00:00.123Z [WARN]  m m", TIME, "WARNING", {}),
    "env_logger": ("[2026-11-24T04:00:00Z INFO  crate::mod] m m", SECOND, "INFO", {LOGGER: "crate::mod"}),
    "tracing": ("2026-11-24T04:00:00.123000Z  WARN crate::mod: m m", TIME, "WARNING", {LOGGER: "crate::mod"}),
    "Serilog": ("2026-11-24 04:00:00.123 +00:00 [ERR] m m", TIME, "ERROR", {}),
    "NLog": ("2026-11-24 04:00:00.1230|INFO|My.Logger|m m", TIME, "INFO", {LOGGER: "My.Logger"}),
    "log4net": (
        "2026-11-24 04:00:00,123 [12] INFO  Acme.Worker [(null)] - m m",
        TIME,
        "INFO",
        {THREAD_ID: 12, LOGGER: "Acme.Worker", "log.context": "null"},
    ),
    "winston": ("2026-11-24T04:00:00.123Z info: m m", TIME, "INFO", {}),
    "Ruby": (
        "W, [2026-11-24T04:00:00.123000 #126554]  WARN -- Main: m m",
        TIME,
        "WARNING",
        {PID: 126554, LOGGER: "Main"},
    ),
    "Laravel": ("[2026-11-24 04:00:00] production.ERROR: m m", SECOND, "ERROR", {LOGGER: "production"}),
    "PHP": ("[24-Nov-2026 04:00:00 UTC] PHP Fatal error:  m m", SECOND, "CRITICAL", {}),
    "PHP-FPM": ("[24-Nov-2026 04:00:00] NOTICE: m m", SECOND, "INFO", {}),
    "RabbitMQ": ("2026-11-24 04:00:00.123000+00:00 [info] <0.222.0> m m", TIME, "INFO", {PID: "0.222.0"}),
    "MongoDB": (
        "2026-11-24T04:00:00.123+0000 I NETWORK  [conn1] m m",
        TIME,
        "INFO",
        {THREAD: "conn1", LOGGER: "NETWORK"},
    ),
    "Telegraf": ("2026-11-24T04:00:00Z E! m m", SECOND, "ERROR", {}),
    "Tornado": ("[W 261124 04:00:00 web:2239] m m", SECOND, "WARNING", {LOGGER: "web", LINE: 2239}),
    "CUPS": ("E [24/Nov/2026:04:00:00 +0000] m m", SECOND, "ERROR", {}),
    "Windows": ("2026-11-24 04:00:00, Info                  CBS    m m", SECOND, "INFO", {LOGGER: "CBS"}),
    "VMware": (
        "2026-11-24T04:00:00.123Z verbose vpxd[05160] [Originator@6876 sub=X] m m",
        TIME,
        "DEBUG",
        {PID: 5160, LOGGER: "vpxd"},
    ),
    "Puppet": ("[DEBUG 2026-11-24 04:00:00 main]  m m", SECOND, "DEBUG", {THREAD: "main"}),
    "level and name first": (
        "[INFO:choose_repo] choose_repo:47 2026-11-24 04:00:00,123: m m",
        TIME,
        "INFO",
        {LOGGER: "choose_repo", LINE: 47},
    ),
    "pipes without a level": (
        "20261124-04:00:00:123|Step_LSC|30002312|m m",
        TIME,
        "UNKNOWN",
        {LOGGER: "Step_LSC", PID: 30002312},
    ),
    "program without a level": (
        "[11.24 04:00:00] chrome.exe *64 - m m",
        SECOND.replace(year=2025),
        "UNKNOWN",
        {LOGGER: "chrome.exe *64"},
    ),
    "Docker Compose": ("web_1  | 2026-11-24 04:00:00 INFO m m", SECOND, "INFO", {"container.name": "web_1"}),
    "an exception is no logger": ("2026-11-24 04:00:00 ERROR m m", SECOND, "ERROR", {}),
}


@pytest.mark.parametrize("name", HEADS)
def test_heads(name: str) -> None:
    line, time, level, attributes = HEADS[name]
    found = read(None, line)
    assert (found["format"], found["timestamp"], found["level"]) == ("text", time, level)
    ours = {key: value for key, value in found["attributes"].items() if key != "log.context" or key in attributes}
    assert ours == attributes
    assert found["body"].endswith("m m")
    assert found["body"].removesuffix("m m") in ("", "[Originator@6876 sub=X] ", "[req-3 - -] ")
    assert found["service_name"] == "unit"


@pytest.mark.parametrize(
    ("line", "level", "body", "logger"),
    [
        ("INFO:app.db:it is said", "INFO", "it is said", "app.db"),
        ("[main] WARN org.x.Y - it is said", "WARNING", "it is said", "org.x.Y"),
        ("[ERROR] it failed", "ERROR", "it failed", None),
        ("warn: it is slow", "WARNING", "it is slow", None),
        ("WARN[0012] it is slow", "WARNING", "it is slow", None),
        ("ERROR it failed", "ERROR", "it failed", None),
        ("PHP Warning:  it is slow", "WARNING", "it is slow", None),
        (" ERROR", "ERROR", " ERROR", None),
    ],
)
def test_heads_without_a_time(line: str, level: str, body: str, logger: str | None) -> None:
    found = read(None, line)
    assert (found["level"], found["body"], found["attributes"].get(LOGGER)) == (level, body, logger)
    assert (found["timestamp"], found["timestamp_source"]) == (RECEIVED, "observed")


@pytest.mark.parametrize(
    "message",
    [
        "the user ERROR was not found",
        "Result: ERROR in the second step",
        "an ERROR occurred",
        "GET /error/ERROR.html 404",
        "status=ERROR code=5",
        '{"level":"ERROR","msg":"x"}',
        "[http://example.com/ERROR] was asked for",
        "it says: error, and goes on",
        "Information desk",
        "<error>x</error>",
        "Errors: 5",
    ],
)
def test_a_word_of_the_message_is_no_level(message: str) -> None:
    for line in (f"2026-11-24 04:00:00 {message}", f"2026-11-24 04:00:00 - {message}"):
        found = read(None, line)
        assert (found["level"], found["timestamp"]) == ("UNKNOWN", SECOND)
        assert found["body"].endswith(message)
    assert read(None, f"so {message}")["level"] == "UNKNOWN"


def test_a_word_with_which_a_sentence_begins_is_a_level_and_stays_in_it() -> None:
    found = read(None, "2026-11-24 04:00:00 Error reading the file")
    assert (found["level"], found["body"]) == ("ERROR", "Error reading the file")


def test_an_exception_behind_the_level_is_no_logger() -> None:
    found = read(None, "2026-11-24 04:00:00 ERROR java.lang.IllegalStateException: no")
    assert found["attributes"] == {}
    assert found["body"] == "java.lang.IllegalStateException: no"


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("2026-11-24 04:00:00 -5 degrees", "-5 degrees"),
        ('2026-11-24 04:00:00 "quoted" text', '"quoted" text'),
        ("2026-11-24T04:00:00Z", "2026-11-24T04:00:00Z"),
        ("2026-11-24T04:00:00Z ERROR", "2026-11-24T04:00:00Z ERROR"),
        ("backup of 2026-11-24 04:00:00 is done", "backup of 2026-11-24 04:00:00 is done"),
        ("  an indented line", "  an indented line"),
    ],
)
def test_nothing_of_the_message_is_lost(line: str, body: str) -> None:
    assert read(None, line)["body"] == body


def test_what_stands_on_further_lines_belongs_to_the_record() -> None:
    dotnet = parse_lines(raw([b"fail: Acme.Worker[13]", b"      it failed"])).parsed.row(0, named=True)
    assert (dotnet["level"], dotnet["body"]) == ("ERROR", "it failed")
    assert dotnet["attributes"] == '{"process.pid":13,"log.logger":"Acme.Worker"}'
    java = parse_lines(raw([b"Nov 24, 2026 4:00:00 AM org.x.Y start", b"SEVERE: it failed"])).parsed.row(0, named=True)
    assert (java["level"], java["body"], java["timestamp"]) == ("ERROR", "it failed", SECOND)
    assert java["attributes"] == '{"log.logger":"org.x.Y","code.function":"start"}'


def test_times_without_a_zone_are_of_the_zone_that_is_given() -> None:
    for line in ("2026-07-01 12:00:00 INFO m", "2026/07/01 12:00:00 INFO m"):
        assert read(None, line, "Europe/Berlin")["timestamp"] == datetime(2026, 7, 1, 10, tzinfo=UTC)


words = st.sampled_from(
    ["INFO", "error", "Warn", "main", "it", "failed", "app.db", "a:", "-", "|", "[x]", "x.go:1:", ""]
)
lines = st.lists(words, max_size=7).map(" ".join).map(lambda text: f"2026-11-24 04:00:00 {text}")


@given(st.lists(lines | st.sampled_from([line for line, *_ in HEADS.values()]), min_size=1, max_size=8))
def test_lines_that_are_read_in_short_are_read_alike(found: list[str]) -> None:
    frame = pl.Series([f"{line} " for line in found])
    times = timed(frame, pl.Series([RECEIVED] * len(found)), "UTC").filter(pl.col("after").is_not_null())
    if times.height:
        general, ours = _of_all(times), headed(times)
        assert ours["behind"].to_list() == general["behind"].to_list()
        for name in set(ours.columns) & set(general.columns):
            assert ours[name].to_list() == general[name].to_list()


def test_simple_lines_are_most() -> None:
    assert pl.Series(["INFO request done in 5 ms"]).str.contains(_SIMPLE).all()
    assert (
        not pl.Series(["INFO [main] request done", "INFO name - request", "INFO a.b: c d e"])
        .str.contains(_SIMPLE)
        .any()
    )


@settings(max_examples=25)
@given(st.lists(lines, min_size=1, max_size=4))
def test_a_record_is_the_same_alone_and_among_others(found: list[str]) -> None:
    others = [line.encode() for line, *_ in HEADS.values()]
    frame = raw([*[line.encode() for line in found], *others])
    frame = frame.with_columns(pl.Series("key", [str(n).encode() for n in range(frame.height)]))
    together = parse_lines(frame).parsed.sort("offset")
    for row in range(len(found)):
        assert_frame_equal(together[row], parse_lines(frame[row]).parsed)
