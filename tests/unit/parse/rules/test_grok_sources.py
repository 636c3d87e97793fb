"""Sources that are read by Grok: fields become columns and attributes, limits make dead letters, patterns travel."""

import json
import pickle
from pathlib import Path

import polars as pl
import pytest

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.rules.load import parsers_of, read_parsers
from tests.unit.parse.lines import raw


def parsers(grok: str) -> object:
    return parsers_of((("parsers.yaml", f"sources:\n  - source: unit\n    format: {{grok: {{{grok}}}}}\n"),))


def parse(grok: str, *lines: bytes) -> pl.DataFrame:
    return parse_lines(raw(lines), parsers(grok)).parsed.sort("offset")  # type: ignore[arg-type]


def test_fields_are_columns_and_attributes() -> None:
    request = "%{IP:client_ip} %{WORD:method} %{URIPATHPARAM:path} %{NUMBER:status:int} %{NUMBER:n:float}"
    grok = f"patterns: ['{request} %{{GREEDYDATA:message}}', '%{{WORD:level}}: %{{GREEDYDATA:[event][text]}}']"
    found = parse(grok, b"192.0.2.1 GET /a?b=c 503 1.5 it is said", b"ERROR: again", b"?")
    assert found.select("client_address", "http_method", "url_path", "http_status", "body", "format").row(0) == (
        "192.0.2.1",
        "GET",
        "/a",
        503,
        "it is said",
        "grok",
    )
    assert json.loads(found["attributes"][0])["n"] == 1.5
    assert found.select("level", "level_source", "format").row(1) == ("ERROR", "field", "grok")
    assert json.loads(found["attributes"][1]) == {"event.text": "again"}
    assert found.select("format", "body").row(2) == ("text", "?")


def test_a_field_that_is_captured_twice_is_a_list_and_one_that_cannot_be_cast_its_text() -> None:
    found = parse("patterns: ['(%{WORD:w} )+%{WORD:w} %{NOTSPACE:n:int}']", b"a b x", b"a b 7")
    first, second = (json.loads(text) for text in found["attributes"])
    assert (first["n"], second["n"]) == ("x", 7) or first["n"] == 0
    assert isinstance(first["w"], list)


@pytest.mark.parametrize(
    ("grok", "reason"),
    [
        ("patterns: ['%{GREEDYDATA:message}'], longest_chars: 10", "over_length"),
        (r"patterns: ['(?<q>a*?)*\k<q>(a|aa)+$'], budget_ms: 20", "over_budget"),
    ],
)
def test_a_line_beyond_the_limits_is_a_dead_letter_and_the_others_go_on(grok: str, reason: str) -> None:
    result = parse_lines(raw([b"aa", b"a" * 60 + b"b", b"aa"]), parsers(grok))  # type: ignore[arg-type]
    assert result.rejected.select("offset", "reason").rows() == [(1, reason)]
    assert result.parsed["offset"].sort().to_list() == [0, 2]
    assert result.line_records["offset"].to_list() == [0, 2]


def test_patterns_of_a_folder_travel_with_the_parsers(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "shop").write_text("ORDER order-[0-9]+\n")
    path = tmp_path / "parsers.yaml"
    grok = "{patterns: ['%{ORDER:order} %{OWN:own}'], directory: mine, definitions: {OWN: '[a-c]+'}}"
    path.write_text(f"sources:\n  - source: unit\n    format: {{grok: {grok}}}\n")
    made = read_parsers(path)
    sent = pickle.dumps(made)
    (tmp_path / "mine" / "shop").write_text("ORDER another\n")
    other = read_parsers(path)
    assert other.version != made.version
    for each in (made, pickle.loads(sent)):
        found = parse_lines(raw([b"order-12 abc"]), each).parsed
        assert json.loads(found["attributes"][0]) == {"order": "order-12", "own": "abc"}
        assert each.version == made.version


@pytest.mark.parametrize(
    ("grok", "problem"),
    [
        ("{}", "line 3: this format needs: `patterns`"),
        ("{patterns: ['%{NOWHERE:x}']}", "NOWHERE"),
        ("{patterns: ['(']}", "line 3"),
        ("{patterns: [a], naming: v2}", "unknown naming"),
        ("{patterns: [a], directory: nowhere}", "there is no such folder"),
    ],
)
def test_what_is_wrong_is_said_at_load(grok: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        parsers_of((("parsers.yaml", f"sources:\n  - source: unit\n    format: {{grok: {grok}}}\n"),))
