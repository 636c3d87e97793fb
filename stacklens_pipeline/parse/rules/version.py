"""The version of parsing: a hash of everything that decides what a line becomes."""

import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
_LENGTH = 12


@cache
def software() -> str:
    """The hash of the parsers' own files, so that no change of them can be forgotten."""
    digest = hashlib.sha256()
    for path in sorted(path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def version_of(*texts: str) -> str:
    """The version of the parsers with configurations of these texts: 12 hexadecimal digits."""
    digest = hashlib.sha256(software().encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:_LENGTH]
