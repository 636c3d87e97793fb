"""Conditions on what stands before, made part of what does stand there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stacklens_pipeline.parse.grok.automaton import is_prefix_free
from stacklens_pipeline.parse.grok.building import alternatives, concat, rebuilt
from stacklens_pipeline.parse.grok.charsets import CharSet
from stacklens_pipeline.parse.grok.edges import UNKNOWN, Edge, edge_before, simplified
from stacklens_pipeline.parse.grok.exposing import (
    Steps,
    UnsettledError,
    exposed,
    guarded,
    looks_behind,
    parts_of,
    without_one,
)
from stacklens_pipeline.parse.grok.syntax import (
    EMPTY,
    FAIL,
    Alt,
    At,
    Atomic,
    Capture,
    Chars,
    Concat,
    Greed,
    Look,
    Node,
    Repeat,
)


@dataclass(frozen=True, eq=False)
class Before(Node):
    """The character before the pattern, one of a set, or the start of the text."""

    chars: CharSet
    may_start: bool

    def _has_conditions(self) -> bool:
        return True

    def _first(self) -> CharSet:
        return self.chars

    def _last(self) -> CharSet:
        return self.chars

    def _alphabet(self) -> CharSet:
        return self.chars


Case = tuple[list[Look], Node]
"""One way through a node: its conditions, and the rest of it."""


def _single(look: Look) -> CharSet:
    if isinstance(look.body, Chars):
        return look.body.set
    raise UnsettledError("a condition on several characters before it")


class Behind:
    """Conditions on what stands before, from left to right."""

    def __init__(self, before: Edge) -> None:
        self._before, self._steps = before, Steps()

    def settle(self, node: Node, start: Before) -> Node:
        """The whole pattern; `start` is left where it is needed only."""
        parts = self._joined_all([start], parts_of(node), self._before)
        return concat(parts[1:] if parts[0] is start else parts)

    def _inner(self, node: Node) -> Node:
        """A part within; conditions at its start are left to what surrounds it."""
        if isinstance(node, Look | Atomic) or not node.has_conditions:
            return node
        if isinstance(node, Concat):
            return concat(self._joined_all([], node.parts, UNKNOWN))
        inside = rebuilt(node, [self._inner(child) for child in node.children])
        if isinstance(node, Repeat) and looks_behind(node.body):
            raise UnsettledError("a repeated part begins with a condition on what stands before it")
        return exposed(inside)

    def _joined_all(self, out: list[Node], parts: Sequence[Node], before: Edge) -> list[Node]:
        for part in parts:
            inside = self._inner(part)
            if looks_behind(inside):
                out = self._joined(out, inside, before)
            else:
                out += parts_of(inside)
        return out

    def _joined(self, out: list[Node], part: Node, before: Edge) -> list[Node]:
        """What stands there, after `before`, and a part that begins with conditions on it."""
        self._steps.take()
        if not out:
            return [part]
        *head, previous = out
        match previous:
            case Before():
                return [self._split(part, previous.chars, previous.may_start, Before)]
            case Chars():
                split = self._split(part, previous.set, False, lambda chars, _: Chars(chars))
                return self._again(head, split, before)
            case Repeat() if not previous.body.captures or previous.most == 1:
                return self._after_repeat(head, previous, part, before)
            case Capture():
                return self._after_capture(head, previous, part, before)
            case Alt():
                between = edge_before(head, before)
                branches = [concat(self._joined(parts_of(branch), part, between)) for branch in previous.branches]
                return self._again(head, alternatives(branches), before)
            case At() | Look():
                moved = [concat([*looks, previous, rest]) for looks, rest in _cases_behind(part)]
                return self._again(head, alternatives(moved), before)
        raise UnsettledError("a condition on what stands before it, which is too varied")

    def _again(self, head: list[Node], part: Node, before: Edge) -> list[Node]:
        """After the head comes a part in which conditions may be left."""
        known = exposed(simplified(guarded(part), edge_before(head, before), UNKNOWN))
        if looks_behind(known):
            return self._joined(head, known, before)
        return [FAIL] if known is FAIL else [*head, *parts_of(known)]

    def _after_repeat(self, head: list[Node], previous: Repeat, part: Node, before: Edge) -> list[Node]:
        """One repetition, the last, is asked by itself."""
        if previous.most != 1 and not is_prefix_free(previous.body):  # another way for it would be tried too early
            raise UnsettledError("a condition on what stands before it, after a repeated part")
        others = without_one(previous)
        last = self._joined(parts_of(previous.body), part, edge_before([*head, *others], before))
        some = concat([*others, *last])
        if previous.least:
            return self._again(head, some, before)
        order = [some, part] if previous.greed is Greed.GREEDY else [part, some]
        return self._again(head, alternatives(order), before)

    def _after_capture(self, head: list[Node], previous: Capture, part: Node, before: Edge) -> list[Node]:
        """The same conditions for all ways of the part belong to the end of the capture."""
        cases = _cases_behind(part)
        looks = cases[0][0]
        if any(other != looks for other, _ in cases):
            raise UnsettledError("a condition that holds for some branches only, after a captured text")
        inside = self._joined(parts_of(previous.body), concat(looks), edge_before(head, before))
        captured = exposed(rebuilt(previous, [concat(inside)]))
        rest = alternatives([rest for _, rest in cases])
        return [*self._again(head, captured, before), *parts_of(rest)]

    def _split(self, part: Node, chars: CharSet, may_start: bool, make: Callable[[CharSet, bool], Node]) -> Node:
        """The part after each kind of character that its conditions tell apart; the start of the text comes first."""
        cases = _cases_behind(part)
        look = next((looks[0] for looks, _ in cases if looks), None)
        if look is None:
            return concat([make(chars, may_start), part]) if chars or may_start else FAIL
        if isinstance(look.body, Concat) and len(cases) == 1 and not look.is_negative and not may_start:
            return _moved_left(look, cases[0], chars, make)
        asked = _single(look)
        if asked.isdisjoint(chars) or not (chars - asked or may_start):  # decided for all
            sides = [(chars, may_start)]
        else:
            sides = [(chars - asked, may_start), (chars & asked, False)]
        return guarded(alternatives([self._side(cases, look, side, start, make) for side, start in sides]))

    def _side(
        self, cases: list[Case], look: Look, chars: CharSet, may_start: bool, make: Callable[[CharSet, bool], Node]
    ) -> Node:
        is_met = (not chars.isdisjoint(_single(look))) != look.is_negative
        kept = [_decided(case, look, is_met) for case in cases]
        return self._split(alternatives([case for case in kept if case is not FAIL]), chars, may_start, make)


def _moved_left(look: Look, case: Case, chars: CharSet, make: Callable[[CharSet, bool], Node]) -> Node:
    """Several characters before it: the last is the one before, the others stand before that."""
    *others, last = parts_of(look.body)
    if not isinstance(last, Chars):
        raise UnsettledError("a condition on what stands before it that is no plain text")
    left = Look(concat(others), is_ahead=False, is_negative=False)
    rest = [*(other for other in case[0] if other is not look), case[1]]
    return concat([left, make(chars & last.set, False), *rest]) if chars & last.set else FAIL


def _decided(case: Case, look: Look, is_met: bool) -> Node:
    """The way through when a condition, and others that are the same, is known to be met or not."""
    looks, rest = case
    alike = [other for other in looks if _is_alike(other, look)]
    if alike and not is_met:
        return FAIL
    return concat([*(other for other in looks if other not in alike), rest])


def _is_alike(one: Look, other: Look) -> bool:
    return one is other or (one.is_negative == other.is_negative and _single(one) == _single(other))


def _cases_behind(node: Node) -> list[Case]:
    """The ways through a node in their order, each with the conditions that it begins with."""
    match node:
        case Look(is_ahead=False):
            return [([node], EMPTY)]
        case Alt():
            return [case for branch in node.branches for case in _cases_behind(branch)]
        case Concat() if looks_behind(node):
            first, rest = node.parts[0], concat(node.parts[1:])
            if isinstance(first, At) or (isinstance(first, Look) and first.is_ahead):
                return [(looks, concat([first, other])) for looks, other in _cases_behind(rest)]
            if isinstance(first, Look) and looks_behind(rest):
                return [([first, *looks], other) for looks, other in _cases_behind(rest)]
            return [(looks, concat([other, rest])) for looks, other in _cases_behind(first)]
    return [([], node)]
