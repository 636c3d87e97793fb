"""Parsing: raw lines in, records and dead letters of one schema out, whatever the formats in the batch.

`detect` says what each line is, one module a format takes its share, `multiline` joins traces, `records` puts
everything in the tables' shape. The interface is frames of `tables.py` only, so that another engine may take its
place.
"""

from stacklens_pipeline.parse.batch import PARSER_VERSION, Parsed, parse_lines
from stacklens_pipeline.parse.multiline import LONGEST_RECORD
from stacklens_pipeline.parse.waiting import Cut, cut

__all__ = ["LONGEST_RECORD", "PARSER_VERSION", "Cut", "Parsed", "cut", "parse_lines"]
