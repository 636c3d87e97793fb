"""Each trap is warned of, with a reason and what to do, and a pattern without one is not."""

import pytest

from stacklens_pipeline.parse.grok import Library
from stacklens_pipeline.parse.grok.lint import lint

LIBRARY = Library.bundled("ecs-v1")


def kinds(pattern: str, **own: str) -> list[str]:
    return [finding.warning for finding in lint(pattern, LIBRARY.with_definitions(own), own)]


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("%{WORD:a}", "unanchored"),
        ("^%{GREEDYDATA:a}: %{WORD:b}", "greedy_in_the_middle"),
        ("^(?<a>.*) %{WORD:b}", "greedy_in_the_middle"),
        ("^%{DATA:a}[^x]", "data_without_end"),
        ("^%{GREEDYDATA:a} %{GREEDYDATA:b}", "several_greedy"),
        ("^(a+)+$", "nested_repetition"),
        ("^(?:[a-z]*|x)*$", "nested_repetition"),
        ("^(?:|a)b", "empty_alternative"),
        ("^(?:ab|cd|ab)", "repeated_alternative"),
        ("^(?:Den|Denied)", "shadowed_alternative"),
        ("^%{WORD:a} %{WORD:a}", "captured_twice"),
        ("^(?:%{INT:a:int}|%{WORD:a})", "typed_differently"),
        ("^%{WORD:a} %{WORD:[a][b]}", "field_within_field"),
        ("^%{INT:a:flot}", "unknown_type"),
        (r"^(?<q>.)\k<q>", "slow_path"),
    ],
)
def test_traps_are_warned_of(pattern: str, kind: str) -> None:
    (finding,) = [finding for finding in lint(pattern, LIBRARY) if finding.warning == kind]
    assert finding.reason
    assert finding.suggestion
    assert finding.where


@pytest.mark.parametrize(
    "pattern",
    [
        "^%{IP:client} %{WORD:method} %{NOTSPACE:path} %{NUMBER:ms:float} %{GREEDYDATA:rest}",
        "^%{COMBINEDAPACHELOG}$",
        r"^\[%{DATA:thread}\] (?:a|b|)$",
        r"\A(?:Denied|Den) (?:[a-z]+,)*x",
    ],
)
def test_good_patterns_are_not(pattern: str) -> None:
    assert kinds(pattern) == []


def test_definitions_that_the_pattern_does_not_use_are_named() -> None:
    assert kinds("^%{A}$", A="%{B}", B="x", C="y") == ["unused_definition"]


def test_why_a_pattern_is_slow_is_said_for_those_texts_only_that_are() -> None:
    (finding,) = [f for f in lint("^%{SYSLOGLINE}", Library.bundled("legacy")) if f.warning == "slow_path"]
    assert "texts with IPv6 addresses" in finding.reason
