"""Metrics: partial rows per window that add up in any order, and histograms whose percentiles are within 1 %."""
