"""Times: the quick way and the general one give the same."""

import re
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.timestamps import ISO, from_clf, from_iso, from_rfc3164, general_iso, recognise, usual_iso

seconds = st.sampled_from(
    ["2026-01-02T03:04:05", "2026-01-02 03:04:05", "2026-03-29T02:30:00", "2026-02-30T00:00:60", "2026-01-02 24:00:00"]
)
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-12-31 24:00:00", "2026-01-01"),
        ("2025-12-31T24:00:00.000Z", "2026-01-01"),
        ("2025-12-31T24:00:00.001Z", None),
        ("2025-02-30T24:00:00Z", None),
        ("2016-12-31T23:59:60Z", "2017-01-01"),
        ("2016-12-31 23:59:60,5", "2017-01-01T00:00:00.5"),
    ],
)
def test_the_end_of_a_day_and_a_leap_second(text: str, expected: str | None) -> None:
    found = pl.select(from_iso(pl.lit(text))).item()
    assert found == (expected and datetime.fromisoformat(expected).replace(tzinfo=UTC))


@given(st.lists(st.from_regex(ISO, fullmatch=True) | texts.filter(re.compile(ISO).fullmatch), max_size=20))
def test_the_quick_way_and_that_of_all_kinds_agree(found: list[str]) -> None:
    column = pl.Series("time", found, dtype=pl.String)
    every = recognise(column, pl.Series([None] * len(found)), "Europe/Berlin")["timestamp"].to_physical()
    quick = column.to_frame().select(from_iso(pl.col("time"), "Europe/Berlin")).to_series().to_physical()
    assert quick.filter(every.is_not_null()).equals(every.drop_nulls())


def test_syslog_and_access_lines() -> None:
    observed = pl.lit(datetime(2026, 6, 15, 12, tzinfo=UTC))
    read = pl.select(
        from_rfc3164(pl.lit("Jun 16 11:59:59"), observed).alias("ahead"),
        from_rfc3164(pl.lit("Jun 16 12:00:01"), observed).alias("too_far_ahead"),
        from_rfc3164(pl.lit("Feb 29 10:00:00"), observed, "Europe/Berlin").alias("leap_day"),
        from_rfc3164(pl.lit("Feb 30 10:00:00"), observed).alias("no_day"),
        from_clf(pl.lit("10/Oct/2000:13:55:36"), pl.lit("-0700")).alias("access"),
    )
    assert read.row(0) == (
        datetime(2026, 6, 16, 11, 59, 59, tzinfo=UTC),
        datetime(2025, 6, 16, 12, 0, 1, tzinfo=UTC),
        datetime(2024, 2, 29, 9, tzinfo=UTC),
        None,
        datetime(2000, 10, 10, 20, 55, 36, tzinfo=UTC),
    )
