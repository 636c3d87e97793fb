"""Exceptions in records of several lines: the type and the message of what was thrown, by the column.

Of exceptions that caused one another it is the one that was thrown last: the first of Java and .NET, the last of
Python.
"""

from dataclasses import dataclass

import polars as pl

TYPE, MESSAGE = "exception.type", "exception.message"

_SAYS_SO = r"[A-Z][A-Za-z0-9_$]*(?:Error|Exception|Fault|Failure)|Error"
_NAME = rf"(?:(?:[A-Za-z_][A-Za-z0-9_]*\.)+[A-Z][A-Za-z0-9_$]*|{_SAYS_SO})"
"""A class with its package, or one whose name says what it is."""
_SURE_NAME = rf"(?:(?:[A-Za-z_][A-Za-z0-9_]*\.)*(?:{_SAYS_SO}))"
_THROWN = r"(?:^|[\s:])(?P<type>{})(?: \[[A-Z0-9_]+\])?(?:: (?P<message>[^\n]*))?"


@dataclass(frozen=True)
class _Trace:
    """How traces of a language are told: a text holds `mark`, and what follows the last `after` in it matches."""

    mark: str
    pattern: str
    after: str = ""


_TRACES = (
    _Trace(
        "Traceback (most recent call last):\n",
        r"^(?:(?:[ \t][^\n]*)?\n)+(?P<type>[A-Za-z_][A-Za-z0-9_.]*)(?:: (?P<message>[^\n]*))?(?:\n|$)",
        after="Traceback (most recent call last):\n",
    ),
    _Trace("\ngoroutine ", r"(?:^|\n|[\s:])(?P<type>panic|fatal error): (?P<message>[^\n]*)\n"),
    _Trace(
        "\n\tfrom ",
        r"(?:^|\n)(?:[^\n]*(?::in [`'][^\n]*'| -- [^\n:]*): )?(?P<message>[^\n]*) \((?P<type>[A-Z][A-Za-z0-9_:]*)\)\n"
        r"(?:[^\n]*:in [^\n]*\n)?\tfrom ",
    ),
    _Trace("\n#0 ", r"Uncaught (?P<type>[A-Za-z0-9_\\]+): (?P<message>[^\n]*?)(?: in [^ \n]+:[0-9]+)?\nStack trace:"),
    _Trace(" panicked at ", r" (?P<type>panicked) at '(?P<message>[^\n]*)', "),
    _Trace(" panicked at ", r" (?P<type>panicked) at [^\n]*:\n(?P<message>[^\n]*)"),
    _Trace("at ", _THROWN.format(_NAME) + r"\n[ \t]*(?:at |---> |\.\.\. [0-9])"),
    # a message of several lines, or source lines, stand between
    _Trace("at ", "(?m)" + _THROWN.format(_SURE_NAME) + r"$(?s:.*)\n[ \t]+at "),
)


def exceptions(texts: pl.Series) -> pl.DataFrame:
    """`exception.type` and `exception.message` of each text; null where it has no trace."""
    none = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    found = {TYPE: none, MESSAGE: none.clone()}
    left = texts.str.contains("\n", literal=True).fill_null(False).arg_true()
    for trace in _TRACES:
        if not len(left):
            break
        hits = _found(texts.gather(left), trace).with_columns(left.alias("row")).filter(pl.col("type").is_not_null())
        if hits.height:
            found[TYPE] = found[TYPE].scatter(hits["row"], hits["type"])
            found[MESSAGE] = found[MESSAGE].scatter(hits["row"], hits["message"])
            left = left.filter(~left.is_in(hits["row"].implode()))
    return pl.DataFrame(found)


def _found(texts: pl.Series, trace: _Trace) -> pl.DataFrame:
    """`type` and `message` in each text, null where there is no such trace."""
    marked = (
        texts.to_frame("text")
        .select(pl.when(pl.col("text").str.contains(trace.mark, literal=True)).then(pl.col("text")))
        .to_series()
    )
    if trace.after:
        marked = marked.str.split(trace.after).list.last()
    groups = marked.str.extract_groups(trace.pattern).struct.unnest()
    message = pl.col("message").str.replace(r" ---> .*$", "").str.strip_chars()
    return groups.select("type", message.alias("message"))


def has_lines(texts: pl.Series) -> bool:
    """Whether a text has several lines, as few columns have."""
    return bool(texts.str.contains("\n", literal=True).any())


def with_exceptions(fields: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """The fields with `exception.type` and `exception.message`, if a text has several lines."""
    return fields.hstack(exceptions(texts)) if has_lines(texts) else fields
