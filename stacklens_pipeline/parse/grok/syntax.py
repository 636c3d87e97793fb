"""A pattern as a tree, and what each part of it may match: nothing, which first and last characters.

Sets are never too small: what they leave out cannot happen. Nodes are shared and compared by identity.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from stacklens_pipeline.parse.grok.charsets import ALL, NONE, CharSet


class PatternError(ValueError):
    """What is wrong with a pattern; whoever knows which pattern it is says so."""


class Type(StrEnum):
    """What a captured text is made into."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOLEAN = "boolean"


@dataclass(frozen=True)
class Field:
    """Where a capture goes, one name a level, and what it becomes."""

    path: tuple[str, ...]
    type: Type = Type.TEXT


class Place(StrEnum):
    """Positions without width."""

    LINE_START = "line_start"
    LINE_END = "line_end"
    TEXT_START = "text_start"
    TEXT_END = "text_end"
    WORD_EDGE = "word_edge"
    NOT_WORD_EDGE = "not_word_edge"


class Greed(StrEnum):
    """Which number of repetitions is tried first, and whether others are tried at all."""

    GREEDY = "greedy"
    LAZY = "lazy"
    POSSESSIVE = "possessive"


@dataclass(frozen=True, eq=False)
class Node:
    """A part of a pattern; kinds of nodes say what they know in the methods with an underscore."""

    @property
    def children(self) -> tuple["Node", ...]:
        """The parts it is made of."""
        return ()

    @cached_property
    def nullable(self) -> bool:
        """Whether it may match the empty text."""
        return self._nullable()

    @cached_property
    def free(self) -> bool:
        """Whether it can match wherever it stands, so that what is before it is never asked for another try."""
        return self._free()

    @cached_property
    def first(self) -> CharSet:
        """The characters with which what it matches may begin."""
        return self._first()

    @cached_property
    def last(self) -> CharSet:
        """The characters with which what it matches may end."""
        return self._last()

    @cached_property
    def alphabet(self) -> CharSet:
        """All characters that may be in what it matches."""
        return self._alphabet()

    @cached_property
    def captures(self) -> bool:
        """Whether something in it is kept."""
        return self._captures()

    @cached_property
    def has_conditions(self) -> bool:
        """Whether something in it depends on what stands around it, or can be written more simply."""
        return self._has_conditions()

    @cached_property
    def count(self) -> int:
        """Of nodes, shared ones as often as they stand in the pattern."""
        return 1 + sum(child.count for child in self.children)

    @cached_property
    def unrolled(self) -> int:
        """Nodes when repetitions that have to be there are written out, as the `regex` package does."""
        return self._unrolled()

    def _unrolled(self) -> int:
        return 1 + sum(child.unrolled for child in self.children)

    def _nullable(self) -> bool:
        return True

    def _free(self) -> bool:
        return False

    def _first(self) -> CharSet:
        return NONE

    def _last(self) -> CharSet:
        return NONE

    def _alphabet(self) -> CharSet:
        return union(child.alphabet for child in self.children)

    def _captures(self) -> bool:
        return any(child.captures for child in self.children)

    def _has_conditions(self) -> bool:
        return any(child.has_conditions for child in self.children)

    def walk(self) -> Iterator["Node"]:
        """Itself and all parts, in the order in which they are written; shared ones as often as they stand there."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, eq=False)
class Chars(Node):
    """One character of a set."""

    set: CharSet

    def _nullable(self) -> bool:
        return False

    def _first(self) -> CharSet:
        return self.set

    def _last(self) -> CharSet:
        return self.set

    def _alphabet(self) -> CharSet:
        return self.set


@dataclass(frozen=True, eq=False)
class Concat(Node):
    """Parts one after the other."""

    parts: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """The parts in their order."""
        return self.parts

    def _nullable(self) -> bool:
        return all(part.nullable for part in self.parts)

    def _free(self) -> bool:
        return all(part.free for part in self.parts)

    def _first(self) -> CharSet:
        return first_of(self.parts)

    def _last(self) -> CharSet:
        found = NONE
        for part in reversed(self.parts):
            found |= part.last
            if not part.nullable:
                break
        return found


@dataclass(frozen=True, eq=False)
class Alt(Node):
    """The first of several branches with which all goes well; without any branch nothing matches."""

    branches: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """The branches in their order."""
        return self.branches

    def _nullable(self) -> bool:
        return any(branch.nullable for branch in self.branches)

    def _free(self) -> bool:
        return any(branch.free for branch in self.branches)

    def _first(self) -> CharSet:
        return union(branch.first for branch in self.branches)

    def _last(self) -> CharSet:
        return union(branch.last for branch in self.branches)


@dataclass(frozen=True, eq=False)
class Repeat(Node):
    """A body several times; `most` None is without end."""

    body: Node
    least: int
    most: int | None
    greed: Greed = Greed.GREEDY

    @property
    def children(self) -> tuple[Node, ...]:
        """The body."""
        return (self.body,)

    def _nullable(self) -> bool:
        return self.least == 0 or self.body.nullable

    def _free(self) -> bool:
        return self.least == 0 or self.body.free

    def _first(self) -> CharSet:
        return self.body.first

    def _last(self) -> CharSet:
        return self.body.last

    def _unrolled(self) -> int:
        return 1 + self.body.unrolled * (1 if isinstance(self.body, Chars) else self.least + 1)

    def _has_conditions(self) -> bool:
        is_odd = self.greed is Greed.POSSESSIVE or self.most == 0 or isinstance(self.body, Repeat)
        return is_odd or self.body.has_conditions


@dataclass(frozen=True, eq=False)
class Around(Node):
    """A part that is its body and something that is said of it."""

    body: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """The body."""
        return (self.body,)

    def _nullable(self) -> bool:
        return self.body.nullable

    def _free(self) -> bool:
        return self.body.free

    def _first(self) -> CharSet:
        return self.body.first

    def _last(self) -> CharSet:
        return self.body.last


@dataclass(frozen=True, eq=False)
class Capture(Around):
    """A body whose text is a field's value, or with others of the same `whole` a piece of it."""

    field: Field
    whole: object = None

    def _captures(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Numbered(Around):
    """A group that a back-reference means by its number or name."""

    name: str

    def _captures(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Named(Around):
    """What a definition stands for."""

    name: str


@dataclass(frozen=True, eq=False)
class Checked(Around):
    """A body that is too wide by itself: `whole` has to match all of its text, which is asked afterwards."""

    whole: Node

    def _captures(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Atomic(Around):
    """A body of which only the first way to match is tried."""

    def _has_conditions(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Look(Node):
    """A condition on what stands before or after a position."""

    body: Node
    is_ahead: bool
    is_negative: bool

    def _has_conditions(self) -> bool:
        return True

    @property
    def children(self) -> tuple[Node, ...]:
        """The condition."""
        return (self.body,)


@dataclass(frozen=True, eq=False)
class At(Node):
    """A position."""

    place: Place

    def _has_conditions(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Back(Node):
    """The text that a group captured, or with `is_call` the group's pattern once more."""

    name: str
    is_call: bool = False

    def _first(self) -> CharSet:
        return ALL

    def _last(self) -> CharSet:
        return ALL

    def _alphabet(self) -> CharSet:
        return ALL


EMPTY = Concat(())
FAIL = Alt(())
ANY = Chars(ALL)


def first_of(parts: Sequence[Node]) -> CharSet:
    """The first characters of parts one after the other."""
    found = NONE
    for part in parts:
        found |= part.first
        if not part.nullable:
            break
    return found


def union(sets: Iterator[CharSet]) -> CharSet:
    """All characters of the sets."""
    return CharSet.from_ranges(range for found in sets for range in found.ranges)
