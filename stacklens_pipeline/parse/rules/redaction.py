"""Redaction: what must not be stored is masked, hashed or dropped, in the body, in addresses and in attributes."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from stacklens_pipeline.parse.rules.attributes import as_text, dump, load, remove

MASK = "***"
TEXTS = ("body", "url_path", "user_id", "client_address")
"""Columns in which patterns are looked for, beside the attributes' values."""
_MARK = "\x00"
"""Stands for what a pattern found; no text of a record holds it."""


@dataclass(frozen=True)
class Redaction:
    """What a pattern finds, or all that stands in some fields, is masked, replaced by a hash of it, or dropped.

    With `before_log` the collector does so, and raw never holds the value; else the parser does.
    """

    name: str
    action: Literal["mask", "hash", "drop"]
    pattern: str | None = None
    fields: tuple[str, ...] = ()
    before_log: bool = False

    def replaced(self, texts: pl.Series) -> pl.Series:
        """The texts, with what the pattern finds in them replaced."""
        assert self.pattern is not None
        if self.action == "hash":
            return _hashed(texts, self.pattern)
        return texts.str.replace_all(self.pattern, MASK if self.action == "mask" else "")

    def instead_of(self, value: str | None) -> str | None:
        """What stands for a whole value."""
        if value is None or self.action == "drop":
            return None
        return MASK if self.action == "mask" else fingerprint(value)


def fingerprint(value: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a value: equal values stay equal, and cannot be read."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def apply_redactions(
    records: pl.DataFrame, redactions: Sequence[Redaction]
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """The records without what must not be stored, and by the redaction's name whether each record has changed."""
    changed = {}
    for each in redactions:
        before = records
        records = _in_attributes(_in_columns(records, each), each)
        changed[each.name] = _differ(before, records)
    return records, changed


def _differ(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """Whether each record has changed in what may be redacted."""
    differ = (pl.lit(after[name].ne_missing(before[name])) for name in (*TEXTS, "attributes"))
    return before.select(pl.any_horizontal(differ)).to_series()


def _in_columns(records: pl.DataFrame, redaction: Redaction) -> pl.DataFrame:
    if redaction.pattern is not None:
        return records.with_columns(redaction.replaced(records[name]) for name in TEXTS)
    named = [name for name in TEXTS if name in redaction.fields]
    return records.with_columns(_each(records[name], redaction.instead_of) for name in named)


def _each(values: pl.Series, function: Callable[[str | None], str | None]) -> pl.Series:
    """A function over the unique values."""
    known = values.unique()
    found = pl.Series([function(value) for value in known], dtype=pl.String)
    return values.replace_strict(known, found, return_dtype=pl.String)


def _in_attributes(records: pl.DataFrame, redaction: Redaction) -> pl.DataFrame:
    loaded = [load(text) for text in records["attributes"]]
    if redaction.pattern is None:
        for attributes in loaded:
            _redact_fields(attributes, redaction)
    else:
        values: list[str] = []
        for attributes in loaded:
            _gather(attributes, values)
        found = iter(redaction.replaced(pl.Series(values, dtype=pl.String)))
        loaded = [_with_values(attributes, found) for attributes in loaded]
    texts = pl.Series("attributes", [dump(attributes) for attributes in loaded], dtype=pl.String)
    return records.with_columns(texts)


def _redact_fields(attributes: dict[str, Any], redaction: Redaction) -> None:
    for name in redaction.fields:
        value = redaction.instead_of(as_text(remove(attributes, name)))
        if value is not None:
            attributes[name] = value


def _is_value(item: Any) -> bool:
    return isinstance(item, str | int | float) and not isinstance(item, bool)


def _gather(item: Any, values: list[str]) -> None:
    """Every text and number in an item, in its order."""
    if isinstance(item, dict):
        for inner in item.values():
            _gather(inner, values)
    elif isinstance(item, list):
        for inner in item:
            _gather(inner, values)
    elif _is_value(item):
        values.append(str(as_text(item)))


def _with_values(item: Any, found: Any) -> Any:
    """The item with the values that are found instead of its own; a number that none has changed stays one."""
    if isinstance(item, dict):
        return {name: _with_values(inner, found) for name, inner in item.items()}
    if isinstance(item, list):
        return [_with_values(inner, found) for inner in item]
    if not _is_value(item):
        return item
    value = next(found)
    return item if value == as_text(item) else value


def _hashed(texts: pl.Series, pattern: str) -> pl.Series:
    """The texts with a hash instead of each match: matches and what stands between them are put together again."""
    is_found = texts.str.contains(pattern).fill_null(False)
    places = is_found.arg_true()
    found = texts.gather(places)
    matches = found.str.extract_all(pattern)
    between = found.str.replace_all(pattern, _MARK).str.split(_MARK)
    hashed = [_joined(parts, of) for parts, of in zip(between, matches, strict=True)]
    return texts.clone().scatter(places, pl.Series(hashed, dtype=pl.String)) if places.len() else texts


def _joined(between: Sequence[str], matches: Sequence[str]) -> str:
    hashes = [*(fingerprint(match) for match in matches), ""]
    return "".join(part + hash for part, hash in zip(between, hashes, strict=True))
