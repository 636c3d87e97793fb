"""A log, a file to follow, and shippers that are closed after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.ship import Shipper
from tests.builders import TOPIC, opened_log
from tests.unit.ship.shipping import MakeShipper


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = opened_log(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "app.log"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "positions.json"


@pytest.fixture
def shipper(log: EventLog, file: Path, state: Path) -> Iterator[MakeShipper]:
    """Makes shippers of `*.log`, or other patterns, beside the file; each is another process to the files."""
    made: list[Shipper] = []

    def make(*patterns: str, **options: object) -> Shipper:
        for earlier in made:
            earlier.close()
        files = {"app": [str(file.parent / pattern) for pattern in patterns or ("*.log",)]}
        made.append(Shipper(log, TOPIC, files, state, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for ours in made:
        ours.close()
