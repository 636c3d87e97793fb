"""A followed file and its handle; handles are opened, kept and let go of here."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from stacklens_pipeline.ship.tail import Identity, Mark, fits, identity_of, is_compressed, open_file

MAX_OPEN = 128
"""Handles kept; with more files those that are quiet for longest are opened anew when they have changed."""

logger = structlog.get_logger(__name__)


@dataclass
class Followed:
    """A file that is followed: `path` is the name its lines were written under, `place` where it stands or stood last.

    `quiet_since` is the last growth seen, and `is_read` says that there was none since it was read to its end.
    `is_rotated` when no pattern finds it any more, `is_finished` when another has taken its name, or nothing has.
    """

    source: str
    path: Path
    identity: Identity
    handle: io.FileIO | None
    place: Path
    quiet_since: float
    is_rotated: bool = False
    is_finished: bool = False
    is_read: bool = False
    state: tuple[int, int] | None = None

    def seen(self, status: os.stat_result) -> None:
        """Note the file's size and time of change; with others than before there may be something to read."""
        if (state := (status.st_size, status.st_mtime_ns)) != self.state:
            self.state, self.is_read = state, False

    def rotated(self, now: float) -> None:
        """Note that nothing finds the file any more."""
        self.is_rotated = self.is_finished = True
        self.quiet_since = now

    def close(self) -> None:
        """Let go of the handle."""
        if self.handle:
            self.handle.close()
        self.handle = None


class Handles:
    """Opens files and keeps the most recently used ones open; says once which cannot be read."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: dict[Identity, Followed] = {}
        self._compressed: dict[Identity, int] = {}
        self._unreadable: set[Path] = set()

    def follow(self, source: str, path: Path, status: os.stat_result) -> Followed | None:
        """The file with an open handle; None when it cannot be read or is compressed, and so has no lines."""
        if self._compressed.get(identity_of(status)) == status.st_mtime_ns:
            return None
        handle = self.open(path)
        if handle is None:
            return None
        status = os.fstat(handle.fileno())
        if is_compressed(handle):
            handle.close()
            self._compressed[identity_of(status)] = status.st_mtime_ns
            logger.info("a compressed file is left out", file=str(path))
            return None
        file = Followed(source, path, identity_of(status), handle, path, self._clock())
        self.keep(file)
        return file

    def of(self, file: Followed) -> io.FileIO | None:
        """The file's handle; None when nothing is new in a file that has none, or it cannot be had."""
        if file.handle or file.is_read:
            return file.handle
        handle = self.open(file.place)
        if handle and identity_of(os.fstat(handle.fileno())) != file.identity:  # renamed since it was looked for
            handle.close()
            return None
        file.handle = handle
        self.keep(file)
        return handle

    def keep(self, file: Followed) -> None:
        """Keep the file's handle before those of others."""
        self._held.pop(file.identity, None)
        if file.handle:
            self._held[file.identity] = file
        while len(self._held) > MAX_OPEN:
            self._held.pop(next(iter(self._held))).close()

    def drop(self, file: Followed) -> None:
        """Let go of the file's handle."""
        self._held.pop(file.identity, None)
        file.close()

    def close(self) -> None:
        """Let go of all handles."""
        for file in list(self._held.values()):
            self.drop(file)

    def open(self, path: Path) -> io.FileIO | None:
        """The open file; None when there is none, or it cannot be read."""
        try:
            return open_file(path)
        except FileNotFoundError:  # renamed since it was looked for
            return None
        except OSError as error:
            self.warn(path, error)
            return None

    def is_fit(self, path: Path, mark: Mark) -> bool:
        """Whether the file holds what the mark says, and lines."""
        handle = self.open(path)
        if handle is None:
            return False
        with handle:
            return fits(handle, mark) and not is_compressed(handle)

    def warn(self, path: Path, error: OSError) -> None:
        """Once for each file: it may become readable later."""
        if path not in self._unreadable:
            self._unreadable.add(path)
            logger.warning("a file cannot be read and is left out", file=str(path), error=error.strerror)
