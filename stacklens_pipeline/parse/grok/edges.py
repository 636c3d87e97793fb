"""What stands before and after a part of a pattern, and what follows from it for conditions and atomic groups.

A condition that always holds where it stands is dropped, a part that never can match too; an atomic group becomes an
ordinary one where another try would lead to nothing. The pattern that is left matches and captures the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stacklens_pipeline.parse.grok.automaton import is_prefix_free
from stacklens_pipeline.parse.grok.building import alternatives, concat, rebuilt
from stacklens_pipeline.parse.grok.charsets import ALL, NEWLINE, NONE, WORD, CharSet
from stacklens_pipeline.parse.grok.syntax import (
    EMPTY,
    FAIL,
    Alt,
    At,
    Atomic,
    Chars,
    Concat,
    Greed,
    Look,
    Node,
    Place,
    Repeat,
)


@dataclass(frozen=True)
class Edge:
    """The characters that may stand there, whether the text may end there, and whether what follows always matches."""

    chars: CharSet
    may_end: bool
    is_free: bool = False


ANYTHING = Edge(ALL, may_end=True, is_free=True)
"""Around a pattern that is searched for; after an atomic group's body too, which asks for nothing more."""
UNKNOWN = Edge(ALL, may_end=True)
"""After a part of which it is not known what follows, and whether that always matches."""
START = Edge(NONE, may_end=True)
"""Before a pattern that has to match from the start of the text."""


def simplified(node: Node, before: Edge = ANYTHING, after: Edge = ANYTHING) -> Node:
    """The node without what its surroundings decide."""
    if not node.has_conditions:
        return node
    match node:
        case Concat():
            return _concat(node, before, after)
        case Repeat():
            return _repeat(node, before, after)
        case Atomic():
            return _atomic(node, before, after)
        case Look():
            return _look(node, before, after)
        case At():
            return _place(node, before, after)
        case Alt():
            return alternatives([simplified(branch, before, after) for branch in node.branches])
    return rebuilt(node, [simplified(child, before, after) for child in node.children])


def _concat(node: Concat, before: Edge, after: Edge) -> Node:
    done = list(node.parts)
    for place in range(len(done) - 1, -1, -1):
        left, right = edge_before(node.parts, before, place), edge_after(done, after, place + 1)
        done[place] = simplified(done[place], left, right)
    return concat(done)


def edge_before(parts: Sequence[Node], before: Edge, end: int | None = None) -> Edge:
    """What stands before a part that comes after these, or after those up to `end`."""
    found = NONE
    for place in range(len(parts) - 1 if end is None else end - 1, -1, -1):
        found |= parts[place].last
        if not parts[place].nullable:
            return Edge(found, may_end=False)
    return Edge(found | before.chars, before.may_end)


def edge_after(parts: Sequence[Node], after: Edge, start: int = 0) -> Edge:
    """What stands after a part that comes before these, or before those from `start` on."""
    if start >= len(parts):
        return after
    free = after.is_free and all(parts[place].free for place in range(start, len(parts)))
    found = NONE
    for place in range(start, len(parts)):
        found |= parts[place].first
        if not parts[place].nullable:
            return Edge(found, may_end=False, is_free=free)
    return Edge(found | after.chars, after.may_end, free)


def _repeat(node: Repeat, before: Edge, after: Edge) -> Node:
    if node.greed is Greed.POSSESSIVE:
        return simplified(Atomic(Repeat(node.body, node.least, node.most)), before, after)
    if node.most == 0:
        return EMPTY
    if node.most != 1:
        before = Edge(before.chars | node.body.last, before.may_end)
        is_free = after.is_free and (node.least <= 1 or node.body.free)
        after = Edge(after.chars | node.body.first, after.may_end, is_free)
    return _flat(rebuilt(node, [simplified(node.body, before, after)]))


def _flat(node: Node) -> Node:
    """`(x?)*` and its like are `x*`."""
    if not (isinstance(node, Repeat) and isinstance(inner := node.body, Repeat)):
        return node
    if (node.greed, inner.greed) != (Greed.GREEDY, Greed.GREEDY):
        return node
    if inner.least > 1 or node.least > 1 or (inner.body.captures and inner.most != 1) or inner.body.nullable:
        return node
    if {(node.least, node.most), (inner.least, inner.most)} <= {(0, None), (1, None), (0, 1)}:
        most = 1 if node.most == inner.most == 1 else None
        return Repeat(inner.body, min(node.least, inner.least), most)
    return node


def _atomic(node: Atomic, before: Edge, after: Edge) -> Node:
    inside = simplified(node.body, before, ANYTHING)
    if after.is_free or is_prefix_free(inside):
        return simplified(inside, before, after)
    from stacklens_pipeline.parse.grok.committed import committed

    sure = committed(inside)
    return Atomic(inside) if sure is None else simplified(sure, before, after)


def _look(node: Look, before: Edge, after: Edge) -> Node:
    body = simplified(node.body, before if node.is_ahead else ANYTHING, ANYTHING)
    held = _holds(body, node, after if node.is_ahead else before)
    if held is None or (held and not node.is_negative and body.captures):
        return Look(body, node.is_ahead, node.is_negative)
    return EMPTY if held else FAIL


def _holds(body: Node, look: Look, edge: Edge) -> bool | None:
    """Whether the condition is met, where that is known."""
    if body.free or body is FAIL:
        return (body is FAIL) == look.is_negative
    touching = body.first if look.is_ahead else body.last
    if not body.nullable and edge.chars.isdisjoint(touching):
        return look.is_negative  # at the end of the text too
    is_one = isinstance(body, Chars) and not edge.may_end and edge.chars.issubset(body.set)
    return (not look.is_negative) if is_one else None


def _place(node: At, before: Edge, after: Edge) -> Node:
    held: bool | None = None
    match node.place:
        case Place.TEXT_START:
            held = _at_end(before)
        case Place.TEXT_END:
            held = _at_end(after)
        case Place.LINE_START:
            held = _at_line_edge(before)
        case Place.LINE_END:
            held = _at_line_edge(after)
        case Place.WORD_EDGE | Place.NOT_WORD_EDGE:
            sides = _is_word(before), _is_word(after)
            if None not in sides:
                held = (sides[0] != sides[1]) == (node.place is Place.WORD_EDGE)
    return node if held is None else EMPTY if held else FAIL


def _at_end(edge: Edge) -> bool | None:
    return False if not edge.may_end else None if edge.chars else True


def _at_line_edge(edge: Edge) -> bool | None:
    if edge.chars.issubset(NEWLINE):
        return True
    return False if not edge.may_end and edge.chars.isdisjoint(NEWLINE) else None


def _is_word(edge: Edge) -> bool | None:
    """Whether a word's character stands there; the ends of the text count as none."""
    if not edge.chars & WIDE_OR_WORD:
        return False
    return True if not edge.may_end and edge.chars.issubset(WORD) else None


WIDE_OR_WORD = WORD | CharSet(((0x80, ALL.ranges[0][1]),))
"""What may be a word's character; which ones beyond ASCII are is left to the engine."""
