"""Conditions on what stands before or after, made part of what does stand there.

`.*(?<![0-9])x` is `(?:.*[^0-9]|(?<![0-9]))x`, and what is at the start of a pattern that is searched for is
`(?:\\A|[^0-9])x`: fields are all that a pattern gives, so that its match may reach one character further. Only forms in
which every way to match is tried in the same order are written; for others there is `UnsettledError`.
"""

from stacklens_pipeline.parse.grok.ahead import Ahead
from stacklens_pipeline.parse.grok.behind import Before, Behind
from stacklens_pipeline.parse.grok.building import alternatives, concat, rebuilt
from stacklens_pipeline.parse.grok.charsets import ALL, NONE
from stacklens_pipeline.parse.grok.edges import ANYTHING, START, simplified
from stacklens_pipeline.parse.grok.exposing import TOO_LARGE, UnsettledError, exposed
from stacklens_pipeline.parse.grok.syntax import At, Atomic, Chars, Look, Named, Node, Place, Repeat


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
    plain = exposed(known)
    start = Before(NONE if is_anchored else ALL, may_start=True)
    behind = Behind(before).settle(plain, start)
    again = simplified(exposed(behind), before)
    return _written(simplified(Ahead().settle(again), before), is_anchored)


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
