"""Rows laid out for a person: a table where its columns fit, else each record as lines of `name: value`."""

from collections.abc import Mapping, Sequence
from typing import IO, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stacklens_pipeline.values import as_text

GAP = 2
"""Cells between two columns."""
UNWRAPPED = 27
"""Columns up to this width, that of a time with microseconds, are never wrapped."""
NARROWEST = 20
"""Wider columns are wrapped, but not to fewer cells."""

VISIBLE = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"}
"""What a terminal would obey is shown as a symbol: a log line must not move the cursor."""

Row = Mapping[str, Any]


def show(rows: Sequence[Row], names: Sequence[str], stream: IO[str], width: int | None = None) -> None:
    """Print the columns `names` of rows; the width is the terminal's, or 80 where there is none.

    Where they do not fit, those that are null in all rows are left out.
    """
    console = Console(file=stream, width=width)
    texts = [{name: _visible(row.get(name)) for name in names} for row in rows]
    filled = [name for name in names if any(row.get(name) is not None for row in rows)]
    for columns in (names, filled):
        if columns and (widths := fitting({name: _width(name, texts) for name in columns}, console.width)):
            console.print(_table(texts, widths))
            return
    stream.write(_records(texts, filled))


def fitting(wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """The widths of columns that fit into a room; nothing when they cannot.

    >>> fitting({"line": 4, "body": 90, "detail": 22}, 80), fitting({"line": 70, "body": 90}, 40)
    ({'line': 4, 'body': 50, 'detail': 22}, {})
    """
    widths = {name: width for name, width in wanted.items() if width <= UNWRAPPED}
    left = room - sum(widths.values()) - GAP * (len(wanted) - 1)
    long = sorted((width, name) for name, width in wanted.items() if width > UNWRAPPED)
    if left < NARROWEST * len(long):
        return {}
    for place, (width, name) in enumerate(long):
        widths[name] = min(width, left // (len(long) - place))
        left -= widths[name]
    return {name: widths[name] for name in wanted}


def _visible(value: object) -> str:
    return as_text(value).translate(VISIBLE).expandtabs(4)


def _width(name: str, texts: Sequence[Mapping[str, str]]) -> int:
    return max(map(cell_len, [name, *(line for text in texts for line in text[name].split("\n"))]))


def _table(texts: Sequence[Mapping[str, str]], widths: Mapping[str, int]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for name, width in widths.items():
        shown.add_column(name, width=width, overflow="fold")
    for text in texts:
        shown.add_row(*(Text(text[name]) for name in widths))
    return shown


def _records(texts: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    """Lines of `name: value` without what is empty, a blank line between records; further lines are indented."""
    filled = ([f"{name}: {text[name]}".replace("\n", "\n  ") for name in names if text[name]] for text in texts)
    return "\n".join("\n".join(lines) + "\n" for lines in filled)
