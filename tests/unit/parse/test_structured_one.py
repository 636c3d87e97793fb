"""Structured data one by one: what was written comes back, and what breaks a rule is told and read all the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.structured_one import read_structured
from tests.unit.parse.structured_data import objects, written


@given(objects, st.text(max_size=5))
def test_what_was_written_comes_back(elements: dict[str, dict[str, str]], body: str) -> None:
    found = read_structured(f"{written(elements)} {body}")
    assert (json.loads(found.json or ""), found.body, found.problem) == (elements, body, None)


@given(st.text(st.sampled_from('[] ="\\a-'), max_size=12))
def test_any_text_is_read_and_none_of_it_is_lost(text: str) -> None:
    found = read_structured(text)
    assert text.endswith(found.body)
    assert found.json is None or json.loads(found.json)
    if found.problem is None:
        rewritten = written(json.loads(found.json)) if found.json else "-"
        assert len(f"{rewritten} {found.body}".strip()) <= len(text)


@pytest.mark.parametrize(
    ("text", "elements", "body"),
    [
        ('[a b="]ok"] said', {"a": {"b": "]ok"}}, "said"),
        ('[a b= "c" d="e"] said', {"a": {"b": "c", "d": "e"}}, "said"),
        ("[a b= c=d] said", {"a": {"b": "", "c": "d"}}, "said"),
        ("[foo bar=baz] said", {"foo": {"bar": "baz"}}, "said"),
        ('[ a  b="c" ] said', {"a": {"b": "c"}}, "said"),
        (r'[a b="c\d"] said', {"a": {"b": r"c\d"}}, "said"),
        ('[a b="c"][a d="e"] said', {"a": {"b": "c", "d": "e"}}, "said"),
        ('[a b="c"]said', {"a": {"b": "c"}}, "said"),
        (f'[{"a" * 33} b="c"] said', {"a" * 33: {"b": "c"}}, "said"),
        ('[a é="c"] said', {"a": {"é": "c"}}, "said"),
        ('[a b="c"][d e="f] said', {"a": {"b": "c"}}, '[d e="f] said'),
        ('[a b=""c"] said', None, '[a b=""c"] said'),
        (r'[a b="\"] said', None, r'[a b="\"] said'),
        ("[] said", None, "[] said"),
        ("said", None, "said"),
        ("", None, ""),
    ],
)
def test_what_breaks_a_rule(text: str, elements: dict[str, dict[str, str]] | None, body: str) -> None:
    found = read_structured(text)
    assert (json.loads(found.json) if found.json else None, found.body) == (elements, body)
    assert found.problem


def test_a_name_that_stands_twice_in_an_element_breaks_none() -> None:
    assert read_structured('[a b="c" b="d"]') == ('{"a":{"b":"d"}}', "", None)


def test_a_sentence_shows_the_beginning_of_what_is_wrong() -> None:
    assert (
        read_structured("[" * 100).problem
        == f"an element of STRUCTURED-DATA is not as RFC 5424 writes it: `{'[' * 40}`"
    )
