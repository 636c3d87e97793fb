"""Kafka as the event log: ranges are planned, assigned and read to their end; no group is ever joined.

Facts that this rests on (seen with librdkafka 2.16 and Apache Kafka 4.3): a range ends at a message with an offset of
`end - 1` or later, or at an end-of-partition event past it, since transaction markers and compaction leave holes;
deleted topics give no event, so that there is a deadline; a corrupt batch makes librdkafka jump, so that messages
outside the range are refused.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import methodcaller
from time import monotonic
from typing import Any

import confluent_kafka as ck
import polars as pl
import structlog
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic  # type: ignore[attr-defined]

from stacklens_pipeline.errors import (
    CorruptRangeError,
    EventLogError,
    OffsetOutOfRangeError,
    UnknownTopicError,
)
from stacklens_pipeline.eventlog.base import (
    FETCHED_SCHEMA,
    MAX_MESSAGE_BYTES,
    Message,
    OffsetRange,
    TopicInfo,
    TopicPartition,
    Watermarks,
)
from stacklens_pipeline.eventlog.batches import refuse_large, split_headers, value_bytes, within
from stacklens_pipeline.eventlog.kafka_config import client_config, consumer_config, producer_config
from stacklens_pipeline.settings import KafkaSettings

FRAME_ROWS = 100_000
"""Rows after which a frame is yielded."""
CONSUME_MESSAGES = 1_000
CONSUME_BYTES = 16 * 2**20
"""Messages of one `consume` (larger calls are slower), or fewer, so that they come to about so many bytes."""
CONSUME_S = 0.2
POLL_S = 0.1

_UNKNOWN = {ck.KafkaError.UNKNOWN_TOPIC_OR_PART, ck.KafkaError._UNKNOWN_TOPIC, ck.KafkaError._UNKNOWN_PARTITION}
_CORRUPT = {ck.KafkaError._BAD_MSG, ck.KafkaError.INVALID_MSG, ck.KafkaError._BAD_COMPRESSION}
_OUT_OF_RANGE = {ck.KafkaError._AUTO_OFFSET_RESET, ck.KafkaError.OFFSET_OUT_OF_RANGE}

logger = structlog.get_logger(__name__)


class KafkaLog:
    """An event log in a Kafka cluster. Nothing is connected before it is used."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings, self._timeout_s = settings, settings.request_timeout_s
        self._admin = AdminClient(client_config(settings), logger=None)
        self._asking: ck.Consumer | None = None
        self._producer: ck.Producer | None = None
        self._produced: set[str] = set()
        self._lock = threading.Lock()

    def topics(self) -> Mapping[str, TopicInfo]:
        """All topics by name, but Kafka's own."""
        with self._errors():
            names = [name for name in self._metadata().topics if not name.startswith("__")]
            if not names:
                return {}
            found = self._admin.describe_topics(ck.TopicCollection(names), request_timeout=self._timeout_s)
            described = [self._result(future) for future in found.values()]
        return {d.name: TopicInfo(d.name, str(d.topic_id), len(d.partitions)) for d in described if d is not None}

    def create_topics(self, names: Iterable[str], partitions: int = 1) -> None:
        """Make topics whose messages carry the time at which the broker took them, and widen narrower ones."""
        with self._errors():
            known = self._metadata().topics
            missing = [name for name in names if name not in known]
            config = {"message.timestamp.type": "LogAppendTime"}
            new = [NewTopic(name, num_partitions=partitions, replication_factor=-1, config=config) for name in missing]
            for future in (self._admin.create_topics(new) if new else {}).values():
                self._result(future, ck.KafkaError.TOPIC_ALREADY_EXISTS)
            narrow = [name for name in names if name in known and len(known[name].partitions) < partitions]
            wider = [NewPartitions(name, partitions) for name in narrow]
            for future in (self._admin.create_partitions(wider) if wider else {}).values():
                self._result(future)
            self._producer = None  # it would go on with the partitions it has seen
            self._wait_for(missing, partitions)

    def delete_topic(self, name: str) -> None:
        """Delete a topic; it is gone when this returns."""
        with self._errors():
            for future in self._admin.delete_topics([name]).values():
                self._result(future, ck.KafkaError.UNKNOWN_TOPIC_OR_PART)
        self._until(lambda: name not in self._metadata().topics, f"the topic is still there: {name}")

    def watermarks(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Watermarks]:
        """Low and high watermark of each partition; the high one is that of committed transactions' readers."""
        asked = list(partitions)
        if not asked:
            return {}
        self._refuse_unknown(asked)
        with self._errors():
            return {tp: self._marks(tp) for tp in asked}

    def offset_at(self, partition: TopicPartition, at: datetime) -> int:
        """The first offset whose broker time is not before `at` (by the millisecond), else the high watermark."""
        self._refuse_unknown([partition])
        asked = ck.TopicPartition(*partition, int(at.timestamp() * 1000))
        with self._errors():
            found = self._consumer().offsets_for_times([asked], timeout=self._timeout_s)[0]
            return int(found.offset) if found.offset >= 0 else self._marks(partition).high

    def read(self, ranges: Sequence[OffsetRange], *, max_bytes: int | None = None) -> Iterator[pl.DataFrame]:
        """Frames of the ranges' messages, range after range."""
        left = max_bytes
        for wanted in ranges:
            if not len(wanted):
                continue
            self._refuse_unknown([TopicPartition(wanted.topic, wanted.partition)])
            for frame in self._read_range(wanted, left):
                yield frame
                if left is not None:
                    left -= value_bytes(frame)
                    if left <= 0:
                        return

    def append(self, topic: str, messages: Sequence[Message], *, partition: int | None = None) -> int:
        """Append messages; they are on the brokers when this returns."""
        refuse_large((message.value for message in messages), MAX_MESSAGE_BYTES)
        where = {} if partition is None else {"partition": partition}
        self._produce(
            topic, ({"value": m.value, "key": m.key, "headers": list(m.headers) or None, **where} for m in messages)
        )
        return len(messages)

    def append_values(
        self,
        topic: str,
        values: Sequence[bytes],
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> int:
        """Append values that share key and headers."""
        refuse_large(values, MAX_MESSAGE_BYTES)
        shared = {"key": key, "headers": list(headers) or None}
        self._produce(topic, ({"value": value, **shared} for value in values))
        return len(values)

    def delete_records(self, partition: TopicPartition, before: int) -> None:
        """Move the low watermark up to `before`."""
        with self._errors():
            for future in self._admin.delete_records([ck.TopicPartition(*partition, before)]).values():
                self._result(future)

    def commit_advisory(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Commit offsets to our group, which nobody is a member of; a failure is logged, for nothing depends on it."""
        offsets = [ck.TopicPartition(*tp, offset) for tp, offset in next_offsets.items()]
        if not offsets:
            return
        try:
            self._consumer().commit(offsets=offsets, asynchronous=True)
        except ck.KafkaException as error:
            logger.warning("the advisory offsets were not committed", error=str(error))

    def close(self) -> None:
        """Let go of the connections."""
        if self._asking is not None:
            self._asking.close()
            self._asking = None
        self._producer = None

    # Reading

    def _read_range(self, wanted: OffsetRange, max_bytes: int | None) -> Iterator[pl.DataFrame]:
        consumer = ck.Consumer(consumer_config(self._settings), logger=None)
        try:
            consumer.assign([ck.TopicPartition(wanted.topic, wanted.partition, wanted.start)])
            yield from self._frames(consumer, wanted, max_bytes)
        finally:
            consumer.close()

    def _frames(self, consumer: ck.Consumer, wanted: OffsetRange, max_bytes: int | None) -> Iterator[pl.DataFrame]:
        gathered: list[Any] = []
        size, reached, left, count = 0, wanted.start, max_bytes, CONSUME_MESSAGES // 10
        deadline = monotonic() + self._timeout_s
        while reached < wanted.end and (left is None or size < left):
            batch = consumer.consume(count, CONSUME_S)
            messages, reached = self._sorted_out(batch, wanted, reached)
            gathered += messages
            if taken := sum(map(len, messages)):
                size += taken
                count = max(1, min(CONSUME_MESSAGES, CONSUME_BYTES * len(messages) // taken))
            if batch:
                deadline = monotonic() + self._timeout_s
            elif monotonic() > deadline:
                self._refuse_unknown([TopicPartition(wanted.topic, wanted.partition)])
                raise EventLogError(f"Kafka gave no message for {self._timeout_s:.0f} s, reading {wanted}")
            if len(gathered) >= FRAME_ROWS:
                yield within(_frame(gathered), left)
                left = None if left is None else left - size
                gathered, size = [], 0
        if gathered:
            yield within(_frame(gathered), left)

    def _sorted_out(self, batch: list[Any], wanted: OffsetRange, reached: int) -> tuple[list[Any], int]:
        """The messages of a batch that lie in the range, and the offset up to which the range is read."""
        messages = []
        for message in batch:
            error = message.error()
            if error is None:
                offset = message.offset()
                if offset < reached:
                    raise EventLogError(f"Kafka jumped back to {offset}, reading {wanted}")
                reached = offset + 1
                if offset < wanted.end:
                    messages.append(message)
            elif error.code() == ck.KafkaError._PARTITION_EOF:
                reached = max(reached, message.offset())
            else:
                self._refuse(error, wanted, reached)
        return messages, reached

    def _refuse(self, error: Any, wanted: OffsetRange, reached: int) -> None:
        """Raise what an event of the consumer means; those that pass by themselves are left to the deadline."""
        if error.code() in _OUT_OF_RANGE:
            raise OffsetOutOfRangeError(f"Kafka does not hold the offsets any more: {wanted}")
        if error.code() in _CORRUPT:
            bad = self._bad_range(wanted, reached)
            raise CorruptRangeError(f"Kafka holds a batch that is not intact ({error.str()}): {bad}", [bad])
        if error.code() in _UNKNOWN:
            raise UnknownTopicError(f"unknown topic or partition: {wanted.topic}/{wanted.partition}")
        if error.fatal() or not error.retriable():
            raise EventLogError(f"Kafka failed ({error.str()}), reading {wanted}")

    def _bad_range(self, wanted: OffsetRange, reached: int) -> OffsetRange:
        """What cannot be read: librdkafka does not say where the next batch begins, so it is the rest of the range."""
        return OffsetRange(wanted.topic, wanted.partition, reached, wanted.end)

    # Asking

    def _consumer(self) -> ck.Consumer:
        """A consumer for questions, which never reads."""
        if self._asking is None:
            self._asking = ck.Consumer(consumer_config(self._settings), logger=None)
        return self._asking

    def _metadata(self) -> Any:
        return self._admin.list_topics(timeout=self._timeout_s)

    def _refuse_unknown(self, partitions: Sequence[TopicPartition]) -> None:
        with self._errors():
            known = self._metadata().topics
        for tp in partitions:
            if tp.topic not in known or tp.partition not in known[tp.topic].partitions:
                raise UnknownTopicError(f"unknown topic or partition: {tp}")

    def _marks(self, tp: TopicPartition) -> Watermarks:
        asked = ck.TopicPartition(*tp)
        return Watermarks(*self._consumer().get_watermark_offsets(asked, timeout=self._timeout_s, cached=False))

    def _wait_for(self, names: Sequence[str], partitions: int) -> None:
        """A new topic takes a moment to get about."""
        for name in names:
            self._until(
                lambda name=name: len(getattr(self._metadata().topics.get(name), "partitions", ())) >= partitions,
                f"the topic has not appeared: {name}",
            )

    def _until(self, is_done: Any, problem: str) -> None:
        deadline, waiting = monotonic() + self._timeout_s, threading.Event()
        while not is_done():
            if monotonic() > deadline:
                raise EventLogError(problem)
            waiting.wait(POLL_S)

    def _result(self, future: Any, *harmless: int) -> Any:
        """What an administrative request gave; None for an error that is harmless, or a topic gone in between."""
        try:
            return future.result(timeout=self._timeout_s)
        except ck.KafkaException as error:
            if error.args[0].code() in {*harmless, ck.KafkaError.UNKNOWN_TOPIC_OR_PART}:
                return None
            raise

    # Writing

    def _produce(self, topic: str, messages: Iterator[dict[str, Any]]) -> None:
        failures: list[Any] = []

        def delivered(error: Any, _: Any) -> None:
            if error is not None:
                failures.append(error)

        with self._lock, self._errors():
            if self._producer is None or topic not in self._produced:
                self._refuse_unknown([TopicPartition(topic, 0)])  # librdkafka would try for half a minute
                self._produced.add(topic)
            producer = self._producer = self._producer or ck.Producer(producer_config(self._settings), logger=None)
            for message in messages:
                _enqueue(producer, topic, message, delivered)
            left = producer.flush(self._timeout_s * 2)
        if failures or left:
            self._producer = None  # after a fatal error only a new one goes on
            self._refuse_delivery(topic, failures, left)

    def _refuse_delivery(self, topic: str, failures: Sequence[Any], left: int) -> None:
        if failures and failures[0].code() in _UNKNOWN:
            raise UnknownTopicError(f"unknown topic or partition: {topic}")
        why = failures[0].str() if failures else "the brokers did not answer in time"
        raise EventLogError(f"Kafka did not take {len(failures) or left} messages for {topic}: {why}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn Kafka's exceptions into the event log's."""
        try:
            yield
        except ck.KafkaException as error:
            cause = error.args[0]
            if isinstance(cause, ck.KafkaError) and cause.code() in _UNKNOWN:
                raise UnknownTopicError(f"unknown topic or partition: {cause.str()}") from error
            said = cause.str() if isinstance(cause, ck.KafkaError) else str(error)
            raise EventLogError(
                f"Kafka cannot be used ({self._settings.security_protocol}, {said}): {self._settings.bootstrap_servers}"
            ) from error


def _enqueue(producer: ck.Producer, topic: str, message: dict[str, Any], delivered: Any) -> None:
    while True:
        try:
            producer.produce(topic, on_delivery=delivered, **message)
        except BufferError:  # the queue is full: let it drain
            producer.poll(POLL_S)
        else:
            producer.poll(0)
            return


def _frame(messages: Sequence[Any]) -> pl.DataFrame:
    """Messages of one partition as a frame of `FETCHED_SCHEMA`."""
    listed = [split_headers(headers) if (headers := message.headers()) else ({}, None) for message in messages]
    columns = {
        "offset": pl.Series(map(methodcaller("offset"), messages), dtype=pl.Int64),
        "key": pl.Series(list(map(methodcaller("key"), messages)), dtype=pl.Binary),
        "value": pl.Series(list(map(methodcaller("value"), messages)), dtype=pl.Binary),
        "appended_at": pl.Series((message.timestamp()[1] * 1000 for message in messages), dtype=pl.Int64),
        "headers": pl.Series([others for _, others in listed], dtype=FETCHED_SCHEMA["headers"]),
        **{
            name: pl.Series([envelope.get(name) for envelope, _ in listed], dtype=pl.String)
            for name in ("source", "peer", "protocol", "tenant")
        },
    }
    first = messages[0]
    return (
        pl.DataFrame(columns)
        .with_columns(
            pl.lit(first.topic()).alias("topic"),
            pl.lit(first.partition(), pl.Int32).alias("partition"),
            pl.col("appended_at").cast(FETCHED_SCHEMA["appended_at"]),
        )
        .select(FETCHED_SCHEMA.names())
    )
