"""The only way that an atomic group tries, written without the group: `(?>a+)` is `a+(?!a)`."""

from collections.abc import Sequence

from stacklens_pipeline.parse.grok.automaton import is_prefix_free
from stacklens_pipeline.parse.grok.building import alternatives, concat, rebuilt
from stacklens_pipeline.parse.grok.syntax import Alt, Around, Atomic, Chars, Concat, Greed, Look, Node, Repeat, first_of


def committed(node: Node) -> Node | None:
    """A node that matches only as `node` does at its first try, in one length from any start; None when unknown."""
    match node:
        case Chars():
            return node
        case Concat():
            return _concat(node.parts)
        case Alt():
            return _alternatives(node)
        case Repeat():
            return _repeat(node)
        case Atomic():
            return committed(node.body)
        case Around():
            inside = committed(node.body)
            return None if inside is None else rebuilt(node, [inside])
    return node if is_prefix_free(node) else None


def _concat(parts: Sequence[Node]) -> Node | None:
    done: list[Node] = []
    for place, part in enumerate(parts):
        sure = _before(part, parts[place + 1 :])
        if sure is None:
            return None
        done.append(sure)
    return concat(done)


def _before(part: Node, rest: Sequence[Node]) -> Node | None:
    """The part, when a second try of it could not help the rest; as it is, when the rest itself sees to that."""
    if _is_length_free(part):
        return part
    if not all(other.nullable for other in rest) and isinstance(part, Repeat) and isinstance(part.body, Chars):
        # a shorter run is followed by one more of its own characters
        return part if part.greed is Greed.GREEDY and part.body.set.isdisjoint(first_of(rest)) else None
    return committed(part) if all(other.free for other in rest) else None


def _is_length_free(part: Node) -> bool:
    return isinstance(part, Chars) or not part.first or is_prefix_free(part)


def _alternatives(node: Alt) -> Node | None:
    """Branches of which no two begin with the same character: only one is ever tried."""
    branches = [committed(branch) for branch in node.branches]
    sure = [branch for branch in branches if branch is not None and not branch.nullable]
    if len(sure) < len(branches):
        return None
    for place, branch in enumerate(sure):
        if any(not branch.first.isdisjoint(other.first) for other in sure[:place]):
            return None
    return alternatives(sure)


def _repeat(node: Repeat) -> Node | None:
    if node.greed is not Greed.GREEDY:
        return None
    if isinstance(node.body, Chars) and node.most is None:
        return concat([node, Look(node.body, is_ahead=True, is_negative=True)])
    beginning = _beginning(node.body)
    if (node.least, node.most) != (0, 1) or beginning is None:
        return None
    body = committed(node.body)
    if body is None:
        return None
    return alternatives([body, Look(beginning, is_ahead=True, is_negative=True)])


def _beginning(node: Node) -> Node | None:
    """Characters one after the other with which the node matches for certain: all of it but a run at its end."""
    parts = list(node.parts) if isinstance(node, Concat) else [node]
    if isinstance(last := parts[-1] if parts else None, Repeat) and last.least == 1 and last.most is None:
        parts[-1] = last.body
    return concat(parts) if parts and all(isinstance(part, Chars) for part in parts) else None
