"""A backlog that worker processes work off: the same tables, whoever was there first and whatever fails."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from stacklens_pipeline.drain import Drain
from stacklens_pipeline.errors import LakeError
from stacklens_pipeline.eventlog.base import EventLog, TopicPartition
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import ENRICHED_LOGS, OFFSET_GAPS, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import verify
from tests.builders import METRICS, MIXED, ROWS, TOPIC, Clock, content, drained, offsets, opened_log, send, totals

WITH_WORKERS = IngestSettings(topics=(TOPIC,), max_rows=30, workers=2, backlog_rows=1)
LINES = len(MIXED) * 20


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """Records of several lines from three sources, cut by any batch of twenty."""
    opened = opened_log(tmp_path)
    for number in range(20):
        send(opened, MIXED[number % 3 :] + MIXED[: number % 3], source=b"source %d" % (number % 3))
    yield opened
    opened.close()


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that some microbatches are committed and others are under way."""
    monkeypatch.setattr("stacklens_pipeline.backlog.TOGETHER", 2)


@pytest.fixture
def drain(lake_dir: Path, log: EventLog, now: Clock) -> Iterator[Drain]:
    drain = Drain(Lake(str(lake_dir)), log, WITH_WORKERS, now)
    yield drain
    drain.close()


def children() -> list[int]:
    """This process's own: the workers."""
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def begin(drain: Drain) -> None:
    """A step of its own while workers start, and one in which they have their first microbatches under way."""
    assert drain.step().messages == WITH_WORKERS.max_rows
    assert drain.step().messages


def finish(drain: Drain) -> None:
    while not drain.step().is_idle:
        pass


def assert_undisturbed(lake_dir: Path, log: EventLog, now: Clock) -> None:
    """The tables hold what a drain without workers makes of the same log."""
    lake, alone = Lake(str(lake_dir)), Lake(str(lake_dir.with_name("alone")))
    drained(alone, log, now)
    assert offsets(lake, RAW_LOGS) == list(range(LINES))
    for table in ROWS:
        assert_frame_equal(content(lake, table), content(alone, table))
    for table in METRICS:
        assert_frame_equal(totals(lake, table), totals(alone, table))
    assert verify(lake) == []


def test_workers_make_the_same_tables_and_end_with_the_backlog(
    drain: Drain, lake_dir: Path, log: EventLog, now: Clock
) -> None:
    before = set(children())
    first = drain.step()
    assert first.has_more
    assert first.messages == first.microbatches * WITH_WORKERS.max_rows
    assert first.lag == LINES - first.messages
    assert len(set(children()) - before) == 2
    finish(drain)
    assert set(children()) == before
    assert_undisturbed(lake_dir, log, now)


def test_another_runner_is_first(drain: Drain, lake_dir: Path, log: EventLog, now: Clock) -> None:
    other = Drain(Lake(str(lake_dir)), log, IngestSettings(topics=(TOPIC,), max_rows=30), now)
    begin(drain)
    for _ in range(3):
        other.step()
        drain.step()
    finish(drain)
    assert_undisturbed(lake_dir, log, now)


def test_a_drain_without_workers_goes_on_when_one_is_lost(
    drain: Drain, lake_dir: Path, log: EventLog, now: Clock
) -> None:
    before = set(children())
    drain.step()
    workers = set(children()) - before
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    assert drain.step().has_more
    finish(drain)
    assert set(children()) == before
    assert_undisturbed(lake_dir, log, now)


def test_a_drain_without_workers_goes_on_when_none_can_be_started(
    drain: Drain, lake_dir: Path, log: EventLog, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    finish(drain)
    assert_undisturbed(lake_dir, log, now)


def test_a_drain_without_workers_goes_on_when_there_is_no_room_for_frames(
    drain: Drain, lake_dir: Path, log: EventLog, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "stacklens_pipeline.workers._shared_memory", partial(Path("/dev/full").open, "r+b", buffering=0)
    )
    finish(drain)
    assert_undisturbed(lake_dir, log, now)


class InterruptedLake(Lake):
    """A lake in which Ctrl-C comes right after a number of commits."""

    allowed = -1

    def _is_committed(self, prepared: Any) -> bool:
        is_committed = super()._is_committed(prepared)
        self.allowed -= 1
        if self.allowed == 0:
            raise KeyboardInterrupt
        return is_committed


@pytest.mark.parametrize("allowed", [1, 9, 10, 11, 18, 19])
def test_an_interruption_right_after_a_commit_takes_no_file_away(
    lake_dir: Path, log: EventLog, now: Clock, allowed: int
) -> None:
    lake = InterruptedLake(str(lake_dir))
    with closing(Drain(lake, log, WITH_WORKERS, now)) as drain:
        lake.allowed = allowed
        with pytest.raises(KeyboardInterrupt):
            finish(drain)
        finish(drain)
    assert_undisturbed(lake_dir, log, now)


def test_what_fails_in_a_worker_is_raised_and_tried_again(
    drain: Drain, lake_dir: Path, log: EventLog, now: Clock
) -> None:
    begin(drain)
    in_the_way = lake_dir / PARSED_LOGS.path
    in_the_way.rename(in_the_way.with_name("aside"))
    in_the_way.touch()
    with pytest.raises(LakeError, match="parsed/logs"):
        finish(drain)
    in_the_way.unlink()
    in_the_way.with_name("aside").rename(in_the_way)
    finish(drain)
    assert_undisturbed(lake_dir, log, now)


def test_a_topic_that_is_made_anew_meanwhile(drain: Drain, lake_dir: Path, log: EventLog) -> None:
    begin(drain)
    log.delete_topic(TOPIC)
    log.create_topics([TOPIC])
    send(log, [b"again"])
    finish(drain)
    lake = Lake(str(lake_dir))
    by_topic = dict(lake.read(RAW_LOGS)["topic"].value_counts().rows())
    assert by_topic[f"{TOPIC}~2"] == 1
    end = lake.positions(RAW_LOGS, [TopicPartition(TOPIC, 0)])[TopicPartition(TOPIC, 0)].next
    assert by_topic[TOPIC] == end
    assert lake.read(OFFSET_GAPS).select("topic", "start", "reason").rows() == [(TOPIC, end, "topic_recreated")]
    assert verify(lake) == []


def test_a_file_that_two_tables_share_outlives_each_of_them(drain: Drain, lake_dir: Path) -> None:
    begin(drain)
    lake = Lake(str(lake_dir))
    parsed, enriched = (
        {path.stat().st_ino for path in lake_dir.joinpath(table.path).rglob("*.parquet")}
        for table in (PARSED_LOGS, ENRICHED_LOGS)
    )
    assert parsed & enriched
    rows = content(lake, ENRICHED_LOGS)
    lake.expire(PARSED_LOGS, "9999-01-01T00")
    lake.vacuum(PARSED_LOGS, 0)
    assert_frame_equal(content(lake, ENRICHED_LOGS), rows)


def test_what_was_under_way_when_a_drain_is_closed_is_deleted(
    drain: Drain, lake_dir: Path, log: EventLog, now: Clock
) -> None:
    before = set(children())
    begin(drain)
    assert len(set(children()) - before) == 2
    drain.close()
    assert set(children()) == before
    lake = Lake(str(lake_dir))
    assert 0 < lake.row_count(RAW_LOGS) < LINES
    for table in (RAW_LOGS, PARSED_LOGS, ENRICHED_LOGS):
        assert len(list(lake_dir.joinpath(table.path).rglob("*.parquet"))) == lake.files(table).height
    finish(drain)
    assert_undisturbed(lake_dir, log, now)
