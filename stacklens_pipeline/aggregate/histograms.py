"""Histograms of durations in logarithmic buckets, merged by adding counts.

Bucket `i` holds the values in `(gamma^(i-1), gamma^i]` and stands for `2 gamma^i / (gamma + 1)`, which is never further
than 1 % from any of them (DDSketch: Masson, Rim, Lee, "A fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019). No bucket is ever collapsed, so merging is exact in any order.
"""

import math
import sys
from collections.abc import Sequence

import polars as pl

RELATIVE_ERROR = 0.01
GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
ZERO_BUCKET = -(2**31)
"""The bucket of values that have no logarithm, zero and below, and of subnormal ones; it stands for 0."""

HISTOGRAM = pl.List(pl.Struct({"bucket": pl.Int32, "count": pl.Int64}))


def bucket(value: pl.Expr) -> pl.Expr:
    """The bucket of each (finite) value; null of null.

    >>> pl.select(bucket(pl.Series([0.0, 1.0, 100.0]))).to_series().to_list()
    [-2147483648, 0, 231]
    """
    index = (value.log() / math.log(GAMMA)).ceil()
    zero = pl.when(value.is_not_null()).then(ZERO_BUCKET)
    return pl.when(value >= sys.float_info.min).then(index).otherwise(zero).cast(pl.Int32)


def bucket_value(index: pl.Expr) -> pl.Expr:
    """The value that a bucket stands for."""
    power = (index.cast(pl.Float64) * math.log(GAMMA)).exp()
    return pl.when(index == ZERO_BUCKET).then(0.0).otherwise(2 / (GAMMA + 1) * power)


def percentile(histogram: pl.Expr, q: float) -> pl.Expr:
    """The `q`-quantile (0..1) of each row's histogram, within 1 % of the value of rank `floor(q * (count - 1))`.

    Null where the histogram is empty or null. The buckets of a histogram must be in ascending order, as all functions
    here leave them.
    """
    seen = pl.element().struct.field("count").cum_sum()
    rank = q * (pl.element().struct.field("count").sum() - 1)
    reached = pl.element().struct.field("bucket").filter(seen > rank).first()
    return bucket_value(histogram.list.eval(reached).list.first())


def collect_histograms(counts: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row for each group of `keys` with its `duration_histogram`, from rows of keys, `bucket` and `count`.

    Equal buckets of a group are added up; rows without a bucket count for nothing.
    """
    summed = counts.drop_nulls("bucket").group_by(*keys, "bucket").agg(pl.col("count").sum()).sort("bucket")
    pair = pl.struct(pl.col("bucket").cast(pl.Int32), pl.col("count").cast(pl.Int64))
    return summed.group_by(keys, maintain_order=True).agg(pair.alias("duration_histogram"))


def bucket_counts(partials: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The histograms of partial rows as rows of keys, `bucket` and `count`: what `collect_histograms` takes back."""
    filled = partials.filter(pl.col("duration_histogram").list.len() > 0)
    return filled.select(*keys, "duration_histogram").explode("duration_histogram").unnest("duration_histogram")


def with_histograms(rows: pl.DataFrame, histograms: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """`rows` with the `duration_histogram` of their group, an empty list where there is none."""
    joined = rows.join(histograms, on=list(keys), how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.col("duration_histogram").fill_null(pl.lit([], dtype=HISTOGRAM)))
