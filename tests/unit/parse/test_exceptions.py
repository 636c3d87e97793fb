"""Exceptions: type and message of what was thrown, in the traces of each language."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.exceptions import MESSAGE, TYPE, exceptions

TRACES = {
    "Java": (
        "ERROR it failed\njava.io.IOException: Connection to x:9092 (id: 1) failed\n\tat a.B.c(D.java:1)\n"
        "Caused by: java.lang.Error: other\n\tat e.F.g(H.java:2)\n\t... 2 more",
        "java.io.IOException",
        "Connection to x:9092 (id: 1) failed",
    ),
    "Java, on the first line": (
        'Exception in thread "main" java.lang.NullPointerException\n\tat a.B.c(D.java:1)',
        "java.lang.NullPointerException",
        None,
    ),
    "Java, with lines": ("a.BadException: one\ntwo\n\tat a.B.c(D.java:1)", "a.BadException", "one"),
    "Python": (
        "ERROR it failed\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'x'\n\n"
        "During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n"
        '  File "a.py", line 2, in h\n    raise Problem\napp.Problem: it is: bad',
        "app.Problem",
        "it is: bad",
    ),
    "Python, without a message": (
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nKeyboardInterrupt',
        "KeyboardInterrupt",
        None,
    ),
    "Go": (
        "panic: runtime error: index out of range [5]\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:3\nexit status 2",
        "panic",
        "runtime error: index out of range [5]",
    ),
    "Node": ("TypeError: x is not a function\n    at f (/a.js:1:2)", "TypeError", "x is not a function"),
    "Node, with a code": ("Error [ERR_X]: no\n    at f (/a.js:1:2)", "Error", "no"),
    ".NET": (
        "it failed\nSystem.InvalidOperationException: Oops ---> System.Exception: inner\n   at X.Y() in /f.cs:line 3",
        "System.InvalidOperationException",
        "Oops",
    ),
    "PHP": (
        "PHP Fatal error:  Uncaught RuntimeException: bad in /a/b.php:3\nStack trace:\n#0 {main}\n  thrown in /a/b.php",
        "RuntimeException",
        "bad",
    ),
    "Ruby": ("app.rb:3:in `foo': bad (RuntimeError)\n\tfrom app.rb:6:in `<main>'", "RuntimeError", "bad"),
    "Ruby's Logger": (
        "E, [2026-11-24T04:00:00 #1] ERROR -- : bad (RuntimeError)\napp.rb:3:in `foo'\n\tfrom app.rb:6",
        "RuntimeError",
        "bad",
    ),
    "Rust": ("thread 'main' panicked at 'oh no', src/main.rs:2:5\nnote: run with x", "panicked", "oh no"),
}


@pytest.mark.parametrize("name", TRACES)
def test_traces(name: str) -> None:
    text, type_, message = TRACES[name]
    assert exceptions(pl.Series([text])).row(0) == (type_, message)


@pytest.mark.parametrize(
    "text",
    [
        "java.io.IOException: on one line",
        "two\nlines",
        "it failed\n  at noon",
        "com.x.Service: Request failed\n\tthen more",
        "a list:\n  at one\n  at two",
        None,
    ],
)
def test_what_is_no_trace(text: str | None) -> None:
    assert exceptions(pl.Series([text], dtype=pl.String)).row(0) == (None, None)


@given(st.permutations([text for text, *_ in TRACES.values()] + ["x", "two\nlines"]))
def test_each_is_found_by_itself(texts: list[str]) -> None:
    found = exceptions(pl.Series(texts))
    assert found.columns == [TYPE, MESSAGE]
    assert found.rows() == [exceptions(pl.Series([text])).row(0) for text in texts]
