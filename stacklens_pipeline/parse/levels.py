"""Levels: many words and numbers for six levels, and OpenTelemetry's severity numbers 1 to 24.

`WORDS` is what a field may say. In a text only some of them are taken, since others are ordinary words there: `TOKEN`
are those that any case may stand for, `UPPER` those that are levels in upper case.
"""

from collections.abc import Iterable, Mapping

import polars as pl

WORDS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("trace", "trc", "trce", "tra", "finest", "verbose", "vrb", "v", "silly"), ("DEBUG", 1)),
    **dict.fromkeys(("finer",), ("DEBUG", 3)),
    **dict.fromkeys(("debug", "dbg", "dbug", "deb", "fine", "d", "config"), ("DEBUG", 5)),
    **dict.fromkeys((f"debug{n}" for n in range(1, 6)), ("DEBUG", 5)),
    **dict.fromkeys(("info", "information", "informational", "inf", "i", "log", "audit", "http"), ("INFO", 9)),
    **dict.fromkeys(("note", "system", "success"), ("INFO", 9)),
    **dict.fromkeys(("notice", "ntc", "n"), ("INFO", 10)),
    **dict.fromkeys(("warn", "warning", "wrn", "war", "w", "deprecation", "deprecated"), ("WARNING", 13)),
    **dict.fromkeys(("error", "err", "e", "severe", "fail", "failure", "eror"), ("ERROR", 17)),
    **dict.fromkeys(("critical", "crit", "cri", "c"), ("CRITICAL", 21)),
    **dict.fromkeys(("fatal", "ftl", "fat", "f", "panic", "dpanic"), ("CRITICAL", 21)),
    **dict.fromkeys(("alert", "alrt", "a"), ("CRITICAL", 23)),
    **dict.fromkeys(("emerg", "emergency", "emrg"), ("CRITICAL", 24)),
}
"""A level's word in lower case -> level and severity number."""

_NUMBERS = {word: number for word, (_, number) in WORDS.items()}
_VMWARE = {"db": 5, "in": 9, "no": 10, "wa": 13, "er": 17, "cr": 21, "al": 23, "em": 24}
"""How VMware abbreviates levels before a number in brackets: `In(14)`."""

SYSLOG_SEVERITIES = (24, 23, 21, 17, 13, 10, 9, 5)
"""Syslog severity 0 (emerg) to 7 (debug) -> severity number; OpenTelemetry log data model, appendix B."""

TOKEN = (
    r"(?i:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|SEVERE|CRIT(?:ICAL)?|FATAL|ALERT|EMERG(?:ENCY)?|PANIC"
    r"|VERBOSE|INFORMATION)"
)
"""A level as a word of a text line's head, in any case."""

_ABBREVIATED = (
    "TRC|TRCE|VRB|DBG|DBUG|DEBUG[1-5]|INF|NTC|WRN|FTL|FAT|CRI|EROR|FINE|FINER|FINEST|CONFIG|AUDIT|SUCCESS|FAILURE"
    "|DPANIC|DEPRECATION"
)
UPPER = (
    r"(?:TRACE|DEBUG|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRIT|CRITICAL|FATAL|ALERT|EMERG|EMERGENCY"
    rf"|PANIC|VERBOSE|{_ABBREVIATED})"
)
"""A level in upper case, where words that also mean something else, and short ones, are levels too."""

BEFORE_COLON = rf"(?:{TOKEN}|{UPPER}|(?i:TRCE|DBUG|FAIL|SILLY))"
"""A level that a colon follows, or that stands alone in brackets."""


def severity_of_word(word: pl.Expr) -> pl.Expr:
    """Severity number of a level's word, 0 when it is none."""
    return severity_of(word.str.to_lowercase(), _NUMBERS)


def severity_of_token(word: pl.Expr) -> pl.Expr:
    """Severity number of a word that its place in a text shows to be a level."""
    return severity_of(word.str.to_lowercase(), {**_NUMBERS, **_VMWARE, "t": 1})


def severity_of(word: pl.Expr, numbers: Mapping[str, int]) -> pl.Expr:
    """Severity number of a word of a format that has its own, written as it writes them; 0 when it is none."""
    return word.replace_strict(dict(numbers), default=0, return_dtype=pl.Int32)


def numbers_of(words: Mapping[str, str] | Iterable[str]) -> dict[str, int]:
    """Severity numbers of a format's own words, each said by a word of `WORDS` or one itself.

    >>> numbers_of({"*": "notice"})
    {'*': 10}
    """
    pairs = words.items() if isinstance(words, Mapping) else ((word, word.lower()) for word in words)
    return {own: WORDS[word][1] for own, word in pairs}


def severity_of_number(number: pl.Expr) -> pl.Expr:
    """Severity number of a numeric level: OpenTelemetry 1-24, else Python 10-50 and pino 10-60 (25 and above)."""
    return (
        pl.when(number.is_between(1, 24) & ~number.is_in([10.0, 20.0]))
        .then(number)
        .when(number < 20)
        .then(pl.when(number == 10).then(5).otherwise(0))
        .when(number < 30)
        .then(9)
        .when(number < 40)
        .then(13)
        .when(number < 50)
        .then(17)
        .when(number <= 60)
        .then(21)
        .otherwise(0)
        .cast(pl.Int32)
    )


def severity_of_syslog(severity: pl.Expr) -> pl.Expr:
    """Severity number of a syslog severity 0-7."""
    return severity.replace_strict(dict(enumerate(SYSLOG_SEVERITIES)), default=0, return_dtype=pl.Int32)


def severity_of_status(status: pl.Expr) -> pl.Expr:
    """Severity number that an HTTP status stands for: 5xx is an error, 4xx a warning, everything else information."""
    return pl.when(status >= 500).then(17).when(status >= 400).then(13).otherwise(9).cast(pl.Int32)


def level_of_severity(severity: pl.Expr) -> pl.Expr:
    """One of `tables.LEVELS`."""
    return (
        pl.when(severity <= 0)
        .then(pl.lit("UNKNOWN"))
        .when(severity <= 8)
        .then(pl.lit("DEBUG"))
        .when(severity <= 12)
        .then(pl.lit("INFO"))
        .when(severity <= 16)
        .then(pl.lit("WARNING"))
        .when(severity <= 20)
        .then(pl.lit("ERROR"))
        .otherwise(pl.lit("CRITICAL"))
    )
