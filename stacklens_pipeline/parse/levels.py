"""Levels: many words and numbers for six levels, and OpenTelemetry's severity numbers 1 to 24."""

import polars as pl

WORDS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("trace", "trc", "finest", "verbose", "v"), ("DEBUG", 1)),
    **dict.fromkeys(("debug", "dbg", "fine", "d", "debug1", "debug2", "debug3", "debug4", "debug5"), ("DEBUG", 5)),
    **dict.fromkeys(("info", "information", "informational", "inf", "i", "log", "audit"), ("INFO", 9)),
    **dict.fromkeys(("notice", "n"), ("INFO", 10)),
    **dict.fromkeys(("warn", "warning", "wrn", "w"), ("WARNING", 13)),
    **dict.fromkeys(("error", "err", "e", "severe"), ("ERROR", 17)),
    **dict.fromkeys(("critical", "crit", "c"), ("CRITICAL", 21)),
    **dict.fromkeys(("fatal", "f", "panic"), ("CRITICAL", 21)),
    **dict.fromkeys(("alert", "a"), ("CRITICAL", 23)),
    **dict.fromkeys(("emerg", "emergency"), ("CRITICAL", 24)),
}
"""A level's word in lower case -> level and severity number."""

SYSLOG_SEVERITIES = (24, 23, 21, 17, 13, 10, 9, 5)
"""Syslog severity 0 (emerg) to 7 (debug) -> severity number; OpenTelemetry log data model, appendix B."""

TOKEN = r"(?i:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|SEVERE|CRIT(?:ICAL)?|FATAL|ALERT|EMERG(?:ENCY)?|PANIC)"
"""A level as a word of a text line's head."""


def severity_of_word(word: pl.Expr) -> pl.Expr:
    """Severity number of a level's word, 0 when it is none."""
    numbers = {name: number for name, (_, number) in WORDS.items()}
    return word.str.to_lowercase().replace_strict(numbers, default=0, return_dtype=pl.Int32)


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
