"""Catching up: a backlog is drained while lines go on arriving; then freshness has to return.

The drain runs in a process of its own, as it does under Dagster; its memory is counted with its workers'.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.engine import TOPIC, send
from benchmarks.harness import measured, memory_watched, publish
from stacklens_pipeline.drain import Drain
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import RAW_LOGS
from stacklens_pipeline.testing import LogMaker
from stacklens_pipeline.testing.player import by_source
from stacklens_pipeline.verify import verify

BLOCK = 100_000
TICK_S = 0.1
AFTER_S = 20.0
"""How long freshness is watched once the backlog is gone."""


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--backlog", type=int, default=10_000_000)
    parser.add_argument("--lines-s", type=int, default=5_000)
    parser.add_argument("--drain", type=Path, help="drain this folder's log: what the measured process is started with")
    options = parser.parse_args()
    if options.drain:
        print(json.dumps(drained(options.drain, options.backlog)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = opened(folder)
        log.create_topics([TOPIC])
        lines = LogMaker(1).lines(BLOCK, datetime.now(UTC), spread=timedelta(seconds=60))
        for _ in range(options.backlog // BLOCK):
            send(log, by_source(lines))
        command = [sys.executable, "-m", "benchmarks.catchup", "--drain", name, "--backlog", str(options.backlog)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                arrived = _arrive(log, by_source(lines[: int(options.lines_s * TICK_S)]), folder, process)
                out = process.stdout.read() if process.stdout else ""
            except BaseException:
                process.kill()
                raise
        log.close()
        if process.returncode:
            sys.exit(process.returncode)
        lake = Lake(str(folder / "lake"))
        sent = options.backlog // BLOCK * BLOCK + arrived
        counts = {"sent": sent, "lost": sent - lake.row_count(RAW_LOGS), "violations": len(verify(lake))}
        publish("catchup", [{"lines_s_arriving": options.lines_s, **json.loads(out), **counts}])


def opened(folder: Path) -> SqliteLog:
    """The event log in a folder."""
    return SqliteLog(folder / "log.sqlite")


def drained(folder: Path, backlog: int) -> dict[str, object]:
    """Drain the backlog, then what arrives for a while longer, then the rest."""
    log, lake = opened(folder), Lake(str(folder / "lake"))
    drain = Drain(lake, log, IngestSettings(topics=(TOPIC,)))
    count, lag, reached = 0, backlog, dict[TopicPartition, int]()
    with measured() as spent, memory_watched() as memory:
        while lag:
            step = drain.step()
            count, lag = count + step.messages, step.lag
            reached |= step.reached
    ages, until = [], time.monotonic() + AFTER_S
    while time.monotonic() < until:
        step = drain.step()
        if step.messages:
            oldest = min(_oldest(lake, tp, reached.get(tp, 0), end) for tp, end in step.reached.items())
            ages.append((datetime.now(UTC) - oldest).total_seconds())
            reached |= step.reached
        time.sleep(TICK_S)
    (folder / "stop").touch()
    while not drain.step().is_idle or not (folder / "stopped").exists():
        time.sleep(TICK_S)
    drain.close()
    log.close()
    ages.sort()
    return {
        "lines_s": int(count / spent.wall_s),
        "lines_s_per_core": int(count / spent.cpu_s),
        "peak_mb": memory.peak_mb,
        "fresh_after_p95_s": round(ages[int(len(ages) * 0.95)], 2),
    }


def _oldest(lake: Lake, tp: TopicPartition, start: int, end: int) -> datetime:
    found: datetime = lake.scan_offsets(RAW_LOGS, tp, start, end).select("appended_at").collect()["appended_at"].min()  # type: ignore[assignment]
    return found or datetime.now(UTC)


def _arrive(log: SqliteLog, batch: dict[str, list[bytes]], folder: Path, process: "subprocess.Popen[str]") -> int:
    """Send the batch every tick, until the drain has seen enough; returns how many lines that were."""
    began, ticks = time.monotonic(), 0
    while process.poll() is None and not (folder / "stop").exists():
        send(log, batch)
        ticks += 1
        time.sleep(max(0.0, began + ticks * TICK_S - time.monotonic()))
    (folder / "stopped").touch()
    return ticks * sum(map(len, batch.values()))


if __name__ == "__main__":
    main()
