"""Levels of fields: words, and the numbers of many loggers, which count on scales of their own."""

from collections.abc import Mapping

import polars as pl

from stacklens_pipeline.parse.levels import SYSLOG_SEVERITIES, severity_of_number, severity_of_word

USUAL = "level"
"""The scale of numbers that nobody has told from others."""

SCALES: Mapping[str, Mapping[float, int]] = {
    "syslog": dict(enumerate(SYSLOG_SEVERITIES)),
    "otel": {number: number for number in range(1, 25)},
    "pino": {10: 1, 20: 5, 30: 9, 40: 13, 50: 17, 60: 21},
    "logback": {5_000: 1, 10_000: 5, 20_000: 9, 30_000: 13, 40_000: 17, 50_000: 21},
    "monolog": {100: 5, 200: 9, 250: 10, 300: 13, 400: 17, 500: 21, 550: 23, 600: 24},
    "gcp": {100: 5, 200: 9, 300: 10, 400: 13, 500: 17, 600: 21, 700: 23, 800: 24},
    "insights": {0: 1, 1: 9, 2: 13, 3: 17, 4: 21},
    "mongodb": {},
}
"""What the numbers of a scale are as severity numbers of OpenTelemetry; by the documentation of each logger."""

_VERBOSE = {"d1": 5, "d2": 5, "d3": 5, "d4": 5, "d5": 5}
"""MongoDB's levels of debugging; its other letters are words that all know."""

_AROUND = r"\x1b\[[0-9;]*m|^[\s\[(<]+|[\s\])>:]+$"
"""Colours, brackets and blanks around a word."""


def read_levels(values: pl.Series, is_text: bool, *, scale: str) -> dict[str, pl.Series]:
    """`severity` and `level_source` of words and of numbers on a scale; null of what is no level.

    Each different value is looked at once, since levels are few.
    """
    del is_text
    known = values.unique()
    words = known.str.replace_all(_AROUND, "").str.to_lowercase()
    numbers = words.cast(pl.Float64, strict=False)
    of_word = words.to_frame("word").select(_of_word(pl.col("word"), scale)).to_series()
    of_number = numbers.to_frame("number").select(_of_number(pl.col("number"), scale)).to_series()
    severity = of_number.zip_with(numbers.is_not_null(), of_word)
    source = pl.Series(["field"]).new_from_index(0, known.len())
    source = source.set(numbers.is_not_null(), "syslog" if scale == "syslog" else "number")
    is_level = (severity > 0).fill_null(False)
    severity, source = severity.set(~is_level, None), source.set(~is_level, None)
    if source.n_unique() == 1:
        return {"severity": _of_each(severity, known, values), "level_source": source.new_from_index(0, values.len())}
    return {"severity": _of_each(severity, known, values), "level_source": _of_each(source, known, values)}


def _of_each(found: pl.Series, known: pl.Series, values: pl.Series) -> pl.Series:
    """What was found for the known, for each of the values."""
    if known.len() == 1:
        return found.new_from_index(0, values.len())
    return values.replace_strict(known, found, return_dtype=found.dtype)


def _of_word(word: pl.Expr, scale: str) -> pl.Expr:
    severity = severity_of_word(word)
    return word.replace_strict(_VERBOSE, default=severity, return_dtype=pl.Int32) if scale == "mongodb" else severity


def _of_number(number: pl.Expr, scale: str) -> pl.Expr:
    if scale == USUAL:
        return severity_of_number(number)
    return number.replace_strict(SCALES[scale], default=0, return_dtype=pl.Int32)
