"""Character classes and escapes as Ruby reads them: `[a-z&&[^b]]`, `[[:alpha:]_]`, `\\x41`, `\\p{L}`."""

import re

from stacklens_pipeline.parse.grok.charsets import (
    ALL,
    DIGIT,
    HEX,
    LAST,
    NONE,
    SPACE,
    WORD,
    CharSet,
    posix,
    unicode_class,
)
from stacklens_pipeline.parse.grok.syntax import PatternError

CLASSES = {"d": DIGIT, "w": WORD, "s": SPACE, "h": HEX}
UNICODE_NAMES = {"d": "digit", "w": "word", "s": "space"}
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}

_POSIX = re.compile(r"\[:(\^?)(\w+):\]")
_CODE = re.compile(r"\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4}))")
_OCTAL = re.compile(r"\\([0-7]{1,3})")
_CONTROL = re.compile(r"\\(?:c|C-)(.)", re.DOTALL)
_PROPERTY = re.compile(r"\\[pP]\{(\^?)([^{}]+)\}")


def read(text: str, start: int, is_unicode: bool) -> tuple[CharSet, int]:
    """The set of the class that begins at `start`, and where the text goes on. Raises PatternError."""
    at = start + 1
    is_negative = text[at : at + 1] == "^"
    at += is_negative
    found, first = ALL, at
    union = NONE
    while at < len(text):
        if text[at] == "]" and at > first:
            found &= union
            return (~found if is_negative else found), at + 1
        if text.startswith("&&", at):
            found, union, at = found & union, NONE, at + 2
            continue
        item, at = _item(text, at, is_unicode)
        union |= item
    raise PatternError(f"a [ is not closed, at character {start + 1}")


def _item(text: str, at: int, is_unicode: bool) -> tuple[CharSet, int]:
    """One member: a class within the class, a range, or a character."""
    if found := _POSIX.match(text, at):
        return _posix(found[2], bool(found[1])), found.end()
    if text[at] == "[":
        return read(text, at, is_unicode)
    low, at = _member(text, at, is_unicode)
    if not (_is_one(low) and text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("]", "[", "")):
        return low, at
    high, end = _member(text, at + 1, is_unicode)
    if not _is_one(high):  # `[a-\d]`: the hyphen is one
        return low | CharSet.of("-") | high, end
    first, last = low.ranges[0][0], high.ranges[0][0]
    if first > last:
        raise PatternError(f"the range {text[at - 1]}-{text[at + 1]} is the wrong way round")
    return CharSet(((first, last),)), end


def _is_one(found: CharSet) -> bool:
    return len(found.ranges) == 1 and found.ranges[0][0] == found.ranges[0][1]


def _member(text: str, at: int, is_unicode: bool) -> tuple[CharSet, int]:
    if text[at] == "\\":
        if text[at + 1 : at + 2] == "b":
            return CharSet.of("\b"), at + 2
        return read_escape(text, at, is_unicode)
    return CharSet.of(text[at]), at + 1


def _posix(name: str, is_negative: bool) -> CharSet:
    found = posix(name)
    if found is None:
        raise PatternError(f"there is no class [:{name}:]")
    return ~found if is_negative else found


def read_escape(text: str, at: int, is_unicode: bool) -> tuple[CharSet, int]:
    """The characters that the escape at `at` means, and where the text goes on. Raises PatternError."""
    letter = text[at + 1 : at + 2]
    if letter == "":
        raise PatternError("it ends with a backslash")
    if letter.lower() in CLASSES:
        return _class_escape(letter, is_unicode), at + 2
    if letter in CONTROLS:
        return CharSet.of(CONTROLS[letter]), at + 2
    if found := _CODE.match(text, at):
        return _code(int(next(group for group in found.groups() if group), 16)), found.end()
    if found := _OCTAL.match(text, at):
        return _code(int(found[1], 8) & 0xFF), found.end()
    if found := _CONTROL.match(text, at):
        return _code(ord(found[1]) & 0x1F), found.end()
    if found := _PROPERTY.match(text, at):
        return _property(found[2], (letter == "P") != bool(found[1])), found.end()
    if letter in "xupPcCM":
        raise PatternError(f"an escape is not whole, at character {at + 1}")
    return CharSet.of(letter), at + 2


def _class_escape(letter: str, is_unicode: bool) -> CharSet:
    name = letter.lower()
    found = posix(UNICODE_NAMES[name]) if is_unicode and name in UNICODE_NAMES else CLASSES[name]
    return (~found if letter.isupper() else found) if found else NONE


def _code(code: int) -> CharSet:
    if code > LAST:
        raise PatternError(f"there is no character {code:x}")
    return CharSet(((code, code),))


def _property(name: str, is_negative: bool) -> CharSet:
    try:
        found = posix(name.lower()) or unicode_class(rf"\p{{{name}}}")
    except ValueError as error:
        raise PatternError(f"there is no property {name}") from error
    return ~found if is_negative else found
