"""Grok text to what the engines run: one tree, and the forms of it that each engine takes.

Which engine a pattern takes is decided here, once: Rust's in Polars where the pattern can be written without looking
around and going back, which is nearly always; the `regex` package where it cannot. Both give the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.grok import rewrites
from stacklens_pipeline.parse.grok.direct import UndirectError, direct
from stacklens_pipeline.parse.grok.exposing import TOO_LARGE, UnsettledError
from stacklens_pipeline.parse.grok.fields import columns_of
from stacklens_pipeline.parse.grok.lookaround import settled
from stacklens_pipeline.parse.grok.reading import read
from stacklens_pipeline.parse.grok.references import Reading
from stacklens_pipeline.parse.grok.syntax import Atomic, Back, Look, Node, Repeat
from stacklens_pipeline.parse.grok.writing import Dialect, Group, write


@dataclass(frozen=True)
class Expression:
    """A regular expression and what its groups hold; in one for Rust the last says whether it matched.

    `checks` are expressions that have to match the texts of groups, or else the whole does not count.
    """

    text: str
    groups: tuple[Group | None, ...]
    checks: tuple[tuple[int, str], ...] = ()


class Form:
    """A way to write a pattern for Rust's engine; each expression is made when it is asked for first."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree

    @cached_property
    def anywhere(self) -> Expression:
        """Searched for in the text. Raises UnsettledError."""
        return _expression(settled(self._tree, is_anchored=False))

    @cached_property
    def _at_start(self) -> Node:
        return settled(self._tree, is_anchored=True)

    @cached_property
    def anchored(self) -> Expression | None:
        """At the start of the text only, which is cheaper to try; None where that cannot be written."""
        try:
            return _expression(self._at_start)
        except UnsettledError:
            return None

    @cached_property
    def direct(self) -> tuple[int, Expression] | None:
        """The usual way at the start of the text, after the number of kinds of text that it leaves out."""
        try:
            way = direct(self._at_start)
            return way.losses, _expression(way.node)
        except (UndirectError, UnsettledError, RecursionError):
            return None


@dataclass(frozen=True)
class Pattern:
    """One Grok pattern with the definitions that it is read with."""

    text: str
    definitions: Mapping[str, str]

    @cached_property
    def _original(self) -> tuple[Node, Reading]:
        return self._read(str)

    @property
    def tree(self) -> Node:
        """As it is written. Raises ConfigurationError."""
        return self._original[0]

    @property
    def reading(self) -> Reading:
        """What was found out while the pattern was read."""
        return self._original[1]

    def _read(self, instead: Callable[[str], str]) -> tuple[Node, Reading]:
        reading = Reading(self.definitions, instead)
        return read(self.text, reading), reading

    @cached_property
    def full(self) -> Form | str:
        """The form for all texts, or why Rust's engine cannot take it."""
        form = Form(self._read(rewrites.equal)[0])
        return _why_not(form) or form

    @cached_property
    def light(self) -> Form | None:
        """The form for texts in which `GUARD` finds nothing; None when there is none of its own."""
        asked = set[str]()
        instead = rewrites.light(self.definitions)

        def noted(text: str) -> str:
            other = instead(text)
            if other != rewrites.equal(text):
                asked.add(text)
            return other

        form = Form(self._read(noted)[0])
        return form if asked and _why_not(form) is None else None

    @cached_property
    def direct(self) -> tuple[Expression, bool] | None:
        """The usual way at the start of a text, and whether it is for light texts only."""
        full = self.full.direct if isinstance(self.full, Form) else None
        if full and full[0] == 0:
            return full[1], False
        light = self.light.direct if self.light else None
        if full and (light is None or full[0] <= light[0]):
            return full[1], False
        return (light[1], True) if light else None

    @property
    def why_slow(self) -> str | None:
        """Why texts take the `regex` package; None when they never do."""
        return self.full if isinstance(self.full, str) else None


def _why_not(form: Form) -> str | None:
    """Why Rust's engine cannot take the form."""
    try:
        _ = form.anywhere
    except UnsettledError as error:
        return str(error)
    return None


def _expression(tree: Node) -> Expression:
    for node in tree.walk():
        if isinstance(node, Look | Atomic):
            raise UnsettledError("a condition or an atomic group")
        if isinstance(node, Back):
            raise UnsettledError("a group is referred to")
        if isinstance(node, Repeat) and node.most != 1 and node.body.nullable:
            raise UnsettledError("a repeated part that may match nothing")
    try:
        expression = _rust_expression(tree)
    except RecursionError as error:
        raise UnsettledError(TOO_LARGE) from error
    _refuse_too_large(expression)
    return expression


def _rust_expression(tree: Node) -> Expression:
    written = write(tree, Dialect.RUST)
    checks = tuple((group, rf"(?s)\A(?:{write(whole, Dialect.RUST).text})\z") for group, whole in written.checks)
    return Expression(f"{written.text}()", (*written.groups, None), checks)


def _refuse_too_large(expression: Expression) -> None:
    try:
        for text in (expression.text, *(text for _, text in expression.checks)):
            pl.Series([""]).str.contains(text)
    except pl.exceptions.ComputeError as error:
        raise UnsettledError("it is too large for Rust's engine") from error


def compiled(text: str, definitions: Mapping[str, str]) -> Pattern:
    """A pattern that is known to be right. Raises ConfigurationError naming the pattern and what is wrong with it."""
    pattern = Pattern(text, definitions)
    try:
        columns_of([pattern.tree])
        is_slow = isinstance(pattern.full, str)
    except RecursionError as error:
        raise ConfigurationError(f"the pattern has too many parts within each other: `{text}`") from error
    if is_slow:
        _refuse_unreadable(pattern)
    return pattern


def _refuse_unreadable(pattern: Pattern) -> None:
    from stacklens_pipeline.parse.grok.fallback import python_expression

    try:
        python_expression(pattern)
    except ValueError as error:
        raise ConfigurationError(f"the pattern cannot be used, {error}: `{pattern.text}`") from error
