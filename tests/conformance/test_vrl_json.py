"""Objects that Vector's `parse_json` takes or refuses, with the depth from which on it keeps text."""

from typing import Any

import orjson
import pytest

from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.formats import json_text
from tests.conformance.data import cases, reached
from tests.unit.parse.lines import raw

DEEPEST = 127
"""What Vector takes for a depth; a larger one is an error of its caller, not of the text."""


def _is_about_an_object(case: dict[str, Any]) -> bool:
    args = case.get("args", {})
    return str(args.get("value", "")).startswith("{") and args.get("max_depth", 1) <= DEEPEST


def _is_wrong(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> bool:
    with monkeypatch.context() as patch:
        patch.setattr(json_text, "MOST_DEPTH", case["args"].get("max_depth", DEEPEST))
        record = parse_lines(raw([case["args"]["value"].encode()])).parsed.row(0, named=True)
    if "error" in case:
        return record["format"] != "text" or record["body"] != case["args"]["value"]
    return record["format"] != "json" or orjson.loads(record["attributes"]) != case["expect"]


def test_objects_as_vector_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [c for c in cases("vrl-parsers/cases.jsonl") if c["function"] == "parse_json" and _is_about_an_object(c)]
    wrong = [case for case in objects if _is_wrong(case, monkeypatch)]
    reached("JSON objects of Vector", wrong, len(objects), 1.0)
