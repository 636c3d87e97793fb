"""Conditions at the edges of groups, taken out of them, so that they stand beside what they speak of."""

from stacklens_pipeline.parse.grok.building import alternatives, concat, rebuilt
from stacklens_pipeline.parse.grok.syntax import EMPTY, Alt, At, Capture, Concat, Field, Greed, Look, Node, Repeat

LARGEST = 20_000
"""Nodes: what gets larger by being written out is not worth it."""


class UnsettledError(ValueError):
    """A condition that cannot be made part of its surroundings; the message says which."""


def guarded(node: Node) -> Node:
    """The node, when it is not too large; raises UnsettledError."""
    if node.count > LARGEST:
        raise UnsettledError(TOO_LARGE)
    return node


TOO_LARGE = "it gets too large when conditions are written out"


class Steps:
    """Counts how much is done: a pattern that takes more is not worth it."""

    def __init__(self) -> None:
        self._left = LARGEST

    def take(self) -> None:
        """One more; raises UnsettledError."""
        self._left -= 1
        if self._left < 0:
            raise UnsettledError(TOO_LARGE)


def without_one(node: Repeat) -> list[Node]:
    """What is left of a repetition when one of its bodies stands by itself."""
    if node.body.nullable:
        raise UnsettledError("a repeated part that may match nothing")
    most = None if node.most is None else node.most - 1
    return [] if most == 0 else [Repeat(node.body, max(node.least - 1, 0), most, node.greed)]


def parts_of(node: Node) -> list[Node]:
    """What stands one after the other in it."""
    return list(node.parts) if isinstance(node, Concat) else [node]


def exposed(node: Node) -> Node:
    """With conditions at the edge of a group taken out of it."""
    if not node.has_conditions:
        return node
    node = rebuilt(node, [exposed(child) for child in node.children])
    match node:
        case Capture():
            return _exposed_capture(node)
        case Repeat(least=0, most=1) if looks_behind(node.body) or looks_ahead(node.body):
            order = (node.body, EMPTY) if node.greed is Greed.GREEDY else (EMPTY, node.body)
            return alternatives(order)
        case Repeat(most=None) if _comes_once(node):
            return exposed(Repeat(node.body, node.least, 1, node.greed))
    return node


def _comes_once(node: Repeat) -> bool:
    """Whether the body asks for something before it that its own end is not."""
    first = node.body.parts[0] if isinstance(node.body, Concat) and node.body.parts else node.body
    if not (isinstance(first, Look) and not first.is_ahead and not first.is_negative) or node.body.nullable:
        return False
    return node.least <= 1 and not first.body.nullable and node.body.last.isdisjoint(first.body.last)


def _exposed_capture(node: Capture) -> Node:
    """The capture in pieces, between which conditions at its edges stand free."""
    if not (looks_behind(node.body) or looks_ahead(node.body)):
        return node
    return _pieces(node.body, node.field, node.whole or object())


def _pieces(body: Node, field: Field, whole: object) -> Node:
    """The body with all of its text captured; what is empty need not be."""
    match body:
        case Look():
            return body
        case Alt() if looks_behind(body) or looks_ahead(body):
            return alternatives([_pieces(branch, field, whole) for branch in body.branches])
        case Concat() if looks_behind(body):
            start = next(at for at, part in enumerate(body.parts) if looks_behind(part))
            first = [*body.parts[:start], _pieces(body.parts[start], field, whole)]
            return concat([*first, _pieces(concat(body.parts[start + 1 :]), field, whole)])
        case Concat() if looks_ahead(body):
            end = max(at for at, part in enumerate(body.parts) if looks_ahead(part))
            last = [_pieces(body.parts[end], field, whole), *body.parts[end + 1 :]]
            return concat([_pieces(concat(body.parts[:end]), field, whole), *last])
    return EMPTY if body is EMPTY else Capture(body, field, whole)


def _is_behind(node: Node) -> bool:
    return isinstance(node, Look) and not node.is_ahead


def _is_ahead(node: Node) -> bool:
    return isinstance(node, Look) and node.is_ahead


def looks_behind(node: Node) -> bool:
    """Whether a way through the node begins with a condition on what stands before it."""
    match node:
        case Look():
            return not node.is_ahead
        case Alt():
            return any(looks_behind(branch) for branch in node.branches)
        case Concat():
            for part in node.parts:
                if looks_behind(part):
                    return True
                if not isinstance(part, At | Look):
                    return False
    return False


def looks_ahead(node: Node) -> bool:
    """Whether a way through the node ends with a condition on what stands after it."""
    match node:
        case Look():
            return node.is_ahead
        case Alt():
            return any(looks_ahead(branch) for branch in node.branches)
        case Concat():
            for part in reversed(node.parts):
                if looks_ahead(part):
                    return True
                if not isinstance(part, At | Look):
                    return False
    return False
