"""What a format is: how its lines are told from others, and how they become records."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

Parse = Callable[[pl.DataFrame, str], pl.DataFrame]
"""From lines (`text` and the columns of `raw/logs`) and the zone of times without one to as many records, in order.

A record has the columns of its line and those of `parsed/logs` that the format knows, under their names; besides
`severity` (a severity number, 0 or null when unknown) stands for the level, and `http_status`, `duration_ms` and
`bytes_sent` may be texts. `attributes` is a JSON object as text, or null. A line that turns out to be something else
gets another `format`; whatever a line holds, it is a record, at worst with its whole text as the body. Only a parser
with limits may give a column `refused`, the reason why a line becomes a dead letter, null for all others.
"""


@dataclass(frozen=True)
class Format:
    """One format of log lines.

    `test` is asked of the column `text`, and only of lines that begin with one of the characters `first` (any, when it
    is empty); without a test, lines are of this format only when somebody says so. `begins` is a cheap pattern without
    an anchor for the beginning of all its lines: those of formats in a row are looked for at once, and most lines of
    others are asked no more. With `goes_on`, lines of text that look like it continue a record of this format, as a
    stack trace does.
    """

    name: str
    parse: Parse = field(repr=False)
    test: pl.Expr | None = field(default=None, repr=False, compare=False)
    first: str = ""
    begins: str = ""
    goes_on: bool = False
