"""What only Kafka does: transactions, TLS and SCRAM, brokers that die, groups that show the lag."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import confluent_kafka as ck
import polars as pl
import pytest

from stacklens_pipeline.drain import Drain
from stacklens_pipeline.errors import EventLogError
from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.eventlog.base import EventLog, OffsetRange, TopicPartition
from stacklens_pipeline.eventlog.kafka import KafkaLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import IngestSettings, KafkaSettings, Settings
from stacklens_pipeline.tables import ENRICHED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import verify

_numbers = itertools.count()


@pytest.fixture
def settings(broker: Any) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=broker.bootstrap_servers)


@pytest.fixture
def log(settings: KafkaSettings) -> Iterator[EventLog]:
    opened = open_log(Settings(kafka=settings))
    yield opened
    opened.close()


@pytest.fixture
def topic(log: EventLog) -> str:
    name = f"only-kafka-{next(_numbers)}"
    log.create_topics([name])
    return name


def values(log: EventLog, topic: str, end: int) -> list[bytes]:
    return pl.concat(log.read([OffsetRange(topic, 0, 0, end)]))["value"].to_list()


def test_what_a_transaction_took_back_is_not_read(log: EventLog, topic: str, settings: KafkaSettings) -> None:
    producer = ck.Producer({"bootstrap.servers": settings.bootstrap_servers, "transactional.id": topic})
    producer.init_transactions(10)
    for value, is_kept in ((b"kept", True), (b"aborted", False), (b"kept too", True)):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(10)
        producer.commit_transaction(10) if is_kept else producer.abort_transaction(10)
    high = log.watermarks([TopicPartition(topic, 0)])[TopicPartition(topic, 0)].high
    assert high == 6, "each transaction ends with a marker that takes an offset"
    assert values(log, topic, high) == [b"kept", b"kept too"]


def test_holes_of_transactions_are_no_loss(log: EventLog, topic: str, settings: KafkaSettings, tmp_path: Path) -> None:
    producer = ck.Producer({"bootstrap.servers": settings.bootstrap_servers, "transactional.id": topic})
    producer.init_transactions(10)
    for number in range(3):
        producer.begin_transaction()
        producer.produce(topic, b'{"msg": "line %d"}' % number)
        producer.commit_transaction(10)
    lake = Lake(str(tmp_path / "lake"))
    drain = Drain(lake, log, IngestSettings(topics=(topic,)))
    while not drain.step().is_idle:
        pass
    assert lake.row_count(RAW_LOGS) == lake.row_count(ENRICHED_LOGS) == 3
    assert lake.positions(RAW_LOGS, [TopicPartition(topic, 0)])[TopicPartition(topic, 0)].next == 6
    assert verify(lake) == []


def test_a_drain_takes_every_line_once_and_shows_the_lag(log: EventLog, topic: str, tmp_path: Path) -> None:
    log.create_topics([topic], partitions=2)
    lines = [b'{"level": "info", "msg": "line %d"}' % number for number in range(3000)]
    for start in range(0, 3000, 500):
        log.append_values(topic, lines[start : start + 500], key=b"key %d" % start, headers=[("source", b"shop")])
    lake = Lake(str(tmp_path / "lake"))
    drain = Drain(lake, log, IngestSettings(topics=(topic,), max_rows=700))
    while not drain.step().is_idle:
        pass
    stored = lake.scan(ENRICHED_LOGS).select("body", "source").collect()
    assert sorted(stored["body"]) == sorted(f"line {number}" for number in range(3000))
    assert set(stored["source"]) == {"shop"}
    assert verify(lake) == []
    assert committed(log, topic) == 3000


def committed(log: EventLog, topic: str) -> int:
    """The sum of the offsets that Kafka's own tools would show for our group."""
    assert isinstance(log, KafkaLog)
    log.close()  # asynchronous commits are sent by then
    asked = ck.ConsumerGroupTopicPartitions("stacklens", [ck.TopicPartition(topic, p) for p in range(2)])
    (future,) = log._admin.list_consumer_group_offsets([asked]).values()
    return sum(max(0, tp.offset) for tp in future.result(10).topic_partitions)


def test_what_was_acknowledged_survives_a_broker_that_is_killed(broker_kit: Any, tmp_path: Path) -> None:
    broker = broker_kit.Broker(tmp_path, broker_kit.free_port())
    broker.start()
    try:
        log = KafkaLog(KafkaSettings(bootstrap_servers=broker.bootstrap_servers))
        log.create_topics(["kept"])
        log.append_values("kept", [b"before"] * 1000)
        broker.kill()
        broker.start()
        log.append_values("kept", [b"after"])
        assert values(log, "kept", 1001) == [b"before"] * 1000 + [b"after"]
        log.close()
    finally:
        broker.stop()


def test_nobody_answering_is_said_with_the_address(broker_kit: Any) -> None:
    nowhere = f"127.0.0.1:{broker_kit.free_port()}"
    log = KafkaLog(KafkaSettings(bootstrap_servers=nowhere, request_timeout_s=1))
    with pytest.raises(EventLogError, match=nowhere):
        log.topics()


def scram(broker: Any, password: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=f"127.0.0.1:{broker.tls_port}",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="shop",
        sasl_password=password,
        ssl_ca_file=broker.authority,
        request_timeout_s=5,
    )


def test_tls_and_scram(broker: Any) -> None:
    log = KafkaLog(scram(broker, "a-secret-of-the-test"))
    name = f"only-kafka-{next(_numbers)}"
    log.create_topics([name])
    log.append_values(name, [b"over TLS"])
    assert values(log, name, 1) == [b"over TLS"]
    log.close()


def test_a_wrong_password_is_refused_and_not_shown(broker: Any) -> None:
    log = KafkaLog(scram(broker, "a wrong one"))
    with pytest.raises(EventLogError, match="SASL_SSL") as refused:
        log.topics()
    assert "a wrong one" not in str(refused.value)


def test_an_authority_that_nobody_vouches_for_is_refused(broker: Any) -> None:
    settings = scram(broker, "a-secret-of-the-test").model_copy(update={"ssl_ca_file": None})
    with pytest.raises(EventLogError, match="SASL_SSL"):
        KafkaLog(settings).topics()
