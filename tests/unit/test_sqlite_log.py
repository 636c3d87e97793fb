"""The embedded event log's errors; what it does is in the conformance suite."""

import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from stacklens_pipeline.errors import EventLogError, StackLensError, StorageFullError
from tests.builders import numbered, opened_log, send

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
