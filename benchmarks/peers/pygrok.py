"""pygrok: Grok patterns in Python, a line at a time. So slow that it is given a share of the lines."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers.base import Peer, Run, Way, in_child, is_there
from benchmarks.peers.lines import MIXES, NEWLINE, Sample
from benchmarks.peers.patterns import GROK, GROK_NUMBERS

SHARE = 16

Fields = Mapping[str, Any]


def run(sample: Sample) -> list[Run]:
    """The first sixteenth of the lines, once after a pass that warms up."""
    return in_child(__name__, sample.head(max(1, sample.count // SHARE)), passes=1)


PEER = Peer("pygrok", (*GROK, *MIXES), is_there, run)


def ways(format: str, lines: Path) -> list[Way]:
    """The one way."""
    texts, match = [value.decode() for value in lines.read_bytes().split(NEWLINE)[:-1]], _matching(format)
    does = f"text, kept; 1/{SHARE} of the lines"
    found = partial(_found, GROK_NUMBERS.get(format, ()))
    return [Way("pygrok", does, lambda: [match(text) for text in texts], found)]


def _matching(format: str) -> Callable[[str], Fields | None]:
    from pygrok import Grok

    if format in GROK:
        match: Callable[[str], Fields | None] = Grok(GROK[format]).match
        return match
    patterns = [
        Grok(pattern) for pattern in (*(GROK[name] for name in MIXES[format] if name in GROK), "%{GREEDYDATA:message}")
    ]
    return partial(_first, [pattern.match for pattern in patterns])


def _first(patterns: list[Callable[[str], Fields | None]], text: str) -> Fields | None:
    """What a script does with mixed lines: JSON where it is JSON, else one pattern after another."""
    if text.startswith("{"):
        fields: Fields = json.loads(text)
        return fields
    return next((found for match in patterns if (found := match(text)) is not None), None)


def _found(numbers: tuple[str, ...], rows: list[Fields | None]) -> tuple[int, int | None, str]:
    there = [row for row in rows if row is not None]
    checked = sum(int(row[name] or 0) for row in there for name in numbers) if numbers else None
    return len(there), checked, ""
