"""Rows laid out for a person: a table where its columns fit, else each record as lines of `name: value`."""

import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import IO, Any

from rich.cells import cell_len, chop_cells
from rich.console import Console

from stacklens_pipeline.values import as_text

GAP = 2
"""Cells between two columns."""
UNWRAPPED = 27
"""Columns without blanks up to this width, that of a time with microseconds, are never wrapped."""
NARROWEST = 16
"""Others are wrapped where they have to be, but not to fewer cells."""

VISIBLE = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"}
"""What a terminal would obey is shown as a symbol: a log line must not move the cursor."""

Row = Mapping[str, Any]


def show(rows: Sequence[Row], names: Sequence[str], stream: IO[str], width: int | None = None) -> None:
    """Print the columns `names` of rows; the width is the terminal's, or 80 where there is none.

    Where they do not fit, those that are null in all rows are left out; then titles are broken after underscores.
    """
    room = width or Console(file=stream).width
    texts = [{name: _visible(row.get(name)) for name in names} for row in rows]
    filled = [name for name in names if any(row.get(name) is not None for row in rows)]
    for columns, is_broken in ((names, False), (filled, False), (filled, True)):
        titles = {name: name.replace("_", "_\n") if is_broken else name for name in columns}
        cells = {name: [title, *(text[name] for text in texts)] for name, title in titles.items()}
        wanted = {name: _width(column) for name, column in cells.items()}
        kept = {name for name in wanted if wanted[name] <= UNWRAPPED and not any(" " in text for text in cells[name])}
        if widths := fitting(wanted, kept, room):
            stream.writelines(_table(cells, widths))
            return
    stream.write(_records(texts, filled))


def fitting(wanted: Mapping[str, int], kept: Collection[str], room: int) -> dict[str, int]:
    """The widths of columns that fit into a room, `kept` ones as they are; nothing when they cannot.

    >>> fitting({"line": 4, "body": 90, "detail": 22}, {"line"}, 80), fitting({"at": 27, "body": 90}, {"at"}, 40)
    ({'line': 4, 'body': 50, 'detail': 22}, {})
    """
    widths = {name: wanted[name] for name in kept}
    left = room - sum(widths.values()) - GAP * (len(wanted) - 1)
    others = sorted((width, name) for name, width in wanted.items() if name not in kept)
    if left < sum(min(width, NARROWEST) for width, _ in others):
        return {}
    for place, (width, name) in enumerate(others):
        widths[name] = min(width, left // (len(others) - place))
        left -= widths[name]
    return {name: widths[name] for name in wanted}


def _visible(value: object) -> str:
    return as_text(value).translate(VISIBLE).expandtabs(4)


def _width(texts: Sequence[str]) -> int:
    return max(cell_len(line) for text in texts for line in text.split("\n"))


def _table(cells: Mapping[str, Sequence[str]], widths: Mapping[str, int]) -> Iterator[str]:
    """Lines of a table: the titles, a rule, then the rows. Rich's look the same and take twenty times as long."""
    columns = [[wrapped(text, widths[name]) for text in column] for name, column in cells.items()]
    for number, row in enumerate(zip(*columns, strict=True)):
        for parts in zip_longest(*row, fillvalue=""):
            line = (" " * GAP).join(map(_padded, parts, widths.values()))
            yield line.rstrip() + "\n"
        if number == 0:
            yield "─" * (sum(widths.values()) + GAP * (len(widths) - 1)) + "\n"


def wrapped(text: str, width: int) -> list[str]:
    """A text's lines, of at most so many cells.

    >>> wrapped("bad thing happened", 10), wrapped("日本語", 4), wrapped("one\\ntwo", 10)
    (['bad thing', 'happened'], ['日本', '語'], ['one', 'two'])
    """
    lines: list[str] = []
    for line in text.split("\n"):
        if cell_len(line) <= width:
            lines.append(line)
        else:
            lines += _wrap(line, width) if line.isascii() else chop_cells(line, width)
    return lines


def _wrap(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, replace_whitespace=False, break_on_hyphens=False)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _records(texts: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    """Lines of `name: value` without what is empty, a blank line between records; further lines are indented."""
    filled = ([f"{name}: {text[name]}".replace("\n", "\n  ") for name in names if text[name]] for text in texts)
    return "\n".join("\n".join(lines) + "\n" for lines in filled)
