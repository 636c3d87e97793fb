"""The outbox: an answer means that the event log has the lines; refusing and failing lose nothing."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from stacklens_pipeline.collect.envelope import Sender
from stacklens_pipeline.collect.outbox import Outbox, OutboxFullError
from stacklens_pipeline.errors import EventLogError, StorageFullError
from stacklens_pipeline.eventlog.base import EventLog, OffsetRange
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from tests.builders import TOPIC

SHOP = Sender("shop", "192.0.2.1", "http")


class CountingLog(SqliteLog):
    """Counts appends, and fails as often as it is told to."""

    appends = 0
    failures = 0
    error = EventLogError("the disk is away")

    def append_values(
        self,
        topic: str,
        values: Sequence[bytes],
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> int:
        self.appends += 1
        if self.failures:
            self.failures -= 1
            raise self.error
        return super().append_values(topic, values, key=key, headers=headers)


@pytest.fixture
def log(tmp_path: Path) -> CountingLog:
    log = CountingLog(tmp_path / "log.sqlite")
    log.create_topics([TOPIC])
    return log


async def running(outbox: Outbox, *puts: "asyncio.Future[None] | object") -> list[object]:
    """Run the outbox until all puts are answered."""
    writer = asyncio.create_task(outbox.run())
    results = await asyncio.gather(*puts, return_exceptions=True)  # type: ignore[arg-type]
    outbox.close()
    await writer
    return list(results)


def values(log: EventLog) -> list[bytes]:
    high = next(iter(log.watermarks([(TOPIC, 0)]).values())).high  # type: ignore[list-item]
    return [value for frame in log.read([OffsetRange(TOPIC, 0, 0, high)]) for value in frame["value"]]


def test_what_many_hand_in_is_appended_together(log: CountingLog) -> None:
    outbox = Outbox(log, TOPIC, 100)
    asyncio.run(running(outbox, *(outbox.put(SHOP, [b"line %d" % n]) for n in range(50))))
    assert sorted(values(log)) == sorted(b"line %d" % n for n in range(50))
    assert log.appends < 5


def test_a_failing_log_is_told_to_whoever_waits(log: CountingLog) -> None:
    log.failures = 1
    outbox = Outbox(log, TOPIC, 100)
    (result,) = asyncio.run(running(outbox, outbox.put(SHOP, [b"x"])))
    assert isinstance(result, EventLogError)
    assert values(log) == []


def test_a_log_whose_disk_is_full_is_told_too_and_the_outbox_goes_on(log: CountingLog) -> None:
    log.failures, log.error = 1, StorageFullError("no space is left")
    outbox = Outbox(log, TOPIC, 100)
    first, second = outbox.put(SHOP, [b"x"]), outbox.put(Sender("other", "", "http"), [b"y"])
    refused, taken = asyncio.run(running(outbox, first, second))
    assert isinstance(refused, StorageFullError)
    assert (taken, values(log)) == (None, [b"y"])


def test_the_patient_try_until_the_log_has_it(log: CountingLog) -> None:
    log.failures = 3
    outbox = Outbox(log, TOPIC, 100)
    assert asyncio.run(running(outbox, outbox.put_patiently(SHOP, [b"x"], retry_s=0))) == [None]
    assert values(log) == [b"x"]


def test_more_than_memory_is_set_aside_for_is_refused(log: CountingLog) -> None:
    outbox = Outbox(log, TOPIC, 100, max_bytes=10)
    results = asyncio.run(running(outbox, outbox.put(SHOP, [b"x" * 9]), outbox.put(SHOP, [b"y" * 9])))
    assert [type(result) for result in results] == [type(None), OutboxFullError]
    assert values(log) == [b"x" * 9]


def test_a_long_line_is_cut_and_marked(log: CountingLog) -> None:
    outbox = Outbox(log, TOPIC, 10)
    asyncio.run(running(outbox, outbox.put(SHOP, [b"short", b"0123456789abc"])))
    (frame,) = log.read([OffsetRange(TOPIC, 0, 0, 2)])
    assert frame["value"].to_list() == [b"short", b"0123456789"]
    marks = {header["name"]: header["value"] for header in frame["headers"][1]}
    assert marks == {"original_length": b"13", "sha256": hashlib.sha256(b"0123456789abc").hexdigest().encode()}
    assert frame["peer"].to_list() == ["192.0.2.1"] * 2


def test_senders_keep_their_names(log: CountingLog) -> None:
    outbox = Outbox(log, TOPIC, 100)
    other = Sender("other", "192.0.2.2", "syslog")
    asyncio.run(running(outbox, outbox.put(SHOP, [b"a"]), outbox.put(other, [b"b"])))
    (frame,) = log.read([OffsetRange(TOPIC, 0, 0, 2)])
    assert sorted(frame.select("source", "peer", "protocol", "value").rows()) == [
        ("other", "192.0.2.2", "syslog", b"b"),
        ("shop", "192.0.2.1", "http", b"a"),
    ]
