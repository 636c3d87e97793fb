"""Detection: what each line is, by its first bytes and one anchored pattern a format; cheap, per line."""

import polars as pl

from stacklens_pipeline.parse.levels import TOKEN
from stacklens_pipeline.parse.timestamps import ISO

FORMATS = ("json", "rfc5424", "rfc3164", "access", "logfmt", "text")

_RFC5424 = r"^<[0-9]{1,3}>[1-9][0-9]? [^ ]"
_RFC3164 = r"^(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [^ ]"
_ACCESS = r'^[0-9A-Za-z.:_-]+ [^ ]+ [^"\[]*\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[^\]]*\] "'
_LOGFMT = r'^[A-Za-z_@][A-Za-z0-9_.@-]*=(?:"|[^ ]* |[^ ]*$)(?:.* )?(?:[A-Za-z_][A-Za-z0-9_.@-]*=|$)'
TESTS = {
    "json": pl.col("text").str.starts_with("{"),
    "rfc5424": pl.col("text").str.starts_with("<") & pl.col("text").str.contains(_RFC5424),
    "rfc3164": pl.col("text").str.contains(_RFC3164),
    "access": pl.col("text").str.contains(_ACCESS),
    "logfmt": pl.col("text").str.contains(_LOGFMT),
}
"""What lines of a format pass, in the order in which they are asked."""
_DATED = rf"^\[?(?:{ISO})|^\[?{TOKEN}\]?[ :]"
_CONTINUES = r"^(?:[ \t]|at [^ ]|Caused by|Traceback|\.\.\. [0-9]|$)"


def formats(text: pl.Expr) -> pl.Expr:
    """The format of each line, one of `FORMATS`; what nothing recognises is text."""
    return text.map_batches(_formats, return_dtype=pl.String)


def _formats(texts: pl.Series) -> pl.Series:
    """The first test that a line passes names it; so every test is asked only of lines that passed none before."""
    left = texts.to_frame("text").with_row_index("index")
    found = pl.repeat(FORMATS.index("text"), texts.len(), dtype=pl.UInt8, eager=True)
    for name, test in TESTS.items():
        is_it = left.select(test.fill_null(False)).to_series()
        if is_it.any():
            found = found.scatter(left["index"].filter(is_it), FORMATS.index(name))
            left = left.filter(~is_it)
    return pl.Series(texts.name, FORMATS, dtype=pl.String).gather(found)


def continues(text: pl.Expr) -> pl.Expr:
    """Whether a line of text goes on with the record before it, by how it begins."""
    return text.str.contains(_CONTINUES)


def is_dated(text: pl.Expr) -> pl.Expr:
    """Whether a line of text begins with a time or a level."""
    return text.str.contains(_DATED)
