"""The drain: every offset ends in every table exactly once, whatever is cut short, doubled, late or strange."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from stacklens_pipeline.drain import Drain
from stacklens_pipeline.errors import IncompletePartitionError, LakeError
from stacklens_pipeline.eventlog.base import EventLog, Message, TopicPartition
from stacklens_pipeline.lake import Lake, Replacement
from stacklens_pipeline.microbatch import DERIVED
from stacklens_pipeline.rebuild import rebuild
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import (
    DEAD_LETTERS,
    ENRICHED_LOGS,
    LOG_METRICS_1M,
    OFFSET_GAPS,
    PARSED_LOGS,
    RAW_LOGS,
    Table,
)
from stacklens_pipeline.verify import verify
from tests.builders import (
    METRICS,
    MIXED,
    ROWS,
    TOPIC,
    Clock,
    FailingLake,
    content,
    drained,
    numbered,
    offsets,
    opened_log,
    send,
    totals,
)

INGEST = IngestSettings(topics=(TOPIC,))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = opened_log(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def lake(lake_dir: Path) -> Lake:
    return Lake(str(lake_dir))


@pytest.fixture
def now() -> Clock:
    return Clock()


def test_every_line_is_in_every_table_once(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, numbered(1000))
    drained(lake, log, now, max_rows=300)
    for table in (RAW_LOGS, PARSED_LOGS, ENRICHED_LOGS):
        assert offsets(lake, table) == list(range(1000))
    assert lake.read(LOG_METRICS_1M)["count"].sum() == 1000
    assert verify(lake) == []


def test_what_no_parser_takes_is_a_dead_letter_with_its_reason(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, [None, b"", b"\xff\xfe", b"\x00\x00", b"\x00fi\x00ne\x00"])
    drained(lake, log, now)
    dead = lake.read(DEAD_LETTERS).sort("offset")
    reasons = [(0, "tombstone"), (1, "empty"), (2, "invalid_utf8"), (3, "empty")]
    assert dead.select("offset", "reason").rows() == reasons
    assert dead["value"].to_list() == [None, b"", b"\xff\xfe", b"\x00\x00"]
    assert lake.read(PARSED_LOGS).sort("offset")["body"].to_list() == ["fine"]
    assert verify(lake) == []


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EventLog, Clock, Lake]]:
    """A log, a clock, and a lake that was drained to without a crash."""
    folder = tmp_path_factory.mktemp("undisturbed")
    log, now, lake = opened_log(folder), Clock(), Lake(str(folder / "lake"))
    send(log, [*numbered(50), b"\xff", b"text\n", b"\tgoes on"])
    drained(lake, log, now)
    yield log, now, lake
    log.close()


@pytest.mark.parametrize("allowed", range(len(DERIVED) + 1))
def test_a_crash_before_any_commit_is_healed(
    undisturbed: tuple[EventLog, Clock, Lake], lake_dir: Path, allowed: int
) -> None:
    log, now, other = undisturbed
    with pytest.raises(LakeError, match="the process died"):
        Drain(FailingLake(str(lake_dir), allowed), log, INGEST, now).step()
    healed = Lake(str(lake_dir))
    drained(healed, log, now)
    assert verify(healed) == []
    for table in ROWS:
        assert_frame_equal(content(healed, table), content(other, table))
    for table in METRICS:
        assert_frame_equal(totals(healed, table), totals(other, table))


def test_a_partition_that_begins_at_a_high_offset_is_healed_at_once(
    lake_dir: Path, log: EventLog, now: Clock, tmp_path: Path
) -> None:
    low = 10**9
    log.create_topics([TOPIC], partitions=2)
    with sqlite3.connect(tmp_path / "log.sqlite") as file:  # as retention leaves it after some years
        file.execute("update partitions set low = ?, high = ? where partition = 1", (low, low))
    file.close()
    for partition in (0, 1):
        log.append(TOPIC, [Message(line) for line in numbered(10)], partition=partition)
    with pytest.raises(LakeError):
        Drain(FailingLake(str(lake_dir), 1), log, INGEST, now).step()  # raw is committed, nothing else is
    lake = Lake(str(lake_dir))
    healing = Drain(lake, log, INGEST, now)
    assert [healing.step().is_idle for _ in range(3)] == [False, False, True]
    assert offsets(lake, ENRICHED_LOGS) == [*range(10), *range(low, low + 10)]
    assert verify(lake) == []


def test_a_hole_wider_than_a_slice_is_healed_in_one_step(lake_dir: Path, log: EventLog, now: Clock) -> None:
    ingest = IngestSettings(topics=(TOPIC,), max_rows=10)
    for start in range(0, 2000, 100):
        send(log, numbered(100, start))
    lake = FailingLake(str(lake_dir), -1)
    Drain(lake, log, ingest, now).step()
    log.delete_records(TopicPartition(TOPIC, 0), 1990)
    lake.allowed = 3  # the gap's row, raw's jump, raw's rows
    with pytest.raises(LakeError):
        drained(lake, log, now, max_rows=10)
    healed = Lake(str(lake_dir))
    healing = Drain(healed, log, ingest, now)
    assert healing.step().messages == 10
    while not healing.step().is_idle:
        pass
    assert offsets(healed, ENRICHED_LOGS) == [*range(10), *range(1990, 2000)]
    assert verify(healed) == []


def test_rows_that_are_healed_after_the_hour_has_turned_stay_in_their_hour(
    lake_dir: Path, log: EventLog, now: Clock
) -> None:
    send(log, numbered(40))
    with pytest.raises(LakeError):
        Drain(FailingLake(str(lake_dir), 1), log, INGEST, now).step()  # raw is committed, parsed is not
    first = now().strftime("%Y-%m-%dT%H")
    now.forward(hours=1)
    send(log, numbered(10, 40))
    lake = Lake(str(lake_dir))
    drained(lake, log, now)
    second = now().strftime("%Y-%m-%dT%H")
    assert lake.hours(ENRICHED_LOGS) == [first, second]
    before = {table: content(lake, table) for table in (*ROWS, *METRICS)}
    for hour in (first, second):
        rebuild(lake, hour)
    assert {hour: lake.read(ENRICHED_LOGS, hours=[hour]).height for hour in (first, second)} == {first: 40, second: 10}
    for table in ROWS:
        assert_frame_equal(content(lake, table), before[table])
    assert verify(lake) == []


def test_an_hour_whose_raw_rows_have_expired_is_not_rebuilt(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, numbered(10))
    drained(lake, log, now)
    (hour,) = lake.hours(RAW_LOGS)
    lake.expire(RAW_LOGS, before="9999")
    with pytest.raises(IncompletePartitionError, match=hour):
        rebuild(lake, hour)
    assert lake.row_count(ENRICHED_LOGS) == 10


def test_an_hour_is_rebuilt_although_a_drain_commits_to_it(lake_dir: Path, log: EventLog, now: Clock) -> None:
    class Beset(Lake):
        """Others commit to a table between the snapshot that is replaced and the replacement."""

        def replacement(self, table: Table, hour: str) -> Replacement:
            prepared = super().replacement(table, hour)
            send(log, numbered(3))
            drained(Lake(str(lake_dir)), log, now)
            return prepared

    send(log, numbered(10))
    drained(Lake(str(lake_dir)), log, now)
    lake = Beset(str(lake_dir))
    (hour,) = lake.hours(RAW_LOGS)
    assert rebuild(lake, hour, [PARSED_LOGS, LOG_METRICS_1M])[PARSED_LOGS] == 10
    assert lake.row_count(PARSED_LOGS) == lake.row_count(RAW_LOGS) == 16
    assert verify(lake) == []


def test_a_late_line_is_one_more_partial_row(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, numbered(10))
    drained(lake, log, now)
    before = lake.row_count(LOG_METRICS_1M)
    now.forward(hours=5)
    send(log, numbered(1, 0, at="2026-11-24T04:00:30Z"))
    drained(lake, log, now)
    assert lake.row_count(LOG_METRICS_1M) == before + 1
    merged = totals(lake, LOG_METRICS_1M).filter(pl.col("service_name") == "s0")
    assert merged["count"].to_list() == [5]
    assert verify(lake) == []


def test_a_trace_whose_last_line_comes_later_is_one_record(lake: Lake, log: EventLog) -> None:
    now = Clock()
    now.forward(minutes=-1)  # the wall clock: what was just appended can still go on
    drain = Drain(lake, log, INGEST, now)
    send(log, [b"2026-11-24 04:00:00 ERROR it failed", b"\tat one"])
    drain.step()
    assert (lake.row_count(RAW_LOGS), lake.row_count(PARSED_LOGS)) == (2, 0)
    assert verify(lake) == []
    send(log, [b"\tat two", b'{"msg":"next"}'])
    while not drain.step().is_idle:
        pass
    now.forward(minutes=1)
    while not drain.step().is_idle:
        pass
    rows = lake.read(PARSED_LOGS).sort("offset").select("offset", "raw_messages", "body").rows()
    assert rows == [(0, 3, "it failed\n\tat one\n\tat two"), (3, 1, "next")]
    assert verify(lake) == []


def test_an_open_record_is_taken_up_by_the_next_drain(lake_dir: Path, log: EventLog) -> None:
    now = Clock()
    now.forward(minutes=-1)
    send(log, [b"2026-11-24 04:00:00 ERROR it failed", b"\tat one"])
    Drain(Lake(str(lake_dir)), log, INGEST, now).step()
    now.forward(minutes=1)
    lake = Lake(str(lake_dir))
    drained(lake, log, now)
    assert lake.read(PARSED_LOGS)["raw_messages"].to_list() == [2]


def test_partitions_that_are_added_are_read_from_their_beginning(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, numbered(5))
    drain = drained(lake, log, now)
    log.create_topics([TOPIC], partitions=3)
    for number in range(12):
        send(log, numbered(1, number), source=b"key %d" % number)
    while not drain.step().is_idle:
        pass
    assert lake.row_count(ENRICHED_LOGS) == 17
    assert lake.read(RAW_LOGS)["partition"].n_unique() == 3
    assert verify(lake) == []


def test_a_topic_that_was_made_anew_is_another_one_with_a_gap_row(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, numbered(5))
    drained(lake, log, now)
    log.delete_topic(TOPIC)
    log.create_topics([TOPIC])
    send(log, numbered(3, 100))
    drained(lake, log, now)
    drained(lake, log, now)
    assert lake.read(RAW_LOGS)["topic"].value_counts().sort("topic").rows() == [(TOPIC, 5), (f"{TOPIC}~2", 3)]
    assert lake.read(OFFSET_GAPS).select("topic", "start", "reason").rows() == [(TOPIC, 5, "topic_recreated")]
    assert verify(lake) == []


def test_what_retention_took_first_is_a_gap_row(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, numbered(5))
    drained(lake, log, now)
    send(log, numbered(20, 5))
    log.delete_records(TopicPartition(TOPIC, 0), 15)
    drained(lake, log, now)
    assert lake.read(OFFSET_GAPS).select("start", "end", "reason").rows() == [(5, 15, "retention")]
    assert offsets(lake, ENRICHED_LOGS) == [*range(5), *range(15, 25)]
    assert verify(lake) == []


def test_a_gap_that_grows_between_its_row_and_the_jump_has_no_offset_twice(
    lake_dir: Path, log: EventLog, now: Clock
) -> None:
    for start in range(0, 60, 10):
        send(log, numbered(10, start))
    lake = FailingLake(str(lake_dir), -1)
    drain = Drain(lake, log, IngestSettings(topics=(TOPIC,), max_rows=10), now)
    drain.step()
    del drain
    log.delete_records(TopicPartition(TOPIC, 0), 30)
    lake.allowed = 1  # the row of the gap is committed, and raw does not jump over it
    with pytest.raises(LakeError, match=RAW_LOGS.path):
        Drain(lake, log, INGEST, now).step()
    log.delete_records(TopicPartition(TOPIC, 0), 50)
    healed = Lake(str(lake_dir))
    drained(healed, log, now)
    assert healed.read(OFFSET_GAPS).sort("start").select("start", "end").rows() == [(10, 30), (30, 50)]
    assert offsets(healed, ENRICHED_LOGS) == [*range(10), *range(50, 60)]
    assert verify(healed) == []


def test_a_batch_that_is_not_intact_is_a_gap_row(lake: Lake, log: EventLog, now: Clock, tmp_path: Path) -> None:
    for start in (0, 10, 20):
        send(log, numbered(10, start))
    with sqlite3.connect(tmp_path / "log.sqlite") as file:
        file.execute("update batches set payload = x'00' where base_offset = 10")
    file.close()
    drained(lake, log, now)
    assert lake.read(OFFSET_GAPS).select("start", "end", "reason").rows() == [(10, 20, "corrupt")]
    assert offsets(lake, RAW_LOGS) == [*range(10), *range(20, 30)]
    assert verify(lake) == []


def test_starting_with_the_latest_leaves_out_what_was_there(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, numbered(5))
    drain = drained(lake, log, now, start="latest")
    send(log, numbered(3, 5))
    while not drain.step().is_idle:
        pass
    assert offsets(lake, RAW_LOGS) == [5, 6, 7]
    drained(lake, log, now, start="latest")
    assert offsets(lake, RAW_LOGS) == [5, 6, 7]


def test_starting_at_a_time_begins_with_the_first_message_that_is_not_older(
    lake: Lake, log: EventLog, now: Clock
) -> None:
    send(log, numbered(5))
    now.forward(days=1)
    drained(lake, log, now, start=now().isoformat())
    assert offsets(lake, RAW_LOGS) == []
    other = Lake(lake.root + "-other")
    drained(other, log, now, start="2026-01-01T00:00:00Z")
    assert offsets(other, RAW_LOGS) == list(range(5))


def test_a_microbatch_is_bounded_in_bytes(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, [b"x" * 500_000] * 9)
    drain = Drain(lake, log, IngestSettings(topics=(TOPIC,), max_bytes=2**20), now)
    assert drain.step().messages == 3
    while not drain.step().is_idle:
        pass
    assert lake.row_count(ENRICHED_LOGS) == 9


def test_several_topics_are_found_by_a_pattern(lake: Lake, log: EventLog, now: Clock) -> None:
    log.create_topics(["shop-a", "shop-b", "other"])
    for topic in ("shop-a", "shop-b", "other"):
        send(log, numbered(2), topic=topic)
    drained(lake, log, now, topics=("^shop-.*",))
    assert sorted(lake.read(RAW_LOGS)["topic"].unique()) == ["shop-a", "shop-b"]


def test_a_failing_step_can_be_tried_again(lake_dir: Path, log: EventLog, now: Clock) -> None:
    send(log, numbered(10))
    lake = FailingLake(str(lake_dir), 2)
    drain = Drain(lake, log, INGEST, now)
    with pytest.raises(LakeError):
        drain.step()
    lake.allowed = -1
    while not drain.step().is_idle:
        pass
    assert offsets(lake, ENRICHED_LOGS) == list(range(10))
    assert verify(lake) == []


def test_the_same_lines_give_the_same_bytes_again(lake: Lake, log: EventLog, now: Clock) -> None:
    send(log, MIXED)
    drained(lake, log, now)
    again = Lake(lake.root + "-again")
    drained(again, log, now)
    for table in ROWS:
        assert_frame_equal(content(lake, table), content(again, table))
