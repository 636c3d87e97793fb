"""Timestamps that other parsers have in their tests, and those of real log lines."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import zstandard

from stacklens_pipeline.parse.timestamps import find, recognise
from stacklens_pipeline.parse.timestamps.zones import SECONDS_EAST
from stacklens_pipeline.tables import UTC_TIME
from tests.conformance import data

OBSERVED = "2026-06-15T12:00:00Z"
EITHER_WAY = {"29-06-2016"}
"""One parser refuses dates like this, and another reads them."""

Row = Mapping[str, str]


def instant(text: str) -> datetime:
    """An RFC 3339 time; what is finer than a microsecond is cut off."""
    return datetime.fromisoformat(re.sub(r"\.([0-9]+)", lambda part: f".{part[1]:0<6.6}", text)).astimezone(UTC)


def zone(case: dict[str, Any]) -> str:
    if "utc_offset" in case:
        minutes = case["utc_offset"] // 60
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    named = re.search(r"\((.*)\)", case.get("local_tz", ""))
    return named[1] if named else case.get("timezone") or case.get("location") or "UTC"


def formats(case: dict[str, Any]) -> list[str]:
    return case.get("formats_joda") or ([case["format_strptime"]] if "format_strptime" in case else [])


def read(case: dict[str, Any]) -> datetime | None:
    observed = pl.Series([instant(case.get("now", OBSERVED))], dtype=UTC_TIME)
    times = recognise(pl.Series([case["input"]]), observed, zone(case), formats(case))
    found: datetime | None = times["timestamp"][0]
    return found


def is_right(case: dict[str, Any]) -> bool:
    """Where a parser takes the name of a zone for UTC, the offset that it stands for is right too."""
    found = read(case)
    if case["expect"] is None or found is None:
        return found is case["expect"]
    names = re.findall("[A-Z]{3,4}", case["input"]) if "treated as UTC" in case.get("note", "") else []
    by_name = {found + timedelta(seconds=SECONDS_EAST.get(name, 0)) for name in names}
    return instant(case["expect"]) in {found, *by_name}


@pytest.mark.parametrize(("is_log_like", "share"), [(True, 0.97), (False, 0.95)])
def test_times_that_others_read(is_log_like: bool, share: float) -> None:
    cases = [case for case in data.cases("timestamps/cases.jsonl") if case["log_like"] == is_log_like]
    cases = [case for case in cases if case["input"] not in EITHER_WAY]
    wrong = [(case["input"], case["expect"], str(read(case))) for case in cases if not is_right(case)]
    data.reached(f"timestamps, log_like {is_log_like}", wrong, len(cases), share)


def test_what_others_refuse_is_refused() -> None:
    refused = [case for case in data.cases("timestamps/cases.jsonl") if case["expect"] is None]
    assert {case["input"] for case in refused if read(case) is not None} <= EITHER_WAY


def test_times_that_a_format_reads() -> None:
    cases = [case for case in data.cases("vrl-parsers/cases.jsonl") if case["function"] == "parse_timestamp"]
    asked = [case | case["args"] for case in cases if "format" in case.get("args", {}) and "expect" in case]
    wrong = []
    for case in asked:
        given = {"input": case["value"], "formats_joda": [case["format"], "ISO8601"], "timezone": case.get("timezone")}
        if read(given) != instant(case["expect"]):
            wrong.append((case["value"], case["format"], read(given)))
    data.reached("VRL's parse_timestamp", wrong, len(asked), 1)


def found_in(lines: list[str]) -> pl.DataFrame:
    return find(pl.Series(lines), pl.Series([instant(OBSERVED)] * len(lines), dtype=UTC_TIME))


def test_every_line_of_lnav_has_a_time() -> None:
    lines = [case["input"] for case in data.cases("lnav-samples/samples.jsonl")]
    found = found_in(lines)
    data.reached(
        "lnav", [line[:80] for line, at in zip(lines, found["timestamp"], strict=True) if not at], len(lines), 1
    )


def _joined(*columns: str) -> Callable[[Row], str]:
    return lambda row: " ".join(row[column] for column in columns)


def _epoch(column: str) -> Callable[[Row], datetime]:
    return lambda row: datetime.fromtimestamp(int(row[column]), UTC)


def _parsed(format: str, *columns: str) -> Callable[[Row], datetime]:
    return lambda row: datetime.strptime(_joined(*columns)(row), format).replace(tzinfo=UTC)


def _recent(format: str, *columns: str) -> Callable[[Row], datetime]:
    """Without a year: within the last one before the receipt."""

    def parsed(row: Row) -> datetime:
        at = datetime.strptime(f"2026 {_joined(*columns)(row)}", f"%Y {format}").replace(tzinfo=UTC)
        return at if at <= instant(OBSERVED) + timedelta(days=1) else at.replace(year=2025)

    return parsed


SYSTEMS: Mapping[str, Callable[[Row], datetime]] = {
    "HDFS": _parsed("%y%m%d %H%M%S", "Date", "Time"),
    "Hadoop": _parsed("%Y-%m-%d %H:%M:%S,%f", "Date", "Time"),
    "Zookeeper": _parsed("%Y-%m-%d %H:%M:%S,%f", "Date", "Time"),
    "BGL": _epoch("Timestamp"),
    "HPC": _epoch("Time"),
    "Linux": _recent("%b %d %H:%M:%S", "Month", "Date", "Time"),
    "Windows": _parsed("%Y-%m-%d %H:%M:%S", "Date", "Time"),
    "Android": _recent("%m-%d %H:%M:%S.%f", "Date", "Time"),
    "Apache": _parsed("%a %b %d %H:%M:%S %Y", "Time"),
    "OpenSSH": _recent("%b %d %H:%M:%S", "Date", "Day", "Time"),
}
"""When a line of a system was written, of the fields that are given for its head."""


@pytest.mark.parametrize("system", SYSTEMS)
def test_times_of_the_systems_of_loghub(system: str) -> None:
    lines = data.path(f"loghub/{system}/{system}_2k.log").read_text(encoding="utf-8").splitlines()
    packed = data.path(f"loghub/{system}/{system}_2k.log_structured.csv.zst").read_bytes()
    table = zstandard.ZstdDecompressor().stream_reader(packed).read().decode()
    expected = [SYSTEMS[system](row) for row in csv.DictReader(io.StringIO(table))]
    found = found_in(lines)["timestamp"].to_list()
    wrong = [(line[:80], at, want) for line, at, want in zip(lines, found, expected, strict=True) if at != want]
    data.reached(system, wrong, len(lines), 1)
