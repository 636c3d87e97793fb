"""The embedded event log: record batches in SQLite. Durable, several processes, no server.

A row is a batch of messages as a compressed Arrow stream, as Kafka's log holds record batches, not messages: reading a
hundred thousand messages is a few decodes. SQLite's write transaction gives offsets their order.
"""

import sqlite3
import threading
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from stacklens_pipeline.errors import (
    CorruptRangeError,
    EventLogError,
    OffsetOutOfRangeError,
    StorageFullError,
    UnknownTopicError,
)
from stacklens_pipeline.eventlog.base import (
    MAX_MESSAGE_BYTES,
    Message,
    OffsetRange,
    TopicInfo,
    TopicPartition,
    Watermarks,
)
from stacklens_pipeline.eventlog.batches import (
    Batch,
    decode,
    encode,
    encode_values,
    fetched,
    refuse_large,
    value_bytes,
    within,
)
from stacklens_pipeline.storage import has_no_space

FRAME_ROWS = 100_000
FRAME_BYTES = 32 * 2**20
"""Rows, or bytes of values, after which a frame is yielded."""

BUSY_S = 30.0
"""How long a writer waits for the write lock before it gives up."""

_SCHEMA = """
create table if not exists topics (name text primary key, topic_id text not null) without rowid;
create table if not exists partitions (
    topic text not null, partition integer not null, low integer not null, high integer not null,
    appended_at integer not null, primary key (topic, partition)) without rowid;
create table if not exists batches (
    topic text not null, partition integer not null, base_offset integer not null, count integer not null,
    appended_at integer not null, checksum integer not null, payload blob not null,
    primary key (topic, partition, base_offset));
create index if not exists batches_by_time on batches (topic, partition, appended_at);
create table if not exists advisory (topic text, partition integer, next_offset integer,
    primary key (topic, partition)) without rowid;
"""


class SqliteLog:
    """An event log in one SQLite file. Any number of processes may append and read at once."""

    def __init__(self, path: Path, *, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._max_message_bytes = max_message_bytes
        self._lock = threading.RLock()
        self._next_partition = 0
        self._path, self._folder = path, path.parent
        with _errors(self._folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connected(path)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            if self._one("select count(*) from sqlite_master where name = 'advisory'") == (0,):
                self._connection.executescript(_SCHEMA)

    def topics(self) -> Mapping[str, TopicInfo]:
        """All topics by name."""
        sql = "select name, topic_id, count(*) from topics join partitions on topic = name group by name"
        return {name: TopicInfo(name, topic_id, count) for name, topic_id, count in self._all(sql)}

    def create_topics(self, names: Iterable[str], partitions: int = 1) -> None:
        """Make those topics that do not exist yet, and give existing ones at least `partitions` partitions."""
        with self._transaction() as run:
            for name in names:
                run("insert or ignore into topics values (?, ?)", (name, str(uuid.uuid4())))
                rows = [(name, partition) for partition in range(partitions)]
                for row in rows:
                    run("insert or ignore into partitions values (?, ?, 0, 0, 0)", row)

    def delete_topic(self, name: str) -> None:
        """Delete a topic and its messages."""
        with self._transaction() as run:
            run("delete from topics where name = ?", (name,))
            for table in ("partitions", "batches", "advisory"):
                run(f"delete from {table} where topic = ?", (name,))

    def watermarks(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Watermarks]:
        """Low and high watermark of each partition; UnknownTopicError when there is none."""
        return {tp: self._watermarks(tp) for tp in partitions}

    def offset_at(self, partition: TopicPartition, at: datetime) -> int:
        """The first offset whose append time is not before `at`; the high watermark when there is none."""
        sql = "select min(base_offset) from batches where topic = ? and partition = ? and appended_at >= ?"
        found = self._one(sql, (*partition, _micros(at)))
        marks = self._watermarks(partition)
        return marks.high if found is None or found[0] is None else max(int(found[0]), marks.low)

    def read(self, ranges: Sequence[OffsetRange], *, max_bytes: int | None = None) -> Iterator[pl.DataFrame]:
        """Frames that together hold exactly the messages of the ranges, each once; see `EventLog.read`."""
        left = max_bytes
        for wanted in ranges:
            for frame in self._read_range(wanted):
                kept = within(frame, left)
                yield kept
                if left is not None:
                    left -= value_bytes(kept)
                    if kept.height < frame.height or left <= 0:
                        return

    def append(self, topic: str, messages: Sequence[Message], *, partition: int | None = None) -> int:
        """Append messages and return how many, once they are durable; see `EventLog.append`."""
        refuse_large((message.value for message in messages), self._max_message_bytes)
        self._topic(topic)
        for chosen, part in self._spread(topic, messages, partition).items():
            self._append(TopicPartition(topic, chosen), len(part), encode(part))
        return len(messages)

    def append_values(
        self,
        topic: str,
        values: Sequence[bytes],
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> int:
        """Append many values that share a key and headers; they go to one partition, in their order."""
        refuse_large(values, self._max_message_bytes)
        if values:
            tp = TopicPartition(topic, self._choose(key, self._topic(topic)))
            self._append(tp, len(values), encode_values(values, key, headers))
        return len(values)

    def delete_records(self, partition: TopicPartition, before: int) -> None:
        """Move the low watermark up to `before`; whole batches below it are deleted."""
        with self._transaction() as run:
            sql = "update partitions set low = min(max(low, ?), high) where topic = ? and partition = ?"
            run(sql, (before, *partition))
            run(
                "delete from batches where topic = ? and partition = ? and base_offset + count <= ?",
                (*partition, before),
            )

    def expire(self, before: datetime) -> int:
        """Delete batches appended before a time; returns how many messages went."""
        gone = 0
        for tp in self._partitions():
            end = self.offset_at(tp, before)
            gone += end - self._watermarks(tp).low
            self.delete_records(tp, end)
        return gone

    def commit_advisory(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Note how far the lake is, for whoever looks at the log; nothing reads it back."""
        with self._transaction() as run:
            for tp, offset in next_offsets.items():
                run("insert or replace into advisory values (?, ?, ?)", (*tp, offset))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _append(self, tp: TopicPartition, count: int, payload: bytes) -> None:
        now = _micros(datetime.now(UTC))
        with self._transaction() as run:
            sql = "select high, appended_at from partitions where topic = ? and partition = ?"
            found = run(sql, tuple(tp)).fetchone()
            if found is None:
                raise UnknownTopicError(f"unknown topic or partition: {tp}")
            high, last = found
            at = max(now, last)  # append times never go back, whatever the clock does
            run(
                "insert into batches values (?, ?, ?, ?, ?, ?, ?)", (*tp, high, count, at, zlib.crc32(payload), payload)
            )
            sql = "update partitions set high = ?, appended_at = ? where topic = ? and partition = ?"
            run(sql, (high + count, at, *tp))

    def _read_range(self, wanted: OffsetRange) -> Iterator[pl.DataFrame]:
        tp = TopicPartition(wanted.topic, wanted.partition)
        low, high = self._watermarks(tp)
        if wanted.start < low or wanted.end > high:
            raise OffsetOutOfRangeError(f"{wanted} is not within [{low}, {high})")
        sql = (
            "select base_offset, count, appended_at, checksum, payload from batches where topic = ? and partition = ?"
            " and base_offset < ? and base_offset >= (select coalesce(max(base_offset), 0) from batches"
            " where topic = ? and partition = ? and base_offset <= ?) order by base_offset"
        )
        batches: list[Batch] = []
        rows = size = 0
        for base, count, at, checksum, payload in self._each(sql, (*tp, wanted.end, *tp, wanted.start)):
            if zlib.crc32(payload) != checksum:
                bad = OffsetRange(*tp, max(base, wanted.start), min(base + count, wanted.end))
                raise CorruptRangeError(f"{bad} was changed on the disk: its checksum does not match", [bad])
            batches.append(decode(payload, base, at, wanted))
            messages = batches[-1].messages
            rows, size = rows + messages.height, size + value_bytes(messages)
            if rows >= FRAME_ROWS or size >= FRAME_BYTES:
                yield fetched(batches, tp)
                batches, rows, size = [], 0, 0
        if rows:
            yield fetched(batches, tp)

    def _watermarks(self, tp: TopicPartition) -> Watermarks:
        found = self._one("select low, high from partitions where topic = ? and partition = ?", tuple(tp))
        if found is None:
            raise UnknownTopicError(f"unknown topic or partition: {tp}")
        return Watermarks(*found)

    def _partitions(self) -> list[TopicPartition]:
        return [TopicPartition(*row) for row in self._all("select topic, partition from partitions")]

    def _topic(self, name: str) -> int:
        (count,) = self._one("select count(*) from partitions where topic = ?", (name,)) or (0,)
        if not count:
            raise UnknownTopicError(f"unknown topic: {name}; `stacklens topics create` makes the usual ones")
        return int(count)

    def _spread(self, topic: str, messages: Sequence[Message], partition: int | None) -> dict[int, list[Message]]:
        parts: dict[int, list[Message]] = {}
        count = self._topic(topic)
        for message in messages:
            chosen = self._choose(message.key, count) if partition is None else partition
            parts.setdefault(chosen, []).append(message)
        return parts

    def _choose(self, key: bytes | None, count: int) -> int:
        if key is not None:
            return zlib.crc32(key) % count
        self._next_partition += 1
        return self._next_partition % count

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with self._lock, _errors(self._folder):
            self._connection.execute("begin immediate")
            try:
                yield self._connection.execute
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise

    def _one(self, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        with self._lock, _errors(self._folder):
            row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return row

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _errors(self._folder):
            return self._connection.execute(sql, values).fetchall()

    def _each(self, sql: str, values: Sequence[object]) -> Iterator[tuple[int, int, int, int, bytes]]:
        """Rows one after another, from a connection of its own.

        On ours, a write would have to go on from the snapshot that the reading holds, which SQLite refuses as locked
        when somebody else has written since.
        """
        with _errors(self._folder), closing(_connected(self._path)) as connection:
            cursor = connection.execute(sql, values)
            while rows := cursor.fetchmany(64):
                yield from rows


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors into the event log's."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        # SQLite's shared memory and log grow in steps, and without room for one it only says that the disk failed
        has_failed = isinstance(error, OSError) or "disk I/O error" in str(error)
        if "disk is full" in str(error) or (has_failed and has_no_space(error, folder)):
            raise StorageFullError(
                f"no space is left for the embedded event log; nothing of this batch was stored: {error}"
            ) from error
        raise EventLogError(f"the embedded event log failed: {error}") from error
