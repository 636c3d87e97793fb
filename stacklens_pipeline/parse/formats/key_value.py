"""Pairs of keys and values of one line: what the pairs mean, however they are written.

And the formats of lines with other marks than logfmt's, for sources that are said to write them.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Literal

import orjson
import polars as pl

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.fields import ALIASES, Shapes, in_order_of_index
from stacklens_pipeline.parse.formats.json import object_records, without_garbage_collection
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.pairs import joined
from stacklens_pipeline.parse.formats.text import parse_text

Value = str | Literal[True]
Item = dict[str, str | bool | list[str]]
ReadPairs = Callable[[str], list[tuple[str, Value]] | None]
"""The pairs of a line in order, True for a word without a value; None when it is no such line."""


def pair_fields(texts: pl.DataFrame, read: ReadPairs) -> tuple[pl.DataFrame, list[int]]:
    """Fields of `index` and `text` one by one, as `Shapes.frame` gives them, and the indices of what has no pairs."""
    shapes, none, apart = Shapes(), list[int](), dict[int, str]()
    with without_garbage_collection():
        for index, text in texts.select("index", "text").iter_rows():
            item, lists = as_item(read(text) or ())
            shapes.add(index, item)
            if lists:
                apart[index] = orjson.dumps(lists).decode()
            if not item:
                none.append(index)
    return _with_attributes(shapes.frame(), apart), none


def pair_records(lines: pl.DataFrame, fields: pl.DataFrame, none: list[int], timezone: str) -> pl.DataFrame:
    """Records of the lines from their fields, in order; those without pairs are text with their whole body."""
    records = _with_times(object_records(lines, fields, timezone))
    if not none:
        return records
    is_text = pl.repeat(False, lines.height, dtype=pl.Boolean, eager=True).scatter(none, True)
    others = parse_text(lines.filter(is_text).with_columns(pl.lit("text").alias("format")), timezone)
    return pl.concat([records.filter(~is_text), others], how="diagonal_relaxed")


def _with_times(records: pl.DataFrame) -> pl.DataFrame:
    """Records, none of which has `service=18ms` for its service: so Heroku's router writes how long one took."""
    if not records["service_name"].unique().str.contains(_TOOK).any():
        return records
    is_free = ~records["attributes"].str.contains('"service":', literal=True).fill_null(False)
    is_time = records["service_name"].str.contains(_TOOK).fill_null(False) & is_free
    took = records["service_name"].set(~is_time, None)
    return records.with_columns(
        pl.when(~is_time).then("service_name").alias("service_name"),
        pl.coalesce("duration_ms", took.str.strip_suffix("ms")).alias("duration_ms"),
        joined(records["attributes"], json_object({"service": took})).alias("attributes"),
    )


_TOOK = r"^[0-9]+(?:\.[0-9]+)?ms$"


def _with_attributes(fields: pl.DataFrame, more: dict[int, str]) -> pl.DataFrame:
    if not more:
        return fields
    objects = pl.DataFrame(
        {"index": more.keys(), "more": more.values()}, schema={"index": pl.UInt32, "more": pl.String}
    )
    both = fields.join(objects, on="index", how="left", maintain_order="left")
    return both.with_columns(joined(both["attributes"], both["more"]).alias("attributes")).drop("more")


def as_item(pairs: Sequence[tuple[str, Value]]) -> tuple[Item, dict[str, list[str]]]:
    """An object of the pairs, and what it has no room for.

    A key that stands twice becomes a list of its values; where the key is a column, that takes the first value, and the
    list comes apart. A word without a value counts only when its key has none at all.
    """
    item: Item = dict(pairs)
    if len(item) == len(pairs):
        return item, {}
    item = {}
    for name, value in pairs:
        old = item.get(name)
        if old is None or old is True:
            item[name] = value
        elif isinstance(old, list) and isinstance(value, str):
            old.append(value)
        elif isinstance(old, str) and isinstance(value, str):
            item[name] = [old, value]
    lists = {name: value for name, value in item.items() if isinstance(value, list) and name in ALIASES}
    if not lists:
        return item, {}
    winners = {ALIASES[name]: name for name in reversed(item) if name in ALIASES}
    apart = {name: values for name, values in lists.items() if winners[ALIASES[name]] == name}
    return item | {name: values[0] for name, values in apart.items()}, apart


def key_value_format(name: str, *, pair: str, field: str) -> Format:
    """The format of `key=value` lines with `pair` in place of `=`, and `field` between them, for sources that say so.

    Keys and values may stand in quotation marks, values in single ones; blanks around the marks do not count, and a
    word without a value is true. Raises ConfigurationError when a mark is empty, or begins with the other.
    """
    if not pair or not field:
        raise ConfigurationError(f"the marks of key=value lines are not empty: `{pair or field}`")
    if pair.startswith(field) or field.startswith(pair):
        raise ConfigurationError(f"one mark of key=value lines begins with the other: `{pair}` and `{field}`")
    return Format(name, partial(_parse, read=partial(read_pairs, pair=pair, field=field)))


def _parse(lines: pl.DataFrame, timezone: str, read: ReadPairs) -> pl.DataFrame:
    fields, none = pair_fields(lines.select("text").with_row_index("index"), read)
    return pair_records(lines, in_order_of_index(fields), none, timezone)


def read_pairs(text: str, pair: str, field: str) -> list[tuple[str, Value]] | None:
    """The pairs of a line, one after another to its end; None for a line without any value.

    Where pairs stand apart by blanks, one behind the key's mark begins a value only when there is one before it too:
    `a= b=c` has an empty value, and `a = b` has none.
    """
    text, at, pairs = text.strip(), 0, list[tuple[str, Value]]()
    while at < len(text):
        key, behind = _key(text, at, pair, field)
        mark = _after_blanks(text, behind)
        value: Value = True
        if key and text.startswith(pair, mark):
            start = mark + len(pair)
            is_apart = field.strip(" \t") or mark > behind
            value, behind = _value(text, _after_blanks(text, start) if is_apart else start, field)
        elif not key:  # the line goes on with the mark of a key that is missing
            key, behind = _until(text, at, field)
        if key:
            pairs.append((key, value))
        at = _after_blanks(text, behind)
        at = _after_blanks(text, at + len(field)) if text.startswith(field, at) else at
    return pairs if any(value is not True for _, value in pairs) else None


def _key(text: str, at: int, pair: str, field: str) -> tuple[str, int]:
    quoted = QUOTED.match(text, at)
    if quoted and text.startswith(pair, _after_blanks(text, quoted.end())):
        return unescaped(quoted[1], '"'), quoted.end()
    end = _either(pair, field).search(text, at)
    key = text[at : end.start() if end else len(text)].rstrip()
    return key, at + len(key)


@cache
def _either(pair: str, field: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(pair)}|{re.escape(field)}")


def _value(text: str, at: int, field: str) -> tuple[str, int]:
    for quote, pattern in (('"', QUOTED), ("'", SINGLE_QUOTED)):
        found = pattern.match(text, at)
        if found and _ends(text, found.end(), field):
            return unescaped(found[1], quote), found.end()
    return _until(text, at, field)


def _ends(text: str, at: int, field: str) -> bool:
    """Whether a value may end here."""
    behind = _after_blanks(text, at)
    return behind == len(text) or text.startswith(field, at) or text.startswith(field, behind)


def _until(text: str, at: int, field: str) -> tuple[str, int]:
    """The text up to the mark between pairs."""
    end = text.find(field, at)
    value = text[at : end if end >= 0 else len(text)].rstrip()
    return value, at + len(value)


_BLANKS = re.compile(r"[ \t]*")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
SINGLE_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPED = {quote: re.compile(rf"\\([{quote}\\])") for quote in ("'", '"')}


def _after_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def unescaped(text: str, quote: str) -> str:
    """What stood between quotation marks: backslashes before others than those and each other are kept."""
    return _ESCAPED[quote].sub(r"\1", text) if "\\" in text else text
