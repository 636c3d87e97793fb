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
    """A part of a pattern.

    `nullable`: it may match the empty text. `free`: it can match wherever it stands, so that what is before it is
    never asked for another try. `first` and `last`: the characters that what it matches may begin and end with.
    """

    @cached_property
    def children(self) -> tuple["Node", ...]:
        """The parts it is made of."""
        return ()

    @cached_property
    def nullable(self) -> bool:
        return True

    @cached_property
    def free(self) -> bool:
        return False

    @cached_property
    def first(self) -> CharSet:
        return NONE

    @cached_property
    def last(self) -> CharSet:
        return NONE

    @cached_property
    def alphabet(self) -> CharSet:
        """All characters that may be in what it matches."""
        return union(child.alphabet for child in self.children)

    @cached_property
    def count(self) -> int:
        """Of nodes, shared ones as often as they stand in the pattern."""
        return 1 + sum(child.count for child in self.children)

    @cached_property
    def captures(self) -> bool:
        """Whether something in it is kept."""
        return any(child.captures for child in self.children)

    @cached_property
    def has_conditions(self) -> bool:
        """Whether something in it depends on what stands around it, or can be written more simply."""
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

    @cached_property
    def nullable(self) -> bool:
        return False

    @cached_property
    def first(self) -> CharSet:
        return self.set

    @cached_property
    def last(self) -> CharSet:
        return self.set

    @cached_property
    def alphabet(self) -> CharSet:
        return self.set


@dataclass(frozen=True, eq=False)
class Concat(Node):
    """Parts one after the other."""

    parts: tuple[Node, ...]

    @cached_property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    @cached_property
    def nullable(self) -> bool:
        return all(part.nullable for part in self.parts)

    @cached_property
    def free(self) -> bool:
        return all(part.free for part in self.parts)

    @cached_property
    def first(self) -> CharSet:
        return first_of(self.parts)

    @cached_property
    def last(self) -> CharSet:
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

    @cached_property
    def children(self) -> tuple[Node, ...]:
        return self.branches

    @cached_property
    def nullable(self) -> bool:
        return any(branch.nullable for branch in self.branches)

    @cached_property
    def free(self) -> bool:
        return any(branch.free for branch in self.branches)

    @cached_property
    def first(self) -> CharSet:
        return union(branch.first for branch in self.branches)

    @cached_property
    def last(self) -> CharSet:
        return union(branch.last for branch in self.branches)


@dataclass(frozen=True, eq=False)
class Repeat(Node):
    """A body several times; `most` None is without end."""

    body: Node
    least: int
    most: int | None
    greed: Greed = Greed.GREEDY

    @cached_property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)

    @cached_property
    def nullable(self) -> bool:
        return self.least == 0 or self.body.nullable

    @cached_property
    def free(self) -> bool:
        return self.least == 0 or self.body.free

    @cached_property
    def first(self) -> CharSet:
        return self.body.first

    @cached_property
    def last(self) -> CharSet:
        return self.body.last

    @cached_property
    def has_conditions(self) -> bool:
        is_odd = self.greed is Greed.POSSESSIVE or self.most == 0 or isinstance(self.body, Repeat)
        return is_odd or self.body.has_conditions


@dataclass(frozen=True, eq=False)
class Around(Node):
    """A part that is its body and something that is said of it."""

    body: Node

    @cached_property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)

    @cached_property
    def nullable(self) -> bool:
        return self.body.nullable

    @cached_property
    def free(self) -> bool:
        return self.body.free

    @cached_property
    def first(self) -> CharSet:
        return self.body.first

    @cached_property
    def last(self) -> CharSet:
        return self.body.last


@dataclass(frozen=True, eq=False)
class Capture(Around):
    """A body whose text is a field's value, or with others of the same `whole` a piece of it."""

    field: Field
    whole: object = None

    @cached_property
    def captures(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Numbered(Around):
    """A group that a back-reference means by its number or name."""

    name: str

    @cached_property
    def captures(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Named(Around):
    """What a definition stands for."""

    name: str


@dataclass(frozen=True, eq=False)
class Checked(Around):
    """A body that is too wide by itself: `whole` has to match all of its text, which is asked afterwards."""

    whole: Node

    @cached_property
    def captures(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Atomic(Around):
    """A body of which only the first way to match is tried."""

    has_conditions = True


@dataclass(frozen=True, eq=False)
class Look(Node):
    """A condition on what stands before or after a position."""

    body: Node
    is_ahead: bool
    is_negative: bool
    has_conditions = True

    @cached_property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(frozen=True, eq=False)
class At(Node):
    """A position."""

    place: Place
    has_conditions = True


@dataclass(frozen=True, eq=False)
class Back(Node):
    """The text that a group captured, or with `is_call` the group's pattern once more."""

    name: str
    is_call: bool = False

    @cached_property
    def first(self) -> CharSet:
        return ALL

    @cached_property
    def last(self) -> CharSet:
        return ALL

    @cached_property
    def alphabet(self) -> CharSet:
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


def optional(body: Node, greed: Greed = Greed.GREEDY) -> Node:
    """The body or nothing."""
    return EMPTY if body is FAIL else Repeat(body, 0, 1, greed)


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
