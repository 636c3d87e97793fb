"""How lines of BSD syslog are told from others.

Whatever begins with PRI is syslog. Without it, the time of RFC 3164 is enough, but where a level follows, as in logs of
applications; a time of ISO 8601, which many logs begin with, only with the names that syslog writes behind it.
"""

import polars as pl

from stacklens_pipeline.parse.formats.rfc3164_head import CLOCK, DAYS
from stacklens_pipeline.parse.formats.rfc3164_names import NAME
from stacklens_pipeline.parse.formats.rfc3164_times import MONTHS, ZONES
from stacklens_pipeline.parse.formats.syslog_words import ESXI, FACILITY_AND_SEVERITY

_BSD = rf"(?:{MONTHS}) {{1,2}}[0-9]{{1,2}} (?:[0-9]{{4}} )?{CLOCK}(?:[.,][0-9]{{0,9}})?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ISO = rf"{_DAY}T{CLOCK}(?:[.,][0-9]{{1,9}})?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})"
_SPACED = rf"{_DAY} {CLOCK}(?:[.,][0-9]+)?"
_HOST = "[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?"
_COUNT = "[0-9]{1,9} ?"

_RFC5424 = (
    rf"{_COUNT}<[0-9]{{1,9}}>[0-9]{{1,3}}(?: |$)",
    r"1 (?:-|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]{8,32})(?: [^ ]+){4} (?:- |\[[^ ]+ )",
)
IS_BARE_RFC5424 = f"^(?:{'|'.join(_RFC5424)})"
"""Messages of RFC 5424 that do not begin with PRI: a count stands before it, or it is missing."""

_SHAPES = (
    "<[0-9]{1,10}>",
    *_RFC5424,
    rf"{_COUNT}<[0-9]{{1,9}}>(?:{MONTHS}|{_DAY})",
    rf"{_BSD}:? [^ ]",
    rf"[0-9]{{4}} {_BSD}:? [^ ]",
    rf"(?:[0-9]{{1,10}}: )?[*.:]{_BSD}",
    rf"[0-9]{{1,10}}: {_BSD}",
    rf"(?:{DAYS}) {_BSD} [0-9]{{4}} {FACILITY_AND_SEVERITY} ",
    rf"{_ISO} {_HOST} {NAME}(?:\[[^\] ]*\])?:(?: |$)",
    rf"{_ISO} {NAME}\[[^\] ]*\]:(?: |$)",
    rf"{_SPACED}(?: ?[+-][0-9]{{2}}:?(?:[0-9]{{2}})?)? {_HOST} {NAME}\[[0-9]+\](?::| \()",
    rf"(?:{DAYS}) {_SPACED} (?:{ZONES}) {_HOST} {NAME}(?:\[[0-9]+\])?:",
    rf"{_DAY}(?:T{CLOCK}(?:\.[0-9]+)?Z)? {ESXI}(?:\[\+\])? ",
)
_SHAPE = f"^(?:{'|'.join(_SHAPES)})"

_LEVEL = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|CRIT|FATAL|ALERT|EMERG|PANIC"
_BEHIND = (
    rf"{_BSD}:? (?:{_LEVEL})[: \t\[]",
    rf"(?:{_ISO}|{_SPACED}):? (?i:{_LEVEL})[: \t\[]",
    rf"(?:{_BSD}|{_SPACED}):? \[(?i:{_LEVEL})\]",
)
_OF_AN_APPLICATION = f"^(?:{'|'.join(_BEHIND)})"
"""Levels behind the time; in small letters they may be a host's name, but for times that syslog seldom writes."""


def is_rfc3164(text: pl.Expr) -> pl.Expr:
    """Whether a line is of BSD syslog."""
    return text.map_batches(_are_rfc3164, return_dtype=pl.Boolean)


def _are_rfc3164(texts: pl.Series) -> pl.Series:
    are = texts.str.contains(_SHAPE)
    places = are.fill_null(False).arg_true()
    return are.scatter(places, ~texts.gather(places).str.contains(_OF_AN_APPLICATION)) if places.len() else are
