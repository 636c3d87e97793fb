"""Leases: who is working, as a small file in the lake that is trusted more than any run's status.

A lease keeps two runners from doing the same work twice; it is not what makes the result right (the fences are). So it
needs no lock: the worst that a race costs is a batch computed twice and committed once.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import orjson

from stacklens_pipeline.errors import LeaseHeldError
from stacklens_pipeline.planner import Clock, utc_now
from stacklens_pipeline.storage import file_errors

LIFETIME = timedelta(seconds=15)
"""A holder that has not renewed for so long is dead: several times the longest microbatch, and renewal runs aside."""


WISH_LIFETIME = timedelta(seconds=2)
"""Who waits says so again every 0.2 s (`shift.POLL_S`): one who has not for so long waits no more."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lease, until when, and when it means to give it up."""

    name: str
    expires_at: datetime
    ends_at: datetime


class Lease:
    """One named lease below a local lake root."""

    def __init__(self, root: str, name: str, holder: str = "", now: Clock = utc_now) -> None:
        self._held, self._wanted = (Path(root, "_leases", f"{name}.{kind}.json") for kind in ("held", "wanted"))
        self.holder = holder or uuid.uuid4().hex
        self._now = now

    def current(self) -> Holder | None:
        """The holder that is alive, if there is one."""
        return self._alive(self._held)

    def successor(self) -> Holder | None:
        """Who waits for the lease, if anybody does."""
        return self._alive(self._wanted)

    def take(self, ends_at: datetime) -> bool:
        """Take or renew the lease; False when somebody else who is alive holds it.

        Raises StorageFullError or LakeError when it cannot be written.
        """
        holder = self.current()
        if holder is not None and holder.name != self.holder:
            return False
        self._write(self._held, LIFETIME, ends_at)
        taken = self.current()
        return taken is not None and taken.name == self.holder

    def want(self, ends_at: datetime) -> None:
        """Say that we wait for the lease: its holder gives it up after its step. To be said again and again."""
        self._write(self._wanted, WISH_LIFETIME, ends_at)

    def is_wanted(self) -> bool:
        """Whether somebody else waits for it."""
        successor = self.successor()
        return successor is not None and successor.name != self.holder

    def release(self) -> None:
        """Give up what is ours: the lease, and our wish for it."""
        for path, holder in ((self._held, self.current()), (self._wanted, self.successor())):
            if holder is not None and holder.name == self.holder:
                path.unlink(missing_ok=True)

    def _alive(self, path: Path) -> Holder | None:
        try:
            found = orjson.loads(path.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        expires, ends = (datetime.fromisoformat(found[key]) for key in ("expires_at", "ends_at"))
        return Holder(found["name"], expires, ends) if expires > self._now() else None

    def _write(self, path: Path, lifetime: timedelta, ends_at: datetime) -> None:
        content = {"name": self.holder, "expires_at": self._now() + lifetime, "ends_at": ends_at}
        aside = path.with_suffix(f".{uuid.uuid4().hex}")
        with file_errors(f"the lease {path.name}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                aside.write_bytes(orjson.dumps(content))
                aside.replace(path)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise


POLL_S = 0.2


@contextmanager
def holding(lease: Lease, wait_s: float, held_by: str) -> Iterator[None]:
    """Hold a lease, renewed by a thread, waiting up to `wait_s` seconds for whoever holds it to give it up.

    Raises LeaseHeldError, a sentence that begins with `held_by`, when nobody does.
    """
    deadline, until = monotonic() + wait_s, datetime.max.replace(tzinfo=UTC)
    while not lease.take(until):
        if monotonic() >= deadline:
            holder = lease.current()
            raise LeaseHeldError(f"{held_by}; try again later: `{holder.name if holder else 'unknown'}`")
        lease.want(until)
        sleep(POLL_S)
    ended = Event()
    renewing = Thread(target=_renew, args=(lease, until, ended), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        lease.release()


def _renew(lease: Lease, until: datetime, ended: Event) -> None:
    while not ended.wait(LIFETIME.total_seconds() / 3):
        lease.take(until)
