"""Grok: Logstash's pattern language, whole, over columns of text.

`library` reads pattern files, `reading` makes a tree of a pattern, `compiler` chooses what runs it: Rust's engine in
Polars (`vectorised`), for which `edges` and `lookaround` write conditions and atomic groups in other words, or the
`regex` package (`fallback`). Both give the same fields. `lint` and `coverage` judge patterns.
"""

from stacklens_pipeline.parse.grok.fields import Column
from stacklens_pipeline.parse.grok.grok import BUDGET_S, LONGEST_CHARS, Extracted, Grok
from stacklens_pipeline.parse.grok.library import Library

__all__ = ["BUDGET_S", "LONGEST_CHARS", "Column", "Extracted", "Grok", "Library"]
