"""Grok text to a tree: Ruby's regular expressions, which Logstash's patterns are written in, and `%{...}`.

Ruby's rules where they differ from Python's: `^` and `$` are of lines, `.` matches newlines too (Logstash says so),
`\\d \\w \\s \\h` are ASCII but `\\b` is not, `{n}+` is not possessive, an option such as `(?i)` in the middle reaches
over `|` to the end of its group, and `(...)` captures nothing once there is a name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.grok import brackets
from stacklens_pipeline.parse.grok.building import alternatives, concat
from stacklens_pipeline.parse.grok.charsets import ALL, NEWLINE, CharSet
from stacklens_pipeline.parse.grok.references import (
    DEEPEST,
    LARGEST,
    LONGEST_REPEAT,
    REFERENCE,
    TYPES,
    Options,
    Reading,
    field_of,
)
from stacklens_pipeline.parse.grok.syntax import (
    EMPTY,
    Alt,
    At,
    Atomic,
    Back,
    Capture,
    Chars,
    Field,
    Greed,
    Look,
    Named,
    Node,
    Numbered,
    PatternError,
    Place,
    Repeat,
)


def read(text: str, reading: Reading) -> Node:
    """The tree of a Grok text.

    Raises ConfigurationError naming the text or definition, and the reason.
    """
    return _read_text(text, reading, (), 0)


def _read_text(text: str, reading: Reading, within: tuple[str, ...], depth: int) -> Node:
    try:
        return _Reader(text, reading, within, depth).whole()
    except PatternError as error:
        what = f"the definition {within[-1]}" if within else "the pattern"
        raise ConfigurationError(f"{what} cannot be read, {error}: `{text}`") from error


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, reading: Reading, within: tuple[str, ...], depth: int) -> None:
        self._text, self._at, self._reading, self._within = text, 0, reading, within
        self._options, self._depth, self._groups = Options(), depth, 0
        # plain groups are numbered only where no group has a name, and kept only where a number is asked for
        self._has_numbers = bool(re.search(r"\\[1-9]", text)) and not re.search(r"\(\?(?:<[^=!]|')|%\{\w+:", text)
        self._has_names = bool(re.search(r"\\[kg][<']", text))

    def whole(self) -> Node:
        node = self._alternatives()
        if self._at < len(self._text):
            raise PatternError(f"a ) closes nothing at character {self._at + 1}")
        return node

    def _alternatives(self) -> Node:
        options, branches, parts = self._options, list[Node](), list[Node]()
        while self._at < len(self._text) and self._text[self._at] != ")":
            if self._take("|"):
                branches.append(concat(parts))
                parts = []
            elif (part := self._quantified()) is not None:
                parts.append(part)
        self._options = options
        branches.append(concat(parts))
        return alternatives(branches)

    def _quantified(self) -> Node | None:
        """An atom with its quantifiers; None for what is no part, such as a comment."""
        self._skip_blanks()
        if self._at >= len(self._text) or self._text[self._at] in "|)":
            return None
        node = self._atom()
        if node is None:
            return None
        self._count(1)
        while (bounds := self._bounds()) is not None:
            node = self._repeat(node, *bounds)
        return node

    def _bounds(self) -> tuple[int, int | None, Greed] | None:
        self._skip_blanks()
        for mark, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self._take(mark):
                return least, most, self._greed(may_be_possessive=True)
        found = re.compile(r"\{(\d+)\}|\{(\d*),(\d*)\}").match(self._text, self._at)
        if found is None or found[0] == "{,}":
            return None
        self._at = found.end()
        if found[1]:  # `{n}?` is not lazy: it is {n} or nothing
            return int(found[1]), int(found[1]), Greed.GREEDY
        return int(found[2] or 0), int(found[3]) if found[3] else None, self._greed(may_be_possessive=False)

    def _greed(self, *, may_be_possessive: bool) -> Greed:
        if self._take("?"):
            return Greed.LAZY
        return Greed.POSSESSIVE if may_be_possessive and self._take("+") else Greed.GREEDY

    def _repeat(self, node: Node, least: int, most: int | None, greed: Greed) -> Node:
        if max(least, most or 0) > LONGEST_REPEAT:
            raise PatternError(f"a repetition is larger than {LONGEST_REPEAT}")
        if most is not None and least > most:
            raise PatternError(f"a repetition goes from {least} to {most}")
        repeated = Repeat(node, least, most, greed)
        if isinstance(node, At | Look):  # more than once is no other condition
            return Repeat(node, min(least, 1), 1, greed) if least == 0 else node
        return repeated

    def _atom(self) -> Node | None:
        character = self._text[self._at]
        match character:
            case "(":
                return self._group()
            case "[":
                found, self._at = brackets.read(self._text, self._at, self._options.is_unicode)
                return self._chars(found)
            case "\\":
                return self._escape()
            case "%":
                return self._reference()
            case "^":
                return self._position(Place.LINE_START)
            case "$":
                return self._position(Place.LINE_END)
            case ".":
                self._at += 1
                return Chars(ALL if self._options.dot_matches_newline else ~NEWLINE)
            case "*" | "+" | "?":
                raise PatternError(f"{character} repeats nothing at character {self._at + 1}")
        self._at += 1
        return self._chars(CharSet.of(character))

    def _position(self, place: Place) -> Node:
        self._at += 1
        return At(place)

    def _chars(self, found: CharSet) -> Node:
        return Chars(found.folded() if self._options.ignores_case else found)

    def _reference(self) -> Node:
        """What `%{...}` stands for, or a percent sign."""
        found = REFERENCE.match(self._text, self._at)
        if found is None:
            self._at += 1
            return Chars(CharSet.of("%"))
        name, target, is_own = found.groups()
        definition = self._own_definition(found.end()) if is_own else None
        end = self._text.find("}", found.end()) if definition is None else found.end() + len(definition)
        if end < 0:
            raise PatternError(f"%{{{name} is not closed by a }}")
        self._at = end + 1
        node = self._defined(name, definition)
        if target is None:
            return node
        self._note_type(target)
        return self._captured(node, field_of(target))

    def _note_type(self, target: str) -> None:
        type = target.partition(":")[2]
        if type and type not in TYPES:
            self._reading.unknown_types.add(type)

    def _own_definition(self, start: int) -> str:
        """The text after `%{NAME=` up to the brace that closes it."""
        depth, at = 0, start
        while at < len(self._text):
            character = self._text[at]
            if character == "}" and depth == 0:
                return self._text[start:at]
            depth += {"{": 1, "}": -1}.get(character, 0)
            at += 2 if character == "\\" else 1
        raise PatternError("a definition within %{...} is not closed by a }")

    def _defined(self, name: str, own: str | None) -> Node:
        if own is not None:
            return Named(self._within_it(own, name), name)
        definitions, within = self._reading.definitions, (*self._within, name)
        if name not in definitions:
            raise PatternError(f"there is no definition {name}")
        if name in self._within:
            raise PatternError(f"definitions refer to each other in a circle, {' > '.join(within)}")
        self._reading.used.add(name)
        if name not in self._reading.read:
            body = self._within_it(self._reading.instead(definitions[name]), name)
            self._reading.read[name] = Named(body, name)
        node = self._reading.read[name]
        self._count(node.count)
        return node

    def _within_it(self, text: str, name: str) -> Node:
        self._go_deeper()
        node = _read_text(text, self._reading, (*self._within, name), self._depth)
        self._depth -= 1
        return node

    def _go_deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise PatternError(f"groups and definitions are more than {DEEPEST} levels deep")

    def _count(self, nodes: int) -> None:
        self._reading.nodes += nodes
        if self._reading.nodes > LARGEST:
            raise PatternError(f"it has more than {LARGEST} parts when all definitions are written out")

    @staticmethod
    def _captured(node: Node, target: Field) -> Node:
        return node if target.path[0] == "@metadata" else Capture(node, target)

    def _group(self) -> Node | None:
        self._go_deeper()
        start = self._at
        self._at += 1
        node = self._opened(start) if self._take("?") else self._plain()
        self._depth -= 1
        return node

    def _plain(self) -> Node:
        self._groups += 1
        name = str(self._groups)
        body = self._closed()
        return Numbered(body, name) if self._has_numbers else body

    def _opened(self, start: int) -> Node | None:
        for mark, make in _GROUPS.items():
            if self._take(mark):
                return make(self._closed())
        if self._take("#"):
            self._at = self._find(")", "a comment") + 1
            return None
        if self._take("<"):
            return self._named(">")
        if self._take("'"):
            return self._named("'")
        if self._text[self._at : self._at + 1] in ("~", "("):
            kind = "absence" if self._text[self._at] == "~" else "conditions"
            raise PatternError(f"{kind} such as {self._text[start : start + 5]} are not supported")
        return self._optioned(start)

    def _named(self, end: str) -> Node:
        close = self._find(end, "a name")
        name, self._at = self._text[self._at : close], close + 1
        if not name:
            raise PatternError("a group has an empty name")
        self._note_type(name)
        body = self._closed()
        return self._captured(Numbered(body, name) if self._has_names else body, field_of(name))

    def _optioned(self, start: int) -> Node:
        """`(?i)`, which holds to the end of the group and over its branches, or `(?i:...)`."""
        found = re.compile(r"([imxdau]*)(?:-([imx]*))?([:)])").match(self._text, self._at)
        if found is None:
            raise PatternError(f"there is no group such as {self._text[start : start + 4]}")
        self._at = found.end()
        before, self._options = self._options, self._switched(found[1], found[2] or "")
        node = self._alternatives() if found[3] == ")" else self._closed()
        self._options = before
        return node

    def _switched(self, on: str, off: str) -> Options:
        now = self._options
        for letters, value in ((on, True), (off, False)):
            if "i" in letters:
                now = replace(now, ignores_case=value)
            if "m" in letters:
                now = replace(now, dot_matches_newline=value)
            if "x" in letters:
                now = replace(now, is_extended=value)
        return replace(now, is_unicode="u" in on or (now.is_unicode and not {"a", "d"} & set(on)))

    def _closed(self) -> Node:
        opened = self._at
        node = self._alternatives()
        if not self._take(")"):
            raise PatternError(f"a ( is not closed, at character {opened}")
        return node

    def _escape(self) -> Node:
        letter = self._text[self._at + 1 : self._at + 2]
        if letter in _PLACES and letter:
            self._at += 2
            return At(_PLACES[letter])
        match letter:
            case "K" | "G":  # what was matched so far is left out, which no field shows; where the search began
                self._at += 2
                return EMPTY if letter == "K" else At(Place.TEXT_START)
            case "Z":
                self._at += 2
                end = At(Place.TEXT_END)
                return Look(Alt((end, concat([Chars(NEWLINE), end]))), is_ahead=True, is_negative=False)
            case "R":
                self._at += 2
                one = Chars(CharSet.of("\n\v\f\r\x85\u2028\u2029"))
                return Atomic(Alt((concat([Chars(CharSet.of("\r")), Chars(NEWLINE)]), one)))
            case "k" | "g":
                return self._referred(is_call=letter == "g")
            case "X":
                raise PatternError("\\X is not supported")
        if letter.isdigit() and letter != "0":
            return self._numbered_reference()
        found, self._at = brackets.read_escape(self._text, self._at, self._options.is_unicode)
        return self._chars(found)

    def _referred(self, *, is_call: bool) -> Node:
        found = re.compile(r"\\[kg](?:<([^>]+)>|'([^']+)')").match(self._text, self._at)
        if found is None:
            raise PatternError(f"a reference names no group at character {self._at + 1}")
        self._at = found.end()
        return Back(found[1] or found[2], is_call)

    def _numbered_reference(self) -> Node:
        found = re.compile(r"\\([0-9]+)").match(self._text, self._at)
        if found is None or not self._has_numbers:
            raise PatternError("a group is referred to by its number while groups have names")
        self._at = found.end()
        return Back(found[1])

    def _find(self, end: str, what: str) -> int:
        close = self._text.find(end, self._at)
        if close < 0:
            raise PatternError(f"{what} is not closed by a {end}")
        return close

    def _take(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += len(mark)
            return True
        return False

    def _skip_blanks(self) -> None:
        """With `(?x)`: blanks and comments."""
        if self._options.is_extended:
            found = re.compile(r"(?:\s+|#[^\n]*)*").match(self._text, self._at)
            self._at = found.end() if found else self._at


_PLACES = {
    "A": Place.TEXT_START,
    "z": Place.TEXT_END,
    "b": Place.WORD_EDGE,
    "B": Place.NOT_WORD_EDGE,
}


def _plain_group(body: Node) -> Node:
    return body


_GROUPS: Mapping[str, Callable[[Node], Node]] = {
    ":": _plain_group,
    "=": lambda body: Look(body, is_ahead=True, is_negative=False),
    "!": lambda body: Look(body, is_ahead=True, is_negative=True),
    "<=": lambda body: Look(body, is_ahead=False, is_negative=False),
    "<!": lambda body: Look(body, is_ahead=False, is_negative=True),
    ">": Atomic,
}
