"""One shipper at a time for a positions file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stacklens_pipeline.errors import ConfigurationError


@contextmanager
def locked(positions: Path) -> Iterator[None]:
    """Hold the lock beside the positions file; the system lets go of it when the process dies, however it does.

    Raises ConfigurationError, with the number of the process that holds it, when another one does.
    """
    positions.parent.mkdir(parents=True, exist_ok=True)
    with positions.with_name(f".{positions.name}.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            problem = "another `stacklens ship` follows the files already"
            raise ConfigurationError(f"{problem}: pid {pid}") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
