"""What a peer is, and what is known after it has parsed the lines of a sample."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.lines import Sample

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "peers"
"""What peers need and this project does not is put here."""

TYPED = "typed with time, kept"
LONGEST_S = 300
"""A peer that takes longer with one sample stands still."""


class PeerError(RuntimeError):
    """A peer that is there has failed."""


@dataclass(frozen=True)
class Run:
    """The cheapest pass of a peer, or of one of its ways, over `lines` lines.

    `cpu_s` are CPU seconds of all its threads. `rows` counts the lines that it found fields in, and `checked` is what
    the numbers in them add up to, None where it does not look; `does` says how far it goes.
    """

    name: str
    does: str
    lines: int
    size_bytes: int
    cpu_s: float
    wall_s: float
    rows: int
    checked: int | None = None


@dataclass(frozen=True)
class Peer:
    """What is measured beside our parsers.

    `prepare` fetches what it needs, and says why it cannot be had, if so. `run` gives a run for each of its ways.
    """

    name: str
    formats: Collection[str]
    prepare: Callable[[], str | None]
    run: Callable[[Sample], list[Run]]


@dataclass(frozen=True)
class Way:
    """One way to parse lines that are in memory: `run` is a pass, and `found` says what it found.

    That is how many lines, what their numbers add up to if it looks, and a remark.
    """

    name: str
    does: str
    run: Callable[[], Any]
    found: Callable[[Any], tuple[int, int | None, str]]


def is_there() -> None:
    """What needs nothing but this project's own environment."""


def in_child(
    module: str, sample: Sample, *, passes: int, python: str = sys.executable, env: Mapping[str, str] | None = None
) -> list[Run]:
    """The ways of a module's peer, measured in a process of their own.

    Raises PeerError with the last line that it said.
    """
    command = [python, "-m", "benchmarks.peers.child", module, sample.format, str(sample.path), str(passes)]
    ways = json.loads(output_of(command, {"POLARS_MAX_THREADS": "1", **(env or {})}))
    return [Run(lines=sample.count, size_bytes=sample.size_bytes, **way) for way in ways]


def output_of(command: list[str], env: Mapping[str, str] | None = None) -> str:
    """What a program prints; PeerError with the last line that it said if it fails or stands still."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"it did not end within {LONGEST_S} s: {command[0]}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        raise PeerError(said[-1])
    return done.stdout
