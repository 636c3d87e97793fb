"""Packed bytes: whole, whatever their parts, or an error."""

import gzip
import io
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.errors import PackedError
from stacklens_pipeline.packed import UnpackedFile, unpacked

PACKS: list[tuple[str, Callable[[bytes], bytes]]] = [("gzip", gzip.compress), ("zstd", zstandard.compress)]
LINES = b"".join(b"line %d of a file\n" % (n * n) for n in range(2000))


@pytest.mark.parametrize(("encoding", "pack"), PACKS)
@given(parts=st.lists(st.binary(max_size=3000), min_size=1, max_size=5))
def test_every_part_is_read(encoding: str, pack: Callable[[bytes], bytes], parts: list[bytes]) -> None:
    packed = b"".join(map(pack, parts))
    assert b"".join(unpacked(io.BytesIO(packed), encoding)) == b"".join(parts)
    assert io.BufferedReader(UnpackedFile(io.BytesIO(packed), encoding)).read() == b"".join(parts)


@pytest.mark.parametrize(("encoding", "pack"), PACKS)
@given(share=st.floats(0, 1, exclude_max=True))
def test_what_is_cut_anywhere_is_not_whole(encoding: str, pack: Callable[[bytes], bytes], share: float) -> None:
    packed = pack(LINES)
    with pytest.raises(PackedError, match="not whole"):
        list(unpacked(io.BytesIO(packed[: int(share * len(packed))]), encoding))


@pytest.mark.parametrize(("encoding", "pack"), PACKS)
@pytest.mark.parametrize("size", [10, 2000])
def test_what_follows_must_be_packed_too(encoding: str, pack: Callable[[bytes], bytes], size: int) -> None:
    with pytest.raises(PackedError, match="throughout"):
        list(unpacked(io.BytesIO(pack(LINES) + b"x" * size), encoding))


def test_a_gzip_file_may_be_filled_up_with_zeros() -> None:
    assert b"".join(unpacked(io.BytesIO(gzip.compress(b"a") + bytes(3000)), "gzip")) == b"a"


def test_a_skippable_frame_is_skipped() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"
    packed = skippable + zstandard.compress(b"a") + skippable
    assert b"".join(unpacked(io.BytesIO(packed), "zstd")) == b"a"
