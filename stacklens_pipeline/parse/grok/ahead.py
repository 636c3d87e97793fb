"""Conditions on what stands after, made part of what does stand there."""

from collections.abc import Sequence

from stacklens_pipeline.parse.grok.building import alternatives, concat, rebuilt
from stacklens_pipeline.parse.grok.charsets import CharSet
from stacklens_pipeline.parse.grok.edges import ANYTHING, UNKNOWN, edge_after, simplified
from stacklens_pipeline.parse.grok.exposing import (
    Steps,
    UnsettledError,
    exposed,
    guarded,
    looks_ahead,
    parts_of,
    without_one,
)
from stacklens_pipeline.parse.grok.syntax import (
    ANY,
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
    Place,
    Repeat,
)


class Ahead:
    """Conditions on what stands after, from right to left."""

    def __init__(self) -> None:
        self._steps = Steps()

    def settle(self, node: Node) -> Node:
        """The whole pattern, after which anything may stand."""
        return concat(self._joined_all(parts_of(node), is_end=True))

    def _inner(self, node: Node, is_end: bool) -> Node:
        if isinstance(node, Look | Atomic) or not node.has_conditions:
            return node
        if isinstance(node, Concat):
            return concat(self._joined_all(node.parts, is_end))
        if isinstance(node, Alt):
            return alternatives([concat(self._joined_all(parts_of(branch), is_end)) for branch in node.branches])
        inside = rebuilt(node, [self._inner(child, False) for child in node.children])
        if isinstance(node, Repeat) and looks_ahead(node.body):
            raise UnsettledError("a repeated part ends with a condition on what stands after it")
        return exposed(inside)

    def _joined_all(self, parts: Sequence[Node], is_end: bool) -> list[Node]:
        rest, plain = list[Node](), list[Node]()  # the plain ones from right to left
        for part in reversed(parts):
            inside = self._inner(part, is_end and not (rest or plain))
            if not looks_ahead(inside) or not (rest or plain or is_end):
                plain += reversed(parts_of(inside))
            else:
                rest, plain = self._joined(inside, [*reversed(plain), *rest], is_end), []
        return [*reversed(plain), *rest]

    def _joined(self, part: Node, rest: list[Node], is_end: bool) -> list[Node]:
        """A part that ends with conditions on the rest, and that rest."""
        match part:
            case Look(is_ahead=True):
                return self._demanded(part, rest, is_end)
            case Alt():
                return parts_of(guarded(alternatives(self._branches(part, rest, is_end))))
        for inner in reversed(parts_of(part)):
            rest = self._joined(inner, rest, is_end) if looks_ahead(inner) else [inner, *rest]
        return rest

    def _branches(self, part: Alt, rest: list[Node], is_end: bool) -> list[Node]:
        """The branches, each with the rest; neighbours without conditions have one rest."""
        found, plain = list[Node](), list[Node]()
        for branch in part.branches:
            if not looks_ahead(branch):
                plain.append(branch)
                continue
            found += [concat([alternatives(plain), *rest])] if plain else []
            plain = []
            found.append(concat(self._joined(branch, rest, is_end)))
        return [*found, *([concat([alternatives(plain), *rest])] if plain else [])]

    def _demanded(self, look: Look, rest: list[Node], is_end: bool) -> list[Node]:
        """The rest, so that the condition is met where it begins."""
        self._steps.take()
        if not rest:
            return [self._at_end(look, is_end)]
        if look.body.captures:
            return self._kept_rest(look, rest, is_end)
        known = simplified(look, ANYTHING, edge_after(rest, ANYTHING if is_end else UNKNOWN))
        if not isinstance(known, Look):
            return rest if known is EMPTY else [FAIL]
        first, *others = rest
        match first:
            case Chars():
                return self._of_chars(look, first.set, others, is_end)
            case Concat():
                return self._demanded(look, [*first.parts, *others], is_end)
            case At() | Look():
                return [first, *self._demanded(look, others, is_end)]
            case Repeat() if not first.body.captures or first.most == 1:
                return self._of_repeat(look, first, others, is_end)
            case Alt():
                return self._of_branches(look, first, others, is_end)
            case Capture():
                return self._of_capture(look, first, others, is_end)
        raise UnsettledError("a condition on what stands after it, which is too varied")

    def _at_end(self, look: Look, is_end: bool) -> Node:
        """What stands after the pattern may be taken with it."""
        if not is_end:  # what surrounds the group sees to it
            return look
        if not look.is_negative:
            return look.body
        begin, left = _first_char(look)
        longer = [concat([Chars(begin), self._at_end(left, is_end)])] if left else []
        return alternatives([At(Place.TEXT_END), Chars(~begin), *longer])

    def _kept_rest(self, look: Look, rest: list[Node], is_end: bool) -> list[Node]:
        """`(?=(?<all>.*))` before the end of a pattern: the capture goes around the rest and takes in the end."""
        body = look.body
        if is_end and isinstance(body, Capture) and _is_everything(body.body):
            return [Capture(concat([*rest, body.body]), body.field)]
        raise UnsettledError("a condition that captures what stands after it")

    def _of_chars(self, look: Look, chars: CharSet, others: list[Node], is_end: bool) -> list[Node]:
        begin, left = _first_char(look)
        inside, outside = chars & begin, chars - begin
        free = [concat([Chars(outside), *others])] if outside and look.is_negative else []
        if inside and (left or not look.is_negative):
            demanded = self._demanded(left, others, is_end) if left else others
            free.append(concat([Chars(inside), *demanded]))
        return parts_of(guarded(alternatives(free)))

    def _of_repeat(self, look: Look, first: Repeat, others: list[Node], is_end: bool) -> list[Node]:
        """The first repetition is asked by itself."""
        some = self._demanded(look, [*parts_of(first.body), *without_one(first)], False)
        if not first.least:
            order = (concat(some), look) if first.greed is Greed.GREEDY else (look, concat(some))
            some = [alternatives(order)]
        return self._before(concat(some), others, is_end)

    def _of_branches(self, look: Look, first: Alt, others: list[Node], is_end: bool) -> list[Node]:
        branches = [concat(self._demanded(look, parts_of(branch), False)) for branch in first.branches]
        return self._before(alternatives(branches), others, is_end)

    def _of_capture(self, look: Look, first: Capture, others: list[Node], is_end: bool) -> list[Node]:
        inside = concat(self._demanded(look, parts_of(first.body), False))
        return self._before(rebuilt(first, [inside]), others, is_end)

    def _before(self, part: Node, others: list[Node], is_end: bool) -> list[Node]:
        """A part in which conditions on the others may be left, and those."""
        part = exposed(part)
        return self._joined(part, others, is_end) if looks_ahead(part) else [*parts_of(part), *others]


def _is_everything(node: Node) -> bool:
    return (
        isinstance(node, Repeat)
        and isinstance(node.body, Chars)
        and node.body.set == ANY.set
        and node.least == 0
        and (node.most is None and node.greed is Greed.GREEDY)
    )


def _first_char(look: Look) -> tuple[CharSet, Look | None]:
    """The first character that a condition speaks of, and the condition on those after it."""
    first, *others = parts_of(look.body)
    if not isinstance(first, Chars):
        raise UnsettledError("a condition on what stands after it that is no plain text")
    return first.set, Look(concat(others), look.is_ahead, look.is_negative) if others else None
