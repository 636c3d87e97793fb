"""`stacklens parse` and what all filters share: input, output, exit status."""

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard

COMMAND = [sys.executable, "-m", "stacklens_pipeline.cli"]
LINES = (
    b'{"msg":"a","level":"info"}\n<34>Oct 11 22:14:15 h su: failed\n\xff\xfe\n'
    b"2026-01-02 03:04:05 ERROR bad\n\tat x\nfine\n"
)


def stacklens(*arguments: object, given: bytes = b"", cwd: Path | None = None) -> "subprocess.CompletedProcess[bytes]":
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False, cwd=cwd)


def rows(*arguments: object, given: bytes = b"") -> list[dict[str, Any]]:
    done = stacklens(*arguments, given=given)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_is_in_exactly_one_row() -> None:
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


def test_packed_files_are_read(tmp_path: Path) -> None:
    plain = rows("parse", "-", given=LINES)
    for name, pack in (("x.gz", gzip.compress), ("x.zst", zstandard.compress)):
        (tmp_path / name).write_bytes(pack(LINES))
        strip = [{k: v for k, v in row.items() if "timestamp" not in k} for row in rows("parse", tmp_path / name)]
        assert strip == [{k: v for k, v in row.items() if "timestamp" not in k} for row in plain]


def test_messages_may_hold_anything() -> None:
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


def test_options_say_what_a_line_does_not() -> None:
    (row,) = rows(
        "parse", "-", "--received", "2024-03-01T00:00:00Z", "--source", "x", given=b"Feb 29 10:00:00 h a: m\n"
    )
    assert row["timestamp"] == "2024-02-29T10:00:00Z"
    (row,) = rows("parse", "-", "--timezone", "America/New_York", given=b"2026-01-02 03:04:05 INFO m\n")
    assert row["timestamp"] == "2026-01-02T08:04:05Z"
    (row,) = rows("parse", "-", "--format", "text", given=b'{"msg":"x"}\n')
    assert row["body"] == '{"msg":"x"}'


@pytest.mark.parametrize("output", ["csv", "table"])
def test_other_outputs(output: str) -> None:
    done = stacklens("parse", "-", "--output", output, given=LINES)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 6
    assert output == "table" or b"invalid_utf8" in done.stdout


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
def test_wrong_usage_is_one_sentence_and_2(arguments: tuple[str, ...]) -> None:
    done = stacklens(*arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_closed_pipe_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "many").write_bytes(b"line\n" * 200_000)
    command = f"{sys.executable} -m stacklens_pipeline.cli parse {tmp_path / 'many'} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b"" or b"Traceback" not in done.stderr


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    code = (
        "import resource, sys\nfrom stacklens_pipeline.cli import main\ntry:\n    main()\nfinally:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    peaks = []
    for count in (120_000, 600_000):
        (tmp_path / "many").write_bytes(b'{"msg":"a line of some length, with a number","n":12345}\n' * count)
        done = subprocess.run(
            [sys.executable, "-c", code, "parse", str(tmp_path / "many")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=True,
        )
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] < peaks[0] * 1.3


def test_a_pipeline_is_driven_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text(f"sources:\n  - name: me\n    files: ['{tmp_path}/*.log']\n")
    (tmp_path / "my.log").write_bytes(LINES)

    def run(*arguments: object) -> str:
        done = stacklens(*arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    assert "raw-logs" in run("topics", "create", "--partitions", "1")
    assert "raw-logs: 1 partitions" in run("topics", "list")
    assert "shipped 6 lines" in run("ship", "--once")
    assert "6 messages" in run("drain", "--seconds", "8")
    (status,) = [json.loads(line) for line in run("status").splitlines() if "raw-logs" in line]
    assert (status["lag"], status["messages"], status["dead_letters"], status["open"]) == (0, 6, 1, 0)
    assert run("verify").startswith("conserved: 6 raw messages, 4 enriched records")
    found = run("sql", "select source, count(*) n from enriched.logs group by 1", "--output", "ndjson")
    assert json.loads(found) == {"source": "me", "n": 4}
    assert run("sql", "select count(*) n from raw.offset_gaps", "--output", "csv").split() == ["n", "0"]
    hour = json.loads(run("sql", "select distinct ingest_hour h from raw.logs", "--output", "ndjson"))["h"]
    assert "enriched/logs: 4 rows" in run("rebuild", hour)
    refused = stacklens("sql", "select nothing from nowhere", cwd=tmp_path)
    assert (refused.returncode, b"DuckDB refuses" in refused.stderr) == (2, True)
    (tmp_path / "config" / "sources.yaml").write_text("sources: []\n")
    assert b"no source names files" in stacklens("ship", cwd=tmp_path).stderr
