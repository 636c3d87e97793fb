"""The parsed layer: log records with their fields, and what no parser could take."""

from assets.specs import drained
from stacklens_pipeline.tables import DEAD_LETTERS, PARSED_LOGS, RAW_LOGS

SPECS = [drained(PARSED_LOGS, [RAW_LOGS]), drained(DEAD_LETTERS, [RAW_LOGS])]
