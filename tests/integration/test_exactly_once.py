"""Exactly once under kill -9: a process that drains is killed at random moments while lines keep coming."""

import itertools
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import IngestSettings, KafkaSettings, Settings, as_environment, foreign_environment
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, LOG_METRICS_1M, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import verify
from tests.builders import Clock, drained, numbered, offsets, send

DRAIN = """
from stacklens_pipeline.drain import Drain
from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import load_settings

settings = load_settings()
drain = Drain(Lake(settings.lake_root), open_log(settings), settings.ingest)
print("draining", flush=True)
while True:
    drain.step()
"""
_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "kafka"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Small microbatches from a topic of its own in either event log."""
    ingest = IngestSettings(topics=(f"killed-{next(_numbers)}",), max_rows=60)
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path, ingest=ingest)
    servers = request.getfixturevalue("broker").bootstrap_servers
    return Settings(data_dir=tmp_path, ingest=ingest, kafka=KafkaSettings(bootstrap_servers=servers))


def started(settings: Settings) -> "subprocess.Popen[str]":
    env = foreign_environment() | as_environment(settings)
    child = subprocess.Popen([sys.executable, "-c", DRAIN], env=env, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    assert child.stdout.readline() == "draining\n"
    return child


def killed(children: "list[subprocess.Popen[str]]") -> None:
    for child in children:
        child.send_signal(signal.SIGKILL)
    for child in children:
        assert child.wait() == -signal.SIGKILL
        assert child.stdout
        child.stdout.close()


def endure(settings: Settings, kills: int, runners: int) -> None:
    """Produce while runners are killed again and again, then look for every offset."""
    dice, pause, sent = random.Random(kills * 10 + runners), threading.Event(), 0
    (topic,), log = settings.ingest.topics, open_log(settings)
    log.create_topics([topic])
    for _ in range(kills):
        children = [started(settings) for _ in range(runners)]
        for _ in range(dice.randrange(1, 6)):
            lines = [*numbered(40, sent), b"\xff", b"2026-11-24 04:00:00 ERROR failed", b"\tat shop.Pay"]
            send(log, lines, topic=topic)
            sent += 40
            pause.wait(dice.random() * 0.15)
        killed(children)
    lake = Lake(settings.lake_root)
    drained(lake, log, Clock(), topics=(topic,))
    log.close()
    high = sent // 40 * 43
    assert offsets(lake, RAW_LOGS) == list(range(high))
    starts = [offset for offset in range(high) if offset % 43 not in (40, 42)]
    assert offsets(lake, PARSED_LOGS) == offsets(lake, ENRICHED_LOGS) == starts
    assert offsets(lake, DEAD_LETTERS) == [offset for offset in range(high) if offset % 43 == 40]
    assert lake.read(LOG_METRICS_1M)["count"].sum() == len(starts)
    assert verify(lake) == []


def test_a_drain_that_is_killed_thirty_times_loses_and_doubles_nothing(settings: Settings) -> None:
    endure(settings, kills=30, runners=1)


def test_two_drains_that_are_killed_together_lose_and_double_nothing(settings: Settings) -> None:
    endure(settings, kills=3, runners=2)


def test_workers_on_a_backlog_lose_and_double_nothing_and_end_when_their_drain_is_killed(settings: Settings) -> None:
    ingest = settings.ingest.model_copy(update={"workers": 2, "backlog_rows": 1})
    settings, dice = settings.model_copy(update={"ingest": ingest}), random.Random(2)
    (topic,), log = ingest.topics, open_log(settings)
    log.create_topics([topic])
    send(log, numbered(12_000), topic=topic)
    lake = Lake(settings.lake_root)
    for _ in range(4):
        (child,) = children = [started(settings)]
        workers = awaited(lambda pid=child.pid: workers_of(pid))
        before = lake.version(RAW_LOGS)
        awaited(lambda version=before: lake.version(RAW_LOGS) > version)
        threading.Event().wait(dice.random() * 0.2)
        killed(children)
        awaited(lambda pids=workers: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert 0 < lake.row_count(RAW_LOGS) < 12_000
    drained(lake, log, Clock(), topics=(topic,))
    log.close()
    for table in (RAW_LOGS, PARSED_LOGS, ENRICHED_LOGS):
        assert offsets(lake, table) == list(range(12_000))
    assert verify(lake) == []


def workers_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def awaited(condition: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    until = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


@pytest.mark.soak
def test_a_hundred_kills(settings: Settings) -> None:
    endure(settings, kills=100, runners=1)


@pytest.mark.soak
def test_thirty_kills_of_two(settings: Settings) -> None:
    endure(settings, kills=30, runners=2)
