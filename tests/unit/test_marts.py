"""The marts: equal to what one would count by hand, refreshed by what changed, and never half there."""

import multiprocessing
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.rebuild import rebuild
from stacklens_pipeline.serve import dbt
from stacklens_pipeline.serve.duckdb import Refreshed, check, refresh, unseen
from stacklens_pipeline.serve.project import load_marts, project_dir
from stacklens_pipeline.serve.refreshing import Refreshing
from stacklens_pipeline.tables import ENRICHED_LOGS, LOG_METRICS_1H, LOG_METRICS_5M, RAW_LOGS
from tests.builders import Clock, drained, numbered, opened_log, send

HOURS = ("2026-11-24T03:10:00Z", "2026-11-24T04:02:00Z", "2026-11-24T04:07:00Z")


@pytest.fixture(scope="session")
def drained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an event log and the lake that it was drained to."""
    folder = tmp_path_factory.mktemp("drained")
    log = opened_log(folder)
    for number, at in enumerate(HOURS):
        send(log, numbered(70, 70 * number, at=at))
    send(log, [b"\xff", b""], source=b"legacy")
    drained(Lake(str(folder / "lake")), log, Clock(), max_rows=50)
    log.close()
    return folder


@pytest.fixture
def copied(drained_once: Path, tmp_path: Path) -> Path:
    """The test's own copy of it."""
    return shutil.copytree(drained_once, tmp_path, dirs_exist_ok=True)


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


def rows(marts: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(marts), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query).fetchall()


def everything(marts: Path) -> dict[str, list[tuple[object, ...]]]:
    names = [mart.name for mart in load_marts(project_dir())]
    return {name: rows(marts, f"select columns(*)::varchar from mart.{name} order by all") for name in names}


def test_counts_and_percentiles_are_those_of_the_records(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    records = lake.read(ENRICHED_LOGS).with_columns(pl.col("timestamp").dt.truncate("5m").alias("window"))
    expected = (
        records.group_by("window", "service_name")
        .agg(
            pl.len(),
            (pl.col("http_status") >= 500).sum(),
            (pl.col("level") == "ERROR").sum(),
            pl.col("duration_ms").quantile(0.5, "lower"),
        )
        .sort("window", "service_name")
    )
    found = rows(
        marts,
        "select epoch_us(window_start), service_name, records, failed_requests, records_error, duration_ms_p50"
        " from mart.service_health_5m order by 1, 2",
    )
    assert len(found) == expected.height == 9
    for (window, *counts, p50), (at, *expected_counts, median) in zip(found, expected.rows(), strict=True):
        assert datetime.fromtimestamp(int(str(window)) / 1e6, UTC) == at
        assert counts == expected_counts
        assert p50 == pytest.approx(median, rel=0.01)


def test_dead_letters_are_told_by_reason_and_source(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    reasons = rows(marts, "select source, reason, dead_letters from mart.dead_letter_reasons_1h order by reason")
    assert reasons == [("legacy", "empty", 1), ("legacy", "invalid_utf8", 1)]
    quality = rows(
        marts, "select source, records, dead_letters, dead_letter_ratio from mart.ingestion_quality_1h order by 1"
    )
    assert quality == [("legacy", 0, 2, 1.0), ("shop", 210, 0, 0.0)]
    assert rows(marts, "select sum(messages), sum(dead_letters) from mart.pipeline_freshness") == [(212, 2)]


def test_failing_paths_are_ranked_by_the_hour(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    first = rows(marts, "select hour(window_start), url_path, sum(failures) from mart.top_failing_paths group by all")
    failed = lake.read(ENRICHED_LOGS).filter(pl.col("http_status") >= 500)
    expected = failed.group_by(pl.col("timestamp").dt.hour().cast(pl.Int64), "url_path").len().rows()
    assert sorted(first) == sorted(expected)


def test_dbts_own_tests_hold(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    assert check(marts) == []


def test_dbts_own_tests_can_fail(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    with duckdb.connect(str(marts)) as connection:
        connection.execute("update mart.service_health_5m set error_ratio = 2, window_start = null")
    failed = check(marts)
    assert {"not_null_service_health_5m_window_start", "ratio_service_health_5m_error_ratio"} <= set(failed)


def test_nothing_is_refreshed_when_nothing_changed(lake: Lake, marts: Path) -> None:
    assert unseen(lake, marts) > 0
    assert refresh(lake, marts) is not None
    assert unseen(lake, marts) == 0
    before = marts.stat().st_ino
    assert refresh(lake, marts) is None
    assert marts.stat().st_ino == before


def test_a_late_line_replaces_its_own_windows_only(lake: Lake, log: EventLog, marts: Path) -> None:
    refresh(lake, marts)
    send(log, numbered(1, 0, at="2026-11-24T03:11:00Z"))
    drained(lake, log, Clock())
    done = refresh(lake, marts)
    assert done is not None
    assert done.windows == 2  # of five minutes; an hour's row begins at its first
    fresh = marts.with_name("fresh.duckdb")
    refresh(lake, fresh)
    assert everything(marts) == everything(fresh)


def test_compaction_and_rebuilding_change_no_mart(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    before = everything(marts)
    (hour,) = lake.hours(RAW_LOGS)
    for table in (LOG_METRICS_5M, LOG_METRICS_1H):
        assert lake.compact(table, hour, 2**26) > 0
    refresh(lake, marts)
    assert everything(marts) == before
    rebuild(lake, hour)
    refresh(lake, marts)
    assert everything(marts) == before


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
    before = everything(marts)
    send(log, numbered(9, 500))
    drained(lake, log, Clock())
    child = multiprocessing.get_context("spawn").Process(target=_refresh_and_die, args=(lake.root, marts))
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert everything(marts) == before
    assert refresh(lake, marts) is not None
    fresh = marts.with_name("fresh.duckdb")
    refresh(lake, fresh)
    assert everything(marts) == everything(fresh)


def test_two_refreshers_do_not_meet(lake: Lake, marts: Path) -> None:
    results: list[Refreshed | None] = []
    barrier = threading.Barrier(2)

    def go() -> None:
        barrier.wait()
        results.append(refresh(Lake(lake.root), marts))

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result is not None for result in results) == 1


def test_marts_without_a_lake_are_empty(lake_dir: Path, marts: Path) -> None:
    done = refresh(Lake(str(lake_dir.with_name("nothing"))), marts)
    assert done is not None
    assert set(done.rows.values()) == {0}


def test_refreshing_reports_the_last_refresh(lake: Lake, marts: Path) -> None:
    reported: list[Refreshed] = []
    refreshing = Refreshing(lake, marts, reported.append)
    assert refreshing.step() is False
    assert refreshing.step() is None
    refreshing.flush()
    assert [done.rows["service_health_5m"] for done in reported] == [9]


def test_every_mart_is_described_with_all_its_columns(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    for mart in load_marts(project_dir()):
        found = [name for name, *_ in rows(marts, f"describe mart.{mart.name}")]
        assert found == list(mart.columns), mart.name
        assert mart.sources
