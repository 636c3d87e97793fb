"""The marts' file under readers and under kill -9: swapped whole, or not at all."""

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.serve import dbt
from stacklens_pipeline.serve.duckdb import refresh
from tests.builders import Clock, drained, marts_content, numbered, opened_log, send


@pytest.fixture
def log(copied: Path) -> Iterator[EventLog]:
    opened = opened_log(copied)
    yield opened
    opened.close()


@pytest.fixture
def lake(copied: Path) -> Lake:
    return Lake(str(copied / "lake"))


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    return tmp_path / "marts.duckdb"


def test_readers_are_never_locked_out(lake: Lake, log: EventLog, marts: Path) -> None:
    refresh(lake, marts)
    stop, failures, reads = threading.Event(), list[str](), [0]

    def read() -> None:
        while not stop.is_set():
            try:
                with duckdb.connect(str(marts), read_only=True) as connection:
                    connection.execute("select sum(records) from mart.service_health_5m").fetchall()
                reads[0] += 1
            except duckdb.Error as error:
                failures.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(5):
        send(log, numbered(5, 1000 + number))
        drained(lake, log, Clock())
        refresh(lake, marts)
    stop.set()
    reader.join()
    assert failures == []
    assert reads[0] > 5


def _refresh_and_die(root: str, marts: Path) -> None:
    """A refresh whose process ends in the middle, with the copy half changed."""
    import os

    dbt.build = lambda *_: os._exit(9)  # type: ignore[assignment]
    refresh(Lake(root), marts)


def test_a_refresh_that_is_killed_leaves_the_marts_as_they_were(lake: Lake, log: EventLog, marts: Path) -> None:
    refresh(lake, marts)
    before = marts_content(marts)
    send(log, numbered(9, 500))
    drained(lake, log, Clock())
    child = multiprocessing.get_context("spawn").Process(target=_refresh_and_die, args=(lake.root, marts))
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert marts_content(marts) == before
    assert refresh(lake, marts) is not None
    fresh = marts.parent / "fresh" / marts.name
    refresh(lake, fresh)
    assert marts_content(marts) == marts_content(fresh)
