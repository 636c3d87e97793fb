"""The raw layer: messages as they came, the gaps between them, and the ledger."""

import dagster as dg

from assets.specs import OWNERS, column_schema, drained
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, LEDGER, OFFSET_GAPS, RAW_LOGS

MESSAGES = dg.AssetKey(["eventlog", "messages"])

PROOF = "proof"
"""The ledger's group: it counts what all layers took, and as one of raw it would close a circle between the groups."""
READ = ("topic", "partition", "offset", "key", "value", "appended_at")

messages = dg.AssetSpec(
    MESSAGES,
    group_name="eventlog",
    owners=OWNERS,
    kinds={"kafka"},
    description="Messages in the event log: Kafka topics, or the embedded log when no Kafka is configured.",
    metadata={"dagster/column_schema": column_schema(RAW_LOGS, only=READ)},
    tags={"stacklens/layer": "eventlog"},
)

EXTERNAL = [messages]
SPECS = [
    drained(RAW_LOGS, [MESSAGES]),
    drained(OFFSET_GAPS, [MESSAGES]),
    drained(LEDGER, [RAW_LOGS, DEAD_LETTERS, ENRICHED_LOGS], PROOF),
]
