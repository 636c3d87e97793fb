"""What every measurement does: CPU seconds beside wall time, a result file, a table for people."""

import json
import platform
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass
class Spent:
    """What a block took: wall and CPU seconds of this process, all its threads counted."""

    wall_s: float = field(default=0.0)
    cpu_s: float = field(default=0.0)


@contextmanager
def measured() -> Iterator[Spent]:
    """Fill in what the block takes."""
    spent = Spent()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield spent
    finally:
        spent.wall_s, spent.cpu_s = time.perf_counter() - wall, time.process_time() - cpu


def best_of(times: int, run: Callable[[], object]) -> Spent:
    """The run that took the fewest CPU seconds, after one that warms up."""
    run()
    found: list[Spent] = []
    for _ in range(times):
        with measured() as spent:
            run()
        found.append(spent)
    return min(found, key=lambda one: one.cpu_s)


def peak_mb() -> int:
    """The largest memory that this process has had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


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
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
