"""The parsers, format by format, beside others on the same lines, in CPU seconds of whole processes.

Each works in a process of its own, in one thread, after a pass that warms up, and its cheapest pass counts; ours is
also run with two threads, for lines a second on the wall. Nobody's figure counts unless it found fields in every line
and its numbers add up. A peer that cannot be had here is named, and the others go on.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import publish
from benchmarks.peers import chdb, duckdb, java, liblognorm, ours, pygrok, python
from benchmarks.peers.base import Peer, PeerError, Run
from benchmarks.peers.lines import FORMATS, MIXES, Sample, sample

LINES = 131_072
PEERS = tuple(module.PEER for module in (pygrok, python, duckdb, chdb, liblognorm, java))
THREADS = 2

REACH: Mapping[str, int] = {
    "apache": 1_300_000,
    "rfc3164": 2_500_000,
    "rfc5424": 1_300_000,
    "json": 650_000,
    "logfmt": 360_000,
    "six": 450_000,
}
"""Lines a second and core that our parsers are to reach, set by prototypes on lines of about this length."""

TIMES: Mapping[tuple[str, str], int] = {
    ("apache", "pygrok"): 20,
    ("apache", "liblognorm"): 4,
    ("apache", "java-grok, warm"): 5,
    ("apache", "OpenSearch grok, warm"): 5,
}
"""How many times as fast as a peer they are to be."""


@dataclass(frozen=True)
class Figures:
    """A format's run of ours, in one thread and in several, and those of the peers."""

    sample: Sample
    ours: Run
    threaded: Run
    peers: Sequence[Run]
    failed: Mapping[str, str]
    """A peer's name -> what it said."""

    def wrong(self) -> Iterator[str]:
        """What does not hold, a sentence each."""
        for run in (self.ours, self.threaded, *self.peers):
            if problem := _problem(run, self.sample):
                yield f"{self.sample.format}, {run.name}: {problem}"
        yield from (f"{self.sample.format}, {name}: {reason}" for name, reason in self.failed.items())

    def rows(self) -> Iterator[dict[str, object]]:
        """Lines of the result."""
        yield {**_row(self.sample, self.ours), "ours_over_it": None}
        threaded = _row(self.sample, self.threaded)
        yield {**threaded, "parser": f"{self.threaded.name}, {THREADS} threads", "ours_over_it": None, "remark": ""}
        for run in self.peers:
            yield {**_row(self.sample, run), "ours_over_it": self.times(run)}

    def times(self, peer: Run) -> float | None:
        """How many times as many lines per core ours parses; None where rows are wrong, or ours have no numbers yet."""
        is_wrong = _problem(peer, self.sample) or _problem(self.ours, self.sample)
        is_unread = bool(self.sample.numbers) and self.ours.checked is None
        return None if is_wrong or is_unread else round(per_core(self.ours) / per_core(peer), 2)


def main() -> None:
    """Measure and publish; exits with what is wrong with anybody's rows."""
    options = _options()
    peers = list(_prepared([peer for peer in PEERS if not options.peers or peer.name in options.peers]))
    with tempfile.TemporaryDirectory() as folder:
        found = [measured(sample(name, options.lines, Path(folder)), peers) for name in options.formats]
    publish("parsers", [row for figures in found for row in figures.rows()])
    print(*reached(found), sep="\n")
    wrong = [sentence for figures in found for sentence in figures.wrong()]
    if wrong:
        sys.exit("\n".join(("These figures do not count:", *wrong)))


def _options() -> argparse.Namespace:
    formats = (*FORMATS, *MIXES)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES, help="lines of each format")
    parser.add_argument("--formats", nargs="+", choices=formats, default=formats)
    parser.add_argument("--peers", nargs="*", choices=[peer.name for peer in PEERS], help="only these; default: all")
    return parser.parse_args()


def _prepared(peers: Sequence[Peer]) -> Iterator[Peer]:
    for peer in peers:
        reason = peer.prepare()
        if reason is None:
            yield peer
        else:
            print(f"Without {peer.name}: {reason}")


def measured(lines: Sample, peers: Sequence[Peer]) -> Figures:
    """Ours and the peers that can do the format, one after another."""
    print(f"{lines.format}: {lines.count:,} lines of {lines.size_bytes / lines.count:.0f} bytes", flush=True)
    (alone,), (threaded,) = ours.PEER.run(lines), ours.run(lines, THREADS)
    runs: list[Run] = []
    failed = {}
    for peer in (peer for peer in peers if lines.format in peer.formats):
        try:
            runs += peer.run(lines)
        except PeerError as error:
            failed[peer.name] = str(error)
    return Figures(lines, alone, threaded, runs, failed)


def per_core(run: Run) -> int:
    """Lines a CPU second."""
    return int(run.lines / run.cpu_s)


def _row(lines: Sample, run: Run) -> dict[str, object]:
    return {
        "format": lines.format,
        "parser": run.name,
        "lines_s": int(run.lines / run.wall_s),
        "lines_s_per_core": per_core(run),
        "mb_s_per_core": round(run.size_bytes / run.cpu_s / 1e6, 1),
        "ours_over_it": None,
        "remark": _problem(run, lines) or run.does,
    }


def _problem(run: Run, lines: Sample) -> str | None:
    """Why a figure does not count."""
    if run.rows != run.lines:
        return f"it found fields in {run.rows:,} lines of {run.lines:,}"
    expected = sum(lines.numbers[: run.lines])
    if lines.numbers and run.checked is not None and run.checked != expected:
        return f"its numbers add up to {run.checked:,}, not to {expected:,}"
    return None


def reached(found: Sequence[Figures]) -> Iterator[str]:
    """The figures to reach, and whether they are, a line each."""
    by_format = {figures.sample.format: figures for figures in found}
    for name, least in REACH.items():
        if figures := by_format.get(name):
            yield _said(f"{name}, lines/s per core", per_core(figures.ours), least)
    for (name, peer), least in TIMES.items():
        runs = by_format[name].peers if name in by_format else []
        for times in (by_format[name].times(run) for run in runs if run.name == peer):
            if times is not None:
                yield _said(f"{name}, times {peer}", times, least)


def _said(what: str, found: float, least: int) -> str:
    return f"{'holds' if found >= least else 'MISSED':7} {what}: {found:,} (at least {least:,})"


if __name__ == "__main__":
    main()
