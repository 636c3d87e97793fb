"""One peer's passes over one sample, in this process: `python -m benchmarks.peers.child MODULE FORMAT FILE PASSES`.

The lines are in memory before anything is measured, as the peer wants them, and a pass warms up. Prints JSON.
"""

import gc
import json
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.peers.base import Way


@dataclass(frozen=True)
class Measured:
    """The cheapest pass of a way; the fields are those of `base.Run`."""

    name: str
    does: str
    cpu_s: float
    wall_s: float
    rows: int
    checked: int | None


def measured(way: Way, passes: int) -> Measured:
    """Warm up, measure the passes, and look at what the last one found."""
    result = way.run()
    cpu_s, wall_s = [], []
    for _ in range(passes):
        del result
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        result = way.run()
        cpu_s.append(time.process_time() - cpu)
        wall_s.append(time.perf_counter() - wall)
    rows, checked, remark = way.found(result)
    does = f"{way.does}; {remark}" if remark else way.does
    return Measured(way.name, does, min(cpu_s), min(wall_s), rows, checked)


def main(module: str, format: str, lines: str, passes: str) -> None:
    """Measure every way of the module's peer."""
    ways = import_module(module).ways(format, Path(lines))
    print(json.dumps([asdict(measured(way, int(passes))) for way in ways]))


if __name__ == "__main__":
    main(*sys.argv[1:])
