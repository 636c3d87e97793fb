"""Golden files: what is sampled from stored raw is checked, and what the parsers change is said or written anew."""

import json
import sys
from pathlib import Path

import pytest

from stacklens_pipeline.cli import main
from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.golden.check import changes, rows_of
from stacklens_pipeline.golden.files import golden_files, read_cases, write_cases
from stacklens_pipeline.golden.sample import sampled
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse import UNCONFIGURED
from stacklens_pipeline.parse.rules.load import parsers_of
from stacklens_pipeline.tables import RAW_LOGS
from tests.builders import Clock, drained, opened_log, send

TRACE = [b"2026-01-02 03:04:05 ERROR it failed", b"\tat a.B.c(D.java:1)", b"\tat a.B.d(D.java:2)"]
CARD = b"4111111111111111"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    log, lake = opened_log(tmp_path), Lake(str(tmp_path / "lake"))
    many = [json.dumps({"msg": f"m{n}", "level": "info"}).encode() for n in range(50)]
    send(log, [*many, *TRACE, None, b"\xff\xfe", b'{"a":1}\n{"a":2}', b"card " + CARD])
    drained(lake, log, Clock())
    return lake


def test_some_of_each_kind_are_sampled_with_all_their_lines(lake: Lake, tmp_path: Path) -> None:
    found = sampled(lake, lake.hours(RAW_LOGS), UNCONFIGURED, each=4)
    kinds = {name.rpartition("/")[2]: cases for name, cases in found.items()}
    assert set(kinds) == {"json.json", "text.json", "dead-tombstone.json", "dead-invalid_utf8.json"}
    assert {name: len(cases) for name, cases in kinds.items()} == {
        "json.json": 4,
        "text.json": 2,
        "dead-tombstone.json": 1,
        "dead-invalid_utf8.json": 1,
    }
    (trace,) = (case for case in kinds["text.json"] if len(case.messages) == 3)
    assert [message.value for message in trace.messages] == TRACE
    assert trace.rows[0]["raw_messages"] == 3
    assert sampled(lake, lake.hours(RAW_LOGS), UNCONFIGURED, each=4) == found


def test_what_is_written_is_read_back_and_holds(lake: Lake, tmp_path: Path) -> None:
    for name, cases in sampled(lake, lake.hours(RAW_LOGS), UNCONFIGURED).items():
        path = tmp_path / "golden" / name
        write_cases(path, cases)
        assert read_cases(path) == cases
        assert changes(cases, UNCONFIGURED) == []
    assert len(golden_files(tmp_path / "golden")) == 4


def test_what_changes_is_said_field_by_field(lake: Lake) -> None:
    cases = sampled(lake, lake.hours(RAW_LOGS), UNCONFIGURED)
    other = parsers_of((("p.yaml", "sources: [{source: '*', redact: [{name: x, pattern: '[0-9]{16}'}]}]"),))
    found = [change for of in cases.values() for change in changes(of, other)]
    assert [list(change.fields()) for change in found] == [[("body", f"card {CARD.decode()}", "card ***")]]
    latin = parsers_of((("p.yaml", "sources: [{source: '*', encoding: latin-1}]"),))
    (change,) = [change for of in cases.values() for change in changes(of, latin)]
    assert {name for name, *_ in change.fields()} >= {"reason", "body"}


def test_what_is_redacted_is_not_written(lake: Lake) -> None:
    redacting = parsers_of((("p.yaml", "sources: [{source: '*', redact: [{name: x, pattern: '[0-9]{16}'}]}]"),))
    cases = [case for of in sampled(lake, lake.hours(RAW_LOGS), redacting).values() for case in of]
    assert not [message for case in cases for message in case.messages if CARD in (message.value or b"")]
    assert [case.rows for case in cases] == [rows_of(case.messages, redacting) for case in cases]


def test_a_filtered_message_is_a_case_too(lake: Lake) -> None:
    cases = [case for of in sampled(lake, lake.hours(RAW_LOGS), UNCONFIGURED).values() for case in of]
    dropping = parsers_of((("p.yaml", "sources: [{source: '*', drop: [{name: x, when: {level: INFO}}]}]"),))
    rows = [row for case in cases for row in rows_of(case.messages, dropping)]
    assert [row["filtered_by"] for row in rows if "filtered_by" in row] == ["*: x"] * 5


def test_the_commands(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STACKLENS_DATA_DIR", str(tmp_path))

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["stacklens", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    assert run("sample", "golden", "--each", "2") == 0
    assert "json.json: 2 cases" in capsys.readouterr().out
    assert run("check-parsers", "golden") == 0
    assert "6 cases checked, fields that differ: 0" in capsys.readouterr().err
    new = tmp_path / "new.yaml"
    new.write_text("sources: [{source: '*', redact: [{name: x, pattern: 'card'}]}]")
    assert run("check-parsers", "golden", "--parsers", str(new), "--output", "ndjson") == 1
    assert json.loads(capsys.readouterr().out)["field"] == "body"
    assert run("check-parsers", "golden", "--parsers", str(new), "--update") == 0
    assert run("check-parsers", "golden", "--parsers", str(new)) == 0
    assert run("check-parsers", "empty") == 1
    with pytest.raises(ConfigurationError, match="not a golden file"):
        read_cases(new)
