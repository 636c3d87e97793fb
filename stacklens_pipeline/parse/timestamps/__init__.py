"""Timestamps: texts to UTC instants. A missing year or zone comes from stored context, never from the clock.

`recognise` takes texts that are times as a whole, `find` looks for the time in a line; `kinds` is the table of what
both know. `from_iso` and its like are quick ways for what a parser has already told apart.
"""

from stacklens_pipeline.parse.timestamps.clocks import in_zone
from stacklens_pipeline.parse.timestamps.epochs import from_epoch
from stacklens_pipeline.parse.timestamps.find import find
from stacklens_pipeline.parse.timestamps.iso import ISO, from_iso, general_iso, usual_iso
from stacklens_pipeline.parse.timestamps.named import from_clf, from_rfc3164
from stacklens_pipeline.parse.timestamps.recognise import recognise
from stacklens_pipeline.parse.timestamps.skew import is_skewed

__all__ = [
    "ISO",
    "find",
    "from_clf",
    "from_epoch",
    "from_iso",
    "from_rfc3164",
    "general_iso",
    "in_zone",
    "is_skewed",
    "recognise",
    "usual_iso",
]
