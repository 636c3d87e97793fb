"""The marts: equal to what one would count by hand, refreshed by what changed, and never half there."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.rebuild import rebuild
from stacklens_pipeline.serve import touched
from stacklens_pipeline.serve.duckdb import Refreshed, check, refresh, unseen, warm_up
from stacklens_pipeline.serve.project import load_marts, project_dir
from stacklens_pipeline.serve.refreshing import Refreshing
from stacklens_pipeline.serve.touched import Touched
from stacklens_pipeline.tables import ENRICHED_LOGS, LOG_METRICS_1H, LOG_METRICS_5M, RAW_LOGS
from tests.builders import Clock, drained, mart_rows, marts_content, numbered, opened_log, send


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


def test_the_columns_of_the_marts_are_as_described(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    with duckdb.connect(str(marts), read_only=True) as connection:
        for mart in load_marts(project_dir()):
            found = connection.execute(f"select columns(*)::varchar from (describe mart.{mart.name})").fetchall()
            shown = {name: kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ").lower() for name, kind, *_ in found}
            assert shown == {name: kind for name, (kind, _) in mart.columns.items()}


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
    found = mart_rows(
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
    reasons = mart_rows(marts, "select source, reason, dead_letters from mart.dead_letter_reasons_1h order by reason")
    assert reasons == [("legacy", "empty", 1), ("legacy", "invalid_utf8", 1)]
    quality = mart_rows(
        marts, "select source, records, dead_letters, dead_letter_ratio from mart.ingestion_quality_1h order by 1"
    )
    assert quality == [("legacy", 0, 2, 1.0), ("shop", 210, 0, 0.0)]
    assert mart_rows(marts, "select sum(messages), sum(dead_letters) from mart.pipeline_freshness") == [(212, 2)]


def test_failing_paths_are_ranked_by_the_hour(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    first = mart_rows(
        marts, "select hour(window_start), url_path, sum(failures) from mart.top_failing_paths group by all"
    )
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
    fresh = marts.parent / "fresh" / marts.name
    refresh(lake, fresh)
    assert marts_content(marts) == marts_content(fresh)


def test_compaction_and_rebuilding_change_no_mart(lake: Lake, marts: Path) -> None:
    refresh(lake, marts)
    before = marts_content(marts)
    (hour,) = lake.hours(RAW_LOGS)
    for table in (LOG_METRICS_5M, LOG_METRICS_1H):
        assert lake.compact(table, hour, 2**26) > 0
    refresh(lake, marts)
    assert marts_content(marts) == before
    rebuild(lake, hour)
    refresh(lake, marts)
    assert marts_content(marts) == before


@pytest.mark.parametrize("is_deleted", [False, True])
def test_joining_a_file_of_a_late_line_replaces_only_its_windows(
    lake: Lake, log: EventLog, marts: Path, is_deleted: bool
) -> None:
    send(log, [*numbered(3, 0, at="2026-11-23T03:11:00Z"), *numbered(3, 0)])
    drained(lake, log, Clock())
    refresh(lake, marts)
    before = set(lake.files(LOG_METRICS_5M)["uri"])
    assert sum(lake.compact(LOG_METRICS_5M, hour, 2**26) for hour in lake.hours(LOG_METRICS_5M)) > 0
    if is_deleted:
        for uri in before - set(lake.files(LOG_METRICS_5M)["uri"]):
            Path(uri).unlink()
    content = marts_content(marts)
    done = refresh(lake, marts)
    assert done is not None
    assert is_deleted or done.windows <= lake.read(LOG_METRICS_5M)["window_start"].n_unique()
    assert marts_content(marts) == content


def test_a_build_in_parts_gives_the_same_marts(lake: Lake, marts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(lake, marts)
    monkeypatch.setattr(touched, "PART_HOURS", 1)
    in_parts = marts.parent / "parts" / marts.name
    refresh(lake, in_parts)
    assert marts_content(in_parts) == marts_content(marts)


def test_parts_are_disjoint_and_leave_nothing_out() -> None:
    windows = [datetime(2026, 11, 24, tzinfo=UTC) + timedelta(minutes=20 * n) for n in range(90)]
    hours = {window.replace(minute=0) for window in windows}
    whole = Touched(frozenset(windows), frozenset(hours), frozenset({"2026-11-24T04"}))
    parts = list(whole.parts())
    assert [(len(part.windows), len(part.hours), len(part.ingest_hours)) for part in parts] == [(72, 24, 1), (18, 6, 0)]
    assert parts[0].windows | parts[1].windows == whole.windows
    assert list(Touched(frozenset(), frozenset(), frozenset()).parts()) == [
        Touched(frozenset(), frozenset(), frozenset())
    ]


def test_warming_up_opens_nothing_and_leaves_a_build_of_another_alone(tmp_path: Path) -> None:
    marts = tmp_path / "warm" / "warm.duckdb"
    warm_up(marts)
    assert [path.name for path in marts.parent.iterdir()] == ["dbt"]


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
        found = [name for name, *_ in mart_rows(marts, f"describe mart.{mart.name}")]
        assert found == list(mart.columns), mart.name
        assert mart.sources
