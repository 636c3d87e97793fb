"""What an event log is: topics of partitions of offsets, read by ranges that were planned, never subscribed to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

import polars as pl

from stacklens_pipeline.tables import RAW_LOGS

MAX_MESSAGE_BYTES = 1_048_576
"""The largest value an event log takes by default, as Kafka's `message.max.bytes`."""

FETCHED_SCHEMA = pl.Schema({k: v for k, v in RAW_LOGS.schema.items() if k != "ingest_hour"})
"""The frame that `EventLog.read` yields: `raw/logs` without `ingest_hour`, which the planner gives."""

ENVELOPE_HEADERS = ("source", "peer", "protocol", "tenant")
"""Headers that become columns of their own; all others stay in `headers`."""


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


class Watermarks(NamedTuple):
    """`low` is the first offset that the log still holds, `high` the offset that the next message will get."""

    low: int
    high: int


@dataclass(frozen=True, order=True)
class OffsetRange:
    """Offsets `start <= o < end` of one partition."""

    topic: str
    partition: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}[{self.start}, {self.end})"


@dataclass(frozen=True)
class TopicInfo:
    """A topic as the log knows it; `topic_id` changes when a topic is deleted and made again under its name."""

    name: str
    topic_id: str
    partitions: int


@dataclass(frozen=True)
class Message:
    """One message to be appended. Header names may repeat, as in Kafka."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = field(default=())


class EventLog(Protocol):
    """Kafka, or the embedded log; one conformance suite holds both to the same behaviour."""

    def topics(self) -> Mapping[str, TopicInfo]:
        """All topics by name."""
        ...

    def create_topics(self, names: Iterable[str], partitions: int = 1) -> None:
        """Make those topics that do not exist yet, and give existing ones at least `partitions` partitions."""
        ...

    def delete_topic(self, name: str) -> None:
        """Delete a topic and its messages."""
        ...

    def watermarks(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Watermarks]:
        """Low and high watermark of each partition.

        Raises UnknownTopicError when a topic or partition does not exist.
        """
        ...

    def offset_at(self, partition: TopicPartition, at: datetime) -> int:
        """The first offset whose append time is not before `at`; the high watermark when there is none."""
        ...

    def read(self, ranges: Sequence[OffsetRange], *, max_bytes: int | None = None) -> Iterator[pl.DataFrame]:
        """Frames of `FETCHED_SCHEMA` that together hold exactly the readable messages of the ranges, each once.

        A range is finished when its last frame was yielded; offsets under transactions and compaction may have holes.
        Within a partition, rows come in the order of their offsets.
        With `max_bytes`, reading ends early once that many value bytes were yielded (the frame that passes the
        limit is cut at a message: always at least one message); the caller goes on from the last offset it has.
        Raises OffsetOutOfRangeError, CorruptRangeError, UnknownTopicError, or EventLogError when a deadline passes.
        """
        ...

    def append(self, topic: str, messages: Sequence[Message], *, partition: int | None = None) -> int:
        """Append messages and return how many, once they are durable.

        Without `partition`, messages with a key go by its hash and others are spread.
        All or nothing is not promised; a caller that got an exception sends again (at least once).
        Raises MessageTooLargeError before anything is appended, saying what to do.
        """
        ...

    def append_values(
        self,
        topic: str,
        values: Sequence[bytes],
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> int:
        """Append many values that share a key and headers: what a collector has in hand. As `append`, but cheaper."""
        ...

    def delete_records(self, partition: TopicPartition, before: int) -> None:
        """Move the low watermark up to `before`."""
        ...

    def commit_advisory(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Tell the log how far the lake is, so that its own tools show the lag. Nothing reads it back."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...
