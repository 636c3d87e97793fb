"""Follows files by patterns and ships their new lines; remembers how far it came once the event log has them."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from stacklens_pipeline.collect.envelope import Sender, cut, split_long
from stacklens_pipeline.collect.redact import Redactor
from stacklens_pipeline.eventlog.base import MAX_MESSAGE_BYTES, EventLog
from stacklens_pipeline.ship.files import Files
from stacklens_pipeline.ship.folders import LINGER_S, Patterns
from stacklens_pipeline.ship.followed import Followed, Handles
from stacklens_pipeline.ship.positions import Positions
from stacklens_pipeline.ship.tail import Chunk, read_lines

PROTOCOL = "file"


class Shipper:
    """Ships the files of each source: `files` maps a source's name to paths and patterns (`*`, `**`).

    Positions are saved after the event log has acknowledged the lines: a kill in between sends lines again, never
    leaves one out. A file that is renamed is read to its end, whatever its new name, also one that was renamed while
    no shipper ran; so is a deleted one whose handle is open. What is lost: lines of a file that was deleted, compressed
    or emptied before anyone came to read them, where no copy stands beside it. With `max_lines_s` no more is sent:
    what is left waits in the files. Close it to let go of the files.
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
        clock: Callable[[], float] = monotonic,
        redact: Redactor | None = None,
    ) -> None:
        self._redact = redact or Redactor()
        self._log, self._topic, self._clock = log, topic, clock
        self._max_lines_s, self._max_line_bytes = max_lines_s, max_line_bytes
        self._patterns, self._positions, self._handles = Patterns(files), Positions(state), Handles(clock)
        self._files = Files(self._patterns, self._positions, self._handles, clock)
        self._peer = socket.gethostname()
        self._began, self._sent = clock(), 0

    @property
    def paths(self) -> list[Path]:
        """The files that the patterns find now."""
        return list(self._patterns.found())

    @property
    def problems(self) -> list[str]:
        """A sentence for each pattern that finds no file now."""
        return self._patterns.problems()

    def step(self, *, is_last: bool = False) -> int:
        """Ship what the files have gained, at most one chunk of each; returns how many lines."""
        shipped = sum(self._ship(file, is_last) for file in self._files.look())
        self._positions.save_changes()
        return shipped

    def close(self) -> None:
        """Let go of the files."""
        self._handles.close()

    def _ship(self, file: Followed, is_last: bool) -> int:
        allowed = self._allowed()
        if allowed == 0:
            return 0
        is_end = is_last or (file.is_finished and self._clock() - file.quiet_since >= LINGER_S)
        if is_end and file.is_rotated:  # its last line may be unfinished
            file.is_read = False
        try:
            handle = self._handles.of(file)
            chunk = read_lines(handle, self._files.mark(file), limit=allowed, is_last=is_end) if handle else None
        except OSError as error:
            self._handles.warn(file.path, error)
            return 0
        if chunk:
            return self._send(file, chunk)
        file.is_read = file.is_read or handle is not None
        if file.is_rotated:
            self._rest(file, is_end)
        return 0

    def _rest(self, file: Followed, is_end: bool) -> None:
        """There is nothing to read in a rotated file now."""
        mark = self._files.mark(file)
        if file.handle and mark and mark.offset == os.fstat(file.handle.fileno()).st_size:
            self._files.done(file)
        if is_end:
            self._files.let_go(file)

    def _send(self, file: Followed, chunk: Chunk) -> int:
        lines = [line for line in chunk.lines if line]
        self._append(Sender(file.source, self._peer, PROTOCOL), file.path, lines)
        self._positions.put(replace(chunk.mark, source=file.source, path=str(file.path)))
        self._positions.save_changes()
        file.quiet_since = self._clock()
        self._handles.keep(file)
        self._sent += len(lines)
        return len(lines)

    def _append(self, sender: Sender, path: Path, lines: list[bytes]) -> None:
        file = ("file", str(path).encode())
        fitting, long = split_long(self._redact(sender.source, lines), self._max_line_bytes)
        if fitting:
            self._log.append_values(self._topic, fitting, key=sender.key, headers=(*sender.headers, file))
        for line in long:
            self._log.append(self._topic, [cut(line, self._max_line_bytes, sender)])

    def _allowed(self) -> int | None:
        if self._max_lines_s is None:
            return None
        return max(0, int((self._clock() - self._began + 1) * self._max_lines_s) - self._sent)
