"""How much of a file patterns match, and what the lines look like that none of them does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from stacklens_pipeline.parse.grok.grok import Extracted, Grok

MOST_SHAPES = 20_000
"""Shapes of lines that are kept; when there are more, the rarer half of them is forgotten."""
LONGEST = 200
"""Characters of a line that make its shape and are shown as its example."""

MASKS = (
    (r"[0-9A-Za-z_]*[0-9][0-9A-Za-z_]*", "0"),
    (r"[A-Za-z_]+", "a"),
    (r"0(?:[.:,-]0)+", "0"),
    (r"[^\x00-\x7F]+", "?"),
    (r"\ba(?: a)+\b", "a.."),
    (r"\s+", " "),
)
"""What makes lines alike: numbers and words are told from each other, and words from other words are not."""


def shapes(texts: pl.Expr) -> pl.Expr:
    """What lines look like when numbers are 0, words are a, and several words are a.."""
    shape = texts.str.slice(0, LONGEST)
    for pattern, instead in MASKS:
        shape = shape.str.replace_all(pattern, instead)
    return shape


@dataclass
class Coverage:
    """Counts over the lines of a file, taken in slice by slice; memory does not grow with the file."""

    patterns: Sequence[str]
    lines: int = 0
    unreadable: int = 0
    matched: list[int] = field(default_factory=list)
    given_up: dict[str, int] = field(default_factory=dict)
    misses: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.matched = [0] * len(self.patterns)

    def add(self, grok: Grok, texts: pl.Series) -> None:
        """Count the next lines; a null is one that is no text."""
        found = grok.extract(texts)
        self.unreadable += texts.null_count()
        for number, count in _counted(found.pattern):
            self.matched[number] += count
        for reason, count in _counted(found.reason):
            self.given_up[reason] = self.given_up.get(reason, 0) + count
        self._add_misses(texts, found)
        self.lines += len(texts)

    def _add_misses(self, texts: pl.Series, found: Extracted) -> None:
        line = pl.int_range(self.lines + 1, self.lines + len(texts) + 1, eager=True).alias("line")
        missed = pl.DataFrame({"line": line, "text": texts}).filter(
            ~found.matched & found.reason.is_null() & texts.is_not_null()
        )
        grouped = missed.group_by(shapes(pl.col("text")).alias("shape")).agg(
            pl.len(), pl.col("line").min(), pl.col("text").sort_by("line").first().str.slice(0, LONGEST)
        )
        for shape, count, first, example in grouped.sort("line").iter_rows():
            known = self.misses.get(shape, (0, first, example))
            self.misses[shape] = (known[0] + count, *known[1:])
        if len(self.misses) > MOST_SHAPES:
            self.misses = dict(self._most_frequent(MOST_SHAPES // 2))

    def _most_frequent(self, most: int) -> list[tuple[str, tuple[int, int, str]]]:
        return sorted(self.misses.items(), key=lambda item: (-item[1][0], item[1][1]))[:most]

    def rows(self, most: int) -> Iterator[dict[str, Any]]:
        """The lines, the share of each pattern, what was given up and why, and the most frequent shapes of misses."""
        yield self._row("lines", self.lines)
        yield self._row("matched", sum(self.matched))
        for text, count in zip(self.patterns, self.matched, strict=True):
            yield self._row("pattern", count, pattern=text)
        for reason, count in sorted(self.given_up.items()):
            yield self._row("given_up", count, reason=reason)
        if self.unreadable:
            yield self._row("given_up", self.unreadable, reason="invalid_utf8")
        for shape, (count, line, example) in self._most_frequent(most):
            yield self._row("miss", count, shape=shape, line=line, example=example)

    def _row(self, what: str, count: int, **more: object) -> dict[str, Any]:
        return {"what": what, "count": count, "share": round(count / self.lines, 6) if self.lines else 0.0, **more}


def _counted(values: pl.Series) -> list[tuple[Any, int]]:
    counts = values.drop_nulls().value_counts()
    return list(counts.iter_rows())
