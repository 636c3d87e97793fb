"""The embedded event log's errors; what it does is in the conformance suite."""

import errno
import os
import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from stacklens_pipeline.errors import EventLogError, StackLensError, StorageFullError
from stacklens_pipeline.eventlog.base import OffsetRange, TopicPartition
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from tests.builders import TOPIC, numbered, opened_log, send

Usage = namedtuple("Usage", "total used free")


class Failing:
    """A connection to a disk that fails."""

    in_transaction = False

    def __init__(self, message: str) -> None:
        self._message = message

    def execute(self, *_: object) -> None:
        raise sqlite3.OperationalError(self._message)


@pytest.mark.parametrize(
    ("message", "free", "expected"),
    [
        ("database or disk is full", 2**40, StorageFullError),
        ("disk I/O error", 4096, StorageFullError),
        ("disk I/O error", 2**30, EventLogError),
        ("database is locked", 4096, EventLogError),
    ],
)
def test_a_full_disk_is_told_from_one_that_fails(
    message: str, free: int, expected: type[StackLensError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = opened_log(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40 - free, free))
    with monkeypatch.context() as failing:
        failing.setattr(log, "_connection", Failing(message))
        with pytest.raises(expected, match=message) as caught:
            send(log, numbered(1))
    assert type(caught.value) is expected
    send(log, numbered(1))
    log.close()


def test_reading_keeps_nobody_from_writing(tmp_path: Path) -> None:
    log, other = opened_log(tmp_path), SqliteLog(tmp_path / "log.sqlite")
    for _ in range(200):
        send(log, [b"x" * 500_000])  # more than one fetch of batches, and more than one frame
    tp = TopicPartition(TOPIC, 0)
    reading = log.read([OffsetRange(*tp, 0, 200)])
    taken = next(reading).height
    send(other, numbered(1))
    log.commit_advisory({tp: taken})
    send(log, numbered(1))
    assert taken + sum(frame.height for frame in reading) == 200
    assert log.watermarks([tp])[tp].high == 202
    other.close()
    log.close()


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, StorageFullError), (errno.EDQUOT, StorageFullError), (errno.EACCES, EventLogError)],
)
def test_a_folder_that_cannot_be_made_is_told(
    number: int, expected: type[StackLensError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(EventLogError) as raised:
        SqliteLog(tmp_path / "folder" / "log.sqlite")
    assert type(raised.value) is expected
