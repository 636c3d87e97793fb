"""Trees put together: flat, and without what never matches."""

from collections.abc import Sequence

from stacklens_pipeline.parse.grok.syntax import (
    EMPTY,
    FAIL,
    Alt,
    Atomic,
    Capture,
    Chars,
    Concat,
    Look,
    Named,
    Node,
    Numbered,
    Repeat,
)


def concat(parts: Sequence[Node]) -> Node:
    """Parts one after the other, flat; FAIL when one of them never matches."""
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, Concat):
            flat.extend(part.parts)
        elif part is FAIL:
            return FAIL
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else Concat(tuple(flat)) if flat else EMPTY


def alternatives(branches: Sequence[Node]) -> Node:
    """The first branch that matches, flat, without those that never do; neighbours of one character are one."""
    flat: list[Node] = []
    for branch in branches:
        for part in branch.branches if isinstance(branch, Alt) else (branch,):
            if isinstance(part, Chars) and flat and isinstance(flat[-1], Chars):
                flat[-1] = Chars(flat[-1].set | part.set)
            else:
                flat.append(part)
    return flat[0] if len(flat) == 1 else Alt(tuple(flat)) if flat else FAIL


def rebuilt(node: Node, children: Sequence[Node]) -> Node:
    """The same kind of node with other children."""
    if len(children) == len(node.children) and all(map(lambda a, b: a is b, children, node.children)):
        return node
    match node:
        case Concat():
            return concat(children)
        case Alt():
            return alternatives(children)
        case Repeat():
            return _repeated(node, children[0])
        case Capture():
            return FAIL if children[0] is FAIL else Capture(children[0], node.field, node.whole)
        case Numbered():
            return FAIL if children[0] is FAIL else Numbered(children[0], node.name)
        case Named():
            return FAIL if children[0] is FAIL else Named(children[0], node.name)
        case Atomic():
            return FAIL if children[0] is FAIL else Atomic(children[0])
        case Look():
            return Look(children[0], node.is_ahead, node.is_negative)
        case _:
            return node


def _repeated(node: Repeat, body: Node) -> Node:
    if body is FAIL:
        return FAIL if node.least else EMPTY
    return Repeat(body, node.least, node.most, node.greed)
