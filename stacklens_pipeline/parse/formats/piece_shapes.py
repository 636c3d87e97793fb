"""The shape of an object that was cut into pieces: what stands around the value in each of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from stacklens_pipeline.parse.formats.fields.alike import name_of
from stacklens_pipeline.parse.formats.fields.meanings import Names, names_among
from stacklens_pipeline.parse.formats.fields.remaining import Path
from stacklens_pipeline.parse.formats.json_text import count_fields

LONGEST = 256
"""Longer names are left to the parser."""
DEEPEST = 32
"""Objects that are nested deeper are, too."""

SIGN = r'[^"\\\x00-\x1f]'
_HALVES = r"[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = rf'\\(?:["\\/bfnrt]|u(?:[0-9a-cefA-CEF][0-9a-fA-F]{{3}}|[dD][0-7][0-9a-fA-F]{{2}}|{_HALVES}))'
TEXT = f"(?:{SIGN}|{_ESCAPE})*"
_INTEGER = "-?(?:0|[1-9][0-9]{0,99})"
_NUMBER = rf"{_INTEGER}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{{1,2}})?"
"""Those that any reader holds; what is larger is left to the parser."""
SCALAR = rf"true|false|null|{_NUMBER}"
_ELEMENT = f'(?:true|false|null|{_INTEGER}|"{SIGN}*")'
PLAIN = rf"{SCALAR}|\{{\}}|\[\]|\[{_ELEMENT}(?:,{_ELEMENT})*\]"
"""Values without quotation marks: besides scalars what is empty, and lists without fractions or escapes."""

_TOKEN = re.compile(rf' *(?:"(?P<name>{SIGN}*)" *:|(?P<value>"{TEXT}"|{PLAIN})|(?P<open>[\[{{])|(?P<close>[\]}}])) *')


@dataclass(frozen=True)
class Member:
    """What a piece says beside its value: where that lies in the object, and the text before and after it.

    For a text, both hold its quotation marks. `is_field` says whether it may become a column.
    """

    path: Path
    before: str
    after: str
    is_text: bool
    is_field: bool


@dataclass(frozen=True)
class Shape:
    """The members of an object, piece by piece; its names mean what `names` says."""

    members: Sequence[Member]
    names: Names
    marks: int
    """Quotation marks of the object, as far as they are not in its values."""


def shape_of(text: str, pieces: Sequence[str], mark: str) -> Shape | None:
    """The shape of an object and its pieces; None unless each has one value, and nothing is named twice."""
    try:
        item = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if type(item) is not dict:
        return None
    walk = _Walk(names_among(item), mark.removeprefix(","))
    members = []
    for place, piece in enumerate(pieces):
        member = walk.member(piece, place)
        if member is None:
            return None
        members.append(member)
    if walk.named != count_fields(item):
        return None
    marks = sum(member.before.count('"') + member.after.count('"') for member in members)
    return Shape(members, walk.names, marks + len(members) - 1)


class _Walk:
    """A way through the pieces of an object, which knows where in it each of them is."""

    def __init__(self, names: Names, lost: str) -> None:
        self.names = names
        self.named = 0
        self._lost = lost
        """What the cut took from a piece."""
        self._at: list[str | int] = []
        """The key, or the place in a list, within each object and list that is open."""

    def member(self, piece: str, place: int) -> Member | None:
        """What the next piece says beside its one value."""
        lost = self._lost if place else ""
        full, end, value = lost + piece, 0, None
        path: Path = ()
        while end < len(full):
            token = _TOKEN.match(full, end)
            if token is None or (token["value"] and value):
                return None
            end = token.end()
            if token["value"]:
                self._step()
                value, path = token, tuple(self._at)
            elif not self._go(token):
                return None
        return _member(full, len(lost), value, path, self.names) if value and path else None

    def _go(self, token: re.Match[str]) -> bool:
        """Take a name or a bracket; whether it is one that is taken together with others."""
        if token["open"]:
            self._step()
            self._at.append(-1 if token["open"] == "[" else "")
        elif token["close"]:
            self._at.pop()
        else:
            self._at[-1] = token["name"]
            self.named += 1
        return len(self._at) <= DEEPEST and len(token["name"] or "") <= LONGEST

    def _step(self) -> None:
        """Come to the next element of a list."""
        if self._at and isinstance(self._at[-1], int):
            self._at[-1] += 1


def _member(full: str, lost: int, value: re.Match[str], path: Path, names: Names) -> Member | None:
    start, end = value.span("value")
    is_text = full[start] == '"'
    is_field = name_of(path) in names.targets
    if not is_field and any(_is_time(path[:depth], names) for depth in range(1, len(path))):
        return None  # a time of several numbers
    return Member(path, full[lost : start + is_text], full[end - is_text :], is_text, is_field)


def _is_time(path: Path, names: Names) -> bool:
    return any(target.column == "time" for target in names.targets.get(name_of(path), ()))
