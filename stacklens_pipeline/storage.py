"""What storage says when it fails, as the lake's errors: a full disk is told from all else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stacklens_pipeline.errors import LakeError, StorageFullError

NO_SPACE = ("no space left", "file too large", "disk quota exceeded", "os error 28", "os error 27", "os error 122")
"""How ENOSPC, EFBIG and EDQUOT read in the messages of Python, Polars, SQLite and delta-rs."""


LITTLE_BYTES = 2**20
"""With less space than this a write that failed found a full disk: nothing that we write fits into it."""


def is_full(error: Exception) -> bool:
    """Whether an error says that no space is left."""
    return any(sign in str(error).lower() for sign in NO_SPACE)


def has_no_space(error: Exception, folder: Path) -> bool:
    """`is_full`; where a writer only says that it failed, the folder's file system is asked."""
    if is_full(error):
        return True
    try:
        return shutil.disk_usage(folder).free < LITTLE_BYTES
    except OSError:
        return False


def storage_error(what: str, error: Exception) -> LakeError:
    """The lake's error for what failed on `what`: StorageFullError when no space is left."""
    if is_full(error):
        return StorageFullError(
            f"no space is left for {what}; nothing was committed and nothing is lost, "
            f"free some space and it goes on by itself: {error}"
        )
    return LakeError(f"{what} cannot be read or written: {error}")


@contextmanager
def file_errors(what: str) -> Iterator[None]:
    """Turn what the operating system raises into the lake's errors."""
    try:
        yield
    except OSError as error:
        raise storage_error(what, error) from error
