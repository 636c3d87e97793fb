"""Which files are followed: those that the patterns find, and those that were rotated away from under them.

A file is known by its identity. Its handle stays open, so that it can be read to its end after it was renamed or
deleted; what was renamed while nobody held it is looked for among the files of its folder.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from stacklens_pipeline.ship.folders import Found, Patterns, is_recent, listing, status_of
from stacklens_pipeline.ship.followed import Followed, Handles
from stacklens_pipeline.ship.names import originals
from stacklens_pipeline.ship.positions import Positions
from stacklens_pipeline.ship.tail import FINGERPRINT_BYTES, Identity, Mark, identity_of

logger = structlog.get_logger(__name__)


class Files:
    """The followed files of each source; `look` at them before each reading."""

    def __init__(self, patterns: Patterns, positions: Positions, handles: Handles, clock: Callable[[], float]) -> None:
        self._patterns, self._positions, self._handles, self._clock = patterns, positions, handles, clock
        self._followed: dict[Identity, Followed] = {}
        self._found: Found = {}
        self._listings: dict[Path, dict[str, int]] = {}
        self._last_written: dict[str, Mark] = {}
        self._at_rest: set[int] = set()
        self._has_looked = False

    def look(self) -> list[Followed]:
        """The files to read now, rotated ones first."""
        self._found = self._patterns.found()
        for path, (source, status) in self._found.items():
            self._keep(source, path, status)
        self._note_rotated()
        self._search()
        for path, (source, status) in self._found.items():
            self._mark_new(source, path, status)
        if not self._has_looked:
            self._warn_of_gone()
        self._has_looked = True
        return sorted(self._followed.values(), key=lambda file: not file.is_rotated)

    def mark(self, file: Followed) -> Mark | None:
        """How far the file was shipped."""
        return self._positions.get(file.identity, file.path)

    def done(self, file: Followed) -> None:
        """A rotated file was read to its end; it is followed on, since writers go on until they open the new one."""
        mark = self.mark(file)
        if mark and not mark.is_done:
            self._positions.put(replace(mark, is_done=True))

    def let_go(self, file: Followed) -> None:
        """A rotated file is not followed any more."""
        self._handles.drop(file)
        self._followed.pop(file.identity, None)

    def _keep(self, source: str, path: Path, status: os.stat_result) -> None:
        file = self._followed.get(identity_of(status)) or self._handles.follow(source, path, status)
        if file:
            self._followed[file.identity] = file
            file.source, file.path, file.place, file.is_rotated = source, path, path, False
            file.is_finished = any(path.with_name(name) in self._found for name in originals(path.name))
            file.seen(status)

    def _note_rotated(self) -> None:
        there = {identity_of(status) for _, status in self._found.values()}
        for identity, file in list(self._followed.items()):
            if identity in there or self._stands(file):
                continue
            if file.handle is None:  # if it was renamed, its mark finds it
                del self._followed[identity]
                self._listings.pop(file.place.parent, None)
            elif not file.is_rotated:
                file.rotated(self._clock())

    def _stands(self, file: Followed) -> bool:
        status = status_of(file.place)
        if status is None or identity_of(status) != file.identity:
            return False
        file.seen(status)
        return True

    def _search(self) -> None:
        """Find rotated files in the folders that have changed since the last look."""
        homes = self._homes()
        self._last_written = self._positions.newest()
        for folder in {home.parent for home in homes}:
            names = listing(folder)
            if names is None or names == self._listings.get(folder):
                continue
            settled = [self._consider(folder / name, inode, homes) for name, inode in names.items()]
            self._listings[folder] = names if all(settled) else {}
            self._forget(folder, set(names.values()))

    def _homes(self) -> dict[Path, tuple[str, Path]]:
        """Places where followed files stand or stood: their source, and the path that the patterns find."""
        known = {Path(mark.path or ""): mark.source or "" for mark in self._positions if self._is_wanted(mark)}
        known |= {path: source for path, (source, _) in self._found.items()}
        homes = {path: (source, path) for path, source in known.items()}
        return {path.resolve(): home for path, home in homes.items() if path.is_symlink()} | homes

    def _is_wanted(self, mark: Mark) -> bool:
        return mark.path is not None and self._patterns.is_match(mark.source, Path(mark.path))

    def _consider(self, path: Path, inode: int, homes: Mapping[Path, tuple[str, Path]]) -> bool:
        """Follow the file if it is a rotated one; False when that cannot be told yet."""
        names = (path.with_name(name) for name in originals(path.name))
        was = next((homes[name] for name in names if name in homes), None)
        if path in self._found or (was is None and not self._positions.has_inode(inode)):
            return True
        status = status_of(path)
        if status is None or identity_of(status) in self._followed:
            return True
        mark = self._positions.get(identity_of(status))
        if mark and self._resume(path, status, mark, was):
            return True
        return was is None or self._begin(path, status, *was)

    def _resume(self, path: Path, status: os.stat_result, mark: Mark, was: tuple[str, Path] | None) -> bool:
        """Whether the file is the one that the mark is of; it is followed if it has more."""
        if mark.path and mark.source and self._is_wanted(mark):
            source, home = mark.source, Path(mark.path)
        elif mark.path is None and was:  # a mark of an earlier release
            source, home = was
        else:
            return False
        if not (mark.offset or was) or not self._handles.is_fit(path, mark):
            return False
        self._at_rest.add(mark.inode)
        if status.st_size > mark.offset or is_recent(status):
            self._follow_rotated(path, status, source, home)
        return True

    def _begin(self, path: Path, status: os.stat_result, source: str, home: Path) -> bool:
        """Follow a file that was never seen under the name that it was written under; False while that is open.

        That is one younger than what was read there last. While the file there is still the same, it can only be a
        copy: nothing is missing until the file is emptied, and then the copy is read on from where the file was.
        """
        current = self._mark_at(home)
        is_copy = current is not None and current.offset > 0 and self._handles.is_fit(path, current)
        if current and current.offset and self._handles.is_fit(home, current):
            return not is_copy
        last = self._last_written.get(str(home))
        if last is None or status.st_mtime_ns < last.modified_ns:
            return True
        file = self._follow_rotated(path, status, source, home)
        if file:
            mark = current.of(file.identity) if current and is_copy else Mark.of_nothing(status)
            self._positions.put(replace(mark, source=source, path=str(home)))
        return True

    def _mark_at(self, path: Path) -> Mark | None:
        """The mark of the file that the patterns find under a path."""
        there = self._found.get(path)
        return self._positions.get(identity_of(there[1]), path) if there else None

    def _follow_rotated(self, path: Path, status: os.stat_result, source: str, home: Path) -> Followed | None:
        file = self._handles.follow(source, path, status)
        if file:
            file.path = home
            file.rotated(self._clock())
            self._followed[file.identity] = file
        return file

    def _mark_new(self, source: str, path: Path, status: os.stat_result) -> None:
        """A file without a mark gets one of nothing, so that it is found again if it is rotated before it is read."""
        identity = identity_of(status)
        if identity in self._followed and self._positions.get(identity, path) is None:
            copied = self._copied(path)
            mark = copied.of(identity) if copied else Mark.of_nothing(status)
            self._positions.put(replace(mark, source=source, path=str(path)))

    def _copied(self, path: Path) -> Mark | None:
        """The mark of the file of which this one, found under a rotated name, is a copy: it was read as far."""
        marks = (self._mark_at(path.with_name(name)) for name in originals(path.name))
        long = (mark for mark in marks if mark and mark.offset >= FINGERPRINT_BYTES)
        return next((mark for mark in long if self._handles.is_fit(path, mark)), None)

    def _forget(self, folder: Path, inodes: set[int]) -> None:
        for mark in self._positions:
            is_here = mark.path is None or Path(mark.path).parent == folder
            if is_here and mark.inode not in inodes and mark.identity not in self._followed:
                self._positions.forget(mark)

    def _warn_of_gone(self) -> None:
        """Say which files have vanished while nobody followed them, perhaps with lines."""
        found = {status.st_ino for _, status in self._found.values()} | self._at_rest
        there = found | {identity.inode for identity in self._followed}
        for mark in self._positions:
            is_listed = Path(mark.path or "").parent in self._listings
            if self._is_wanted(mark) and is_listed and not mark.is_done and mark.inode not in there:
                problem = "a file is gone; what was written past the bytes read is lost"
                logger.warning(problem, file=mark.path, read=mark.offset)
                self._positions.put(replace(mark, is_done=True))
