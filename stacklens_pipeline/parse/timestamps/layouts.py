"""Forms of fixed width, which Polars reads at once: ten times as fast as a pattern, and with the same result."""

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from stacklens_pipeline.parse.timestamps.calendar import days, with_year
from stacklens_pipeline.parse.timestamps.clocks import DAY, Zones
from stacklens_pipeline.parse.timestamps.reading import decimals
from stacklens_pipeline.parse.timestamps.zones import Zone

_SAMPLE = 32
MOST_TAILS = 64
"""A column with more ends (zones, years) than that is no usual one: then its texts are read by the pattern."""
_YEAR = re.compile(" [0-9]{4}")
_DIGITS = re.compile(r"[.,]([0-9]{1,9})(?![0-9])")
_PARTS = {"%Y": "[0-9]{4}", "%b": "[A-Za-z]{3}"} | dict.fromkeys(("%m", "%d", "%H", "%M", "%S"), "[0-9]{2}")
_SOME_YEAR = "2000 "
"""A leap year, so that every day of a date without a year is in it."""


@dataclass(frozen=True)
class Layout:
    """Texts that begin with `width` characters in a `format` of strptime; decimals and a zone may follow.

    `lead` is a pattern for so many characters before it as `skipped` says. In a format without a year, the year comes
    from when the text was observed, or `has_year_behind` the decimals. With `is_padded` a day below ten has a blank
    before it.
    """

    width: int
    format: str
    lead: str = ""
    skipped: int = 0
    is_padded: bool = False
    has_year_behind: bool = False

    @cached_property
    def pattern(self) -> str:
        """What a text in this form begins with, as far as letters and digits go."""
        parts = _PARTS | {"%d": "[ 0-9][0-9]"} if self.is_padded else _PARTS
        literally = self.format.replace(".", r"\.")
        return self.lead + re.sub("%[a-zA-Z]", lambda part: parts[str(part[0])], literally)

    @property
    def anchored(self) -> str:
        """The pattern for Rust."""
        return f"^(?:{self.pattern})"

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern for Python, in which it means the same."""
        return re.compile(self.pattern)

    def instants(self, texts: pl.Series, observed: pl.Series, default: Zone) -> pl.Series:
        """UTC microseconds of texts that match the pattern; null of those that are not in this form after all.

        `observed` are UTC microseconds; `default` is the zone of texts without one.
        """
        body = texts.str.slice(self.skipped) if self.skipped else texts
        naive, rest = self._head(body), body.str.slice(self.width)
        found = _where(naive.is_null(), naive)
        for digits in _digits(rest):
            instants = self._with_decimals(naive, rest, digits, observed, default)
            found = found.zip_with(found.is_not_null(), instants)
        return found

    def _head(self, body: pl.Series) -> pl.Series:
        """Naive microseconds of the first characters, in some leap year where the format has none."""
        head = body.str.head(self.width)
        if self.is_padded:
            head = head.str.replace("  ", " 0", literal=True)
        format = self.format
        if self._has_no_year:
            format, head = f"%Y {format}", _SOME_YEAR + head
        return head.str.to_datetime(format, time_unit="us", strict=False, cache=False).to_physical()

    @property
    def _has_no_year(self) -> bool:
        return "%Y" not in self.format

    def _with_decimals(
        self, naive: pl.Series, rest: pl.Series, digits: int, observed: pl.Series, default: Zone
    ) -> pl.Series:
        """The instants of the texts with so many decimals."""
        tails = rest
        if digits:
            micros = rest.to_frame("rest").select(decimals(pl.col("rest").str.slice(1, min(digits, 6)))).to_series()
            naive = _where(rest.str.contains(rf"^[.,][0-9]{{{digits}}}(?:[^0-9]|$)"), naive + micros)
            tails = rest.str.slice(1 + digits)
        known = tails.unique()
        if len(known) > MOST_TAILS:
            return naive.clear(len(naive))
        if self.has_year_behind:
            return Zones(None, default).instants(_in_year(naive, tails))
        zones = Zones(None if len(known) == 1 and known[0] == "" else tails, default)
        if self._has_no_year:
            naive = with_year(_dates(naive).with_columns(zones.local(observed).alias("observed")))
        return zones.instants(naive)


def _where(is_so: pl.Series, values: pl.Series) -> pl.Series:
    """The values, null where it is not so."""
    return values.to_frame("value").select(pl.when(is_so).then(pl.col("value"))).to_series()


def _digits(rest: pl.Series) -> list[int]:
    """How many decimals the texts have, as a sample shows."""
    sample = rest.gather_every(max(1, len(rest) // _SAMPLE)).drop_nulls()
    return sorted({len(match[1]) if (match := _DIGITS.match(text)) else 0 for text in sample})


def _dates(naive: pl.Series) -> pl.DataFrame:
    """The `month`, the `day` and the `clock` (microseconds since midnight) of naive times."""
    at = pl.col("naive").cast(pl.Datetime("us"))
    return naive.to_frame("naive").select(
        at.dt.month().cast(pl.Int32).alias("month"),
        at.dt.day().cast(pl.Int32).alias("day"),
        (pl.col("naive") % DAY).alias("clock"),
    )


def _in_year(naive: pl.Series, tails: pl.Series) -> pl.Series:
    """The times in the years that the tails are, with a blank before them; null where they are none."""
    years = {tail: int(tail) for tail in tails.unique().drop_nulls() if _YEAR.fullmatch(tail)}
    year = tails.replace_strict(years, default=None, return_dtype=pl.Int32).alias("year")
    day = days(pl.col("year"), pl.col("month"), pl.col("day"))
    return _dates(naive).hstack([year]).select(day * DAY + pl.col("clock")).to_series()
