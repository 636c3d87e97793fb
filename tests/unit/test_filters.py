"""`stacklens parse` and what all filters share: input, output, exit status."""

import base64
import gzip
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from stacklens_pipeline import __version__
from stacklens_pipeline.cli import main
from stacklens_pipeline.layout import show

LINES = (
    b'{"msg":"a","level":"info"}\n<34>Oct 11 22:14:15 h su: failed\n\xff\xfe\n'
    b"2026-01-02 03:04:05 ERROR bad\n\tat x\nfine\n"
)


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: bytes
    stderr: bytes


Run = Callable[..., Done]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def stacklens(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, with its own standard streams; tests/integration starts processes."""

    def run(*arguments: object, given: bytes = b"") -> Done:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["stacklens", *map(str, arguments)])
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as ended:
                main()
        return Done(int(ended.value.code or 0), out.buffer.getvalue(), err.buffer.getvalue())  # type: ignore[attr-defined]

    return run


@pytest.fixture
def rows(stacklens: Run) -> Rows:
    def run(*arguments: object, given: bytes = b"") -> list[dict[str, Any]]:
        done = stacklens(*arguments, given=given)
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_every_line_is_in_exactly_one_row(rows: Rows) -> None:
    found = rows("parse", "-", given=LINES)
    assert [(row["line"], row.get("lines"), row.get("reason")) for row in found] == [
        (1, 1, None),
        (2, 1, None),
        (3, None, "invalid_utf8"),
        (4, 2, None),
        (6, 1, None),
    ]
    assert set(found[2]) == {"line", "reason", "stage", "detail"}
    assert (found[3]["body"], found[3]["level"]) == ("bad\n\tat x", "ERROR")


def test_packed_files_are_read(rows: Rows, tmp_path: Path) -> None:
    plain = rows("parse", "-", given=LINES)
    for name, pack in (("x.gz", gzip.compress), ("x.zst", zstandard.compress)):
        (tmp_path / name).write_bytes(pack(LINES))
        strip = [{k: v for k, v in row.items() if "timestamp" not in k} for row in rows("parse", tmp_path / name)]
        assert strip == [{k: v for k, v in row.items() if "timestamp" not in k} for row in plain]


@pytest.mark.parametrize(("name", "pack"), [("x.gz", gzip.compress), ("x.zst", zstandard.compress)])
def test_packed_files_of_several_parts_are_read_whole_or_refused(
    stacklens: Run, rows: Rows, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(pack(LINES) + pack(b"another part\n"))
    assert rows("parse", path)[-1]["body"] == "another part"
    for bad, reason in ((pack(LINES)[:-5], b"not whole"), (pack(LINES) + b"garbage", b"throughout")):
        path.write_bytes(bad)
        done = stacklens("parse", path)
        assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
        assert name.encode() in done.stderr
        assert reason in done.stderr


def test_messages_may_hold_anything(rows: Rows) -> None:
    messages = [
        {"raw": "two\nlines", "received": "2026-01-02T03:04:05Z"},
        {"raw_b64": base64.b64encode(b"\xff").decode()},
        {"raw": "2026-07-01 12:00:00 INFO m", "timezone": "Europe/Berlin"},
        {"raw": "a=1 b=2", "format": "text"},
    ]
    found = rows("parse", "--messages", "-", given="\n".join(map(json.dumps, messages)).encode())
    assert found[0]["body"] == "two\nlines"
    assert found[0]["timestamp"] == "2026-01-02T03:04:05Z"
    assert found[1]["reason"] == "invalid_utf8"
    assert found[2]["timestamp"] == "2026-07-01T10:00:00Z"
    assert (found[3]["format"], found[3]["body"]) == ("text", "a=1 b=2")


def test_a_line_that_is_no_message_is_a_row_with_the_reason(rows: Rows) -> None:
    bad = [
        b"{",
        b"null",
        b'{"raw":5}',
        b'{"raw":"m","received":"soon"}',
        b'{"raw":"m","source":7}',
        b'{"raw":"\\ud800"}',
    ]
    given = b"\n".join([b'{"raw":"one"}', *bad, b'{"raw":"two"}'])
    first, *middle, last = rows("parse", "--messages", "-", given=given)
    assert (first["body"], first["line"], last["body"], last["line"]) == ("one", 1, "two", len(bad) + 2)
    assert [(row["line"], row["reason"]) for row in middle] == [(n, "invalid_message") for n in range(2, len(bad) + 2)]
    assert all(set(row) == {"line", "reason", "stage", "detail"} for row in middle)


def test_options_say_what_a_line_does_not(rows: Rows) -> None:
    (row,) = rows(
        "parse", "-", "--received", "2024-03-01T00:00:00Z", "--source", "x", given=b"Feb 29 10:00:00 h a: m\n"
    )
    assert row["timestamp"] == "2024-02-29T10:00:00Z"
    (row,) = rows("parse", "-", "--timezone", "America/New_York", given=b"2026-01-02 03:04:05 INFO m\n")
    assert row["timestamp"] == "2026-01-02T08:04:05Z"
    (row,) = rows("parse", "-", "--format", "text", given=b'{"msg":"x"}\n')
    assert row["body"] == '{"msg":"x"}'


@pytest.mark.parametrize("output", ["csv", "table"])
def test_other_outputs(stacklens: Run, output: str) -> None:
    done = stacklens("parse", "-", "--output", output, given=LINES)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 6
    assert output == "table" or b"invalid_utf8" in done.stdout


def shown(rows: list[dict[str, Any]], width: int) -> str:
    stream = io.StringIO()
    show(rows, list(rows[0]), stream, width)
    return stream.getvalue()


def test_a_table_of_parse_shows_what_a_person_looks_for(stacklens: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    header = stacklens("parse", "-", "--output", "table", given=LINES).stdout.decode().splitlines()[0]
    assert header.split() == ["line", "timestamp", "level", "service_name", "format", "body", "reason"]


def test_a_table_leaves_out_nulls_before_it_turns_to_lines() -> None:
    rows = [{"a": 1, "nothing": None, "text": "[b]\x1b x"}, {"a": 2, "nothing": None, "text": "one\ntwo"}]
    assert "nothing" in shown(rows, 80)
    narrow = shown(rows, 14)
    assert [line.split() for line in narrow.splitlines()[:1]] == [["a", "text"]]
    assert "[b]␛ x" in narrow
    assert shown(rows, 5) == "a: 1\ntext: [b]␛ x\n\na: 2\ntext: one\n  two\n"


def test_a_long_column_is_wrapped_and_nothing_is_cut_off() -> None:
    text = shown([{"line": 1, "timestamp": datetime(2026, 1, 2, 3, 4, 5, 6), "body": "x" * 100}], 60)
    assert max(map(len, text.splitlines())) <= 60
    assert (text.count("x"), "2026-01-02T03:04:05.000006Z" in text) == (100, True)


def test_titles_are_broken_where_that_makes_room() -> None:
    lines = shown([{"service_name": "shop", "http_status": 200}], 18).splitlines()
    assert [line.split() for line in lines[:2]] == [["service_", "http_"], ["name", "status"]]
    assert lines[-1].split() == ["shop", "200"]


def test_a_table_without_rows_says_so(stacklens: Run) -> None:
    assert stacklens("parse", "-", "--output", "table").stdout == b"no rows\n"


def test_the_version_is_said(stacklens: Run) -> None:
    assert stacklens("--version").stdout == f"stacklens {__version__}\n".encode()


@pytest.mark.parametrize(
    "arguments",
    [
        ("parse", "no-such-file"),
        ("parse", "-", "--timezone", "Mars/Olympus"),
        ("parse", "-", "--format", "xml"),
        ("parse", "-", "--received", "yesterday"),
        ("parse", "--nonsense"),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_one_sentence_and_2(stacklens: Run, arguments: tuple[str, ...]) -> None:
    done = stacklens(*arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stderr.strip()
