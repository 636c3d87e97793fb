"""Redis: `1:M 29 Aug 2023 13:47:38.984 * text`, of older versions without the year or with `[pid]` before the time.

Source: the Redis documentation of its log.
"""

import polars as pl

from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_ROLES = {"M": "master", "S": "replica", "C": "child", "X": "sentinel"}
_LEVELS = numbers_of({".": "debug", "-": "verbose", "*": "notice", "#": "warning"})
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_YEAR, _NO_YEAR = "[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} ", "[0-9]{1,2} [A-Z][a-z]{2} "
_NEW, _OLD = "(?P<pid>[0-9]+):(?P<letter>[MSCX])", r"\[(?P<pid>[0-9]+)\]"


def _pattern(process: str, date: str) -> str:
    return rf"{process} (?P<time>{date}{_CLOCK}) (?P<level>[.*#-])"


def _role(fields: pl.DataFrame) -> list[pl.Expr]:
    """The role of the process by its letter."""
    if "letter" not in fields.columns:
        return []
    return [pl.col("letter").replace_strict(_ROLES, default=None, return_dtype=pl.String).alias("role")]


REDIS = Layout(
    "redis",
    (
        _pattern(_NEW, _YEAR),
        _pattern(_NEW, _NO_YEAR),
        _pattern(_OLD, _NO_YEAR),
        _pattern(_OLD, _YEAR),
        r"(?P<pid>[0-9]+):(?P<function>signal-handler) \((?P<time>[0-9]{9,10})\)",
    ),
    members={"role": "redis.log.role"},
    words=_LEVELS,
    more=(_role,),
).format(
    r"[0-9]+:(?:[MSCX] [0-9]|signal-)|\[[0-9]+\] [0-9]{1,2} [A-Z]",
    rf"(?:[0-9]+:[MSCX]|\[[0-9]+\]) (?:{_YEAR}|{_NO_YEAR}){_CLOCK} [.*#-] |[0-9]+:signal-handler \([0-9]{{9,10}}\) ",
    first="123456789[",
)
