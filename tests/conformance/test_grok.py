"""Logstash's own cases: which lines its bundled patterns match, and with which fields."""

from functools import cache
from typing import Any

import polars as pl

from stacklens_pipeline.parse.grok import Grok, Library
from tests.conformance.data import cases, reached

SHARE = 232 / 235


@cache
def compiled(pattern: str, naming: str) -> Grok:
    return Library.bundled(naming).compile(pattern)


def outcome(case: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Whether a line matches, and its fields."""
    found = compiled(case["pattern"], case["mode"]).extract(pl.Series([case["input"]]))
    return bool(found.matched[0]), next(found.nested())


def test_bundled_patterns_give_what_logstash_gives() -> None:
    every = cases("grok/logstash_spec_cases.jsonl")
    wrong = [case for case in every if outcome(case) != (case["match"], case.get("fields", {}))]
    reached("grok, Logstash's cases", (f"{c['mode']} {c['pattern']}: {c['input']}" for c in wrong), len(every), SHARE)


def test_many_lines_at_once_give_what_each_gives_by_itself() -> None:
    """Large batches take other forms of a pattern."""
    every = cases("grok/logstash_spec_cases.jsonl")
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for case in every:
        alike.setdefault((case["pattern"], case["mode"]), []).append(case)
    wrong = []
    for (pattern, naming), some in alike.items():
        times = 256 // len(some) + 1
        found = compiled(pattern, naming).extract(pl.Series([case["input"] for case in some] * times))
        given = zip(found.matched.to_list(), found.nested(), strict=True)
        expected = [(case["match"], case.get("fields", {})) for case in some] * times
        wrong += [f"{naming} {pattern}" for one, other in zip(given, expected, strict=True) if one != other]
    reached("grok, many at once", dict.fromkeys(wrong), len(alike), 1.0)
