"""Counts of what patterns match, and the shapes of what they do not."""

import polars as pl
import pytest

from stacklens_pipeline.parse.grok import Library, coverage
from stacklens_pipeline.parse.grok.coverage import Coverage, shapes

PATTERNS = ["^%{INT:n}$", r"^(?<q>.)\k<q>(?:x+x+)+y"]


def counted(slices: list[list[str | None]]) -> list[dict[str, object]]:
    grok = Library.bundled().compile(PATTERNS, longest_chars=50)
    found = Coverage(PATTERNS)
    for part in slices:
        found.add(grok, pl.Series(part, dtype=pl.String))
    return list(found.rows(2))


LINES = ["1", "user bob in 5 ms", "22", "aaxxxy", None, "user al in 12 ms", "z" * 51, "a", "b-", "user x in 0x1f ms"]


def test_counts_and_shapes() -> None:
    rows = counted([LINES])
    assert [(row["what"], row["count"]) for row in rows] == [
        ("lines", 10),
        ("matched", 3),
        ("pattern", 2),
        ("pattern", 1),
        ("given_up", 1),
        ("given_up", 1),
        ("miss", 3),
        ("miss", 1),
    ]
    assert rows[3]["pattern"] == PATTERNS[1]
    assert [row.get("reason") for row in rows[4:6]] == ["over_length", "invalid_utf8"]
    assert rows[6] == {
        "what": "miss",
        "count": 3,
        "share": 0.3,
        "shape": "a.. 0 a",
        "line": 2,
        "example": "user bob in 5 ms",
    }


def test_slices_do_not_matter() -> None:
    assert counted([LINES]) == counted([LINES[:3], [], LINES[3:]])


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("GET /a/b?c=1 12.5", "a /a/a?a=0 0"),
        ("2026-01-02T03:04:05.678Z x", "0 a"),
        ("deadbeef01 é中", "0 ?"),
        ("a\t b", "a a"),
    ],
)
def test_shapes(text: str, shape: str) -> None:
    assert pl.select(shapes(pl.lit(text))).item() == shape


def test_memory_is_bounded_and_the_frequent_shapes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MOST_SHAPES", 10)
    marks = [f"{'!' * n}" for n in range(1, 9)]
    rows = counted([["??", "??", *marks], ["??", *(mark + "#" for mark in marks)]])
    assert (rows[4]["shape"], rows[4]["count"]) == ("??", 3)
