"""Kinds of tokens: what a word or bracket at the beginning of a text looks like, as a letter.

It says nothing yet of what the token is: that depends on those beside it (`heads`).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import polars as pl

from stacklens_pipeline.parse.levels import BEFORE_COLON, TOKEN, UPPER

_OPEN, _CLOSE = r"^[\[({<][ \t]*", r"[ \t]*[\])}>]$"
_END = r"[:,|\])>]*$"
_NAME = r"[A-Za-z_#~%][A-Za-z0-9_$<>-]*"
_DOTTED = rf"{_NAME}(?:(?:\.|::|/|#)[A-Za-z0-9_$<>@-]+)+"
_HUMPED = r"[A-Z]*[a-z0-9_]+[A-Z][A-Za-z0-9_$]*"
_LOGGER = rf"(?:{_DOTTED}|{_HUMPED})(?:\(\))?"
_LOWER = "race|ebug|nfo|otice|arn|arning|rror|evere|ritical|atal|lert|mergency|anic|erbose|nformation"
_THREAD = (
    r"(?:main|Main|MainThread|MainProcess|[Tt](?:hread)?[0-9]+|ThreadId\([0-9]+\)"
    r"|[A-Za-z][A-Za-z0-9_.:/@#-]*[-_#@ ][0-9]+(?:[-.][A-Za-z0-9]+)*)"
)
_WITH_THREAD = r"[^\]})>=;\"]*(?i:thread|worker|pool|exec|timer|handler|scheduler)[^\]})>=;\"]*"

KINDS: Mapping[str, str] = {
    "level in brackets": "K",
    "level in brackets with others": "k",
    "level in upper case": "L",
    "level in small letters": "l",
    "level with a capital": "E",
    "level with a sign behind it": "C",
    "level as a letter": "V",
    "level with a number in brackets": "v",
    "logger, dot and level": "q",
    "bracket and level": "Q",
    "level and thread": "j",
    "thread and level": "J",
    "name of a log file": "F",
    "level and logger before colons": "Y",
    "level and more behind a semicolon or comma": "y",
    "level and a number": "R",
    "the word PHP": "H",
    "number in brackets": "N",
    "number": "n",
    "hexadecimal number": "h",
    "file and line": "f",
    "name and line": "g",
    "thread, class and line": "z",
    "dotted name in brackets": "B",
    "thread in brackets": "b",
    "name in brackets": "e",
    "other brackets": "o",
    "process and number": "p",
    "process and number with a colon": "P",
    "date": "a",
    "thread": "t",
    "dotted name": "d",
    "dotted name of many parts": "G",
    "dotted name with a sign behind it": "D",
    "word in upper case in a column": "u",
    "word before a tab or bar": "i",
    "word closed by a bracket": "c",
    "word with a colon": "W",
    "word": "w",
    "two dashes": "M",
    "mark": "m",
    "number of bits": "s",
    "anything else": "x",
}
"""What a token looks like -> its letter."""

_Tests = tuple[tuple[str, str], ...]

_BRACKETS: _Tests = (
    ("K", rf"{_OPEN}(?:{BEFORE_COLON}|[IWEFDTVC])[ \t]*[:!]?{_CLOSE}"),
    ("k", rf"^[\[(<](?:[^\])>\"'/]*[ /:,|.])?{UPPER}(?:[ /:,|][^\])>]*)?[\])>]$|^\[[0-9A-F]{{6,16}} {TOKEN}[ \]]"),
    ("N", rf"{_OPEN}(?i:p?id[ :=#]*|tid[ :=#]*|thread[ :=#]+|#)?(?:0x[0-9a-f]+|[0-9]+(?:[-:.#][0-9]+)*){_CLOSE}"),
    ("f", rf"{_OPEN}[^ \t:]*\.[A-Za-z+]{{1,5}}[:(][0-9]+\)?{_CLOSE}"),
    ("z", r"^\[.*:[A-Za-z0-9_.$]+@[0-9]+\]$"),
    ("o", rf"{_OPEN}(?i:req|request|trace|span|correlation|session|uuid)[-_:=]"),
    ("o", rf"{_OPEN}[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?[0-9a-f]{{4}}"),
    ("o", rf"{_OPEN}(?:[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}|[0-9a-fA-F]*:[0-9a-fA-F:]*)(?:[:.][0-9]+)?{_CLOSE}"),
    ("b", rf"{_OPEN}(?:{_THREAD}|{_WITH_THREAD}){_CLOSE}"),
    ("B", rf"{_OPEN}{_LOGGER}{_CLOSE}"),
    ("e", rf"{_OPEN}[A-Za-z_#][^ \t=,;\"']*{_CLOSE}"),
    ("o", ""),
)
"""Letters and what a bracket looks like for it: the first that it matches holds."""

_WORDS: _Tests = (
    ("m", r"^(?:-|---+|[|:>]|::|>>|--+>)$"),
    ("M", "^--$"),
    ("Y", rf"^{BEFORE_COLON}:[A-Za-z_][A-Za-z0-9_.$<>/-]*:"),
    ("y", rf"^{UPPER}[;,][^ \t]"),
    ("C", rf"^(?:{BEFORE_COLON}(?:[:,|\])>;]+|-+:?)|[IWED]!)$"),
    ("L", rf"^{UPPER}$"),
    ("E", rf"^[A-Z](?:{_LOWER})$"),
    ("l", rf"^{TOKEN}$"),
    ("V", "^[IWEFDTVCN],?$"),
    ("v", r"^(?:In|Wa|Er|Db|Cr|Al|Em|No)\([0-9]+\)(?:\[\+\])?$"),
    ("R", rf"^{UPPER}\[[0-9.]+\]$"),
    ("q", rf"^(?:[A-Za-z0-9_-]+\.)+{UPPER}:$"),
    ("Q", rf"^[^ \t]*\){UPPER}:$"),
    ("j", rf"^{UPPER}/[^ \t\]]+\]?:?$"),
    ("J", rf"^[^ \t]*::{UPPER}::?$"),
    ("H", "^PHP$"),
    ("n", rf"^#?[0-9]{{1,18}}{_END}"),
    ("h", rf"^(?:0x[0-9a-fA-F]+|[0-9a-fA-F]*[0-9][0-9a-fA-F]*){_END}"),
    ("f", rf"^[A-Za-z0-9_.$/<>+@\\-]+\.[A-Za-z+]{{1,5}}:[0-9]+(?::[0-9]+)?{_END}"),
    ("g", rf"^[A-Za-z_][A-Za-z0-9_.$/<>-]*(?::[A-Za-z_<][A-Za-z0-9_<>.-]*)?:[0-9]+{_END}"),
    ("x", r"^(?:[A-Za-z0-9_$]*[.:])*[A-Z][A-Za-z0-9_$]*(?:Error|Exception|Failure|Fault|Throwable|Warning)[:,]?$"),
    ("p", r"^(?:[A-Za-z_][A-Za-z0-9_./-]*|-)\[[0-9]+(?:-[0-9]+)?\]$"),
    ("P", r"^[A-Za-z_][A-Za-z0-9_./-]*\[[0-9]+(?:-[0-9]+)?\]:$"),
    ("a", r"^[0-9]{4}[/.-][0-9]{2}[/.-][0-9]{2}$"),
    ("t", rf"^{_THREAD}$"),
    ("G", rf"^{_NAME}(?:\.{_NAME}){{2,}}$"),
    ("d", rf"^{_LOGGER}$"),
    ("D", rf"^{_LOGGER}(?:\([^)]*\))?[:|\])>]+$"),
    ("u", r"^[A-Z][A-Z0-9_]+ {2,}$"),
    ("i", r"^[A-Za-z_][A-Za-z0-9_.$-]*(?:\t+|\|[ \t]*)$"),
    ("e", "^'[A-Za-z_][^']*'$"),
    ("c", r"^'?[A-Za-z_][A-Za-z0-9_.$:/@-]*'?[\])]:?$"),
    ("W", r"^[A-Za-z_][A-Za-z0-9_-]*:$"),
    ("w", r"^[A-Za-z_][A-Za-z0-9_-]*$"),
    ("s", r"^\*[0-9]+$"),
    ("x", ""),
)
"""The same for what is no bracket."""

_LOG_FILE: _Tests = (("F", r"^[^ \t]*\.(?:log|out|err)(?:[.:_-][^ \t]*)?$"),)
_BLANK_TELLS = frozenset("ui")
"""Kinds that the blank behind a token tells."""


@lru_cache(maxsize=16_384)
def kind(token: str, before: bool = False) -> str:
    """The letter of a token.

    >>> [kind(token) for token in ("[main] ", "INFO ", "org.x.Y: ", "4711 ", "it ")]
    ['b', 'L', 'D', 'n', 'w']
    """
    stripped = token.rstrip(" \t")
    for letter, test in _compiled(_tests(stripped[:1], before)):
        if test.search(token if letter in _BLANK_TELLS else stripped):
            return letter
    raise AssertionError(token)


def kinds(tokens: pl.Series, before: bool = False) -> pl.Series:
    """The letters of different tokens, as `kind` gives them."""
    first = tokens.str.head(1)
    found = tokens.clone()
    for group in _CHARACTERS:
        rows = (first.is_in(list(group)) if group else ~first.is_in(list("".join(_CHARACTERS)))).arg_true()
        if len(rows):
            chosen = tokens.gather(rows).to_frame("token").select(_first(_tests(group[:1], before))).to_series()
            found = found.scatter(rows, chosen)
    return found


_CHARACTERS = ("[({<", "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", "")
"""Tokens are asked by their first character; the last stands for any other."""


@cache
def _tests(character: str, before: bool) -> _Tests:
    """The tests that a token with this first character may pass."""
    if character and character in _CHARACTERS[0]:
        return _BRACKETS
    chosen = _WORDS
    if character and character in _CHARACTERS[1]:
        chosen = tuple(test for test in _WORDS if test[0] in "QJnhafx")
    elif character and character in _CHARACTERS[2]:
        chosen = tuple(test for test in _WORDS if test[0] not in "mMnas")
    return (*_LOG_FILE, *chosen) if before else chosen


@cache
def _compiled(tests: _Tests) -> Sequence[tuple[str, re.Pattern[str]]]:
    return [(letter, re.compile(test, re.ASCII)) for letter, test in tests]


@cache
def _first(tests: _Tests) -> pl.Expr:
    """The letter of the first test that a token passes."""
    token = pl.col("token")
    stripped = token.str.strip_chars_end(" \t")
    looked_at = (
        (kind, test.replace("(?i:", "(?i-u:"), token if kind in _BLANK_TELLS else stripped) for kind, test in tests
    )
    return pl.coalesce(pl.when(text.str.contains(test)).then(pl.lit(kind)) for kind, test, text in looked_at)
