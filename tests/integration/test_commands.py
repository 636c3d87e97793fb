"""The commands as processes: driven one after the other, with a pipe that closes early, in bounded memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

from stacklens_pipeline.ship.lock import locked

COMMAND = [sys.executable, "-m", "stacklens_pipeline.cli"]
LINES = (
    b'{"msg":"a","level":"info"}\n<34>Oct 11 22:14:15 h su: failed\n\xff\xfe\n'
    b"2026-01-02 03:04:05 ERROR bad\n\tat x\nfine\n"
)


def stacklens(*arguments: object, cwd: Path | None = None) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, timeout=60, check=False, cwd=cwd)


def test_usage_reaches_the_exit_status() -> None:
    done = stacklens("parse", "no-such-file")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_closed_pipe_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "many").write_bytes(b"line\n" * 200_000)
    for output in ("ndjson", "csv", "table"):
        command = f"{sys.executable} -m stacklens_pipeline.cli parse {tmp_path / 'many'} --output {output} | head -n 1"
        script = f"set -o pipefail; {command}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout.count(b"\n"), done.stderr) == (0, 1, b"")


def test_a_full_disk_is_not_taken_for_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "many").write_bytes(b"line\n" * 20_000)
    with Path("/dev/full").open("wb") as full:
        command = [*COMMAND, "parse", str(tmp_path / "many")]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (done.returncode, b"the output cannot be written: No space left on device" in done.stderr) == (1, True)


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
    with locked(tmp_path / "data" / "ship" / "positions.json"):
        refused = stacklens("ship", "--once", cwd=tmp_path)
    assert (refused.returncode, refused.stderr.decode().strip().endswith(f"pid {os.getpid()}")) == (1, True)
    assert "shipped 6 lines" in run("ship", "--once")
    assert "6 messages" in run("drain", "--seconds", "8")
    (status,) = [json.loads(line) for line in run("status").splitlines() if "raw-logs" in line]
    assert (status["lag"], status["messages"], status["dead_letters"], status["open"]) == (0, 6, 1, 0)
    assert run("verify").startswith("conserved: 6 raw messages are 4 records, 1 lines inside")
    found = run("sql", "select source, count(*) n from enriched.logs group by 1", "--output", "ndjson")
    assert json.loads(found) == {"source": "me", "n": 4}
    assert run("sql", "select count(*) n from raw.offset_gaps", "--output", "csv").split() == ["n", "0"]
    hour = json.loads(run("sql", "select distinct ingest_hour h from raw.logs", "--output", "ndjson"))["h"]
    assert "enriched/logs: 4 rows" in run("rebuild", hour)
    refused = stacklens("sql", "select nothing from nowhere", cwd=tmp_path)
    assert (refused.returncode, b"unknown table" in refused.stderr) == (2, True)
    (tmp_path / "config" / "sources.yaml").write_text("sources: []\n")
    assert b"no source names files" in stacklens("ship", cwd=tmp_path).stderr
