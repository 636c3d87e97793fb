"""Detection: what each line is, by its first bytes and one anchored pattern a format; cheap, per line."""

import polars as pl

from stacklens_pipeline.parse.levels import TOKEN
from stacklens_pipeline.parse.timestamps import ISO

FORMATS = ("json", "rfc5424", "rfc3164", "access", "logfmt", "text")

_RFC5424 = r"^<[0-9]{1,3}>[1-9][0-9]? [^ ]"
_RFC3164 = r"^(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [^ ]"
_ACCESS = r'^[0-9A-Za-z.:_-]+ [^ ]+ [^"\[]*\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[^\]]*\] "'
_LOGFMT = r'^[A-Za-z_@][A-Za-z0-9_.@-]*=(?:"|[^ ]* |[^ ]*$)(?:.* )?(?:[A-Za-z_][A-Za-z0-9_.@-]*=|$)'
_DATED = rf"^\[?(?:{ISO})|^\[?{TOKEN}\]?[ :]"
_CONTINUES = r"^(?:[ \t]|at [^ ]|Caused by|Traceback|\.\.\. [0-9]|$)"


def formats(text: pl.Expr) -> pl.Expr:
    """The format of each line, one of `FORMATS`; what nothing recognises is text."""
    first = text.str.head(1)
    digit_or_name = text.str.contains(_ACCESS)
    return (
        pl.when(first == "{")
        .then(pl.lit("json"))
        .when((first == "<") & text.str.contains(_RFC5424))
        .then(pl.lit("rfc5424"))
        .when(text.str.contains(_RFC3164))
        .then(pl.lit("rfc3164"))
        .when(digit_or_name)
        .then(pl.lit("access"))
        .when(text.str.contains(_LOGFMT))
        .then(pl.lit("logfmt"))
        .otherwise(pl.lit("text"))
    )


def continues(text: pl.Expr) -> pl.Expr:
    """Whether a line of text goes on with the record before it, by how it begins."""
    return text.str.contains(_CONTINUES)


def is_dated(text: pl.Expr) -> pl.Expr:
    """Whether a line of text begins with a time or a level."""
    return text.str.contains(_DATED)
