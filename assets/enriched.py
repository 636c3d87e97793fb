"""The enriched layer: records with what is known about their place, user and business."""

from assets.specs import drained
from stacklens_pipeline.tables import ENRICHED_LOGS, PARSED_LOGS

SPECS = [drained(ENRICHED_LOGS, [PARSED_LOGS])]
