"""loghub's ten systems: time, level and component of each line as its structured files have them.

The times have no zone, and some no year: it is that of receipt. Components that the files cut at another place are
compared as far as both go: of Zookeeper they hold a part of the thread, of OpenSSH the host.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl
import pytest

from stacklens_pipeline.filters import opened
from stacklens_pipeline.parse import parse_lines
from tests.conformance.data import path, reached
from tests.unit.parse.lines import raw

RECEIVED = datetime(2026, 11, 24, tzinfo=UTC)
LEVELS = {
    "I": "INFO",
    "D": "DEBUG",
    "V": "DEBUG",
    "W": "WARNING",
    "E": "ERROR",
    "F": "CRITICAL",
    "WARN": "WARNING",
    "FATAL": "CRITICAL",
    "SEVERE": "ERROR",
    "NOTICE": "INFO",
}
Row = dict[str, str]


def of_format(format: str, *columns: str) -> Callable[[Row], datetime]:
    """Reads the columns by a format of strptime; without a year, in that which was not past at receipt."""

    def read(row: Row) -> datetime:
        text = " ".join(row[name] for name in columns)
        if "%Y" in format or "%y" in format:
            return datetime.strptime(text, format).replace(tzinfo=UTC)
        this = datetime.strptime(f"{RECEIVED.year} {text}", f"%Y {format}").replace(tzinfo=UTC)
        return this if this <= RECEIVED + timedelta(days=1) else this.replace(year=this.year - 1)

    return read


def of_seconds(column: str) -> Callable[[Row], datetime]:
    return lambda row: datetime.fromtimestamp(int(row[column]), UTC)


@dataclass(frozen=True)
class System:
    """Where a system's files have the time, and which column is the component."""

    time: Callable[[Row], datetime]
    component: str = "Component"


SYSTEMS = {
    "Android": System(of_format("%m-%d %H:%M:%S.%f", "Date", "Time")),
    "Apache": System(of_format("%a %b %d %H:%M:%S %Y", "Time"), ""),
    "BGL": System(of_seconds("Timestamp")),
    "HDFS": System(of_format("%y%m%d %H%M%S", "Date", "Time")),
    "HPC": System(of_seconds("Time")),
    "Hadoop": System(of_format("%Y-%m-%d %H:%M:%S,%f", "Date", "Time")),
    "Linux": System(of_format("%b %d %H:%M:%S", "Month", "Date", "Time")),
    "OpenSSH": System(of_format("%b %d %H:%M:%S", "Date", "Day", "Time")),
    "Windows": System(of_format("%Y-%m-%d %H:%M:%S", "Date", "Time")),
    "Zookeeper": System(of_format("%Y-%m-%d %H:%M:%S,%f", "Date", "Time")),
}


def structured(name: str) -> list[Row]:
    with opened(str(path(f"loghub/{name}/{name}_2k.log_structured.csv.zst"))) as stream:
        return list(csv.DictReader(stream.read().decode().splitlines()))


def records(name: str) -> list[dict[str, Any]]:
    lines = path(f"loghub/{name}/{name}_2k.log").read_bytes().split(b"\n")[:2_000]
    frame = raw(lines, RECEIVED).with_columns(pl.Series("key", [str(n).encode() for n in range(len(lines))]))
    return parse_lines(frame).parsed.sort("offset").rows(named=True)


def wrong(name: str, row: Row, found: dict[str, Any]) -> str | None:
    """What is not as the file has it."""
    system = SYSTEMS[name]
    if system.time(row) != found["timestamp"]:
        return "time"
    # what is called a level of Linux is the host
    level = row.get("Level") if name != "Linux" else None
    if level and LEVELS.get(level.upper(), level.upper()) != found["level"]:
        return "level"
    attributes = orjson.loads(found["attributes"] or "{}")
    ours = {attributes.get("log.logger"), found["service_name"], found["host_name"]}
    theirs = row[system.component].rpartition(":")[2] if name == "Zookeeper" else row.get(system.component)
    return "component" if theirs and theirs not in ours else None


@pytest.mark.parametrize("name", SYSTEMS)
def test_headers_are_as_the_structured_files_have_them(name: str) -> None:
    rows, found = structured(name), records(name)
    assert len(rows) == len(found)
    misses = [
        (what, record["body"]) for row, record in zip(rows, found, strict=True) if (what := wrong(name, row, record))
    ]
    reached(f"headers of {name}", misses, len(rows), 0.99)
