"""Priorities that are written as words, or inside of a name, where a line has no PRI.

`kern.warn`, as syslog daemons write them into files; the letters of ESXi; the digit in a mnemonic of Cisco or Huawei.
"""

from collections.abc import Iterable

import polars as pl

_FACILITIES = {
    **{name: number for number, name in enumerate(("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news"))},
    **{name: number for number, name in enumerate(("uucp", "cron", "authpriv", "ftp", "ntp", "audit", "console"), 8)},
    **{f"local{number}": number + 16 for number in range(8)},
    "auth|security": 4,
    "security": 13,
    "clock": 15,
}
_SEVERITIES = {
    **{name: number for number, name in enumerate(("emerg", "alert", "crit", "err", "warning", "notice", "info"))},
    "panic": 0,
    "error": 3,
    "warn": 4,
    "debug": 7,
}
_OF_ESXI = {name: number for number, name in enumerate(("Em", "Al", "Cr", "Er", "Wa", "No", "In", "Db"))}


def _any(words: Iterable[str]) -> str:
    return "|".join(word.replace("|", r"\|") for word in sorted(words, key=len, reverse=True))


FACILITY_AND_SEVERITY = rf"(?:{_any(_FACILITIES)})[.:](?:{_any(_SEVERITIES)})"
"""`daemon.info`, and `daemon:info` on AIX."""
ESXI = rf"(?:{_any(_OF_ESXI)})\([0-9]{{1,3}}\)"
"""`In(14)`: information, priority 14."""

_MNEMONIC = r"^%%?[A-Z0-9_]+(?:-[A-Z0-9_]+)*[-/]([0-7])[-/]"
_HEADS = {
    f"{facility}{mark}{severity}": f"<{8 * number + level}>"
    for facility, number in _FACILITIES.items()
    for severity, level in _SEVERITIES.items()
    for mark in ".:"
}


def head_of(fields: pl.DataFrame) -> pl.Series:
    """`head`: PRI, or what stands in its place; null without any.

    `fields`: `pri`, `words` (or `words_of_solaris`), the mark of ESXi, and the name, which may be a mnemonic.
    """
    words = pl.coalesce("words", "words_of_solaris").replace_strict(_HEADS, default=None, return_dtype=pl.String)
    heads = (pl.format("<{}>", "pri"), words, _of_esxi(pl.col("esxi")), _of_mnemonic(pl.col("app")))
    return fields.select(pl.coalesce(heads).alias("head")).to_series()


def _of_esxi(mark: pl.Expr) -> pl.Expr:
    """The facility of the number, the severity of the letters: the two do not always agree."""
    severity = mark.str.head(2).replace_strict(_OF_ESXI, default=None, return_dtype=pl.Int32)
    facility = mark.str.extract(r"\(([0-9]+)\)$", 1).cast(pl.Int32) // 8
    return pl.format("<{}>", facility * 8 + severity)


def _of_mnemonic(app: pl.Expr) -> pl.Expr:
    """The severity in a name such as `%SYS-5-CONFIG_I`."""
    return pl.format("<.{}>", app.str.extract(_MNEMONIC, 1))
