"""The aggregated layer: metrics per window, as partial rows that add up."""

from assets.specs import drained
from stacklens_pipeline.microbatch import METRICS
from stacklens_pipeline.tables import ENRICHED_LOGS

SPECS = [drained(table, [ENRICHED_LOGS]) for table in METRICS]
