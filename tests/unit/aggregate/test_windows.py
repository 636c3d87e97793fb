"""Law 3: order, batching and lateness do not change what metrics add up to."""

import itertools
import random
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.aggregate.windows import aggregate_records, merge_partials, roll_up
from stacklens_pipeline.tables import (
    ENRICHED_LOGS,
    LEVELS,
    LOG_METRICS_1H,
    LOG_METRICS_1M,
    LOG_METRICS_5M,
    REQUEST_FAILURES_5M,
    Table,
)
from tests.unit.aggregate.records import RECORDS, START, frame, record

METRICS = (LOG_METRICS_1M, LOG_METRICS_5M, LOG_METRICS_1H, REQUEST_FAILURES_5M)


def merged(frames: list[pl.DataFrame], table: Table) -> pl.DataFrame:
    return merge_partials(pl.concat(frames), table)


@given(rows=RECORDS, cuts=st.lists(st.integers(0, 40), max_size=4), seed=st.integers(0, 99))
def test_any_split_of_any_permutation_adds_up_to_the_whole(rows, cuts, seed):
    whole = aggregate_records(frame(rows))
    random.Random(seed).shuffle(rows)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [aggregate_records(frame(rows[a:b])) for a, b in itertools.pairwise(edges)]
    for table in METRICS:
        assert_frame_equal(merged([part[table] for part in parts], table), whole[table], check_exact=True)


@given(rows=RECORDS, cut=st.integers(0, 40))
def test_merging_is_associative_and_idempotent(rows, cut):
    for table, partials in aggregate_records(frame(rows)).items():
        halves = [merge_partials(partials[:cut], table), merge_partials(partials[cut:], table)]
        assert_frame_equal(merged(halves[::-1], table), partials, check_exact=True)
        assert_frame_equal(merge_partials(partials, table), partials, check_exact=True)


@given(rows=RECORDS)
def test_longer_windows_are_what_minutes_add_up_to(rows):
    metrics = aggregate_records(frame(rows))
    assert_frame_equal(roll_up(metrics[LOG_METRICS_1M], "5m"), metrics[LOG_METRICS_5M], check_exact=True)
    assert_frame_equal(roll_up(metrics[LOG_METRICS_1M], "1h"), metrics[LOG_METRICS_1H], check_exact=True)


@given(rows=RECORDS)
def test_counts_are_conserved(rows):
    metrics = aggregate_records(frame(rows))
    for table in METRICS[:3]:
        got = metrics[table]
        assert got["count"].sum() == len(rows)
        assert sum(got[f"count_{level.lower()}"].sum() for level in LEVELS) == len(rows)
        assert got["bytes_sent_sum"].sum() == sum(row["bytes_sent"] or 0 for row in rows)
        histograms = got["duration_histogram"].explode().struct.field("count").sum()
        assert histograms == got["duration_count"].sum()
    failed = sum((row["http_status"] or 0) >= 500 for row in rows)
    assert metrics[REQUEST_FAILURES_5M]["count"].sum() == failed == metrics[LOG_METRICS_1H]["request_error_count"].sum()


@given(rows=RECORDS)
def test_across_hours_there_is_one_row_for_each_key_of_the_table(rows):
    for table, partials in aggregate_records(frame(rows)).items():
        total = merge_partials(partials, table, across_hours=True)
        assert not total.select(table.key).is_duplicated().any()
        assert total["count"].sum() == partials["count"].sum()
        assert total.schema == table.schema


def test_a_window_by_hand():
    rows = [
        record(duration_ms=1.5, http_status=200, bytes_sent=10),
        record(duration_ms=0.1, http_status=503, bytes_sent=5, level="ERROR", timestamp=START + timedelta(seconds=59)),
        record(duration_ms=float("nan"), level=None, observed_timestamp=START + timedelta(seconds=1)),
    ]
    (got,) = aggregate_records(frame(rows))[LOG_METRICS_1M].to_dicts()
    assert {k: v for k, v in got.items() if v not in (0, None)} == {
        "ingest_hour": "2026-11-24T04",
        "window_start": START,
        "source": "shop",
        "service_name": "cart",
        "count": 3,
        "count_info": 1,
        "count_error": 1,
        "count_unknown": 1,
        "request_count": 2,
        "request_error_count": 1,
        "duration_count": 2,
        "duration_ms_sum": 1.6,
        "duration_ms_min": 0.1,
        "duration_ms_max": 1.5,
        "duration_histogram": [{"bucket": -115, "count": 1}, {"bucket": 21, "count": 1}],
        "bytes_sent_sum": 15,
        "observed_max": START + timedelta(seconds=1),
    }


def test_a_group_without_a_name_is_a_group():
    rows = [record(source=None, service_name=None, duration_ms=2.0)] * 2
    (got,) = aggregate_records(frame(rows))[LOG_METRICS_1H].to_dicts()
    assert (got["source"], got["service_name"], got["count"]) == (None, None, 2)
    assert [pair["count"] for pair in got["duration_histogram"]] == [2]


def test_only_failed_requests_carry_their_path():
    rows = [record(http_status=status, url_path="/x", http_method="GET") for status in (200, 499, 500, None)]
    got = aggregate_records(frame(rows))[REQUEST_FAILURES_5M]
    assert got.select("url_path", "http_status", "count", "duration_ms_sum").rows() == [("/x", 500, 1, 0.0)]


def test_a_time_before_1970_falls_into_the_window_that_began_before_it():
    early = START.replace(year=1969)
    got = aggregate_records(frame([record(timestamp=early + timedelta(seconds=30))]))[LOG_METRICS_1M]
    assert got["window_start"].item() == early


@pytest.mark.parametrize("table", METRICS, ids=lambda table: table.name)
def test_an_empty_frame_gives_empty_frames_of_the_schema(table):
    got = aggregate_records(ENRICHED_LOGS.empty())[table]
    assert_frame_equal(got, table.empty())
    assert_frame_equal(merge_partials(table.empty(), table), table.empty())


@pytest.mark.parametrize("table", METRICS, ids=lambda table: table.name)
def test_the_schema_is_exact(table):
    got = aggregate_records(frame([record(http_status=500, duration_ms=1.0), record()]))[table]
    assert got.schema == table.schema
    assert merge_partials(got, table).schema == table.schema
