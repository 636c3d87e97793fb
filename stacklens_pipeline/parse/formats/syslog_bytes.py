"""Syslog messages that are not UTF-8: RFC 5424 lets MSG be in any encoding, and older senders write what they have.

What can be read as UTF-8 is, since long messages are cut within a character too; every other byte becomes the character
that Windows-1252 has for it, or else Latin-1. Source: RFC 5424, section 6.4.
"""

from collections.abc import Sequence

import polars as pl

from stacklens_pipeline.parse.formats.base import Format


def _character(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_CHARACTERS = {0xDC00 + byte: _character(byte) for byte in range(0x80, 0x100)}
"""What Python reads a byte as that is no UTF-8 -> the character that it becomes."""


def with_other_encodings(texts: pl.Series, values: pl.Series, syslog: Sequence[Format]) -> pl.Series:
    """The texts of messages; of `values` that are not UTF-8, whose text is null, those that the formats recognise."""
    places = (texts.is_null() & values.is_not_null()).arg_true()
    if not places.len():
        return texts
    read = pl.Series("text", [readable(value) for value in values.gather(places)], dtype=pl.String)
    tests = [format.test for format in syslog if format.test is not None]
    is_syslog = read.to_frame().select(pl.any_horizontal(tests).fill_null(False)).to_series()
    return texts.scatter(places.filter(is_syslog), read.filter(is_syslog))


def readable(value: bytes) -> str:
    r"""Bytes as text, whatever they hold.

    >>> readable(b"gr\xfc\xdfe"), readable("grüße".encode())
    ('grüße', 'grüße')
    """
    return value.decode(errors="surrogateescape").translate(_CHARACTERS)
