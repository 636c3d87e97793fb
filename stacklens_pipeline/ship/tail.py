"""One followed file: where it was read up to, and whether it is still the file that it was."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

READ_BYTES = 4 * 2**20
FINGERPRINT_BYTES = 256
"""The first bytes tell a file that was emptied and written anew from one that has grown."""


@dataclass(frozen=True)
class Mark:
    """How far a file was shipped: `offset` bytes of the inode, whose first `length` bytes have the checksum."""

    inode: int
    offset: int
    length: int
    checksum: int


@dataclass(frozen=True)
class Chunk:
    """Whole lines, and the mark that holds once they are shipped."""

    lines: list[bytes]
    mark: Mark


def read_lines(path: Path, mark: Mark | None, *, limit: int | None = None, is_last: bool = False) -> Chunk | None:
    """The next lines of a file past its mark, at most `limit`; None when there are none.

    A line without its newline waits for it, unless `is_last`. A file that was emptied or replaced begins anew.
    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        start = _start(file, mark)
        file.seek(start)
        data = file.read(READ_BYTES)
        while data and b"\n" not in data and (more := file.read(READ_BYTES)):  # one line longer than that
            data += more
        end = len(data) if is_last and len(data) < READ_BYTES else data.rfind(b"\n") + 1
        lines = data[:end].split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        if limit is not None and len(lines) > limit:
            lines = lines[:limit]
            end = sum(len(line) + 1 for line in lines)
        if not end:
            return None
        return Chunk([line.removesuffix(b"\r") for line in lines], _mark(file, start + end))


def _start(file: BinaryIO, mark: Mark | None) -> int:
    stat = os.fstat(file.fileno())
    if mark is None or stat.st_ino != mark.inode or stat.st_size < mark.offset:
        return 0
    return mark.offset if zlib.crc32(file.read(mark.length)) == mark.checksum else 0


def _mark(file: BinaryIO, offset: int) -> Mark:
    file.seek(0)
    first = file.read(min(FINGERPRINT_BYTES, offset))
    return Mark(os.fstat(file.fileno()).st_ino, offset, len(first), zlib.crc32(first))
