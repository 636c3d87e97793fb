"""Packed bytes, gzip or zstd, whole: every member or frame is read, and what is cut off is an error."""

import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import zstandard

from stacklens_pipeline.errors import PackedError

PIECE_BYTES = 1024
"""Packed bytes that are unpacked at once: zstd makes at most 32 MiB of them (4 bytes may stand for 128 KiB)."""

UNPACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj(),
}
"""What unpacks one gzip member or one zstd frame, by the name that HTTP has for its encoding."""


def unpacked(packed: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The unpacked bytes in parts. Raises PackedError when the packed ones are damaged, cut, or followed by others.

    >>> import gzip
    >>> b"".join(unpacked(io.BytesIO(gzip.compress(b"a") + gzip.compress(b"b")), "gzip"))
    b'ab'
    """
    begin = UNPACKERS[encoding]
    member = begin()
    while piece := packed.read(PIECE_BYTES):
        while piece:
            if member is None:
                piece = piece.lstrip(b"\0") if encoding == "gzip" else piece  # tapes were filled up, as gzip(1) knows
                member = begin() if piece else None
                continue
            try:
                yield member.decompress(piece)
            except (zlib.error, zstandard.ZstdError) as error:
                raise PackedError(f"it is not {encoding} throughout: {error}") from error
            piece = member.unused_data
            member = None if member.eof else member
    if member is not None:
        raise PackedError(f"it is not whole, its end is missing: {encoding}")


class UnpackedFile(io.RawIOBase):
    """A packed file's unpacked bytes; reading raises PackedError where it is damaged or cut."""

    def __init__(self, packed: BinaryIO, encoding: str) -> None:
        self._parts, self._rest = unpacked(packed, encoding), memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; 0 at the end."""
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
