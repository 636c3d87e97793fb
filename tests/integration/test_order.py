"""Law 3 over whole lakes: neither batching nor order nor a second drain changes what lines become."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.drain import Drain
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import verify
from tests.builders import METRICS, MIXED, TOPIC, Clock, content, drained, numbered, offsets, opened_log, send, totals


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = opened_log(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def now() -> Clock:
    return Clock()


def test_two_drains_that_take_turns_double_nothing(lake_dir: Path, log: EventLog, now: Clock) -> None:
    drains = [Drain(Lake(str(lake_dir)), log, IngestSettings(topics=(TOPIC,), max_rows=70), now) for _ in range(2)]
    for start in range(0, 600, 60):
        send(log, numbered(60, start))
        for drain in drains:
            drain.step()
    lake = Lake(str(lake_dir))
    drained(lake, log, now)
    assert offsets(lake, ENRICHED_LOGS) == list(range(600))
    assert verify(lake) == []


@settings(max_examples=6)
@given(sizes=st.lists(st.integers(2, 9), min_size=1, max_size=8), order=st.permutations(range(3)))
def test_batching_does_not_change_what_lines_become(
    sizes: list[int], order: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, now = tmp_path_factory.mktemp("batching"), Clock()
    log = opened_log(folder)
    for part in order:
        send(log, MIXED[part::3] if part else MIXED, source=b"source %d" % part)
    together, apart = Lake(str(folder / "together")), Lake(str(folder / "apart"))
    drained(together, log, now)
    step = 0
    while apart.row_count(RAW_LOGS) < together.row_count(RAW_LOGS):
        Drain(apart, log, IngestSettings(topics=(TOPIC,), max_rows=sizes[step % len(sizes)]), now).step()
        step += 1
    drained(apart, log, now)
    log.close()
    for table in (PARSED_LOGS, DEAD_LETTERS, ENRICHED_LOGS):
        assert_frame_equal(content(apart, table), content(together, table))
    for table in METRICS:
        assert_frame_equal(totals(apart, table), totals(together, table))
    assert verify(apart) == verify(together) == []


def test_permuted_lines_give_the_same_metrics(tmp_path: Path, now: Clock) -> None:
    results = []
    for number, lines in enumerate((numbered(200), numbered(200)[::-1])):
        log, lake = opened_log(tmp_path / str(number)), Lake(str(tmp_path / f"lake{number}"))
        send(log, lines)
        drained(lake, log, now, max_rows=61)
        results.append([totals(lake, table) for table in METRICS])
        log.close()
    for one, other in zip(*results, strict=True):
        assert_frame_equal(one, other)
