"""JSON objects as text to dictionaries and back, without losing what other readers lose.

Most texts are read by orjson. What it refuses or would change is read by Python's parser, which is told what to do:

- an integer of more than 64 bits keeps its digits (`Digits`);
- a number that Python does not hold, and `NaN` and `Infinity`, which it writes, become texts as they stand;
- of a key that stands twice the last value counts, and those before it are kept in a member `_duplicates`;
- half of a surrogate pair is U+FFFD; control characters may stand in a text; `\\x22`, as nginx writes, is that byte;
- what is nested deeper than `MOST_DEPTH` becomes a text, which holds that part as it stood.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

import orjson

MOST_DEPTH = 128
"""Deeper than most readers go: many stop at 128 levels, and orjson writes no more than 254."""

MOST_FIELDS = 1_000
"""So many fields of a record, nested ones counted, stay by themselves: Elasticsearch's limit of an index as well, so
that what others take is taken as it is."""

SPILLED, DUPLICATES = "_spilled", "_duplicates"

_LONGEST_NUMBER = 4_300
"""Python reads no integer of more digits."""

_LARGEST = 2.0**63
"""From here on a float may be what orjson makes of an integer of more than 64 bits."""

Item = dict[str, Any]


class Digits:
    """A number that is written as it stands."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digits) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def load(text: str, *, exactly: bool = False) -> Item | None:
    """The object that a text is; None when it is none."""
    if exactly:
        return _exactly(text)
    try:
        item = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _exactly(text)
    if type(item) is not dict:
        return None
    try:
        count = count_fields(item, largest=_LARGEST)
    except _UnlikeError:
        return _exactly(text)
    # more names than keys: one stands twice, or is one that is counted wrongly
    if count == text.count('":') or count == text.count('":') - text.count('\\":'):
        return item
    return _exactly(text)


def dump(item: Item) -> str:
    """An object as JSON; what is more than `MOST_FIELDS` is one text, `_spilled`."""
    text = orjson.dumps(item, default=_fragment).decode()
    # a field takes five characters at least
    if len(text) < 5 * MOST_FIELDS or count_fields(item) <= MOST_FIELDS:
        return text
    return _spilled(item)


def rewritten(text: str) -> str:
    """JSON as `dump` writes it, which is one way of several: `1.50` is `1.5`, and `\\u00e9` is `é`."""
    return orjson.dumps(_DECODER.decode(text), default=_fragment).decode()


def _spilled(item: Item) -> str:
    """The first fields of an object as JSON, and those that do not fit as the text of an object in `_spilled`."""
    kept: Item = {}
    spilled: Item = {}
    count = 1
    for name, value in item.items():
        more = 1 + _count((value,), 1, math.inf)
        if count + more <= MOST_FIELDS and name != SPILLED:
            kept[name] = value
            count += more
        else:
            spilled[name] = value
    text = orjson.dumps(spilled, default=_fragment).decode()
    return orjson.dumps({**kept, SPILLED: text}, default=_fragment).decode()


class _UnlikeError(Exception):
    """An object that orjson has read other than it was written, or that is nested too deep."""


def count_fields(item: Item, depth: int = 1, largest: float = math.inf) -> int:
    """How many keys an object has, nested ones counted."""
    if depth > MOST_DEPTH:
        raise _UnlikeError
    return len(item) + _count(item.values(), depth, largest)


def _count(values: Iterable[Any], depth: int, largest: float) -> int:
    """How many keys there are in values of objects; refuses floats that are as large as that."""
    count = 0
    for value in values:
        kind = type(value)
        if kind is str or kind is int:
            continue
        if kind is dict:
            count += count_fields(value, depth + 1, largest)
        elif kind is list and value:
            if depth >= MOST_DEPTH:
                raise _UnlikeError
            count += _count(value, depth + 1, largest)
        elif kind is float and not -largest < value < largest:
            raise _UnlikeError
    return count


def _fragment(value: Any) -> Any:
    if isinstance(value, Digits):
        return orjson.Fragment(value.text)
    raise TypeError


_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+|\\[^x]")
_SURROGATE = re.compile(
    r"((?:\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})+)|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def _exactly(text: str) -> Item | None:
    """The object that Python's parser finds."""
    if "\\x" in text:
        text = _BYTES.sub(_decoded, text)
    if "\\ud" in text or "\\uD" in text:
        text = _SURROGATE.sub(lambda found: found[1] or "\ufffd", text)
    if text.count("{") + text.count("[") > MOST_DEPTH:
        text = _shallow(text)
    try:
        item = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return item if isinstance(item, dict) else None


def _decoded(found: re.Match[str]) -> str:
    """Bytes that are written in hexadecimal, as JSON writes the characters that they are."""
    if not found[0].startswith("\\x"):
        return found[0]
    return json.dumps(bytes.fromhex(found[0].replace("\\x", "")).decode(errors="replace"))[1:-1]


_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def _shallow(text: str) -> str:
    """The text of an object in which what is nested too deep is a text."""
    parts, depth, since, start = [], 0, 0, 0
    for sign in _SIGN.finditer(text):
        if sign[0] in "[{":
            depth += 1
            if depth == MOST_DEPTH + 1:
                start = sign.start()
        elif sign[0] in "]}":
            depth -= 1
            if depth == MOST_DEPTH:
                parts += [text[since:start], json.dumps(text[start : sign.end()])]
                since = sign.end()
    return "".join([*parts, text[since:]])


def _integer(digits: str) -> int | Digits | str:
    if len(digits) < 19:
        return int(digits)
    if len(digits) > _LONGEST_NUMBER:
        return digits
    return number if -(2**63) <= (number := int(digits)) < 2**64 else Digits(digits)


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _object(pairs: list[tuple[str, Any]]) -> Item:
    item = dict(pairs)
    if len(item) == len(pairs):
        return item
    before: dict[str, list[Any]] = {}
    last = {key: place for place, (key, _) in enumerate(pairs)}
    for place, (key, value) in enumerate(pairs):
        if last[key] != place:
            before.setdefault(key, []).append(value)
    if DUPLICATES in item:
        before.setdefault(DUPLICATES, []).append(item[DUPLICATES])
    return {**item, DUPLICATES: before}


_DECODER = json.JSONDecoder(
    strict=False, parse_int=_integer, parse_float=_float, parse_constant=str, object_pairs_hook=_object
)
