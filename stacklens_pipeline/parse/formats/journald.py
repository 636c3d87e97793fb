"""Entries of systemd's journal, as `journalctl -o json` writes them: JSON objects whose keys the journal gives.

What the keys mean is in the table of dialects; here is how the entries are told from other objects.
Source: systemd.journal-fields(7), and systemd's Journal JSON Format.
"""

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.json import parse_json

_ANY = '"_'
"""Most other objects have no such key, and to look for a literal costs a tenth of what a pattern does."""
_KEY = r'"(?:__REALTIME_TIMESTAMP|__CURSOR|_BOOT_ID)" *:'


def parse_journald(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of the journal's entries; all fields that are no columns are attributes under the journal's names."""
    return parse_json(lines, timezone)


def _are_entries(texts: pl.Series) -> pl.Series:
    may_be = texts.str.contains(_ANY, literal=True)
    rows = may_be.arg_true()
    if not rows.len():
        return may_be
    asked = texts.gather(rows)
    return may_be.scatter(rows, asked.str.starts_with("{") & asked.str.contains(_KEY))


_IS_ENTRY = pl.col("text").map_batches(_are_entries, return_dtype=pl.Boolean)
JOURNALD = Format("journald", parse_journald, _IS_ENTRY, first="{")
