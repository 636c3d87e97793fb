"""`stacklens timestamps`: rows in order, reasons, messages, exit status."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from stacklens_pipeline import filters
from stacklens_pipeline.cli import main

RECEIVED = ("--received", "2026-06-15T12:00:00Z")
Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process: exit status, rows, and what was said on the error stream."""

    def call(*arguments: str, given: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
        out, err = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["stacklens", "timestamps", *arguments])
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as ended:
                main()
        return int(ended.value.code or 0), [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()  # type: ignore[call-overload]

    return call


def test_a_row_for_each_text(run: Run) -> None:
    given = b"\xef\xbb\xbfOct 11 22:14:15\n2026-01-02 03:04:05,678 CET\r\nnever\n\n\xff\n31/Apr/2026:10:00:00\n10:00"
    assert run(*RECEIVED, given=given) == (
        0,
        [
            {"line": 1, "timestamp": "2025-10-11T22:14:15Z", "source": "syslog"},
            {"line": 2, "timestamp": "2026-01-02T02:04:05.678000Z", "source": "iso"},
            {"line": 3, "reason": "no_time"},
            {"line": 4, "reason": "empty"},
            {"line": 5, "reason": "invalid_utf8"},
            {"line": 6, "reason": "no_time"},
            {"line": 7, "timestamp": "2026-06-15T10:00:00Z", "source": "time"},
        ],
        "",
    )


def test_a_replay_a_year_later_gives_the_same_rows(run: Run) -> None:
    """What a text does not say comes from its receipt alone, and not from the clock."""
    message = json.dumps({"raw": "Oct 11 22:14:15", "received": "2019-12-01T00:00:00Z"}).encode()
    now, later = (run("--messages", "--received", at, given=message) for at in ("2026-01-01", "2027-01-01"))
    assert now == later
    assert now[1] == [{"line": 1, "timestamp": "2019-10-11T22:14:15Z", "source": "syslog"}]


def test_what_a_message_says_of_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "SLICE_LINES", 3)
    messages: list[object] = [
        {"raw": "2013 Nov 24 01:29:01", "formats": ["yyyy MMM dd HH:mm:ss"], "timezone": "America/Los_Angeles"},
        {"raw": "2013 Nov 24 01:29:01"},
        {"raw": "07/18/2017 05:17:03", "formats": ["%F", "%m/%d/%Y %H:%M:%S"], "timezone": "+09:00"},
        {"raw": "x", "formats": ["%Q"]},
        {"raw": "x", "formats": "%Y"},
        {"raw": "x", "timezone": "Nowhere"},
        {"raw_b64": "MjAyNg=="},
        "no message",
    ]
    given = b"\n".join(json.dumps(message).encode() for message in messages)
    status, rows, _ = run("--messages", *RECEIVED, "--timezone", "Europe/Berlin", given=given)
    assert (status, [row["line"] for row in rows]) == (0, [*range(1, 9)])
    assert [row.get("timestamp") for row in rows] == [
        "2013-11-24T09:29:01Z",
        "2013-11-24T00:29:01Z",
        "2017-07-17T20:17:03Z",
        *[None] * 5,
    ]
    assert [row["source"] for row in rows[:3]] == ["yyyy MMM dd HH:mm:ss", "ymd_named", "%m/%d/%Y %H:%M:%S"]
    reasons = ["unknown_format", "invalid_message", "unknown_timezone", "no_time", "invalid_message"]
    assert [row["reason"] for row in rows[3:]] == reasons
    assert rows[3]["detail"] == "unknown directive %Q in a time format: `%Q`"


def test_formats_for_all(run: Run) -> None:
    given = b"1/2/2026\n2026-01-02\n"
    status, rows, _ = run("--format", "%d/%m/%Y", "--format", "%Y %j", *RECEIVED, given=given)
    assert (status, rows[0]["timestamp"], rows[1]["reason"]) == (0, "2026-02-01T00:00:00Z", "no_time")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--timezone", "Nowhere"], "unknown time zone: `Nowhere`"),
        (["--format", "yyyy-qq"], "unknown letter q in a time format: `yyyy-qq`"),
        (["--received", "soon"], "not an RFC 3339 time: `soon`"),
        (["/no/such/file"], "cannot read /no/such/file: No such file or directory"),
    ],
)
def test_bad_usage_is_one_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    assert run(*arguments) == (2, [], f"stacklens: {sentence}\n")
