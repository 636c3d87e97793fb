"""Lines that go on with the one before: what a later line of a trace or of a long message looks like.

Some can be nothing else, wherever they stand. Others are so only behind a line that looks like the beginning of what
they end. A rule sees no more than a line and the one before it, so that it does not matter where a batch begins.
"""

from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.levels import TOKEN
from stacklens_pipeline.parse.timestamps import ISO

CONTINUING = ("text", "mysql_slow")
"""Formats of lines that may be later ones of a record."""

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATED = (
    rf"^(?:<[0-9]{{1,3}}>)?[\[(<\"]?(?:{ISO}|[0-9]{{4}}[/.][0-9]{{2}}[/.][0-9]{{2}}[ T]|[0-9]{{1,2}}[/-]{_MONTH}[/-]"
    r"|[0-9]{2}[/.-][0-9]{2}(?:[/.-][0-9]{2,4})? [0-9]{2}:"
    rf"|(?:[A-Z][a-z]{{2}},? )?{_MONTH}[ -]+[0-9]{{1,2}},? [0-9]"
    r"|[0-9]{8}[ T-][0-9]{2}|[0-9]{6} +[0-9]{1,2}:?[0-9]{2}|[0-9]{1,2}:[0-9]{2}:[0-9]{2}|1[0-9]{9}[. ])"
    rf"|^\[?{TOKEN}\]?[ :]"
)

_ALWAYS = (
    r"^(?:[ \t]|$|at [^ ]|Caused by|Suppressed: |Wrapped by: |\.\.\. [0-9]|Traceback \(most recent call last\)"
    r"|During handling of the above exception|The above exception was the direct cause"
    r"|--- End of |goroutine [0-9]+ (?:gp=[^ ]+ m=[^ ]+ (?:mp=[^ ]+ )?)?\[|Stack trace:$|PHP Stack trace:|#[0-9]+ [^ ]"
    r"|stack backtrace:$|[^ \t]+:[0-9]+:in [`']|note: run with `RUST_BACKTRACE)"
)
"""Lines that go on with any record."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_EXCEPTION = (
    rf"^(?:(?:{_NAME}\.)*(?:{_NAME})?(?:Exception|Warning|Interrupt|Exit|Fault|Failure)|(?:{_NAME}\.)*{_NAME}Error"
    rf"|(?:{_NAME}\.)+[A-Z][A-Za-z0-9_$]*|StopIteration)(?: \[[A-Z0-9_]+\])?(?::|$)"
)
_INDENTED = r"^[ \t]"
_NO_FRAME = r"^[ \t]+(?:[^a. \t]|a[^t]|at[^ ]|\.[^.])"
"""An indented line that is no frame of a trace of Java, Node or .NET: behind those, an exception is another one."""
_HEADER = "^# (?:Time|User@Host|Thread_id|Query_time|Schema|Rows_|Bytes_|QC_|Full_|Tmp_|InnoDB_|Filesort|administrator)"
_STATEMENT = (
    r"(?i)^(?:\(|/\*|(?:select|insert|update|delete|replace|call|alter|create|drop|begin|commit|rollback|with|show|load"
    r"|analyze|optimize|explain|lock|unlock|truncate|start|prepare|execute|grant|flush|kill)\b)"
)
_CLAUSE = (
    r"^(?:FROM|WHERE|AND|OR|SET|VALUES|(?:(?:INNER|LEFT|RIGHT|CROSS) )?JOIN|ON|GROUP BY|ORDER BY|HAVING|LIMIT|UNION)\b"
)
_SETTING = "^(?:use [^ ]+;|SET timestamp=[0-9])"


@dataclass(frozen=True)
class _Rule:
    """Lines that go on with the record when the line before looks so, or, with `after_head`, when that is a head."""

    line: str
    before: str
    after_head: bool = False


_RULES = (
    # the exception behind a message, and at the end of a trace of Python
    _Rule(_EXCEPTION, _NO_FRAME, after_head=True),
    # Go
    _Rule(rf"^(?:[A-Za-z0-9_./%-]+\.)*(?:\(\*?{_NAME}\)\.)?[A-Za-z0-9_.\[\]]+\(.*\)$", r"^(?:goroutine |\t)"),
    _Rule(r"^(?:created by |exit status [0-9]|\[signal )", r"^(?:\t|panic: |goroutine |$)|^[A-Za-z0-9_./]+\("),
    # Node, and whatever closes what it opened
    _Rule(r"^[\])}]+[;,]?$", _INDENTED),
    _Rule(r"^Node\.js v[0-9]", "^(?:[ \t]|$|})"),
    # Java's own logging: the level and the message behind a line with the class and the method
    _Rule(
        "^(?:SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST): ",
        rf"^{_MONTH} [0-9]{{1,2}}, [0-9]{{4}} [0-9]{{1,2}}:[0-9:]{{5}} (?:[AP]M )?[A-Za-z0-9_.$]+ [A-Za-z0-9_$<>]+$",
    ),
    # the slow query log of MySQL
    _Rule("^# User@Host: ", "^# Time: "),
    _Rule(_HEADER.replace("Time|User@Host|", ""), f"^# |{_SETTING}"),
    _Rule(_SETTING, "^(?:# |use [^ ]+;)"),
    _Rule(_STATEMENT, f"{_HEADER}|{_SETTING}"),
    _Rule(_CLAUSE, rf"{_CLAUSE}|(?i)^(?:select|insert|update|delete|replace|with)\b"),
)
_LATER = "|".join(f"(?:{pattern})" for pattern in (_ALWAYS, *(rule.line for rule in _RULES)))


def is_later(text: pl.Expr) -> pl.Expr:
    """Whether a line of text, of which the lines before are not known, may be a later line of a record."""
    return text.str.contains(_LATER)


def goes_on(text: pl.Expr, before: pl.Expr, is_plain_before: pl.Expr) -> pl.Expr:
    """Whether a line that may be a later one goes on with the record of the line before it.

    `is_plain_before` says whether that is of a format in `CONTINUING`; lines of all others are heads.
    """
    is_head = ~is_plain_before | is_dated(before)
    found = text.str.contains(_ALWAYS)
    for rule in _RULES:
        follows = before.str.contains(rule.before)
        found |= text.str.contains(rule.line) & (follows | is_head if rule.after_head else follows)
    return found.fill_null(False)


def is_dated(text: pl.Expr) -> pl.Expr:
    """Whether a line of text begins with a time or a level."""
    return text.str.contains(_DATED)
