"""Whether a part of a pattern can match in one length only, told from the automaton of its characters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stacklens_pipeline.parse.grok.charsets import CharSet
from stacklens_pipeline.parse.grok.syntax import Alt, Back, Chars, Concat, Node, Repeat

MOST_POSITIONS = 400
MOST_STATES = 400
"""What is larger counts as unknown."""


class _TooLargeError(Exception):
    pass


@dataclass(frozen=True)
class _Part:
    """Positions that may be first and last, and whether there may be none."""

    first: frozenset[int]
    last: frozenset[int]
    nullable: bool


class _Positions:
    """Glushkov's automaton: a state for each character of the pattern."""

    def __init__(self) -> None:
        self.sets: list[CharSet] = []
        self.follow: list[set[int]] = []

    def add(self, node: Node) -> _Part:
        match node:
            case Chars():
                return self._character(node.set)
            case Concat():
                return self._joined(self.add(part) for part in node.parts)
            case Alt():
                return _either([self.add(branch) for branch in node.branches])
            case Repeat():
                return self._repeated(node)
        if node.first and not node.children:  # what it matches is not known here
            raise _TooLargeError
        if node.first:  # a group of some kind; what has no width counts as if it always held
            return self.add(node.children[0])
        return _Part(frozenset(), frozenset(), nullable=True)

    def _character(self, found: CharSet) -> _Part:
        if len(self.sets) >= MOST_POSITIONS:
            raise _TooLargeError
        self.sets.append(found)
        self.follow.append(set())
        one = frozenset([len(self.sets) - 1])
        return _Part(one, one, nullable=False)

    def _joined(self, parts: Iterator[_Part]) -> _Part:
        whole = _Part(frozenset(), frozenset(), nullable=True)
        for part in parts:
            self._link(whole.last, part.first)
            first = whole.first | part.first if whole.nullable else whole.first
            last = whole.last | part.last if part.nullable else part.last
            whole = _Part(first, last, whole.nullable and part.nullable)
        return whole

    def _repeated(self, node: Repeat) -> _Part:
        if node.most is not None:
            parts = [self.add(node.body) for _ in range(node.most)]
            return self._joined(
                part if number < node.least else _Part(part.first, part.last, nullable=True)
                for number, part in enumerate(parts)
            )
        parts = [self.add(node.body) for _ in range(max(node.least, 1))]
        self._link(parts[-1].last, parts[-1].first)  # the last may come again
        whole = self._joined(iter(parts))
        return _Part(whole.first, whole.last, whole.nullable or node.least == 0)

    def _link(self, before: frozenset[int], after: frozenset[int]) -> None:
        for position in before:
            self.follow[position] |= after


def _either(parts: Sequence[_Part]) -> _Part:
    first = frozenset().union(*(part.first for part in parts))
    last = frozenset().union(*(part.last for part in parts))
    return _Part(first, last, any(part.nullable for part in parts))


def is_prefix_free(node: Node) -> bool:
    """Whether no text that it matches is the beginning of another one: it then has one length from any start.

    False also when the automaton is too large to tell.
    """
    positions = _Positions()
    try:
        whole = positions.add(node)
        if whole.nullable:
            return not positions.sets
        return not _goes_on_after_end(positions, whole)
    except _TooLargeError:
        return False


def _goes_on_after_end(positions: _Positions, whole: _Part) -> bool:
    """Whether a text that leads to an end can be made longer."""
    seen: set[frozenset[int]] = set()
    waiting = list(_steps(positions, whole.first))
    while waiting:
        state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        if len(seen) > MOST_STATES:
            raise _TooLargeError
        follow = frozenset().union(*(positions.follow[position] for position in state))
        if follow and state & whole.last:
            return True
        waiting.extend(_steps(positions, follow))
    return False


def _steps(positions: _Positions, choices: frozenset[int]) -> Iterator[frozenset[int]]:
    """The sets of positions that one character can lead to."""
    cuts = sorted(
        {cut for position in choices for low, high in positions.sets[position].ranges for cut in (low, high + 1)}
    )
    for cut in cuts:
        state = frozenset(p for p in choices if any(low <= cut <= high for low, high in positions.sets[p].ranges))
        if state:
            yield state


def reads_past(node: Node, within: CharSet, end: CharSet) -> bool:
    """Whether it may match a character of `end` after none but those of `within`; True too when that is unknown."""
    match node:
        case Chars():
            return not node.set.isdisjoint(end)
        case Concat():
            for part in node.parts:
                if reads_past(part, within, end):
                    return True
                if not _stays(part, within):
                    return False
            return False
        case Back():
            return True
    return any(reads_past(child, within, end) for child in node.children if node.first)


def _stays(node: Node, within: CharSet) -> bool:
    """Whether it may match with characters of `within` alone, or none."""
    match node:
        case Chars():
            return not node.set.isdisjoint(within)
        case Concat():
            return all(_stays(part, within) for part in node.parts)
        case Alt():
            return any(_stays(branch, within) for branch in node.branches)
        case Repeat():
            return node.least == 0 or _stays(node.body, within)
    return not node.first or _stays(node.children[0], within)
