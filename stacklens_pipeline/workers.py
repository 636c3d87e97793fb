"""Worker processes on this machine: each does one thing at a time, on one core, with a Polars of its own.

Two single-threaded processes get more done than one process with two threads, which wait for each other. Tasks and
answers go through pipes; frames, which are large, through memory that both sides share and use again and again. A
worker ends when its pipe does, however this process ends.
"""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import wait
from queue import SimpleQueue
from typing import IO, Any, BinaryIO, ParamSpec, TypeVar

import polars as pl

from stacklens_pipeline.errors import WorkerLostError
from stacklens_pipeline.settings import foreign_environment

Given = ParamSpec("Given")
Result = TypeVar("Result")

ENVIRONMENT = {
    "POLARS_MAX_THREADS": "1",
    # one thread needs one arena, and there are several workers: pages are kept for the next task, but not for long
    "_RJEM_MALLOC_CONF": "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:1",
    # glibc gives large blocks back at once, and fresh pages are dear: what a frame came in is used for the next one
    "MALLOC_MMAP_THRESHOLD_": str(2**28),
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
}


LONGEST_S = 300.0
"""A worker that has not answered after so long stands still, and is killed: a task takes about a second."""
GOODBYE_S = 10.0
"""How long a worker without work may take to end."""


class Workers:
    """So many processes, and a queue before them."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, "stacklens-worker")
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._workers: list[_Worker] = []
        try:
            for _ in range(count):
                self._workers.append(_Worker())
                self._idle.put(self._workers[-1])
        except OSError as error:
            self.close()
            raise WorkerLostError(f"a worker process cannot be started: {error}") from error

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._workers)

    def submit(self, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> "Future[Result]":
        """What a function of a module returns, or raises, in a worker; WorkerLostError when the worker ends."""
        try:
            return self._threads.submit(self._done, [(work, args, kwargs)])
        except RuntimeError as error:  # the thread that would speak with it
            raise WorkerLostError(f"a worker cannot be used: {error}") from error

    def close(self) -> None:
        """End the processes; what is being worked on is finished first, what waits is not begun."""
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def _done(self, task: list[Any]) -> Any:
        worker = self._idle.get()
        try:
            return worker.do(task)
        finally:
            self._idle.put(worker)


class _Worker:
    """One process, as seen from this side."""

    def __init__(self) -> None:
        self._frames = _shared_memory()
        try:
            self._process = _started(self._frames.fileno())
        except OSError:
            self._frames.close()
            raise

    def do(self, task: list[Any]) -> Any:
        """What the task, which is taken out of the list, returns or raises: its frames need not stay here meanwhile."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._frames.seek(0)
            _Pickler(self._process.stdin, self._frames).dump(task.pop())
            self._process.stdin.flush()
            if not wait([self._process.stdout.fileno()], LONGEST_S):
                self._process.kill()
            is_done, answer = pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError, pl.exceptions.PolarsError) as error:
            self._process.kill()  # half a task may be in its pipe
            why = f"it ended with {self._process.wait()}" if isinstance(error, EOFError) else str(error)
            raise WorkerLostError(f"worker {self._process.pid} was lost in the middle of its work: {why}") from error
        if is_done:
            return answer
        raise answer

    def close(self) -> None:
        try:
            self._process.communicate(timeout=GOODBYE_S)  # closes its standard input, which ends it
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._frames.close()


def _started(frames: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, str(frames)],  # -P: no file of the current folder is a library
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[frames],
        process_group=0,  # Ctrl-C reaches everyone at the terminal; workers end by their pipe
        env={**foreign_environment(), **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


class _Pickler(pickle.Pickler):
    """Pickles, with frames aside in a file."""

    def __init__(self, target: IO[bytes], frames: BinaryIO) -> None:
        super().__init__(target, protocol=pickle.HIGHEST_PROTOCOL)
        self._frames = frames

    def persistent_id(self, obj: object) -> tuple[int, int] | None:
        if not isinstance(obj, pl.DataFrame):
            return None
        start = self._frames.tell()
        obj.write_ipc(self._frames, compression="uncompressed", compat_level=pl.CompatLevel.newest())
        return start, self._frames.tell() - start


class _Unpickler(pickle.Unpickler):
    """Reads what `_Pickler` wrote."""

    def __init__(self, source: BinaryIO, frames: int) -> None:
        super().__init__(source)
        self._frames = frames

    def persistent_load(self, pid: tuple[int, int]) -> pl.DataFrame:
        start, size = pid
        return pl.read_ipc(os.pread(self._frames, size, start))


def _shared_memory() -> BinaryIO:
    """A file without a name that another process can have too; in memory where the system can do that."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stacklens-frames"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def main() -> None:
    """The other side: do what comes in, until nothing comes any more."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as a rule its drain has got one too, and ends it after its task
    frames, source = int(sys.argv[1]), os.fdopen(sys.stdin.fileno(), "rb", closefd=False)
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not come between the answers
    with suppress(BrokenPipeError), os.fdopen(answers, "wb") as target:  # nobody may be there who wants to know
        while source.peek(1):
            target.write(_answer(source, frames))
            target.flush()


def _answer(source: BinaryIO, frames: int) -> bytes:
    try:
        work, args, kwargs = _Unpickler(source, frames).load()
        return pickle.dumps((True, work(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> bytes:
    """The error; by its text where it cannot travel."""
    try:
        pickle.loads(answer := pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL))
    except Exception:
        return pickle.dumps((False, RuntimeError(repr(error))), pickle.HIGHEST_PROTOCOL)
    return answer


if __name__ == "__main__":
    main()
