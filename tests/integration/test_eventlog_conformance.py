"""What every event log promises, held against the embedded log and against a real Apache Kafka."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stacklens_pipeline.errors import MessageTooLargeError, OffsetOutOfRangeError, UnknownTopicError
from stacklens_pipeline.eventlog.base import (
    FETCHED_SCHEMA,
    MAX_MESSAGE_BYTES,
    EventLog,
    Message,
    OffsetRange,
    TopicPartition,
    Watermarks,
)
from stacklens_pipeline.eventlog.sqlite import SqliteLog

_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "kafka"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    opened: Any
    if request.param == "sqlite":
        opened = SqliteLog(tmp_path / "log.sqlite")
    else:
        from stacklens_pipeline.eventlog.kafka import KafkaLog
        from stacklens_pipeline.settings import KafkaSettings

        broker = request.getfixturevalue("broker")
        opened = KafkaLog(KafkaSettings(bootstrap_servers=broker.bootstrap_servers))
    yield opened
    opened.close()


@pytest.fixture
def topic(log: EventLog) -> str:
    name = f"topic-{next(_numbers)}"
    log.create_topics([name])
    return name


def read(log: EventLog, *ranges: OffsetRange, max_bytes: int | None = None) -> pl.DataFrame:
    frames = list(log.read(ranges, max_bytes=max_bytes))
    assert all(frame.schema == FETCHED_SCHEMA for frame in frames)
    return pl.concat(frames) if frames else pl.DataFrame(schema=FETCHED_SCHEMA)


def marks(log: EventLog, topic: str, partition: int = 0) -> Watermarks:
    return log.watermarks([TopicPartition(topic, partition)])[TopicPartition(topic, partition)]


def test_messages_come_back_in_order_with_everything_that_was_sent(log: EventLog, topic: str) -> None:
    headers = [("source", b"shop"), ("peer", b"10.0.0.1"), ("x", b"1"), ("x", b"2")]
    log.append(topic, [Message(b"a", b"key", headers), Message(None, b"key"), Message(b""), Message(b"\xff\x00")])
    rows = read(log, OffsetRange(topic, 0, 0, 4))
    assert rows["offset"].to_list() == [0, 1, 2, 3]
    assert rows["value"].to_list() == [b"a", None, b"", b"\xff\x00"]
    assert rows["key"].to_list() == [b"key", b"key", None, None]
    assert rows.select("source", "peer", "protocol", "tenant").row(0) == ("shop", "10.0.0.1", None, None)
    assert rows["headers"].to_list() == [[{"name": "x", "value": b"1"}, {"name": "x", "value": b"2"}], None, None, None]
    assert abs(rows["appended_at"][0] - datetime.now(UTC)) < timedelta(minutes=1)
    assert rows["appended_at"].is_sorted()


def test_values_that_share_headers_are_like_messages(log: EventLog, topic: str) -> None:
    assert log.append_values(topic, [b"a", b"b"], key=b"k", headers=[("protocol", b"http")]) == 2
    rows = read(log, OffsetRange(topic, 0, 0, 2))
    assert rows.select("value", "key", "protocol").rows() == [(b"a", b"k", "http"), (b"b", b"k", "http")]


def test_a_range_gives_its_offsets_and_no_others(log: EventLog, topic: str) -> None:
    log.append_values(topic, [str(n).encode() for n in range(50)])
    log.append_values(topic, [str(n).encode() for n in range(50, 100)])
    assert read(log, OffsetRange(topic, 0, 13, 77))["offset"].to_list() == list(range(13, 77))
    assert read(log, OffsetRange(topic, 0, 20, 20)).is_empty()


def test_watermarks_follow_appends_and_deletions(log: EventLog, topic: str) -> None:
    assert marks(log, topic) == (0, 0)
    log.append_values(topic, [b"x"] * 10)
    assert marks(log, topic) == (0, 10)
    log.delete_records(TopicPartition(topic, 0), 4)
    assert marks(log, topic) == (4, 10)
    assert read(log, OffsetRange(topic, 0, 4, 10)).height == 6


def test_offsets_below_the_low_watermark_are_refused(log: EventLog, topic: str) -> None:
    log.append_values(topic, [b"x"] * 10)
    log.delete_records(TopicPartition(topic, 0), 5)
    with pytest.raises(OffsetOutOfRangeError, match=rf"{topic}/0\[2, 8\)"):
        read(log, OffsetRange(topic, 0, 2, 8))


def test_what_does_not_exist_is_refused_by_name(log: EventLog, topic: str) -> None:
    for missing in (TopicPartition("nowhere", 0), TopicPartition(topic, 7)):
        with pytest.raises(UnknownTopicError, match=f"{missing}"):
            log.watermarks([missing])
        with pytest.raises(UnknownTopicError):
            read(log, OffsetRange(*missing, 0, 1))
    with pytest.raises(UnknownTopicError):
        log.append_values("nowhere", [b"x"])


def test_a_message_that_is_too_large_is_refused_before_any_is_appended(log: EventLog, topic: str) -> None:
    with pytest.raises(MessageTooLargeError, match="the collector does"):
        log.append_values(topic, [b"small", b"x" * (MAX_MESSAGE_BYTES + 1)])
    assert marks(log, topic) == (0, 0)
    log.append_values(topic, [b"x" * MAX_MESSAGE_BYTES])
    assert read(log, OffsetRange(topic, 0, 0, 1))["value"].bin.size().to_list() == [MAX_MESSAGE_BYTES]


def test_reading_ends_early_once_enough_bytes_were_read(log: EventLog, topic: str) -> None:
    log.append_values(topic, [b"x" * 1000] * 100)
    rows = read(log, OffsetRange(topic, 0, 0, 100), max_bytes=10_500)
    assert rows["offset"].to_list() == list(range(11))
    assert read(log, OffsetRange(topic, 0, 0, 100), max_bytes=1).height == 1


def test_the_offset_of_a_time_is_the_first_that_is_not_before_it(log: EventLog, topic: str) -> None:
    log.append_values(topic, [b"x"] * 5)
    at = read(log, OffsetRange(topic, 0, 0, 5))["appended_at"][0]
    tp = TopicPartition(topic, 0)
    assert log.offset_at(tp, at - timedelta(minutes=1)) == 0
    assert log.offset_at(tp, at + timedelta(minutes=1)) == 5


def test_partitions_are_added_and_hold_their_own_offsets(log: EventLog, topic: str) -> None:
    log.append_values(topic, [b"x"] * 3)
    log.create_topics([topic], partitions=3)
    assert log.topics()[topic].partitions == 3
    log.append(topic, [Message(b"y")] * 2, partition=2)
    assert [marks(log, topic, p) for p in range(3)] == [(0, 3), (0, 0), (0, 2)]
    rows = read(log, OffsetRange(topic, 0, 0, 3), OffsetRange(topic, 2, 0, 2))
    assert rows.select("partition", "offset").rows() == [(0, 0), (0, 1), (0, 2), (2, 0), (2, 1)]


def test_a_key_always_goes_to_the_same_partition(log: EventLog, topic: str) -> None:
    log.create_topics([topic], partitions=3)
    for _ in range(4):
        log.append(topic, [Message(b"x", b"the key")])
    assert sorted(marks(log, topic, p).high for p in range(3)) == [0, 0, 4]


def test_a_topic_that_was_made_anew_has_another_id(log: EventLog, topic: str) -> None:
    log.append_values(topic, [b"x"])
    first = log.topics()[topic].topic_id
    log.delete_topic(topic)
    assert topic not in log.topics()
    log.create_topics([topic])
    assert log.topics()[topic].topic_id != first
    assert marks(log, topic) == (0, 0)


def test_creating_what_exists_changes_nothing(log: EventLog, topic: str) -> None:
    log.append_values(topic, [b"x"])
    before = log.topics()[topic]
    log.create_topics([topic])
    assert (log.topics()[topic], marks(log, topic).high) == (before, 1)


def test_advisory_offsets_may_be_committed_at_any_time(log: EventLog, topic: str) -> None:
    log.append_values(topic, [b"x"] * 3)
    log.commit_advisory({TopicPartition(topic, 0): 2})
    log.commit_advisory({})
    assert read(log, OffsetRange(topic, 0, 0, 3)).height == 3
