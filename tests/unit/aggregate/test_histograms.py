"""Percentiles are within one per cent of a value of the data, whatever the data and however it was merged."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.aggregate.histograms import HISTOGRAM, ZERO_BUCKET, bucket, bucket_value, percentile

POSITIVE = st.floats(1e-300, 1e12)


def histogram(values: list[float]) -> list[dict[str, int]]:
    counts = (
        pl.DataFrame({"value": values}, schema={"value": pl.Float64}).group_by(bucket(pl.col("value"))).len("count")
    )
    return counts.rename({"value": "bucket"}).sort("bucket").to_dicts()


def quantile(values: list[float], q: float) -> float:
    got = pl.DataFrame({"h": [histogram(values)]}, schema={"h": HISTOGRAM}).select(percentile(pl.col("h"), q))
    return got.item()


@given(values=st.lists(POSITIVE, min_size=1, max_size=200), q=st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_percentile_is_within_one_per_cent(values, q):
    exact = sorted(values)[math.floor(q * (len(values) - 1))]
    assert quantile(values, q) == pytest.approx(exact, rel=0.01 + 1e-9)


@given(value=POSITIVE)
def test_a_bucket_stands_for_its_values(value):
    got = pl.select(bucket_value(bucket(pl.lit(value)))).item()
    assert got == pytest.approx(value, rel=0.01 + 1e-9)


@pytest.mark.parametrize("value", [0.0, -0.0, -5.0, 5e-324, float("-inf")])
def test_what_has_no_logarithm_counts_as_zero(value):
    assert pl.select(bucket(pl.lit(value))).item() == ZERO_BUCKET
    assert quantile([value, value, 8.0], 0.5) == 0.0


def test_null_has_no_bucket():
    assert pl.select(bucket(pl.lit(None, dtype=pl.Float64))).item() is None


def test_rows_are_answered_each_for_itself():
    rows = [histogram([1.0] * 99 + [1000.0]), [], None, histogram([3.0])]
    frame = pl.DataFrame({"h": rows}, schema={"h": HISTOGRAM})
    p50, p100 = (frame.select(percentile(pl.col("h"), q)).to_series().to_list() for q in (0.5, 1.0))
    assert p50 == [pytest.approx(1.0, rel=0.01), None, None, pytest.approx(3.0, rel=0.01)]
    assert p100[0] == pytest.approx(1000.0, rel=0.01)
