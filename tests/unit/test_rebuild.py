"""Rebuilding beside others: what expires, another rebuild, and records that cross the hour."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stacklens_pipeline.errors import IncompletePartitionError
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake, Replacement
from stacklens_pipeline.rebuild import rebuild
from stacklens_pipeline.retain import expire_hours
from stacklens_pipeline.tables import LOG_METRICS_1M, PARSED_LOGS, RAW_LOGS, Table
from stacklens_pipeline.verify import verify
from tests.builders import Clock, drained, numbered, opened_log, send


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = opened_log(tmp_path)
    yield opened
    opened.close()


class Beset(Lake):
    """Something happens after the first table's snapshot was taken for a replacement."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.happens = [lambda: None]

    def replacement(self, table: Table, hour: str) -> Replacement:
        prepared = super().replacement(table, hour)
        for happen in self.happens:
            happen()
        self.happens = []
        return prepared


def test_what_expires_during_a_rebuild_does_not_empty_the_hour(lake_dir: Path, log: EventLog) -> None:
    now, lake = Clock(datetime(2026, 11, 24, 9, tzinfo=UTC)), Beset(str(lake_dir))
    send(log, numbered(5))
    drained(lake, log, now)
    other = Lake(str(lake_dir))
    lake.happens = [lambda: expire_hours(other, RAW_LOGS, "raw", "2026-11-24T10")]
    with pytest.raises(IncompletePartitionError, match="only 0 are left"):
        rebuild(lake, "2026-11-24T09")
    assert other.row_count(PARSED_LOGS) == other.read(LOG_METRICS_1M)["count"].sum() == 5


def test_two_rebuilds_of_an_hour_without_files_do_not_double_it(lake_dir: Path, log: EventLog) -> None:
    now, lake = Clock(datetime(2026, 11, 24, 9, tzinfo=UTC)), Beset(str(lake_dir))
    send(log, numbered(5))
    drained(lake, log, now)
    lake.expire(PARSED_LOGS, "2026-11-24T10")
    other = Lake(str(lake_dir))
    lake.happens = [lambda: rebuild(other, "2026-11-24T09", [PARSED_LOGS])]
    assert rebuild(lake, "2026-11-24T09", [PARSED_LOGS]) == {PARSED_LOGS: 5}
    assert lake.row_count(PARSED_LOGS) == 5
    assert verify(lake) == []


@pytest.mark.parametrize(("first_line", "is_refused"), [(b"\tat shop.Cart", True), (b"INFO another record", False)])
def test_an_hour_that_begins_inside_a_record_is_rebuilt_with_its_first_lines_only(
    lake_dir: Path, log: EventLog, first_line: bytes, is_refused: bool
) -> None:
    at, lake = datetime(2026, 11, 24, 10, 59, 59, tzinfo=UTC), Lake(str(lake_dir))
    send(log, [b"2026-11-24 10:59:59 ERROR failed", b"\tat shop.Pay"])
    drained(lake, log, Clock(at))
    send(log, [first_line, b"INFO and one more"])
    drained(lake, log, Clock(at.replace(hour=11, minute=0, second=0)))
    drained(lake, log, Clock())
    before = lake.row_count(PARSED_LOGS)
    expire_hours(lake, RAW_LOGS, "raw", "2026-11-24T11")
    if is_refused:
        with pytest.raises(IncompletePartitionError, match="begin inside a record"):
            rebuild(lake, "2026-11-24T11")
    else:
        rebuild(lake, "2026-11-24T11")
    assert lake.row_count(PARSED_LOGS) == before
    assert verify(lake) == []
