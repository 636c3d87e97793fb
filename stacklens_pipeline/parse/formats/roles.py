"""What the tokens of a head say, once it is known what they are: groups, by the column."""

from collections.abc import Mapping, Sequence

import polars as pl

from stacklens_pipeline.parse.formats.groups import groups_of
from stacklens_pipeline.parse.formats.heads import Head
from stacklens_pipeline.parse.levels import BEFORE_COLON, TOKEN, UPPER

_AROUND = "[](){}<>'\" \t:|,#"
"""What stands around a name."""
_BEHIND_THREAD = " \t:|,]"
_AROUND_LEVEL = _AROUND + "!-;"

_BY_KIND: Mapping[str, str] = {
    "v": r"^(?P<level>[A-Za-z]+)",
    "R": r"^(?P<level>[A-Za-z]+)",
    "N": r"^[\[({<][^0-9]*(?P<pid>[0-9][0-9A-Fa-fx.:#-]*)",
    "Nt": r"^[\[({<][^0-9]*(?P<tid>[0-9][0-9A-Fa-fx.:#-]*)",
    "k": rf"^[\[(<](?:(?P<thread>[^\])>]*?)[ /:|,.]+)?(?P<level>{UPPER}|{TOKEN})(?:[:/|, ]+(?P<logger>[^\])>]*))?",
    "q": rf"^(?P<logger>.*)\.(?P<level>{UPPER}):",
    "Q": rf"^(?P<context>.*\))(?P<level>{UPPER}):",
    "j": rf"^(?P<level>{UPPER})/(?P<thread>[^\]\s]+?)[\]:\s]*$",
    "J": rf"^(?P<thread>.*?)::(?P<level>{UPPER}):",
    "Y": rf"^(?P<level>{BEFORE_COLON}):(?P<logger>[^:]+):[ \t]*(?P<message>.*)$",
    "y": rf"^(?P<level>{UPPER})[;,](?P<message>.*)$",
    "z": r"^\[(?P<thread>.*):(?P<logger>[^:@]+)@(?P<line>[0-9]+)\]",
    **dict.fromkeys("pP", r"^(?P<logger>[^\[]*)\[(?P<pid>[0-9]+)"),
    "f": r"^[\[({<]?\s*(?P<file>[^:(]+)[:(](?P<line>[0-9]+)",
    "g": r"^(?P<logger>[^:]+):(?:(?P<function>[^:]+):)?(?P<line>[0-9]+)",
    "F": r"^(?P<log_file>[^\s]+)",
}
"""What a token of a kind says, where it says several things."""


def said(tokens: pl.DataFrame, numbers: pl.Series, heads: Sequence[Head | None]) -> pl.DataFrame:
    """The groups that the tokens of each head say, null where they say nothing.

    `tokens` has the columns that the heads name; `numbers` is the place of each row's head among `heads`.
    """
    groups: dict[str, pl.Series] = {}
    for token in tokens.columns:
        of_token = [head.roles.get(token) if head else None for head in heads]
        for roles in sorted({roles for roles in of_token if roles}):
            having = [number for number, its in enumerate(of_token) if its == roles]
            rows = numbers.is_in(having).arg_true() if len(having) < len(heads) else None
            values = tokens[token] if rows is None else tokens[token].gather(rows)
            for name, found in _groups(values, *roles).items():
                groups[name] = _filled(groups.get(name), found, rows, tokens.height)
    if "suffix" in groups:
        groups["logger"] += (" " + groups.pop("suffix")).fill_null("")
    return pl.DataFrame(groups)


def _groups(values: pl.Series, kind: str, role: str) -> Mapping[str, pl.Series]:
    if not role:
        return groups_of(values, _BY_KIND[kind]).to_dict()
    around = _BEHIND_THREAD if kind == "t" else _AROUND_LEVEL if role == "level" else _AROUND
    return {role: values.str.strip_chars(around)}


def _filled(known: pl.Series | None, found: pl.Series, rows: pl.Series | None, height: int) -> pl.Series:
    """What was known, and where that is nothing what was found in some rows; None is all rows."""
    if rows is not None:
        found = pl.repeat(None, height, dtype=pl.String, eager=True).scatter(rows, found)
    return found if known is None else known.zip_with(known.is_not_null(), found)
