"""Bytes to text: what is not UTF-8 is found without looking at every value by itself."""

import polars as pl

TOGETHER = 256
"""Values that are decoded as one when a column is not all UTF-8."""


def utf8(values: pl.Series) -> pl.Series:
    """The values as text; null where they are not UTF-8."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:  # Polars refuses a whole column for one bad value
        return pl.concat([_utf8(chunk) for chunk in values.get_chunks()])


def _utf8(values: pl.Series) -> pl.Series:
    """Of one chunk, which is a batch of the event log: most senders never send a bad byte."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:
        is_text = pl.Series(_are_utf8(values.to_list()), dtype=pl.Boolean)
    blanked = pl.select(pl.when(is_text).then(values).otherwise(pl.lit(b""))).to_series()
    return pl.select(pl.when(is_text).then(blanked.cast(pl.String))).to_series()


def _are_utf8(values: list[bytes | None]) -> list[bool]:
    found: list[bool] = []
    for start in range(0, len(values), TOGETHER):
        part = [value or b"" for value in values[start : start + TOGETHER]]
        # the separator keeps a value that is cut inside a character from being completed by the next one
        found += [True] * len(part) if _is_utf8(b"\n".join(part)) else map(_is_utf8, part)
    return found


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
