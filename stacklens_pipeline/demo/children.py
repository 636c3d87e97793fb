"""Child processes: started with a log file each, watched, and stopped together with all that they started."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stacklens_pipeline.errors import ProcessError

POLL_S = 0.1


class Child:
    """A process in a session of its own, so that Ctrl-C reaches us first and we end it in order."""

    def __init__(self, name: str, command: Sequence[str], log: Path, *, env: Mapping[str, str], cwd: Path) -> None:
        self.name, self.log = name, log
        self._is_interrupted = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(command),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], seconds: float, stop: threading.Event) -> None:
        """Wait until it is ready, or until `stop`.

        Raises ProcessError when it ends or the time is over before that, with the last line that it said.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.name} was not ready after {seconds:.0f} s: {self._last_words()}")
            if stop.wait(POLL_S):
                return

    def check(self) -> None:
        """Raise ProcessError when it has ended."""
        if not self.is_running:
            raise ProcessError(f"{self.name} ended with status {self._process.returncode}: {self._last_words()}")

    def interrupt(self) -> None:
        """Ask it and what it started to end, once: a second time would cut short how they end."""
        if self.is_running and not self._is_interrupted:
            self._is_interrupted = True
            self._signal({self._process.pid, *_session(self._process.pid)}, signal.SIGINT)

    def stop(self, seconds: float = 20.0) -> None:
        """Interrupt it; end what is left of its session, by force when the time is over."""
        self.interrupt()
        self._await(lambda: not self.is_running, seconds)
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._signal(_session(self._process.pid), number)
            self._await(lambda: not self.is_running and not any(_session(self._process.pid)), 5.0)

    def _signal(self, pids: Iterable[int], number: signal.Signals) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _await(self, is_done: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_done() and time.monotonic() < deadline:
            time.sleep(POLL_S)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"nothing in {self.log}"


def _session(leader: int) -> Iterator[int]:
    """The living processes of a session; none where the system has no /proc."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(entry.name)
            if os.getsid(pid) == leader and entry.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z":
                yield pid
