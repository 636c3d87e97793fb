"""The record of one line, as a person reads it."""

import json
from datetime import datetime
from typing import Any

from stacklens_pipeline.parse import parse_lines, pinned
from tests.unit.parse.lines import RECEIVED, raw


def record(line: bytes | object, received: datetime = RECEIVED, **options: Any) -> dict[str, Any]:
    """The only record of a line, its attributes as an object; what is no bytes is written as JSON."""
    written = line if isinstance(line, bytes) else json.dumps(line).encode()
    parsed = parse_lines(raw([written], received), pinned(**options)).parsed
    assert parsed.height == 1
    found = parsed.row(0, named=True)
    return found | {"attributes": json.loads(found["attributes"] or "{}")}


def expect(line: bytes | object, **wanted: Any) -> None:
    """A line's record has these values, and each alike among many."""
    found = record(line)
    assert {name: found[name] for name in wanted} == wanted
