"""What containers' runtimes wrap is parsed as if it had come by itself, and parts of long lines are one line again."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse import parse_lines
from stacklens_pipeline.parse.batch import Parsed
from tests.unit.parse.lines import EXAMPLES, raw

AT = "2026-01-02T03:04:00.5Z"
INSTANT = datetime(2026, 1, 2, 3, 4, 0, 500_000, UTC)


def docker(text: str, stream: str = "stdout", **more: object) -> bytes:
    return json.dumps({"log": text, "stream": stream, **more, "time": AT}, separators=(",", ":")).encode()


def cri(text: str, part: str = "F") -> bytes:
    return f"2026-01-02T03:04:00.500000000Z stderr {part} {text}".encode()


def parsed(*lines: bytes) -> Parsed:
    return parse_lines(raw(lines))


def same_but(found: pl.DataFrame, expected: pl.DataFrame, *names: str) -> bool:
    return found.drop(names).equals(expected.drop(names))


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("wrap", [lambda text: docker(text + "\n"), cri], ids=["docker", "cri"])
def test_a_wrapped_line_is_the_record_that_it_is_alone(name: str, wrap: object) -> None:
    text = EXAMPLES[name].decode()
    found, alone = parsed(wrap(text)).parsed, parsed(EXAMPLES[name]).parsed  # type: ignore[operator]
    assert same_but(found, alone, "attributes", *(("timestamp", "timestamp_source") if _has_no_time(alone) else ()))
    attributes = json.loads(found["attributes"][0])
    assert attributes.pop("log.iostream") in ("stdout", "stderr")
    assert attributes == json.loads(alone["attributes"][0] or "{}")


def _has_no_time(record: pl.DataFrame) -> bool:
    return bool(record["timestamp_source"][0] == "observed")


@pytest.mark.parametrize("line", [docker("words\n"), docker("words\n", attrs={"tag": "x"}), cri("words")])
def test_the_wrapper_gives_the_time_of_a_line_without_one(line: bytes) -> None:
    record = parsed(line).parsed.row(0, named=True)
    assert (record["body"], record["timestamp"], record["timestamp_source"]) == ("words", INSTANT, "container")


@given(st.text(st.characters(exclude_characters="\n\r\0\x1b\ufeff", exclude_categories=["Cs"]), min_size=1))
def test_docker_escapes_are_undone(text: str) -> None:
    text = f"words {text}."
    assert parsed(docker(text + "\n")).parsed["body"].to_list() == [text]


@pytest.mark.parametrize(
    "lines",
    [
        [docker('2026-01-02 03:04:05 ERROR one "'), docker('two" '), docker("three\n")],
        [cri('2026-01-02 03:04:05 ERROR one "', "P"), cri('two" ', "P"), cri("three")],
    ],
)
def test_parts_of_a_long_line_are_one_record(lines: list[bytes]) -> None:
    result = parsed(cri("before"), *lines, cri("after"))
    assert result.parsed["body"].to_list() == ["before", 'one "two" three', "after"]
    assert result.parsed["raw_messages"].to_list() == [1, 3, 1]
    assert result.line_records["records"].to_list() == [1, 1, 0, 0, 1]


def test_a_json_line_that_was_cut_is_parsed_as_a_whole() -> None:
    text = json.dumps({"level": "error", "msg": "x" * 20_000, "service": "pay"})
    record = parsed(docker(text[:16_384]), docker(text[16_384:] + "\n")).parsed.row(0, named=True)
    assert (record["format"], record["level"], record["service_name"]) == ("json", "ERROR", "pay")
    assert len(record["body"]) == 20_000


def test_a_wrapped_stack_trace_is_assembled() -> None:
    trace = ["2026-01-02 03:04:05 ERROR it failed", "java.lang.X: no", "\tat a.B.c(D.java:1)", "Caused by: y"]
    result = parsed(*(cri(line) for line in trace), cri("2026-01-02 03:04:06 INFO next"))
    assert result.parsed["raw_messages"].sum() == 5
    assert result.parsed["body"][-1] == "next"


@pytest.mark.parametrize(
    "line",
    [
        b'{"log":"x","stream":"other","time":"2026-01-02T03:04:00Z"}',
        b'{"log":"x","level":"error"}',
        b'{"log":"\\ud800\\n","stream":"stdout","time":"2026-01-02T03:04:00Z"}',
        b'{"log":"x',
        b"2026-01-02T03:04:00.5Z stdout X y",
    ],
)
def test_what_only_looks_like_a_wrapper_stays_as_it_is(line: bytes) -> None:
    result = parsed(line)
    assert result.parsed.height == 1
    assert "log.iostream" not in json.loads(result.parsed["attributes"][0] or "{}")
