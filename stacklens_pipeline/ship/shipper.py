"""Follows files by patterns and ships their new lines; remembers how far it came once the event log has them."""

import glob
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import monotonic

import orjson
import structlog

from stacklens_pipeline.collect.envelope import Sender, cut, split_long
from stacklens_pipeline.eventlog.base import MAX_MESSAGE_BYTES, EventLog
from stacklens_pipeline.ship.tail import Mark, read_lines

PROTOCOL = "file"

logger = structlog.get_logger(__name__)


class Shipper:
    """Ships the files of each source: `files` maps a source's name to paths and patterns (`*`, `**`).

    A crash between an append and the remembering sends lines again, never leaves one out. A file that is rotated by
    renaming is finished under its old inode when a pattern still finds it. With `max_lines_s` no more is sent: what is
    left waits in the files.
    """

    def __init__(
        self,
        log: EventLog,
        topic: str,
        files: Mapping[str, Sequence[str]],
        state: Path,
        *,
        max_lines_s: float | None = None,
        max_line_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self._log, self._topic, self._files, self._state = log, topic, files, state
        self._max_lines_s, self._max_line_bytes = max_lines_s, max_line_bytes
        self._marks = _load(state)
        self._peer = socket.gethostname()
        self._began, self._sent = monotonic(), 0
        self._unreadable: set[Path] = set()

    @property
    def paths(self) -> list[Path]:
        """The files that the patterns find now."""
        return [path for _, path in self._found()]

    def step(self, *, is_last: bool = False) -> int:
        """Ship what the files have gained, at most one chunk of each; returns how many lines."""
        return sum(self._ship(source, path, is_last) for source, path in self._found())

    def _found(self) -> Iterator[tuple[str, Path]]:
        for source, patterns in self._files.items():
            names = {name for pattern in patterns for name in glob.glob(pattern, recursive=True)}  # noqa: PTH207 - patterns are absolute
            yield from ((source, path) for name in sorted(names) if (path := Path(name)).is_file())

    def _ship(self, source: str, path: Path, is_last: bool) -> int:
        allowed = self._allowed()
        if allowed == 0:
            return 0
        try:
            chunk = read_lines(path, self._mark(path), limit=allowed, is_last=is_last)
        except OSError as error:
            self._warn(path, error)
            return 0
        if chunk is None:
            return 0
        lines = [line for line in chunk.lines if line]
        self._append(Sender(source, self._peer, PROTOCOL), path, lines)
        self._marks[f"{chunk.mark.inode}"] = chunk.mark
        self._save()
        self._sent += len(lines)
        return len(lines)

    def _mark(self, path: Path) -> Mark | None:
        return self._marks.get(f"{path.stat().st_ino}")

    def _append(self, sender: Sender, path: Path, lines: list[bytes]) -> None:
        file = ("file", str(path).encode())
        fitting, long = split_long(lines, self._max_line_bytes)
        if fitting:
            self._log.append_values(self._topic, fitting, key=sender.key, headers=(*sender.headers, file))
        for line in long:
            self._log.append(self._topic, [cut(line, self._max_line_bytes, sender)])

    def _allowed(self) -> int | None:
        if self._max_lines_s is None:
            return None
        return max(0, int((monotonic() - self._began + 1) * self._max_lines_s) - self._sent)

    def _warn(self, path: Path, error: OSError) -> None:
        """Once for each file: it may become readable later."""
        if path not in self._unreadable:
            self._unreadable.add(path)
            logger.warning("a file cannot be read and is left out", file=str(path), error=error.strerror)

    def _save(self) -> None:
        self._state.parent.mkdir(parents=True, exist_ok=True)
        aside = self._state.with_suffix(".new")
        aside.write_bytes(orjson.dumps({inode: asdict(mark) for inode, mark in self._marks.items()}))
        aside.replace(self._state)


def _load(state: Path) -> dict[str, Mark]:
    try:
        return {inode: Mark(**mark) for inode, mark in orjson.loads(state.read_bytes()).items()}
    except (FileNotFoundError, orjson.JSONDecodeError, TypeError):
        return {}
