"""The beginning of a text cut into tokens, and their kinds as one number a text.

A token is a word up to the next blank or bar, or a whole bracket.
"""

from functools import cache

import polars as pl

from stacklens_pipeline.parse.formats.kinds import KINDS, kind, kinds

_NESTED = r"\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\]"
_BRACKET = rf"(?:{_NESTED}|\([^()]*\)|<[^<>]*>|\{{[^{{}}]*\}})"
_ONE = rf"(?:{_BRACKET}[ \t]*|\|[ \t]*|[^ \t\[({{<|][^ \t|]*(?:[ \t]+|\|[ \t]*))"
"""No two of its ways begin alike, nor can it end in two places: so the groups cost one pass."""

_LETTERS = ("", *sorted(set(KINDS.values())))
_NUMBERS = {letter: number for number, letter in enumerate(_LETTERS)}
_BASE = 64
MANY = 1_024
"""So many different tokens are looked at by the column: fewer cost less one by one, as most are known from before."""


@cache
def pattern(count: int) -> str:
    """A pattern of so many tokens at the start of a text, or as many as there are: groups `t1`, `t2` and so on."""
    found = ""
    for place in range(count, 0, -1):
        rest = f"(?:{found})?" if found else ""
        found = f"(?P<t{place}>{_ONE}){rest}"
    return f"^{found}"


def cut(texts: pl.Series, count: int) -> pl.DataFrame:
    """The first tokens of each text with the blanks behind them: `t1`, `t2` and so on, null behind the last.

    A word without a blank behind it is none: it may have been cut.
    """
    return texts.str.extract_groups(pattern(count)).struct.unnest()


def codes(cut: pl.DataFrame, *, before: bool = False) -> pl.Series:
    """The kinds of the tokens of each row as one number, which `shape` reads; each different token is looked at once.

    With `before` they stand before a time, where the name of a log file may be one.
    """
    known = pl.concat([cut[name].unique() for name in cut.columns]).unique().drop_nulls()
    found = pl.repeat(0, cut.height, dtype=pl.UInt64, eager=True)
    if not len(known):
        return found
    letters = pl.Series([kind(token, before) for token in known]) if len(known) < MANY else kinds(known, before)
    numbers = letters.replace_strict(_NUMBERS, return_dtype=pl.UInt64)
    for name in cut.columns:
        found = found * _BASE + cut[name].replace_strict(known, numbers, default=0, return_dtype=pl.UInt64)
    return found


def shape(code: int) -> str:
    """The letters of a code, one a token."""
    letters = []
    while code:
        code, number = divmod(code, _BASE)
        letters.append(_LETTERS[number])
    return "".join(reversed(letters))
