"""Upkeep: small tables and a small event log, and not a message less than somebody may still need."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from stacklens_pipeline.eventlog.base import EventLog, TopicPartition
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.retain import expire_hours, expire_messages, keep_up
from stacklens_pipeline.settings import IngestSettings, RetainSettings, Settings
from stacklens_pipeline.tables import (
    DEAD_LETTERS,
    ENRICHED_LOGS,
    LEDGER,
    LOG_METRICS_1M,
    OFFSET_GAPS,
    PARSED_LOGS,
    RAW_LOGS,
)
from stacklens_pipeline.verify import verify
from tests.builders import TOPIC, Clock, content, drained, numbered, opened_log, send, totals


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = opened_log(tmp_path)
    yield opened
    opened.close()


def test_tables_of_many_small_files_become_few(lake_dir: Path, log: EventLog) -> None:
    lake = Lake(str(lake_dir))
    send(log, numbered(120))
    drained(lake, log, Clock(), max_rows=10)
    rows, metrics = content(lake, ENRICHED_LOGS), totals(lake, LOG_METRICS_1M)
    before = lake.files(ENRICHED_LOGS).height
    keep_up(lake, RetainSettings(compact_files=5).model_copy(update={"vacuum_hours": 0}))
    assert lake.files(ENRICHED_LOGS).height < before
    assert_frame_equal(content(lake, ENRICHED_LOGS), rows)
    assert_frame_equal(totals(lake, LOG_METRICS_1M), metrics)
    assert verify(lake) == []


def test_old_messages_go_and_what_the_lake_had_not_read_is_a_gap(lake_dir: Path, log: EventLog, tmp_path: Path) -> None:
    retain = RetainSettings(eventlog_hours=1e-9)
    settings = Settings(data_dir=tmp_path, ingest=IngestSettings(topics=(TOPIC,)), retain=retain)
    lake = Lake(str(lake_dir))
    send(log, numbered(10))
    drained(lake, log, Clock())
    send(log, numbered(5, 10))
    assert expire_messages(log, settings) == 15
    assert log.watermarks([TopicPartition(TOPIC, 0)])[TopicPartition(TOPIC, 0)] == (15, 15)
    drained(lake, log, Clock())
    assert lake.read(OFFSET_GAPS).select("start", "end", "reason").rows() == [(10, 15, "retention")]
    assert verify(lake) == []


def test_hours_that_expire_stay_in_the_ledger(lake_dir: Path, log: EventLog) -> None:
    lake, now = Lake(str(lake_dir)), Clock()
    send(log, [*numbered(10), b"\xff"])
    drained(lake, log, now)
    (hour,) = lake.hours(RAW_LOGS)
    now.forward(hours=2)
    send(log, numbered(4, 10))
    drained(lake, log, now)
    for table, stage in (
        (RAW_LOGS, "raw"),
        (PARSED_LOGS, "parsed"),
        (DEAD_LETTERS, "parsed"),
        (ENRICHED_LOGS, "enriched"),
    ):
        assert expire_hours(lake, table, stage, before=f"{hour}~") == [hour]
    assert lake.row_count(ENRICHED_LOGS) == 4
    assert expire_hours(lake, RAW_LOGS, "raw", before=f"{hour}~") == []
    assert verify(lake) == []
    noted = lake.read(LEDGER).filter(pl.col("outcome") == "expired")
    assert dict(noted.select("reason", "rows").rows()) == {
        "raw/logs": 11,
        "parsed/logs": 10,
        "parsed/dead_letters": 1,
        "enriched/logs": 10,
    }


def test_what_is_wrong_beside_an_expired_hour_is_found(lake_dir: Path, log: EventLog) -> None:
    lake, now = Lake(str(lake_dir)), Clock()
    send(log, numbered(10))
    drained(lake, log, now)
    (hour,) = lake.hours(RAW_LOGS)
    now.forward(hours=2)
    send(log, numbered(4, 10))
    drained(lake, log, now)
    expire_hours(lake, ENRICHED_LOGS, "enriched", before=f"{hour}~")
    assert verify(lake) == []
    metrics = lake.read(LOG_METRICS_1M)
    lake.add(LOG_METRICS_1M, metrics.filter(pl.col("ingest_hour") > hour))
    (violation,) = verify(lake)
    assert (violation.expected, violation.found) == (4, 8)
