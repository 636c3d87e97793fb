"""The usual way through a pattern, decided at each character by that character alone.

Rust's engine is some three times faster when nothing has to be tried twice. The direct form of a pattern knows only
one way to match a text, and only where all that the pattern would have tried before it fails at the very next
character; so what it gives is what the pattern gives. Texts that take another way it does not match, and the pattern
itself is asked.

A part whose end its characters show, such as a host's name before a blank, is taken as a run of characters. Whether
the part matches that run is asked afterwards, of the short text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stacklens_pipeline.parse.grok.automaton import reads_past
from stacklens_pipeline.parse.grok.building import alternatives, concat
from stacklens_pipeline.parse.grok.charsets import ALL, NONE, CharSet
from stacklens_pipeline.parse.grok.edges import ANYTHING, START, WIDE_OR_WORD, Edge, edge_after, edge_before
from stacklens_pipeline.parse.grok.syntax import (
    EMPTY,
    FAIL,
    Alt,
    At,
    Capture,
    Chars,
    Checked,
    Concat,
    Greed,
    Node,
    Place,
    Repeat,
    union,
)


class UndirectError(ValueError):
    """There is no direct form of it."""


@dataclass(frozen=True)
class Way:
    """A direct form: what may not come next, how often texts were left out for it, and what has to be checked.

    `is_exact`: where it fails, so does what it is the form of.
    """

    node: Node
    excluded: CharSet
    losses: int = 0
    checks: int = 0
    is_exact: bool = True

    @property
    def cost(self) -> tuple[int, int]:
        """The less, the better."""
        return self.losses, self.checks


def direct(tree: Node) -> Way:
    """The direct form of a pattern that begins at the start of the text. Raises UndirectError."""
    way = _Direct(is_strict=False).whole(tree)
    if not way.excluded:
        return way
    way = _Direct(is_strict=True).whole(tree)
    end = alternatives([At(Place.TEXT_END), Chars(~way.excluded)])
    return replace(way, node=concat([way.node, end]), excluded=NONE)


def _parts(node: Node) -> list[Node]:
    return list(node.parts) if isinstance(node, Concat) else [node]


class _Direct:
    """Finds the way part by part; when it `is_strict`, each decision shows in the next character."""

    def __init__(self, *, is_strict: bool) -> None:
        self._is_strict = is_strict

    def whole(self, tree: Node) -> Way:
        """The form of a pattern; what is excluded in the end may not follow it."""
        return self._sequence(_parts(tree), NONE, START, ANYTHING)

    def _sequence(self, parts: Sequence[Node], excluded: CharSet, before: Edge, after: Edge) -> Way:
        """Parts one after the other, of which the first character is none of the excluded."""
        ways, at = list[Way](), 0
        while at < len(parts):
            at, way = self._best(parts, at, excluded, edge_before(parts, before, at), after)
            ways.append(way)
            excluded = way.excluded
        return _together(concat([way.node for way in ways]), excluded, ways)

    def _best(self, parts: Sequence[Node], at: int, excluded: CharSet, before: Edge, after: Edge) -> tuple[int, Way]:
        """The form of the next part, or of several as one run, and where to go on."""
        try:
            own = self._part(parts[at], excluded, before, edge_after(parts, after, at + 1))
        except UndirectError:
            own = None
        if own is not None and own.cost == (0, 0):
            return at + 1, own
        for end in range(len(parts), at, -1):
            run = _run(parts[at:end], excluded, before, edge_after(parts, after, end))
            if run is not None and (own is None or run.cost <= own.cost):
                return end, run
        if own is None or own.node is FAIL:
            raise UndirectError
        return at + 1, own

    def _part(self, node: Node, excluded: CharSet, before: Edge, after: Edge) -> Way:
        match node:
            case Chars():
                return _chars(node, excluded)
            case Concat():
                return self._sequence(node.parts, excluded, before, after)
            case Alt():
                return self._alternatives(node, excluded, before, after)
            case Repeat(greed=Greed.GREEDY):
                return self._greedy(node, excluded, before, after)
            case Repeat(greed=Greed.LAZY):
                return _lazy(node, excluded, after)
            case Capture():
                inside = self._sequence(_parts(node.body), excluded, before, after)
                return replace(inside, node=Capture(inside.node, node.field, node.whole))
            case At():
                return Way(node, excluded)
        raise UndirectError

    def _alternatives(self, node: Alt, excluded: CharSet, before: Edge, after: Edge) -> Way:
        """Each branch where no earlier one can begin."""
        ways, left_out, taken = list[Way](), 0, excluded
        for branch in node.branches:
            way = self._branch(branch, taken, before, after)
            if way is None:
                left_out += 1
            else:
                ways.append(way)
            if branch.free and after.is_free:  # it always matches, and those after it never do
                break
            taken |= branch.first | (_next(after) if branch.nullable else NONE)
        if not ways:
            raise UndirectError
        found = _together(alternatives([way.node for way in ways]), NONE, ways)
        later = union(way.excluded for way in ways)
        return replace(found, excluded=later, losses=found.losses + left_out, is_exact=found.is_exact and not left_out)

    def _branch(self, node: Node, excluded: CharSet, before: Edge, after: Edge) -> Way | None:
        try:
            way = self._sequence(_parts(node), excluded, before, after)
        except UndirectError:
            return None
        return None if _is_stuck(way.excluded, after) else way

    def _greedy(self, node: Repeat, excluded: CharSet, before: Edge, after: Edge) -> Way:
        """As often as the next character allows."""
        body = node.body
        if body.nullable:
            raise UndirectError
        if isinstance(body, Chars) and not body.set.isdisjoint(excluded):
            return _narrowed_greedy(node, body.set, excluded, after)
        if node.most == 1:
            inside = self._sequence(_parts(body), excluded, before, after)
        else:
            around = Edge(before.chars | body.last, before.may_end), Edge(after.chars | body.first, after.may_end)
            inside = self._sequence(_parts(body), excluded, *around)
            if not body.first.isdisjoint(inside.excluded):
                raise UndirectError
        # where nothing at all follows, nothing can make what is repeated be tried another way
        is_sure = not self._is_strict and after is ANYTHING and inside.is_exact and not inside.checks
        stopped = NONE if node.least == node.most or is_sure else body.first
        if node.least == 0 and _is_stuck(excluded, after):  # it has to be there
            once = Repeat(inside.node, 1, node.most)
            return Way(once, inside.excluded | stopped, inside.losses + 1, inside.checks, is_exact=False)
        later = inside.excluded | stopped | (excluded if node.least == 0 else NONE)
        return replace(inside, node=Repeat(inside.node, node.least, node.most), excluded=later)


def _together(node: Node, excluded: CharSet, ways: Sequence[Way]) -> Way:
    """What is made of several ways."""
    losses, checks = sum(way.losses for way in ways), sum(way.checks for way in ways)
    return Way(node, excluded, losses, checks, not losses and all(way.is_exact for way in ways))


def _chars(node: Chars, excluded: CharSet) -> Way:
    if node.set.isdisjoint(excluded):
        return Way(node, NONE)
    left = node.set - excluded
    if not left:
        raise UndirectError
    return Way(Chars(left), NONE, losses=1, is_exact=False)


def _is_stuck(excluded: CharSet, after: Edge) -> bool:
    """Whether nothing of what has to follow may follow."""
    return not after.may_end and after.chars.issubset(excluded)


def _next(after: Edge) -> CharSet:
    return ALL if after.may_end else after.chars


def _lazy(node: Repeat, excluded: CharSet, after: Edge) -> Way:
    """Up to the first character with which what follows may begin."""
    if not isinstance(node.body, Chars):
        raise UndirectError
    if node.least and not node.body.set.isdisjoint(excluded):
        raise UndirectError
    forced = [Repeat(node.body, node.least, node.least)] if node.least else []
    later = NONE if forced else excluded
    most = None if node.most is None else node.most - node.least
    more = node.body.set - _next(after)
    if (after.may_end and after.is_free) or most == 0:
        return Way(concat(forced), later)
    if not more:
        return Way(concat(forced), later, is_exact=False)
    is_narrowed = not forced and not more.isdisjoint(excluded)
    run = _narrowed(more, excluded, 0, most) if is_narrowed else Repeat(Chars(more), 0, most)
    is_exact = not is_narrowed and node.body.set.isdisjoint(_next(after))
    return Way(concat([*forced, run]), later, int(is_narrowed), is_exact=is_exact)


def _narrowed(chars: CharSet, excluded: CharSet, least: int, most: int | None) -> Node:
    """A run that does not begin with what is excluded."""
    if not chars - excluded:
        return FAIL if least else EMPTY
    rest = Repeat(Chars(chars), max(least - 1, 0), None if most is None else most - 1)
    run = concat([Chars(chars - excluded), rest])
    return run if least else Repeat(run, 0, 1)


def _narrowed_greedy(node: Repeat, chars: CharSet, excluded: CharSet, after: Edge) -> Way:
    """A run of characters of which the first is none of the excluded."""
    is_there = node.least or int(_is_stuck(excluded, after))
    run = _narrowed(chars, excluded, is_there, node.most)
    if run is FAIL:
        raise UndirectError
    stopped = NONE if node.least == node.most else chars
    return Way(run, stopped if is_there else stopped | excluded, losses=1, is_exact=False)


def _run(parts: Sequence[Node], excluded: CharSet, before: Edge, after: Edge) -> Way | None:
    """Parts as one run of their characters, which ends where none of those follows; None when that does not show."""
    node = concat(parts)
    inner = node.body if isinstance(node, Capture) else node
    if inner.captures or after.may_end or not inner.first or not _is_alone(inner, before, after):
        return None
    within = _within(inner, after.chars)
    if within is None:
        return None
    least = int(not inner.nullable)
    is_narrowed = not within.isdisjoint(excluded)
    if is_narrowed and not least:
        return None
    if is_narrowed and not within - excluded:
        return None
    first = [Chars(within - excluded)] if is_narrowed else []
    run = concat([*first, Repeat(Chars(within), 0 if is_narrowed else least, None)])
    checked: Node = Checked(run, inner)
    checked = Capture(checked, node.field, node.whole) if isinstance(node, Capture) else checked
    return Way(checked, NONE if least else excluded, losses=int(is_narrowed), checks=1)


def _within(node: Node, end: CharSet) -> CharSet | None:
    """The characters of a run that ends before one of `end`; no branch may go on with such a one."""
    branches = node.branches if isinstance(node, Alt) else (node,)
    within = union(branch.alphabet for branch in branches if branch.alphabet.isdisjoint(end))
    if not within or any(reads_past(b, within, end) for b in branches if not b.alphabet.isdisjoint(end)):
        return None
    return within


def _is_alone(node: Node, before: Edge, after: Edge) -> bool:
    """Whether positions in it are the same when what stands around it is cut off."""
    places = {part.place for part in node.walk() if isinstance(part, At)}
    if not places:
        return True
    no_words = not (before.chars | after.chars) & WIDE_OR_WORD
    return no_words and places <= {Place.WORD_EDGE, Place.NOT_WORD_EDGE}
