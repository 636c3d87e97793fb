"""Two things at once in one process: Polars, Parquet and the disk work without Python's lock."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_POOL = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "stacklens")


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The results of the items in their order; worked out at the same time.

    When all have ended, the first error is raised. Work given to these threads must not give them work in turn: it
    would wait for itself.
    """
    started = [_POOL.submit(work, item) for item in items]
    wait(started)
    return [future.result() for future in started]


def started(work: Callable[[], Result]) -> "Future[Result]":
    """Work that goes on beside the caller's; the same holds as for `in_order`."""
    return _POOL.submit(work)
