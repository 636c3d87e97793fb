"""Drift: fields that come, go or change their type from one hour to the next are named; chance is not."""

import json
from pathlib import Path

import polars as pl
import pytest

from stacklens_pipeline.drift import drift
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.tables import PARSED_LOGS
from tests.unit.parse.lines import raw

USUAL: dict[str, object] = {"msg": "m", "user": "ann", "amount": 5, "note": "x", "duration_ms": 1.5}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def store(
    lake: Lake, hour: str, item: dict[str, object], rows: int = 200, odd: dict[str, object] | None = None
) -> None:
    lines = [json.dumps(item).encode()] * (rows - 1) + [json.dumps(odd or item).encode()]
    lake.add(PARSED_LOGS, parse_lines(raw(lines)).parsed.with_columns(pl.lit(hour).alias("ingest_hour")))


def test_new_vanished_and_retyped_fields_are_named(lake: Lake) -> None:
    for hour in ("2026-01-01T00", "2026-01-01T01"):
        store(lake, hour, USUAL)
    store(lake, "2026-01-01T02", {"msg": "m", "amount": "5", "note": "x", "extra": {"a": 1}})
    store(lake, "2026-01-01T03", {"msg": "the hour that is not over tells nothing"})
    assert [str(found) for found in drift(lake)] == [
        "unit: amount has another type (number -> string)",
        "unit: duration_ms has vanished (number -> absent)",
        "unit: extra is new (absent -> object)",
        "unit: user_id has vanished (string -> absent)",
    ]


def test_what_is_rare_or_little_is_chance(lake: Lake) -> None:
    store(lake, "2026-01-01T00", USUAL)
    store(lake, "2026-01-01T01", USUAL, odd={**USUAL, "once": 1, "amount": "x"})
    store(lake, "2026-01-01T02", USUAL)
    assert drift(lake) == []
    store(lake, "2026-01-01T03", {"msg": "m"}, rows=20)
    store(lake, "2026-01-01T04", USUAL)
    assert drift(lake) == []


@pytest.mark.parametrize("hours", [0, 1, 2])
def test_too_few_hours_have_no_drift(lake: Lake, hours: int) -> None:
    for hour in range(hours):
        store(lake, f"2026-01-01T0{hour}", {"msg": "m", f"k{hour}": 1})
    assert drift(lake) == []
