"""Values of rows as text and as JSON, whatever type a parser or DuckDB gives them."""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import orjson

LARGEST_INTEGER = 2**64 - 1
"""The largest that our JSON holds as a number, as most readers do."""


def rfc3339(at: datetime) -> str:
    """A UTC time with microseconds where it has any; a time without a zone counts as UTC.

    >>> rfc3339(datetime(2026, 11, 24, 4, 0, 0, 5000, tzinfo=UTC)), rfc3339(datetime(2026, 11, 24))
    ('2026-11-24T04:00:00.005000Z', '2026-11-24T00:00:00Z')
    """
    utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return utc.isoformat().replace("+00:00", "Z")


def as_json(row: Mapping[str, object]) -> bytes:
    """A row as a JSON object; see `plain` for values that JSON does not have."""
    try:
        return orjson.dumps(row, default=plain, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError:  # a large integer or a key that is no text: rare, so that it may cost more
        return orjson.dumps(_deeply_plain(row))


def plain(value: object) -> object:
    """The nearest that JSON has to a value: a number, a list, an object or a text.

    Bytes are their text where they are UTF-8, else base64; a decimal that no float holds exactly is a text.

    >>> plain(b"line"), plain(bytes([255])), plain(Decimal("1.50")), plain(date(2026, 11, 24)), plain(2**70)
    ('line', '/w==', 1.5, '2026-11-24', '1180591620717411303424')
    """
    match value:
        case None | bool() | str() | float():
            return value
        case int():
            return value if -(2**63) <= value <= LARGEST_INTEGER else str(value)
        case bytes():
            return _text_of_bytes(value)
        case datetime():
            return rfc3339(value)
        case date() | time():
            return value.isoformat()
        case Decimal():
            return float(value) if Decimal(repr(float(value))) == value else str(value)
        case tuple() | set():
            return list(value)
        case _:
            return str(value)


def as_text(value: object) -> str:
    """A value as a person reads it in a table; nothing for null, JSON for lists and objects.

    >>> as_text(None), as_text(b"line"), as_text([1, b"a"]), as_text(datetime(2026, 11, 24)), as_text(Decimal("1.50"))
    ('', 'line', '[1,"a"]', '2026-11-24T00:00:00Z', '1.50')
    """
    match value:
        case None:
            return ""
        case bytes():
            return _text_of_bytes(value)
        case datetime():
            return rfc3339(value)
        case dict() | list() | tuple():
            return orjson.dumps(_deeply_plain(value)).decode()
        case _:
            return str(value)


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _deeply_plain(value: object) -> Any:
    match value:
        case Mapping():
            return {as_text(key): _deeply_plain(inner) for key, inner in value.items()}
        case list() | tuple() | set():
            return [_deeply_plain(inner) for inner in value]
        case _:
            return plain(value)
