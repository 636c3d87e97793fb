"""Enriching keeps every record."""

from polars.testing import assert_frame_equal

from stacklens_pipeline.enrich import enrich
from stacklens_pipeline.tables import ENRICHED_LOGS, PARSED_LOGS


def test_every_column_passes_through():
    parsed = PARSED_LOGS.empty().clear(3)
    assert_frame_equal(enrich(parsed), parsed)
    assert enrich(parsed).schema == ENRICHED_LOGS.schema
