"""The formats: one module each, listed here in the order in which a line is asked whether it is of one."""

from collections.abc import Mapping

from stacklens_pipeline.parse.formats.access import ACCESS
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.journald import JOURNALD
from stacklens_pipeline.parse.formats.json import JSON
from stacklens_pipeline.parse.formats.logfmt import LOGFMT
from stacklens_pipeline.parse.formats.syslog import RFC3164, RFC5424
from stacklens_pipeline.parse.formats.text import TEXT

FORMATS: tuple[Format, ...] = (JOURNALD, JSON, RFC5424, RFC3164, ACCESS, LOGFMT, TEXT)
BY_NAME: Mapping[str, Format] = {format.name: format for format in FORMATS}

__all__ = ["BY_NAME", "FORMATS", "Format"]
