"""The raw layer: messages as they came, the gaps between them, and the ledger."""

import dagster as dg

from assets.specs import OWNERS, drained
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, LEDGER, OFFSET_GAPS, RAW_LOGS

MESSAGES = dg.AssetKey(["eventlog", "messages"])

messages = dg.AssetSpec(
    MESSAGES,
    group_name="eventlog",
    owners=OWNERS,
    kinds={"kafka"},
    description="Messages in the event log: Kafka topics, or the embedded log when no Kafka is configured.",
)

EXTERNAL = [messages]
SPECS = [
    drained(RAW_LOGS, [MESSAGES]),
    drained(OFFSET_GAPS, [MESSAGES]),
    drained(LEDGER, [RAW_LOGS, DEAD_LETTERS, ENRICHED_LOGS]),
]
