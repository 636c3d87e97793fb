"""Times: the quick way and the general one give the same."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.timestamps import from_iso, general_iso, usual_iso

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


@given(st.lists(st.none() | texts | changed, max_size=20), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_every_time_is_what_the_general_way_makes_of_it(found: list[str | None], timezone: str) -> None:
    times = pl.DataFrame({"time": pl.Series(found, dtype=pl.String)})
    expected = times.select(general_iso(pl.col("time"), timezone)).to_series()
    assert times.select(from_iso(pl.col("time"), timezone)).to_series().equals(expected, check_dtypes=True)


def test_the_usual_form_is_read_the_quick_way() -> None:
    usual = pl.Series("time", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678901Z"])
    assert usual.to_frame().select(usual_iso(pl.col("time"))).to_series().null_count() == 0
