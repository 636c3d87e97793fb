"""Kinds of tokens: what a word or bracket at the beginning of a text looks like, as a letter.

It says nothing yet of what the token is: that depends on those beside it (`heads`).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

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
    "level with a capital, with which sentences begin": "S",
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


class _Test(NamedTuple):
    """A letter, and what a token looks like for it: without the blanks behind it, unless they are what tells."""

    letter: str
    pattern: str
    with_blanks: bool = False


_Tests = tuple[_Test, ...]

_BRACKETS: _Tests = (
    _Test("o", r"^<[a-z]+>$", with_blanks=True),
    _Test("K", rf"{_OPEN}(?:{BEFORE_COLON}|[IWEFDTVC])[ \t]*[:!]?{_CLOSE}"),
    _Test("k", rf"^[\[(<](?:[^\])>\"'/]*[ /:,|.])?{UPPER}(?:[ /:,|][^\])>]*)?[\])>]$|^\[[0-9A-F]{{6,16}} {TOKEN}[ \]]"),
    _Test("N", rf"{_OPEN}(?i:p?id[ :=#]*|tid[ :=#]*|thread[ :=#]+|#)?(?:0x[0-9a-f]+|[0-9]+(?:[-:.#][0-9]+)*){_CLOSE}"),
    _Test("f", rf"{_OPEN}[^ \t:]*\.[A-Za-z+]{{1,5}}[:(][0-9]+\)?{_CLOSE}"),
    _Test("z", r"^\[.*:[A-Za-z0-9_.$]+@[0-9]+\]$"),
    _Test("o", rf"{_OPEN}(?i:req|request|trace|span|correlation|session|uuid)[-_:=]"),
    _Test("o", rf"{_OPEN}[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?[0-9a-f]{{4}}"),
    _Test("o", rf"{_OPEN}(?:[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}|[0-9a-fA-F]*:[0-9a-fA-F:]*)(?:[:.][0-9]+)?{_CLOSE}"),
    _Test("b", rf"{_OPEN}(?:{_THREAD}|{_WITH_THREAD}){_CLOSE}"),
    _Test("B", rf"{_OPEN}{_LOGGER}{_CLOSE}"),
    _Test("e", rf"{_OPEN}[A-Za-z_#][^ \t=,;\"']*{_CLOSE}"),
    _Test("o", ""),
)
"""Letters and what a bracket looks like for it: the first that it matches holds."""

_WORDS: _Tests = (
    _Test("m", r"^(?:-|---+|[|:>]|::|>>|--+>)$"),
    _Test("M", "^--$"),
    _Test("Y", rf"^{BEFORE_COLON}:[A-Za-z_][A-Za-z0-9_.$<>/-]*:"),
    _Test("y", rf"^{UPPER}[;,][^ \t]"),
    _Test("C", rf"^(?:{BEFORE_COLON}(?:[:,|\])>;]+|-+:?)|[IWED]!)$"),
    _Test("L", rf"^{UPPER}$"),
    _Test("S", "^(?:Error|Warning|Fatal)$"),
    _Test("E", rf"^[A-Z](?:{_LOWER})$"),
    _Test("l", rf"^{TOKEN}$"),
    _Test("V", "^[IWEFDTVCN],?$"),
    _Test("v", r"^(?:In|Wa|Er|Db|Cr|Al|Em|No)\([0-9]+\)(?:\[\+\])?$"),
    _Test("R", rf"^{UPPER}\[[0-9.]+\]$"),
    _Test("q", rf"^(?:[A-Za-z0-9_-]+\.)+{UPPER}:$"),
    _Test("Q", rf"^[^ \t]*\){UPPER}:$"),
    _Test("j", rf"^{UPPER}/[^ \t\]]+\]?:?$"),
    _Test("J", rf"^[^ \t]*::{UPPER}::?$"),
    _Test("H", "^PHP$"),
    _Test("n", rf"^#?[0-9]{{1,18}}{_END}"),
    _Test("h", rf"^(?:0x[0-9a-fA-F]+|[0-9a-fA-F]*[0-9][0-9a-fA-F]*){_END}"),
    _Test("f", rf"^[A-Za-z0-9_.$/<>+@\\-]+\.[A-Za-z+]{{1,5}}:[0-9]+(?::[0-9]+)?{_END}"),
    _Test("g", rf"^[A-Za-z_][A-Za-z0-9_.$/<>-]*(?::[A-Za-z_<][A-Za-z0-9_<>.-]*)?:[0-9]+{_END}"),
    _Test("x", r"^(?:[A-Za-z0-9_$]*[.:])*[A-Z][A-Za-z0-9_$]*(?:Error|Exception|Failure|Fault|Throwable|Warning)[:,]?$"),
    _Test("p", r"^(?:[A-Za-z_][A-Za-z0-9_./-]*|-)\[[0-9]+(?:-[0-9]+)?\]$"),
    _Test("P", r"^[A-Za-z_][A-Za-z0-9_./-]*\[[0-9]+(?:-[0-9]+)?\]:$"),
    _Test("a", r"^[0-9]{4}[/.-][0-9]{2}[/.-][0-9]{2}$"),
    _Test("t", rf"^{_THREAD}$"),
    _Test("G", rf"^{_NAME}(?:\.{_NAME}){{2,}}$"),
    _Test("d", rf"^{_LOGGER}$"),
    _Test("D", rf"^{_LOGGER}(?:\([^)]*\))?[:|\])>]+$"),
    _Test("u", r"^[A-Z][A-Z0-9_]+ {2,}$", with_blanks=True),
    _Test("i", r"^[A-Za-z_][A-Za-z0-9_.$-]*(?:\t+|\|[ \t]*)$", with_blanks=True),
    _Test("e", "^'[A-Za-z_][^']*'$"),
    _Test("c", r"^'?[A-Za-z_][A-Za-z0-9_.$:/@-]*'?[\])]:?$"),
    _Test("W", r"^[A-Za-z_][A-Za-z0-9_-]*:$"),
    _Test("w", r"^[A-Za-z_][A-Za-z0-9_-]*$"),
    _Test("s", r"^\*[0-9]+$"),
    _Test("x", ""),
)
"""The same for what is no bracket."""

_LOG_FILE: _Tests = (_Test("F", r"^[^ \t]*\.(?:log|out|err)(?:[.:_-][^ \t]*)?$"),)


@lru_cache(maxsize=16_384)
def kind(token: str, before: bool = False) -> str:
    """The letter of a token.

    >>> [kind(token) for token in ("[main] ", "INFO ", "org.x.Y: ", "4711 ", "it ")]
    ['b', 'L', 'D', 'n', 'w']
    """
    stripped = token.rstrip(" \t")
    for test, compiled in _compiled(_tests(stripped[:1], before)):
        if compiled.search(token if test.with_blanks else stripped):
            return test.letter
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
        chosen = tuple(test for test in _WORDS if test.letter in "QJnhafx")
    elif character and character in _CHARACTERS[2]:
        chosen = tuple(test for test in _WORDS if test.letter not in "mMnas")
    return (*_LOG_FILE, *chosen) if before else chosen


@cache
def _compiled(tests: _Tests) -> Sequence[tuple[_Test, re.Pattern[str]]]:
    return [(test, re.compile(test.pattern, re.ASCII)) for test in tests]


@cache
def _first(tests: _Tests) -> pl.Expr:
    """The letter of the first test that a token passes."""
    token = pl.col("token")
    stripped = token.str.strip_chars_end(" \t")
    return pl.coalesce(
        pl.when((token if test.with_blanks else stripped).str.contains(_for_rust(test.pattern))).then(
            pl.lit(test.letter)
        )
        for test in tests
    )


def _for_rust(pattern: str) -> str:
    """The pattern as Rust's regex has to read it to mean what it means to Python with `re.ASCII`."""
    return pattern.replace("(?i:", "(?i-u:")
