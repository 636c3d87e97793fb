"""`stacklens grok` over files: rows, reasons, and one sentence for bad usage."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacklens_pipeline import filters
from stacklens_pipeline.cli import main

Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def grok(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Exit status, rows and error text of `stacklens grok ...`."""

    def run(*arguments: object, given: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["stacklens", "grok", *map(str, arguments)])
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as ended:
                main()
        texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
        return int(ended.value.code or 0), [json.loads(line) for line in texts[0].splitlines()], texts[1]

    return run


def messages(*rows: dict[str, object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_each_line_is_a_row(grok: Run) -> None:
    _, rows, _ = grok("match", "%{WORD:[a][b]} %{INT:n:int}", given=b"x 1\n\n\xff\ny 22\nno")
    assert rows == [
        {"line": 1, "matched": True, "fields": {"a": {"b": "x"}, "n": 1}},
        {"line": 2, "matched": False, "fields": {}},
        {"line": 3, "matched": False, "fields": {}, "reason": "invalid_utf8"},
        {"line": 4, "matched": True, "fields": {"a": {"b": "y"}, "n": 22}},
        {"line": 5, "matched": False, "fields": {}},
    ]


def test_the_naming_is_chosen(grok: Run) -> None:
    line = b"Mar 16 00:01:25 evita postfix/smtpd[1713]: connect\n"
    assert grok("match", "%{SYSLOGBASE}", given=line)[1][0]["fields"]["host"] == {"hostname": "evita"}
    assert grok("match", "%{SYSLOGBASE}", "--legacy", given=line)[1][0]["fields"]["logsource"] == "evita"


def test_messages_carry_patterns_of_their_own(grok: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "SLICE_LINES", 3)
    given = messages(
        {"raw": "a\nb", "pattern": "(?<x>.*)"},
        {"raw": "1.2.3.4", "pattern": "%{SYSLOGHOST:h}", "mode": "legacy"},
        {"raw": "abc", "pattern": "%{MINE:m}", "definitions": {"MINE": "[ab]+"}},
        {"raw": "12", "pattern": ["^%{WORD:w}x", "%{INT:n:int}"]},
        {"raw": "7"},
        {"raw": "7", "pattern": "%{NOPE}"},
        {"raw": "7", "pattern": 7},
        {"raw": "7", "pattern": "a", "mode": "v0"},
        {"raw": "7", "pattern": "a", "definitions": ["x"]},
        {"no": 1},
    )
    status, rows, _ = grok("match", "-", "--messages", given=given)
    assert status == 0
    assert [row["line"] for row in rows] == list(range(1, 11))
    assert [row["fields"] for row in rows[:4]] == [{"x": "a\nb"}, {"h": "1.2.3.4"}, {"m": "ab"}, {"n": 12}]
    assert [row.get("reason") for row in rows[4:]] == [
        "invalid_message",
        "invalid_pattern",
        "invalid_message",
        "invalid_message",
        "invalid_message",
        "invalid_message",
    ]
    assert "there is no definition NOPE" in rows[5]["detail"]
    assert not any(row["matched"] for row in rows[4:])


def test_messages_without_a_pattern_take_the_one_that_is_given(grok: Run) -> None:
    _, rows, _ = grok("match", "%{INT:n:int}", "--messages", given=messages({"raw": "7"}, {"raw": "x", "pattern": "x"}))
    assert [(row["matched"], row["fields"]) for row in rows] == [(True, {"n": 7}), (True, {})]


def test_definitions_of_files_are_used(grok: Run, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("MINE [ab]+\n")
    assert grok("match", "%{MINE:x}", "--definitions", tmp_path, given=b"cab")[1][0]["fields"] == {"x": "ab"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("match", "-"), "a pattern is needed"),
        (("match", ""), "a pattern is needed"),
        (("match", "%{NOPE}"), "there is no definition NOPE: `%{NOPE}`"),
        (("match", "("), "is not closed"),
        (("match", "a", "no-such-file"), "cannot read no-such-file"),
        (("match", "a", "--definitions", "no-such-file"), "there is no pattern file or folder: `no-such-file`"),
        (("lint",), "a pattern or --definitions are needed"),
        (("lint", "%{NOPE}"), "there is no definition NOPE"),
        (("coverage", "only"), "a pattern and a file are needed: `only`"),
        (("coverage", "(", "-"), "is not closed"),
    ],
)
def test_bad_usage_is_one_sentence(grok: Run, arguments: tuple[str, ...], sentence: str) -> None:
    status, rows, errors = grok(*arguments)
    assert (status, rows) == (2, [])
    assert errors.startswith("stacklens: ")
    assert sentence in errors
    assert errors.count("\n") == 1


def test_lint_writes_a_row_a_warning_and_ends_well(grok: Run, tmp_path: Path) -> None:
    status, rows, _ = grok("lint", "%{GREEDYDATA:a} %{WORD:b}")
    assert (status, [row["warning"] for row in rows]) == (0, ["unanchored", "greedy_in_the_middle"])
    (tmp_path / "mine").write_text("GOOD [ab]+\nBAD (a+)+\n")
    _, rows, _ = grok("lint", "--definitions", tmp_path / "mine")
    assert [(row["definition"], row["warning"]) for row in rows] == [("BAD", "nested_repetition")]


def test_coverage_reads_patterns_and_a_file(grok: Run, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"1\nx 2\nx 3\n\xff\n")
    _, rows, _ = grok("coverage", "^%{INT}$", "^nothing$", tmp_path / "log", "--misses", "1")
    assert [(row["what"], row["count"]) for row in rows] == [
        ("lines", 4),
        ("matched", 1),
        ("pattern", 1),
        ("pattern", 0),
        ("given_up", 1),
        ("miss", 2),
    ]
