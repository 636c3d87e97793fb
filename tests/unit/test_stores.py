"""Commands that only read, where there is nothing to read: they say so and make nothing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stacklens_pipeline.cli import app
from stacklens_pipeline.errors import LakeError, UsageError
from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.settings import load_settings

NOTHING = "there is no data in data yet; `make demo` or `stacklens drain` makes some"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", ["status", "verify", "topics list"])
def test_nothing_is_said_and_nothing_is_made(in_tmp: Path, command: str) -> None:
    result = run(*command.split())
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", NOTHING + "\n")
    assert list(in_tmp.iterdir()) == []


@pytest.mark.parametrize("arguments", [("sql", "select 1"), ("rebuild", "2026-11-24T04")])
def test_what_needs_a_lake_is_refused_without_one(in_tmp: Path, arguments: tuple[str, ...]) -> None:
    error = run(*arguments).exception
    assert isinstance(error, LakeError)
    assert str(error) == NOTHING
    assert list(in_tmp.iterdir()) == []


def test_lines_that_wait_for_a_first_drain_are_counted_without_a_lake(in_tmp: Path) -> None:
    log = open_log(load_settings())
    log.create_topics(["raw-logs"])
    log.append_values("raw-logs", [b"one", b"two"])
    log.close()
    (row,) = map(json.loads, run("status", "--output", "ndjson").stdout.splitlines())
    assert (row["lag"], row["messages"]) == (2, 0)
    assert not (in_tmp / "data" / "lake").exists()


def test_a_lake_without_an_event_log_is_read(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKLENS_DATA_DIR", str(copied))
    before = sorted(copied.iterdir())
    assert "no data" in run("status").stderr
    assert run("verify").stdout == (
        "conserved: 212 raw messages are 210 records, 0 lines inside records of several lines, 2 dead letters\n"
    )
    assert sorted(copied.iterdir()) == before


@pytest.mark.parametrize("text", ["yesterday", "2026-11-24", "2026-11-24T4", "2026-11-24T25", "2026-11-24T04:00"])
def test_what_is_no_hour_is_not_rebuilt(in_tmp: Path, text: str) -> None:
    error = run("rebuild", text).exception
    assert isinstance(error, UsageError)
    assert str(error) == f"not an hour like 2026-11-24T04: `{text}`"


def test_an_hour_that_never_was_is_refused_with_those_that_were(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKLENS_DATA_DIR", str(copied))
    error = run("rebuild", "2020-01-01T00").exception
    assert isinstance(error, UsageError)
    assert "has nothing of the hour `2020-01-01T00`" in str(error)
    assert "hours from 20" in str(error)
