"""One followed file: where it was read up to, and whether it is still the file that it was."""

import io
import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

READ_BYTES = 4 * 2**20
FINGERPRINT_BYTES = 256
"""The first bytes tell a file that was emptied and written anew, or has a reused inode, from one that has grown."""

COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\x00")
"""How files of gzip, zstd, bzip2 and xz begin."""


class Identity(NamedTuple):
    """What stays the same when a file is renamed."""

    device: int | None
    inode: int


@dataclass(frozen=True)
class Mark:
    """How far a file was shipped: `offset` bytes, whose first `length` bytes have the checksum.

    `tail` is the checksum of the last bytes before the offset, `path` the name under which the lines were written,
    `modified_ns` the file's modification time then. Marks of earlier releases have no device, tail, source and path.
    `is_done` once the file was renamed or deleted and read to its end.
    """

    device: int | None
    inode: int
    offset: int
    length: int
    checksum: int
    tail: int | None = None
    modified_ns: int = 0
    source: str | None = None
    path: str | None = None
    is_done: bool = False

    @classmethod
    def of_nothing(cls, status: os.stat_result) -> "Mark":
        """The mark of a file of which nothing was shipped."""
        return cls(*identity_of(status), 0, 0, 0, 0, status.st_mtime_ns)

    @property
    def identity(self) -> Identity:
        """The file's."""
        return Identity(self.device, self.inode)

    def of(self, identity: Identity) -> "Mark":
        """The same mark in another file, a copy."""
        return replace(self, device=identity.device, inode=identity.inode)


@dataclass(frozen=True)
class Chunk:
    """Whole lines, and the mark that holds once they are shipped."""

    lines: list[bytes]
    mark: Mark


def open_file(path: Path) -> io.FileIO:
    """The file, unbuffered: what is read is what it holds now. Raises OSError."""
    return path.open("rb", buffering=0)


def identity_of(stat: os.stat_result) -> Identity:
    """The identity of the file that the status is of."""
    return Identity(stat.st_dev, stat.st_ino)


def is_compressed(file: io.FileIO) -> bool:
    """Whether the file begins like one of a compressor, and so has no lines."""
    file.seek(0)
    return file.read(max(map(len, COMPRESSED))).startswith(COMPRESSED)


def fits(file: io.FileIO, mark: Mark) -> bool:
    """Whether the file still holds, up to the mark, what it held when the mark was set."""
    if os.fstat(file.fileno()).st_size < mark.offset or _checksum(file, 0, mark.length) != mark.checksum:
        return False
    return mark.tail is None or _tail(file, mark.offset) == mark.tail


def read_lines(file: io.FileIO, mark: Mark | None, *, limit: int | None = None, is_last: bool = False) -> Chunk | None:
    """The next lines of a file past its mark, at most `limit`; None when there are none.

    A line without its newline waits for it, unless `is_last`. A file that was emptied or replaced begins anew.
    Raises OSError when the file cannot be read.
    """
    start = mark.offset if mark and fits(file, mark) else 0
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
    return Chunk([line.removesuffix(b"\r") for line in lines], mark_at(file, start + end))


def mark_at(file: io.FileIO, offset: int) -> Mark:
    """The mark of a file that was shipped up to the offset."""
    stat, length = os.fstat(file.fileno()), min(FINGERPRINT_BYTES, offset)
    head = _checksum(file, 0, length)
    return Mark(*identity_of(stat), offset, length, head, _tail(file, offset), stat.st_mtime_ns)


def _tail(file: io.FileIO, offset: int) -> int:
    start = max(0, offset - FINGERPRINT_BYTES)
    return _checksum(file, start, offset - start)


def _checksum(file: io.FileIO, start: int, length: int) -> int:
    file.seek(start)
    return zlib.crc32(file.read(length))
