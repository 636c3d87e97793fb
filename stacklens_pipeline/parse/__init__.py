"""Parsing: raw lines in, records and dead letters of one schema out, whatever the formats in the batch.

`reading` makes lines of messages, `detect` says what each is, `multiline` joins traces, each of `formats` takes its
share, `shares` puts all of them in the table's shape, and `rules` hold what a source's configuration says. The
interface is frames of `tables.py`, so that another engine may take its place.
"""

from stacklens_pipeline.parse.batch import Parsed, parse_lines
from stacklens_pipeline.parse.multiline import LONGEST_RECORD
from stacklens_pipeline.parse.rules import UNCONFIGURED, Parsers, pinned
from stacklens_pipeline.parse.waiting import Cut, cut

__all__ = ["LONGEST_RECORD", "UNCONFIGURED", "Cut", "Parsed", "Parsers", "cut", "parse_lines", "pinned"]
