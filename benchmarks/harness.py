"""What every measurement does: CPU seconds beside wall time, a result file, a table for people."""

import json
import platform
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass
class Spent:
    """What a block took: wall and CPU seconds of this process, all its threads counted, and of children that ended."""

    wall_s: float = field(default=0.0)
    cpu_s: float = field(default=0.0)


@dataclass
class Memory:
    """The most memory that this process and its children have had together, MiB; what they share counts once."""

    peak_mb: int = field(default=0)


@contextmanager
def measured() -> Iterator[Spent]:
    """Fill in what the block takes."""
    spent = Spent()
    wall, cpu = time.perf_counter(), _cpu_s()
    try:
        yield spent
    finally:
        spent.wall_s, spent.cpu_s = time.perf_counter() - wall, _cpu_s() - cpu


def _cpu_s() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


@contextmanager
def memory_watched() -> Iterator[Memory]:
    """Look at the memory every second while the block runs: a look costs ten milliseconds."""
    memory, done = Memory(), threading.Event()

    def watch() -> None:
        while not done.wait(1.0):
            memory.peak_mb = max(memory.peak_mb, _memory_kb() // 1024)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        done.set()
        thread.join()


def _memory_kb() -> int:
    """Proportional set size of this process and its children."""
    children = [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]
    return sum(_proportional_kb(pid) for pid in ("self", *children))


def _proportional_kb(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def best_of(times: int, run: Callable[[], object]) -> Spent:
    """The run that took the fewest CPU seconds, after one that warms up."""
    run()
    found: list[Spent] = []
    for _ in range(times):
        with measured() as spent:
            run()
        found.append(spent)
    return min(found, key=lambda one: one.cpu_s)


def publish(name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Print the rows, and write them with the commit and the machine."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    machine = {"cpus": _cpus(), "python": platform.python_version(), "system": platform.system()}
    result = {"at": datetime.now(UTC).isoformat(), "commit": commit.stdout.strip(), "machine": machine, "rows": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    widths = {key: max(len(key), *(len(_shown(row.get(key))) for row in rows)) for key in rows[0]}
    print("  ".join(key.ljust(width) for key, width in widths.items()))
    for row in rows:
        print("  ".join(_shown(row.get(key)).ljust(width) for key, width in widths.items()))


def _cpus() -> int:
    import os

    return len(os.sched_getaffinity(0))


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
