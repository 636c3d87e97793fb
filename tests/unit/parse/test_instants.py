"""Instants by the column are those of `from_iso`."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from stacklens_pipeline.parse.instants import iso_instants, usual_micros
from stacklens_pipeline.parse.timestamps import from_iso

seconds = st.sampled_from(["2026-01-02T03:04:05", "2026-01-02 03:04:05", "2026-03-29T02:30:00", "2026-02-30T00:00:60"])
fractions = st.sampled_from(["", ".5", ".678", ",678", ".678901", ".678901234", ".+12345", "."])
zones = st.sampled_from(["Z", "", "UTC", "+01:00", "z", "ZZ"])
texts = st.tuples(seconds, fractions, zones).map("".join)
changed = st.builds(
    lambda text, at, piece: text[: at % len(text)] + piece + text[at % len(text) + 1 :],
    texts,
    st.integers(0, 30),
    st.sampled_from(["0", "9", "-", "+", " ", "T", ".", "é", ""]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.none() | texts | changed, max_size=20), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_instants_are_those_of_from_iso(found: list[str | None], timezone: str) -> None:
    series = pl.Series("time", found, dtype=pl.String)
    expected = series.to_frame().select(from_iso(pl.col("time"), timezone)).to_series()
    assert iso_instants(series, timezone).equals(expected, check_dtypes=True)


def test_the_usual_form_is_read_by_the_column() -> None:
    usual = pl.Series(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678901Z"])
    assert usual_micros(usual).null_count() == 0
