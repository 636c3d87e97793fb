"""A tree back to text, for Rust's engine in Polars and for the `regex` package."""

from dataclasses import dataclass, field
from enum import Enum

from stacklens_pipeline.parse.grok.charsets import ALL, CharSet
from stacklens_pipeline.parse.grok.syntax import (
    Alt,
    At,
    Atomic,
    Back,
    Capture,
    Chars,
    Checked,
    Concat,
    Field,
    Greed,
    Look,
    Node,
    Numbered,
    Place,
    Repeat,
)


class Dialect(Enum):
    """Who reads the text."""

    RUST = "rust"
    PYTHON = "python"


@dataclass(frozen=True)
class Group:
    """A group's field, and which value of it the group is a piece of."""

    field: Field
    value: int


@dataclass
class Written:
    """A regular expression whose groups, counted from 1, hold the fields; None is a group that holds none.

    `checks` says of groups what has to match all of their text.
    """

    text: str = ""
    groups: list[Group | None] = field(default_factory=list)
    checks: list[tuple[int, Node]] = field(default_factory=list)


def write(node: Node, dialect: Dialect) -> Written:
    """The text of a tree; a Rust text has to be free of what Rust does not know."""
    written = Written()
    body = _Writer(dialect, written).text(node)
    written.text = f"(?s){body}" if dialect is Dialect.RUST else body
    return written


PLACES = {
    Place.LINE_START: ("(?m:^)", "^"),
    Place.LINE_END: ("(?m:$)", "$"),
    Place.TEXT_START: (r"\A", r"\A"),
    Place.TEXT_END: (r"\z", r"\Z"),
    Place.WORD_EDGE: (r"\b", r"\b"),
    Place.NOT_WORD_EDGE: (r"\B", r"\B"),
}
"""How positions are written for Rust and for Python, where MULTILINE is on."""

LOOKS = {(True, False): "(?=", (True, True): "(?!", (False, False): "(?<=", (False, True): "(?<!"}


class _Writer:
    def __init__(self, dialect: Dialect, written: Written) -> None:
        self._written = written
        self._is_python = dialect is Dialect.PYTHON
        self._names: dict[str, str] = {}
        self._values: dict[object, int] = {}

    def text(self, node: Node) -> str:
        """Of a node, to stand in a concatenation."""
        match node:
            case Chars():
                return self._chars(node.set)
            case Concat():
                return "".join(self.text(part) for part in node.parts)
            case Alt():
                return self._alternatives(node)
            case Repeat():
                return self._repeat(node)
            case Capture():
                return self._capture(node)
            case Checked():
                return self._checked(node, None)
            case Numbered():
                return self._numbered(node)
            case Atomic():
                return f"(?>{self._inside(node.body)})"
            case Look():
                return f"{LOOKS[node.is_ahead, node.is_negative]}{self._inside(node.body)})"
            case At():
                return PLACES[node.place][self._is_python]
            case Back():
                return f"(?&{self._name(node.name)})" if node.is_call else f"(?P={self._name(node.name)})"
            case _:
                return f"(?:{self._inside(node.children[0])})"

    def _capture(self, node: Capture) -> str:
        whole = object() if node.whole is None else node.whole
        group = Group(node.field, self._values.setdefault(whole, len(self._values)))
        if isinstance(node.body, Checked):
            return self._checked(node.body, group)
        self._written.groups.append(group)
        return f"({self._inside(node.body)})"

    def _checked(self, node: Checked, group: Group | None) -> str:
        self._written.groups.append(group)
        self._written.checks.append((len(self._written.groups), node.whole))
        return f"({self._inside(node.body)})"

    def _inside(self, node: Node) -> str:
        """Of a node that has brackets around it already."""
        if isinstance(node, Alt) and node.branches:
            return "|".join(self.text(branch) for branch in node.branches)
        return self.text(node)

    def _alternatives(self, node: Alt) -> str:
        if not node.branches:
            return "(?!)" if self._is_python else "[a&&b]"
        return f"(?:{self._inside(node)})"

    def _repeat(self, node: Repeat) -> str:
        body = node.body
        is_atom = isinstance(body, Chars | Alt | Capture | Checked | Numbered)
        text = self.text(body) if is_atom else f"(?:{self._inside(body)})"
        times = text + _times(node.least, node.most)
        if node.greed is Greed.POSSESSIVE:
            return f"(?>{times})"
        return times + ("?" if node.greed is Greed.LAZY else "")

    def _numbered(self, node: Numbered) -> str:
        if node.name not in self._names:
            self._written.groups.append(None)
        return f"(?P<{self._name(node.name)}>{self._inside(node.body)})"

    def _name(self, name: str) -> str:
        return self._names.setdefault(name, f"n{len(self._names)}")

    def _chars(self, found: CharSet) -> str:
        if found.ranges == ALL.ranges:
            return "."
        if not found:
            return self._alternatives(Alt(()))
        if len(found.ranges) == 1 and found.ranges[0][0] == found.ranges[0][1]:
            return self._character(found.ranges[0][0])
        other = ~found
        # the `regex` package joins `[^a]|[^b]` to what neither of them is
        if len(other.ranges) < len(found.ranges) and not self._is_python:
            return f"[^{self._ranges(other)}]"
        return f"[{self._ranges(found)}]"

    def _ranges(self, found: CharSet) -> str:
        return "".join(self._range(low, high) for low, high in found.ranges)

    def _range(self, low: int, high: int) -> str:
        if high - low < 2:
            return "".join(self._character(code) for code in range(low, high + 1))
        return f"{self._character(low)}-{self._character(high)}"

    def _character(self, code: int) -> str:
        character = chr(code)
        if character.isalnum() and code < 128:
            return character
        if character in PLAIN:
            return character
        if 32 < code < 127:
            return "\\" + character
        if not self._is_python:
            return f"\\x{{{code:x}}}"
        return f"\\U{code:08x}"


PLAIN = " \"'%,/:;<=>@_`!"
"""Marks that mean nothing in either dialect, and may mean something with a backslash."""


def _times(least: int, most: int | None) -> str:
    match least, most:
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case 0, 1:
            return "?"
        case 1, 1:
            return ""
        case _, None:
            return f"{{{least},}}"
        case _:
            return f"{{{least}}}" if least == most else f"{{{least},{most}}}"
