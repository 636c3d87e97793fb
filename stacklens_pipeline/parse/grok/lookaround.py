"""Conditions on what stands before or after, made part of what does stand there.

`.*(?<![0-9])x` is `(?:.*[^0-9]|(?<![0-9]))x`, and what is at the start of a pattern that is searched for is
`(?:\\A|[^0-9])x`: fields are all that a pattern gives, so that its match may reach one character further. Only forms in
which every way to match is tried in the same order are written; for others there is `UnsettledError`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from stacklens_pipeline.parse.grok.charsets import ALL, NONE, CharSet
from stacklens_pipeline.parse.grok.edges import ANYTHING, START, Edge, edge_after, edge_before, simplified
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
    Field,
    Greed,
    Look,
    Named,
    Node,
    Place,
    Repeat,
    alternatives,
    concat,
    rebuilt,
)

LARGEST = 20_000
"""Nodes: what gets larger by being written out is not worth it."""


class UnsettledError(ValueError):
    """A condition that cannot be made part of its surroundings; the message says which."""


@dataclass(frozen=True, eq=False)
class Before(Node):
    """The character before the pattern, one of a set, or the start of the text."""

    chars: CharSet
    may_start: bool
    has_conditions = True

    @cached_property
    def first(self) -> CharSet:
        return self.chars

    @cached_property
    def last(self) -> CharSet:
        return self.chars


def settled(node: Node, *, is_anchored: bool) -> Node:
    """A tree without conditions that matches and captures the same, from the start of the text or anywhere.

    Raises UnsettledError.
    """
    try:
        return _settled(node, is_anchored)
    except RecursionError as error:
        raise UnsettledError(TOO_LARGE) from error


def _settled(node: Node, is_anchored: bool) -> Node:
    before = START if is_anchored else ANYTHING
    known = simplified(_unnamed(node, {}), before)
    _refuse_captures_in_loops(known)
    plain = _exposed(known)
    start = Before(NONE if is_anchored else ALL, may_start=True)
    behind = _Behind(before).settle(plain, start)
    again = simplified(_exposed(behind), before)
    return _written(simplified(_Ahead().settle(again), before), is_anchored)


def _refuse_captures_in_loops(node: Node) -> None:
    """What is captured in a loop is the last that was; written twice, each would keep its own."""
    for part in node.walk():
        if not (isinstance(part, Repeat) and part.most != 1 and part.captures and part.has_conditions):
            continue
        if any(isinstance(inner, Look | Atomic) for inner in part.walk()):
            raise UnsettledError("a repeated part with captures and conditions")


def _unnamed(node: Node, seen: dict[int, Node]) -> Node:
    """Without the names of definitions; what is shared stays shared."""
    if id(node) not in seen:
        inside = rebuilt(node, [_unnamed(child, seen) for child in node.children])
        seen[id(node)] = inside.body if isinstance(inside, Named) else inside
    return seen[id(node)]


def _written(node: Node, is_anchored: bool) -> Node:
    """With what stands before it as ordinary parts."""
    if any(isinstance(part, Before) for part in node.walk()):  # only ever at the start
        return _without_before(node)
    return concat([At(Place.TEXT_START), node]) if is_anchored else node


def _without_before(node: Node) -> Node:
    if not node.has_conditions:
        return node
    if isinstance(node, Before):
        start = [At(Place.TEXT_START)] if node.may_start else []
        return alternatives([*start, *([Chars(node.chars)] if node.chars else [])])
    return rebuilt(node, [_without_before(child) for child in node.children])


def _exposed(node: Node) -> Node:
    """With conditions at the edge of a group taken out of it."""
    if not node.has_conditions:
        return node
    node = rebuilt(node, [_exposed(child) for child in node.children])
    match node:
        case Capture():
            return _exposed_capture(node)
        case Repeat(least=0, most=1) if _looks_behind(node.body) or _looks_ahead(node.body):
            order = (node.body, EMPTY) if node.greed is Greed.GREEDY else (EMPTY, node.body)
            return alternatives(order)
        case Repeat(most=None) if _comes_once(node):
            return _exposed(Repeat(node.body, node.least, 1, node.greed))
    return node


def _comes_once(node: Repeat) -> bool:
    """Whether the body asks for something before it that its own end is not."""
    first = node.body.parts[0] if isinstance(node.body, Concat) and node.body.parts else node.body
    if not (isinstance(first, Look) and not first.is_ahead and not first.is_negative) or node.body.nullable:
        return False
    return node.least <= 1 and not first.body.nullable and node.body.last.isdisjoint(first.body.last)


def _exposed_capture(node: Capture) -> Node:
    """The capture in pieces, between which conditions at its edges stand free."""
    if not (_looks_behind(node.body) or _looks_ahead(node.body)):
        return node
    return _pieces(node.body, node.field, node.whole or object())


def _pieces(body: Node, field: Field, whole: object) -> Node:
    """The body with all of its text captured; what is empty need not be."""
    match body:
        case Look():
            return body
        case Alt() if _looks_behind(body) or _looks_ahead(body):
            return alternatives([_pieces(branch, field, whole) for branch in body.branches])
        case Concat() if _looks_behind(body):
            start = next(at for at, part in enumerate(body.parts) if _looks_behind(part))
            first = [*body.parts[:start], _pieces(body.parts[start], field, whole)]
            return concat([*first, _pieces(concat(body.parts[start + 1 :]), field, whole)])
        case Concat() if _looks_ahead(body):
            end = max(at for at, part in enumerate(body.parts) if _looks_ahead(part))
            last = [_pieces(body.parts[end], field, whole), *body.parts[end + 1 :]]
            return concat([_pieces(concat(body.parts[:end]), field, whole), *last])
    return EMPTY if body is EMPTY else Capture(body, field, whole)


def _is_behind(node: Node) -> bool:
    return isinstance(node, Look) and not node.is_ahead


def _is_ahead(node: Node) -> bool:
    return isinstance(node, Look) and node.is_ahead


def _looks_behind(node: Node) -> bool:
    """Whether a way through the node begins with a condition on what stands before it."""
    match node:
        case Look():
            return not node.is_ahead
        case Alt():
            return any(_looks_behind(branch) for branch in node.branches)
        case Concat():
            for part in node.parts:
                if _looks_behind(part):
                    return True
                if not isinstance(part, At | Look):
                    return False
    return False


def _looks_ahead(node: Node) -> bool:
    """Whether a way through the node ends with a condition on what stands after it."""
    match node:
        case Look():
            return node.is_ahead
        case Alt():
            return any(_looks_ahead(branch) for branch in node.branches)
        case Concat():
            for part in reversed(node.parts):
                if _looks_ahead(part):
                    return True
                if not isinstance(part, At | Look):
                    return False
    return False


def _guarded(node: Node) -> Node:
    if node.count > LARGEST:
        raise UnsettledError(TOO_LARGE)
    return node


TOO_LARGE = "it gets too large when conditions are written out"


class _Steps:
    """Counts how much is done: a pattern that takes more is not worth it."""

    def __init__(self) -> None:
        self._left = LARGEST

    def take(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise UnsettledError(TOO_LARGE)


def _without_one(node: Repeat) -> list[Node]:
    """What is left of a repetition when one of its bodies stands by itself."""
    if node.body.nullable:
        raise UnsettledError("a repeated part that may match nothing")
    most = None if node.most is None else node.most - 1
    return [] if most == 0 else [Repeat(node.body, max(node.least - 1, 0), most, node.greed)]


def _parts(node: Node) -> list[Node]:
    return list(node.parts) if isinstance(node, Concat) else [node]


Case = tuple[list[Look], Node]
"""One way through a node: its conditions, and the rest of it."""


def _single(look: Look) -> CharSet:
    if isinstance(look.body, Chars):
        return look.body.set
    raise UnsettledError("a condition on several characters before it")


class _Behind:
    """Conditions on what stands before, from left to right."""

    def __init__(self, before: Edge) -> None:
        self._before, self._steps = before, _Steps()

    def settle(self, node: Node, start: Before) -> Node:
        """The whole pattern; `start` is left where it is needed only."""
        parts = self._joined_all([start], _parts(node), self._before)
        return concat(parts[1:] if parts[0] is start else parts)

    def _inner(self, node: Node) -> Node:
        """A part within; conditions at its start are left to what surrounds it."""
        if isinstance(node, Look | Atomic) or not node.has_conditions:
            return node
        if isinstance(node, Concat):
            return concat(self._joined_all([], node.parts, ANYTHING))
        inside = rebuilt(node, [self._inner(child) for child in node.children])
        if isinstance(node, Repeat) and _looks_behind(node.body):
            raise UnsettledError("a repeated part begins with a condition on what stands before it")
        return _exposed(inside)

    def _joined_all(self, out: list[Node], parts: Sequence[Node], before: Edge) -> list[Node]:
        for part in parts:
            inside = self._inner(part)
            out = self._joined(out, inside, before) if _looks_behind(inside) else [*out, *_parts(inside)]
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
                branches = [concat(self._joined(_parts(branch), part, between)) for branch in previous.branches]
                return self._again(head, alternatives(branches), before)
            case At() | Look():
                moved = [concat([*looks, previous, rest]) for looks, rest in _cases_behind(part)]
                return self._again(head, alternatives(moved), before)
        raise UnsettledError("a condition on what stands before it, which is too varied")

    def _again(self, head: list[Node], part: Node, before: Edge) -> list[Node]:
        """After the head comes a part in which conditions may be left."""
        known = _exposed(simplified(_guarded(part), edge_before(head, before)))
        if _looks_behind(known):
            return self._joined(head, known, before)
        return [FAIL] if known is FAIL else [*head, *_parts(known)]

    def _after_repeat(self, head: list[Node], previous: Repeat, part: Node, before: Edge) -> list[Node]:
        """One repetition, the last, is asked by itself."""
        others = _without_one(previous)
        last = self._joined(_parts(previous.body), part, edge_before([*head, *others], before))
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
        inside = self._joined(_parts(previous.body), concat(looks), edge_before(head, before))
        captured = _exposed(rebuilt(previous, [concat(inside)]))
        rest = alternatives([rest for _, rest in cases])
        return [*self._again(head, captured, before), *_parts(rest)]

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
        return _guarded(alternatives([self._side(cases, look, side, start, make) for side, start in sides]))

    def _side(
        self, cases: list[Case], look: Look, chars: CharSet, may_start: bool, make: Callable[[CharSet, bool], Node]
    ) -> Node:
        is_met = (not chars.isdisjoint(_single(look))) != look.is_negative
        kept = [_decided(case, look, is_met) for case in cases]
        return self._split(alternatives([case for case in kept if case is not FAIL]), chars, may_start, make)


def _moved_left(look: Look, case: Case, chars: CharSet, make: Callable[[CharSet, bool], Node]) -> Node:
    """Several characters before it: the last is the one before, the others stand before that."""
    *others, last = _parts(look.body)
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
        case Concat() if _looks_behind(node):
            first, rest = node.parts[0], concat(node.parts[1:])
            if isinstance(first, At | Look) and not _is_behind(first):
                return [(looks, concat([first, other])) for looks, other in _cases_behind(rest)]
            if first.nullable and _looks_behind(rest) and _is_behind(first):
                return [([first, *looks], other) for looks, other in _cases_behind(rest)]
            return [(looks, concat([other, rest])) for looks, other in _cases_behind(first)]
    return [([], node)]


class _Ahead:
    """Conditions on what stands after, from right to left."""

    def __init__(self) -> None:
        self._steps = _Steps()

    def settle(self, node: Node) -> Node:
        """The whole pattern, after which anything may stand."""
        return concat(self._joined_all(_parts(node), is_end=True))

    def _inner(self, node: Node, is_end: bool) -> Node:
        if isinstance(node, Look | Atomic) or not node.has_conditions:
            return node
        if isinstance(node, Concat):
            return concat(self._joined_all(node.parts, is_end))
        if isinstance(node, Alt):
            return alternatives([concat(self._joined_all(_parts(branch), is_end)) for branch in node.branches])
        inside = rebuilt(node, [self._inner(child, False) for child in node.children])
        if isinstance(node, Repeat) and _looks_ahead(node.body):
            raise UnsettledError("a repeated part ends with a condition on what stands after it")
        return _exposed(inside)

    def _joined_all(self, parts: Sequence[Node], is_end: bool) -> list[Node]:
        rest: list[Node] = []
        for part in reversed(parts):
            inside = self._inner(part, is_end and not rest)
            if not _looks_ahead(inside) or (not rest and not is_end):
                rest = [*_parts(inside), *rest]
            else:
                rest = self._joined(inside, rest, is_end)
        return rest

    def _joined(self, part: Node, rest: list[Node], is_end: bool) -> list[Node]:
        """A part that ends with conditions on the rest, and that rest."""
        match part:
            case Look(is_ahead=True):
                return self._demanded(part, rest, is_end)
            case Alt():
                return _parts(_guarded(alternatives(self._branches(part, rest, is_end))))
        for inner in reversed(_parts(part)):
            rest = self._joined(inner, rest, is_end) if _looks_ahead(inner) else [inner, *rest]
        return rest

    def _branches(self, part: Alt, rest: list[Node], is_end: bool) -> list[Node]:
        """The branches, each with the rest; neighbours without conditions have one rest."""
        found, plain = list[Node](), list[Node]()
        for branch in part.branches:
            if not _looks_ahead(branch):
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
        known = simplified(look, ANYTHING, edge_after(rest, ANYTHING if is_end else Edge(ALL, may_end=True)))
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
        if look.is_negative:
            free = [concat([Chars(outside), *others])] if outside else []
        else:
            free = []
        if inside and (left or not look.is_negative):
            demanded = self._demanded(left, others, is_end) if left else others
            free.append(concat([Chars(inside), *demanded]))
        return _parts(_guarded(alternatives(free)))

    def _of_repeat(self, look: Look, first: Repeat, others: list[Node], is_end: bool) -> list[Node]:
        """The first repetition is asked by itself."""
        some = self._demanded(look, [*_parts(first.body), *_without_one(first)], False)
        if not first.least:
            order = (concat(some), look) if first.greed is Greed.GREEDY else (look, concat(some))
            some = [alternatives(order)]
        return self._before(concat(some), others, is_end)

    def _of_branches(self, look: Look, first: Alt, others: list[Node], is_end: bool) -> list[Node]:
        branches = [concat(self._demanded(look, _parts(branch), False)) for branch in first.branches]
        return self._before(alternatives(branches), others, is_end)

    def _of_capture(self, look: Look, first: Capture, others: list[Node], is_end: bool) -> list[Node]:
        inside = concat(self._demanded(look, _parts(first.body), False))
        return self._before(rebuilt(first, [inside]), others, is_end)

    def _before(self, part: Node, others: list[Node], is_end: bool) -> list[Node]:
        """A part in which conditions on the others may be left, and those."""
        part = _exposed(part)
        return self._joined(part, others, is_end) if _looks_ahead(part) else [*_parts(part), *others]


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
    first, *others = _parts(look.body)
    if not isinstance(first, Chars):
        raise UnsettledError("a condition on what stands after it that is no plain text")
    return first.set, Look(concat(others), look.is_ahead, look.is_negative) if others else None
