"""The StackLens engine: plain functions and small classes over Polars frames; it knows nothing of Dagster."""

import os

__version__ = "0.1.0"

# Polars gives memory back to the system half a second after use, and a microbatch takes about that long: every one
# would pay for fresh pages, a tenth of its time. It reads this when it is first imported; whoever sets it has it so.
os.environ.setdefault("_RJEM_MALLOC_CONF", "background_thread:true,dirty_decay_ms:1500,muzzy_decay_ms:0,narenas:2")
