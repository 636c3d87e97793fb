"""Worker processes: what they return and raise, frames through shared memory, and their end."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from stacklens_pipeline.errors import ConfigurationError, StorageFullError, WorkerLostError
from stacklens_pipeline.workers import Workers


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    found = Workers(2)
    yield found
    found.close()


def doubled(frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
    print("what prints does not get between the answers")
    return frame.with_columns(pl.col(name) * 2)


def fail(error: type[Exception]) -> None:
    raise error("no space is left")


class Unpicklable(Exception):
    """An error that cannot travel."""

    def __init__(self, text: str, *, more: object) -> None:
        super().__init__(text)
        self.more = more


def fail_strangely() -> None:
    raise Unpicklable("odd", more=lambda: None)


def process() -> int:
    return os.getpid()


def threads() -> int:
    return pl.thread_pool_size()


def test_frames_of_any_size_go_there_and_back(workers: Workers) -> None:
    frames = [pl.DataFrame({"n": range(size), "text": ["é" * 30] * size}) for size in (50_000, 0, 1, 20_000)]
    found = [workers.submit(doubled, frame, name="n") for frame in frames]
    for frame, future in zip(frames, found, strict=True):
        assert_frame_equal(future.result(), doubled(frame, name="n"))


def test_each_worker_has_one_thread(workers: Workers) -> None:
    assert workers.submit(threads).result() == 1


def test_what_a_worker_raises_is_raised_here_and_it_goes_on(workers: Workers) -> None:
    for error in (StorageFullError, ConfigurationError):
        with pytest.raises(error, match="no space is left"):
            workers.submit(fail, error).result()
    with pytest.raises(RuntimeError, match="Unpicklable"):
        workers.submit(fail_strangely).result()
    assert workers.submit(process).result() != os.getpid()


def test_a_killed_worker_is_told() -> None:
    workers = Workers(1)
    try:
        os.kill(workers.submit(process).result(), signal.SIGKILL)
        with pytest.raises(WorkerLostError, match="was lost in the middle of its work"):
            workers.submit(process).result()
    finally:
        workers.close()


def test_a_worker_that_stands_still_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(1)
    try:
        pid = workers.submit(process).result()
        monkeypatch.setattr("stacklens_pipeline.workers.LONGEST_S", 0.1)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(WorkerLostError):
            workers.submit(process).result()
    finally:
        workers.close()
    assert not Path(f"/proc/{pid}").exists()


def test_a_file_of_the_current_folder_is_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "polars.py").write_text("raise SystemExit('a file of the current folder was run')")
    monkeypatch.chdir(tmp_path)
    workers = Workers(1)
    try:
        assert workers.submit(threads).result() == 1
    finally:
        workers.close()


def test_workers_that_cannot_be_started_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(WorkerLostError, match="cannot be started"):
        Workers(2)


def test_workers_end_when_they_are_closed() -> None:
    workers = Workers(2)
    pid = workers.submit(process).result()
    workers.close()
    assert not Path(f"/proc/{pid}").exists()
