"""Two things at once in one process: Polars, Parquet and the disk work without Python's lock."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import polars as pl

Item = TypeVar("Item")
Result = TypeVar("Result")

_CPUS = pl.thread_pool_size()
_POOL = ThreadPoolExecutor(min(8, 2 * _CPUS), "stacklens")  # some wait for each other, and for Polars' own threads
_BESIDE = ThreadPoolExecutor(2, "stacklens-beside")

FEWEST_ROWS = 16_384
"""Frames of fewer rows are not worth while to be cut: what a call costs whatever its rows would be paid twice."""


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The results of the items in their order; worked out at the same time.

    When all have ended, the first error is raised. Work given to these threads must not give them work in turn: it
    would wait for itself.
    """
    if _CPUS == 1:
        return list(map(work, items))
    started = [_POOL.submit(work, item) for item in items]
    wait(started)
    return [future.result() for future in started]


def started(work: Callable[[], Result]) -> "Future[Result]":
    """Work that goes on beside the caller's, which may use `in_order` meanwhile, as this work may."""
    return _BESIDE.submit(work)


def slices(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """A frame in so many parts, in order, that no core is idle while another works on them."""
    rows = max(FEWEST_ROWS, -(-frame.height // min(4, _CPUS)))
    return list(frame.iter_slices(rows)) or [frame]
