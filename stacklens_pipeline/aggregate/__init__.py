"""Metrics: partial rows per window that add up in any order, and histograms whose percentiles are within 1 %."""

from stacklens_pipeline.aggregate.histograms import percentile
from stacklens_pipeline.aggregate.windows import aggregate_records, merge_partials

__all__ = ["aggregate_records", "merge_partials", "percentile"]
