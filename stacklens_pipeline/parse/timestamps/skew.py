"""Whether a time can be: what says that it was written long after it was received has a clock that is wrong."""

from datetime import timedelta

import polars as pl

MOST_AHEAD = timedelta(days=1)
"""So much may a time lie after its receipt: clocks differ, and a zone that nobody told may be half a day off."""


def is_skewed(timestamp: pl.Expr, observed: pl.Expr, most_ahead: timedelta = MOST_AHEAD) -> pl.Expr:
    """Whether a time is later than it was observed by more than `most_ahead`; null where either is null."""
    return timestamp - observed > pl.lit(most_ahead)
