"""Rules for sources: how their messages are read, and what is done with their records; `load` reads `parsers.yaml`."""

from stacklens_pipeline.parse.rules.apply import Applied, apply_rules
from stacklens_pipeline.parse.rules.base import NONE, UNCONFIGURED, MultiLine, Parsers, Rules, pinned

__all__ = ["NONE", "UNCONFIGURED", "Applied", "MultiLine", "Parsers", "Rules", "apply_rules", "pinned"]
