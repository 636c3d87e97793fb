"""What names say: whether a pattern stands for a path, and which file a rotated one was."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

ROTATED = re.compile(r"(?:\d[\d.\-_:T]*|old)")
"""What is put after a rotated file's name: a number, a date, or `old`."""


def is_match(path: Path, pattern: Path) -> bool:
    """Whether the pattern (`*`, `?`, `**` for any depth) stands for the path, be there a file or not.

    >>> is_match(Path("/var/log/shop/a.log"), Path("/var/**/*.log"))
    True
    >>> is_match(Path("/var/log/shop/a.log"), Path("/var/*.log"))
    False
    """
    return _is_match(path.parts, pattern.parts)


def _is_match(path: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_is_match(path[skipped:], pattern[1:]) for skipped in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _is_match(path[1:], pattern[1:])


def originals(name: str) -> Iterator[str]:
    """The names that a rotated file may have had.

    >>> list(originals("a.log.1")), list(originals("a-2026-11-24.log")), list(originals("a-debug.log"))
    (['a.log'], ['a.log', 'a-2026.log', 'a-2026-11.log'], [])
    """
    for place, sign in enumerate(name):
        if place and sign in ".-_" and (rotated := ROTATED.match(name, place + 1)):
            rest = name[rotated.end() :]
            if not rest:
                yield name[:place]
            elif rotated.group().endswith("."):
                yield f"{name[:place]}.{rest}"
