"""Exactly once under kill -9: a process that drains is killed at random moments while lines keep coming."""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, LOG_METRICS_1M, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import verify
from tests.builders import Clock, drained, numbered, offsets, opened_log, send

DRAIN = """
import sys
from pathlib import Path
from stacklens_pipeline.drain import Drain
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import IngestSettings

folder = Path(sys.argv[1])
drain = Drain(Lake(str(folder / "lake")), SqliteLog(folder / "log.sqlite"), IngestSettings(max_rows=60))
print("draining", flush=True)
while True:
    drain.step()
"""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = opened_log(tmp_path)
    yield opened
    opened.close()


def started(folder: Path) -> "subprocess.Popen[str]":
    child = subprocess.Popen([sys.executable, "-c", DRAIN, str(folder)], stdout=subprocess.PIPE, text=True)
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


def endure(folder: Path, log: EventLog, kills: int, runners: int) -> None:
    """Produce while runners are killed again and again, then look for every offset."""
    dice, pause, sent = random.Random(kills * 10 + runners), threading.Event(), 0
    for _ in range(kills):
        children = [started(folder) for _ in range(runners)]
        for _ in range(dice.randrange(1, 6)):
            send(log, [*numbered(40, sent), b"\xff", b"2026-11-24 04:00:00 ERROR failed", b"\tat shop.Pay"])
            sent += 40
            pause.wait(dice.random() * 0.15)
        killed(children)
    lake = Lake(str(folder / "lake"))
    drained(lake, log, Clock())
    high = sent // 40 * 43
    assert offsets(lake, RAW_LOGS) == list(range(high))
    starts = [offset for offset in range(high) if offset % 43 not in (40, 42)]
    assert offsets(lake, PARSED_LOGS) == offsets(lake, ENRICHED_LOGS) == starts
    assert offsets(lake, DEAD_LETTERS) == [offset for offset in range(high) if offset % 43 == 40]
    assert lake.read(LOG_METRICS_1M)["count"].sum() == len(starts)
    assert verify(lake) == []


def test_a_drain_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, log: EventLog) -> None:
    endure(tmp_path, log, kills=6, runners=1)


def test_two_drains_that_are_killed_together_lose_and_double_nothing(tmp_path: Path, log: EventLog) -> None:
    endure(tmp_path, log, kills=3, runners=2)


@pytest.mark.soak
def test_thirty_kills(tmp_path: Path, log: EventLog) -> None:
    endure(tmp_path, log, kills=30, runners=1)


@pytest.mark.soak
def test_thirty_kills_of_two(tmp_path: Path, log: EventLog) -> None:
    endure(tmp_path, log, kills=30, runners=2)
