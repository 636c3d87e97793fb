"""Redaction before the event log: what a source's rules mark `before_log`, raw never holds."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from stacklens_pipeline.parse import UNCONFIGURED, Parsers
from stacklens_pipeline.parse.rules.redaction import Redaction

_ANY_BYTES = "latin-1"
"""Has a character for every byte: patterns of ASCII find the same in it as in the text that the bytes may be."""


class Redactor:
    """Redacts lines by their source's rules, and counts by rule the lines that it has changed."""

    def __init__(self, parsers: Parsers = UNCONFIGURED) -> None:
        self.redacted: Counter[str] = Counter()
        self._parsers = parsers
        self._by_source: dict[str, list[Redaction]] = {}

    def __call__(self, source: str, values: Sequence[bytes]) -> Sequence[bytes]:
        """The lines without what must not reach the event log."""
        for redaction in self._of(source):
            values, changed = redacted(values, redaction)
            self.redacted[redaction.name] += changed
        return values

    def _of(self, source: str) -> list[Redaction]:
        if source not in self._by_source:
            redactions = self._parsers.of(source).redactions
            self._by_source[source] = [each for each in redactions if each.before_log]
        return self._by_source[source]


def redacted(values: Sequence[bytes], redaction: Redaction) -> tuple[Sequence[bytes], int]:
    """The lines, and how many of them have changed; those that are not UTF-8 are looked at byte by byte."""
    pairs = [_text(value) for value in values]
    texts = pl.Series([text for text, _ in pairs], dtype=pl.String)
    found = redaction.replaced(texts)
    changed = int((found != texts).sum())
    if not changed:
        return values, 0
    return [text.encode(encoding) for text, (_, encoding) in zip(found, pairs, strict=True)], changed


def _text(value: bytes) -> tuple[str, str]:
    try:
        return value.decode(), "utf-8"
    except UnicodeDecodeError:
        return value.decode(_ANY_BYTES), _ANY_BYTES
