"""Logs of two Kafka brokers, with traces: each record begins with a dated line, and no line is lost."""

import re

import orjson
import polars as pl
import pytest

from stacklens_pipeline.filters import opened
from stacklens_pipeline.parse import parse_lines
from tests.conformance.data import path
from tests.unit.parse.lines import raw

DATED = re.compile(rb"\[2016-12-[0-9]{2} [0-9:]{8},[0-9]{3}\] ")


def lines(broker: str) -> list[tuple[str, bytes]]:
    """Every line with the file that it stands in."""
    found = []
    for file in sorted(path(f"kafka-logs/{broker}").iterdir()):
        with opened(str(file)) as stream:
            found += [(file.name, line) for line in stream.read().splitlines()]
    return found


@pytest.mark.parametrize("broker", ["kafka0", "kafka1"])
def test_each_record_begins_with_a_dated_line_and_nothing_is_lost(broker: str) -> None:
    files, texts = zip(*lines(broker), strict=True)
    frame = raw(list(texts)).with_columns(pl.Series("key", [file.encode() for file in files]))
    result = parse_lines(frame)
    assert result.rejected.is_empty()
    assert result.parsed["raw_messages"].sum() == len(texts)
    starts = [offset for offset, text in enumerate(texts) if DATED.match(text)]
    assert sorted(result.parsed["offset"]) == starts
    assert set(result.parsed["format"]) == {"kafka"}
    assert not set(result.parsed["level"]) - {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}


def test_traces_name_their_exceptions_and_every_record_its_class() -> None:
    files, texts = zip(*lines("kafka0"), strict=True)
    frame = raw(list(texts)).with_columns(pl.Series("key", [file.encode() for file in files]))
    found = [orjson.loads(text) for text in parse_lines(frame).parsed["attributes"]]
    assert all(attributes.get("log.logger") for attributes in found)
    thrown = [attributes["exception.type"] for attributes in found if "exception.type" in attributes]
    assert len(thrown) == sum(text.startswith((b"java.", b"kafka.", b"org.")) for text in texts)
    assert "java.io.IOException" in thrown
