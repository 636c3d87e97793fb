"""What stands in the folders: the files that patterns find, and all names with their inodes."""

import glob
import os
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from stacklens_pipeline.ship.names import is_match
from stacklens_pipeline.ship.tail import Identity, identity_of

LINGER_S = 300.0
"""A rotated file is let go of when it has not grown for so long: its writer goes on until it opens the new one."""

Found = dict[Path, tuple[str, os.stat_result]]


class Patterns:
    """The paths and patterns of each source."""

    def __init__(self, files: Mapping[str, Sequence[str]]) -> None:
        self._files = {source: [Path(name).absolute() for name in names] for source, names in files.items()}
        self._matches: dict[tuple[str | None, Path], bool] = {}

    def found(self) -> Found:
        """The files that the patterns find now, with their sources; a file under two names is found once."""
        found: Found = {}
        seen: set[Identity] = set()
        for source, patterns in self._files.items():
            for path in sorted({path for pattern in patterns for path in _expand(pattern)}):
                status = status_of(path)
                if status and identity_of(status) not in seen:
                    seen.add(identity_of(status))
                    found[path] = (source, status)
        return found

    def is_match(self, source: str | None, path: Path) -> bool:
        """Whether a pattern of the source stands for the path, be there a file or not."""
        if (source, path) not in self._matches:
            patterns = self._files.get(source or "", ())
            self._matches[source, path] = any(is_match(path, pattern) for pattern in patterns)
        return self._matches[source, path]

    def problems(self) -> list[str]:
        """A sentence for each pattern that finds no file."""
        return [problem for patterns in self._files.values() for pattern in patterns if (problem := _problem(pattern))]


def _problem(pattern: Path) -> str | None:
    if pattern.is_dir():
        return f"a folder is named where files are expected; its files are: `{pattern / '*'}`"
    found = _expand(pattern)
    if any(map(status_of, found)):
        return None
    if found and all(path.is_dir() for path in found):
        return f"this pattern matches folders, not files; their files are: `{pattern / '*'}`"
    kind = "this pattern matches no file yet" if glob.has_magic(str(pattern)) else "this file is not there yet"
    return f"{kind}: `{pattern}`"


def _expand(pattern: Path) -> list[Path]:
    return [Path(name) for name in glob.glob(str(pattern), recursive=True)]  # noqa: PTH207 - patterns are absolute


def status_of(path: Path) -> os.stat_result | None:
    """The status of a regular file, or of the one that a link leads to; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def is_recent(status: os.stat_result) -> bool:
    """Whether a file was written or renamed so lately that its writer may go on."""
    return time.time() - max(status.st_mtime, status.st_ctime) < LINGER_S


def listing(folder: Path) -> dict[str, int] | None:
    """The names in a folder with their inodes; None when it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.inode() for entry in entries}
    except OSError:
        return None
