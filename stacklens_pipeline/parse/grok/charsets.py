"""Sets of characters as ranges of code points, with the arithmetic that proofs about patterns need.

Both engines are given the same ranges, so that a class means the same in both whatever Unicode version they know.
`\\d`, `\\w`, `\\s` and `\\h` are ASCII as in Ruby, which Logstash's patterns are written for; POSIX brackets and
`\\p{...}` are Unicode.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

LAST = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)
"""No text holds them."""

Range = tuple[int, int]


@dataclass(frozen=True)
class CharSet:
    """Sorted ranges of code points, both ends included, that neither touch nor overlap.

    >>> digits = CharSet.of("0123456789")
    >>> digits.ranges, (~digits & CharSet.between("0", "a")).ranges
    (((48, 57),), ((58, 97),))
    """

    ranges: tuple[Range, ...]

    @staticmethod
    def of(characters: str) -> "CharSet":
        """The characters of a text."""
        return CharSet.from_ranges((ord(c), ord(c)) for c in characters)

    @staticmethod
    def between(first: str, last: str) -> "CharSet":
        """All from the first to the last character."""
        return CharSet(((ord(first), ord(last)),))

    @staticmethod
    def from_ranges(ranges: Iterable[Range]) -> "CharSet":
        """Any ranges, put in order and joined."""
        joined: list[Range] = []
        for low, high in sorted(ranges):
            if joined and low <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(joined[-1][1], high))
            else:
                joined.append((low, high))
        return CharSet(tuple(joined))

    def __or__(self, other: "CharSet") -> "CharSet":
        if not self.ranges or self is other:
            return other
        return CharSet.from_ranges((*self.ranges, *other.ranges)) if other.ranges else self

    def __invert__(self) -> "CharSet":
        return self._complement

    @cached_property
    def _complement(self) -> "CharSet":
        gaps, start = [], 0
        for low, high in self.ranges:
            if low > start:
                gaps.append((start, low - 1))
            start = high + 1
        if start <= LAST:
            gaps.append((start, LAST))
        return CharSet(tuple(gaps))

    def __and__(self, other: "CharSet") -> "CharSet":
        found, mine, theirs = [], 0, 0
        while mine < len(self.ranges) and theirs < len(other.ranges):
            (low, high), (other_low, other_high) = self.ranges[mine], other.ranges[theirs]
            if max(low, other_low) <= min(high, other_high):
                found.append((max(low, other_low), min(high, other_high)))
            if high < other_high:
                mine += 1
            else:
                theirs += 1
        return CharSet(tuple(found))

    def __sub__(self, other: "CharSet") -> "CharSet":
        return self & ~other

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __contains__(self, character: str) -> bool:
        return any(low <= ord(character) <= high for low, high in self.ranges)

    def isdisjoint(self, other: "CharSet") -> bool:
        """Whether no character is in both."""
        return not self & other

    def issubset(self, other: "CharSet") -> bool:
        """Whether every character is in the other too."""
        return not self - other

    def folded(self) -> "CharSet":
        """With the other case of each letter, one to one; large sets have it already as a rule and stay."""
        size = sum(high - low + 1 for low, high in self.ranges)
        if size > LARGEST_FOLDED:
            return self | _letters_folded(self & ASCII)
        return self | _letters_folded(self)


LARGEST_FOLDED = 1_000


def _letters_folded(letters: CharSet) -> CharSet:
    each = [chr(code) for low, high in letters.ranges for code in range(low, high + 1)]
    cases = [case for c in each for case in (c.lower(), c.upper()) if len(case) == 1]
    return CharSet.of("".join(cases))


NONE = CharSet(())
ALL = CharSet(((0, LAST),))
ASCII = CharSet(((0, 0x7F),))
NEWLINE = CharSet.of("\n")
DIGIT = CharSet.between("0", "9")
LETTER = CharSet.between("A", "Z") | CharSet.between("a", "z")
WORD = DIGIT | LETTER | CharSet.of("_")
SPACE = CharSet.of("\t\n\v\f\r ")
HEX = DIGIT | CharSet.between("A", "F") | CharSet.between("a", "f")

POSIX = {
    "alnum": r"\p{Alphabetic}\p{Nd}",
    "alpha": r"\p{Alphabetic}",
    "blank": r"\p{Zs}\t",
    "cntrl": r"\p{Cc}",
    "digit": r"\p{Nd}",
    "graph": r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cf}\p{Co}",
    "lower": r"\p{Lowercase}",
    "print": r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cf}\p{Co}\p{Zs}",
    "punct": r"\p{P}$+<=>\^`|~",
    "space": r"\p{White_Space}",
    "upper": r"\p{Uppercase}",
    "word": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}",
}
"""POSIX brackets as Onigmo understands them for UTF-8."""
ASCII_POSIX = {"xdigit": HEX, "ascii": ASCII}


def posix(name: str) -> CharSet | None:
    """The set of `[:name:]`, None when there is no such name."""
    if name in ASCII_POSIX:
        return ASCII_POSIX[name]
    return unicode_class(POSIX[name]) if name in POSIX else None


@lru_cache(maxsize=128)
def unicode_class(members: str) -> CharSet:
    """The characters of a bracket's members, such as `\\p{L}_`; ValueError for a property that does not exist."""
    import regex  # type: ignore[import-untyped]

    try:
        runs = regex.compile(f"[{members}]+", regex.V1)
    except regex.error as error:
        raise ValueError(str(error)) from error
    # planes 4 to 13 hold no characters, and planes 15 and 16 are for private use from end to end
    found = [(ord(m[0][0]), ord(m[0][-1])) for m in runs.finditer(_assigned())]
    tail = [(0x40000, 0xDFFFF)] if runs.fullmatch("\U00040000") else []
    tail += [(0xE0200, 0xEFFFF)] if runs.fullmatch("\U000e0200") else []
    tail += [(0xF0000, LAST)] if runs.fullmatch("\U000f0000") else []
    return CharSet.from_ranges([*found, *tail])


@lru_cache(maxsize=1)
def _assigned() -> str:
    """Every character that may have a property of its own, with gaps that end a run."""
    planes = ((0, 0xD7FF), (0xE000, 0x3FFFF), (0xE0000, 0xE01FF))
    return "".join(chr(code) for low, high in planes for code in range(low, high + 1))
