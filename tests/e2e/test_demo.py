"""The whole platform in its own processes: the demo, and drains that are killed under Dagster's eyes."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from stacklens_pipeline.demo.platform import Platform
from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import (
    CollectSettings,
    IngestSettings,
    KafkaSettings,
    Settings,
    as_environment,
    foreign_environment,
)
from stacklens_pipeline.tables import ENRICHED_LOGS, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import verify
from tests.builders import TOPIC, numbered, offsets, send


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_in(folder: Path, **ingest: object) -> Settings:
    collect = CollectSettings(http_port=free_port(), syslog_tcp_port=free_port())
    return Settings(data_dir=folder, collect=collect, ingest=IngestSettings.model_validate(ingest))


def processes_of(folder: Path) -> list[int]:
    """Living processes whose environment names the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = entry.joinpath("environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in environment:
            found.append(int(entry.name))
    return found


@pytest.mark.timeout(400)
def test_the_demo_accounts_for_every_line_and_leaves_nothing_running(tmp_path: Path) -> None:
    env = foreign_environment() | as_environment(settings_in(tmp_path))
    command = [sys.executable, "-m", "stacklens_pipeline.cli", "demo", "--exit", "--seconds", "8"]
    done = subprocess.run(
        [*command, "--ui-port", str(free_port())], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conserved: every line is in exactly one place." in done.stdout
    assert "Everything is stopped." in done.stdout
    assert processes_of(tmp_path) == []
    with duckdb.connect(str(tmp_path / "marts.duckdb"), read_only=True) as marts:
        found = marts.execute("select count(distinct service_name) from mart.service_health_5m").fetchone()
    assert found
    assert found[0] > 5


@pytest.mark.timeout(400)
def test_ctrl_c_stops_the_demo_at_any_time(tmp_path: Path) -> None:
    env = foreign_environment() | as_environment(settings_in(tmp_path))
    command = [sys.executable, "-m", "stacklens_pipeline.cli", "demo", "--ui-port", str(free_port())]
    demo = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert demo.stdout
    while "The collector listens" not in demo.stdout.readline():
        assert demo.poll() is None
    demo.send_signal(signal.SIGINT)
    assert "Everything is stopped." in demo.stdout.read()
    demo.wait(60)
    demo.stdout.close()
    assert processes_of(tmp_path) == []


@pytest.fixture(params=["sqlite", "kafka"])
def kafka(request: pytest.FixtureRequest) -> KafkaSettings:
    if request.param == "sqlite":
        return KafkaSettings()
    return KafkaSettings(bootstrap_servers=request.getfixturevalue("broker").bootstrap_servers)


@pytest.mark.timeout(400)
def test_drains_that_are_killed_under_dagster_lose_and_double_nothing(tmp_path: Path, kafka: KafkaSettings) -> None:
    settings = settings_in(tmp_path, topics=[TOPIC], budget_s=600, handover_s=2).model_copy(update={"kafka": kafka})
    log = open_log(settings)
    log.create_topics([TOPIC])
    platform = Platform(settings, free_port())
    platform.start_dagster()
    lake, sent, pause = Lake(settings.lake_root), 0, threading.Event()
    deadline = time.monotonic() + 300
    try:
        for _ in range(3):
            before = lake.row_count(RAW_LOGS)
            while lake.row_count(RAW_LOGS) == before:
                platform.check()
                assert time.monotonic() < deadline
                send(log, numbered(50, sent))
                sent += 50
                pause.wait(0.2)
            os.kill(latest_drain(tmp_path), signal.SIGKILL)
        while lake.row_count(ENRICHED_LOGS) < sent:
            assert time.monotonic() < deadline
            pause.wait(0.2)
    finally:
        platform.stop()
        log.close()
    for table in (RAW_LOGS, PARSED_LOGS, ENRICHED_LOGS):
        assert offsets(lake, table) == list(range(sent))
    assert verify(lake) == []
    assert processes_of(tmp_path) == []


def latest_drain(folder: Path) -> int:
    """The process of the drain that was started last, as Dagster's log names it."""
    said = (folder / "logs" / "dagster-streaming.log").read_text(errors="replace")
    return int(re.findall(r"drain_logs - \S+ - (\d+) - RUN_START", said)[-1])
