"""What a sender that counts octets leaves before a syslog message, where whoever received it cut it at line ends.

Source: RFC 6587, section 3.4.1.
"""

import polars as pl

_COUNT = r"^(?P<count>[0-9]{1,9})(?P<blank> ?)<"
_LINE_END = 2
"""So many octets of a line end, which are counted but no part of the text, may be missing."""


def without_count(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with a `text` from PRI on, and `problem`: what is wrong with the count before it, or null.

    A text without PRI gets none; a count that is right is no problem.
    """
    groups = pl.col("text").str.extract_groups(_COUNT).alias("groups")
    found = lines.with_columns(groups).unnest("groups")
    count, blank = pl.col("count"), pl.col("blank")
    text = pl.col("text").str.slice((count.str.len_chars() + blank.str.len_chars()).fill_null(0))
    missing = count.cast(pl.Int64) - text.str.len_bytes()
    problem = (
        pl.when(blank == "")
        .then(pl.format("no blank follows the octet count: `{}`", count))
        .when(~missing.is_between(0, _LINE_END))
        .then(pl.format("the octet count is not the length of the message: `{}`", count))
    )
    return found.with_columns(text.alias("text"), problem.alias("problem")).drop("count", "blank")
