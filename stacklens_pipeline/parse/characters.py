"""Bytes to text: what is not UTF-8 is found without looking at every value by itself, what is no text is left out."""

from collections.abc import Sequence

import polars as pl

TOGETHER = 2_048
"""Values of a column that is not all UTF-8 that are checked as one."""
FEW = 256
"""So many are checked as one when there is something else among them."""

_UNSEEN = ["\x00", "\x1b"]
_ANSI = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|\x00"
"""Sequences that colour a terminal (ECMA-48: CSI, OSC and the short ones), and NUL, which crashed writers leave."""

_NOTHING = pl.Series([b""])


def decoded(values: pl.Series, encoding: str) -> pl.Series:
    """The values as text of an encoding that Python knows; null where they are not."""
    if encoding == "utf-8":
        return utf8(values)
    return pl.Series(values.name, [_decoded(value, encoding) for value in values], dtype=pl.String)


def _decoded(value: bytes | None, encoding: str) -> str | None:
    try:
        return None if value is None else value.decode(encoding)
    except UnicodeDecodeError:
        return None


def utf8(values: pl.Series) -> pl.Series:
    """The values as text; null where they are not UTF-8."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:  # Polars refuses a whole column for one bad value
        return pl.concat([_utf8(chunk) for chunk in values.get_chunks()])


def cleaned(texts: pl.Series) -> pl.Series:
    """The texts without line ends, byte order mark, colours and NULs."""
    # few senders write any of these, and to look for them takes a third of the time of stripping
    if texts.str.contains_any(_UNSEEN).any():
        texts = texts.str.replace_all(_ANSI, "")
    if (texts.str.ends_with("\n") | texts.str.ends_with("\r")).any():
        texts = texts.str.strip_chars_end("\r\n")
    return texts.str.strip_prefix("\ufeff") if texts.str.starts_with("\ufeff").any() else texts


def _utf8(values: pl.Series) -> pl.Series:
    """Of one chunk, which is a batch of the event log: most senders never send a bad byte."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:
        bad = _not_utf8(values, TOGETHER)
    return values.clone().scatter(bad, [b""] * len(bad)).cast(pl.String).scatter(bad, None)


def _not_utf8(values: pl.Series, together: int) -> list[int]:
    """Where the values are that are not UTF-8."""
    return [
        start + place
        for start in range(0, values.len(), together)
        for place in _not_utf8_of(values.slice(start, together), together)
    ]


def _not_utf8_of(part: pl.Series, together: int) -> Sequence[int]:
    try:
        # a copy, since a slice shares the memory of its column, which would be checked as a whole
        (part + _NOTHING).cast(pl.String)
    except pl.exceptions.ComputeError:
        return _not_utf8(part, FEW) if together > FEW else _not_utf8_each(part)
    return ()


def _not_utf8_each(part: pl.Series) -> list[int]:
    return [place for place, value in enumerate(part.to_list()) if not _is_utf8(value)]


def _is_utf8(value: bytes | None) -> bool:
    try:
        return value is None or value.decode() is not None
    except UnicodeDecodeError:
        return False
