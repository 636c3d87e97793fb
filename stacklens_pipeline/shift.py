"""A shift: waits for the lease, works step by step until its budget ends or nothing is left, and hands over.

Used for every piece of work that is drained rather than run once: microbatches, marts.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from time import monotonic

import structlog

from stacklens_pipeline.errors import EventLogError, LakeError
from stacklens_pipeline.lease import LIFETIME, Lease
from stacklens_pipeline.planner import utc_now

RENEWALS = 5
"""A lease is renewed so many times in its lifetime."""
POLL_S = 0.2
"""How often one who waits for the lease looks, and says that it waits."""
LONGEST_PAUSE_S = 10.0
"""Between tries when the event log or the storage fails."""

logger = structlog.get_logger(__name__)


class Outcome(Enum):
    """Why a shift ended."""

    BUDGET = "its time was up"
    IDLE = "nothing was left to do"
    HANDED_OVER = "its successor was ready"
    NOT_NEEDED = "another one was working"
    STOPPED = "it was asked to stop"


@dataclass(frozen=True)
class Terms:
    """How long a shift lasts, s: its budget, how often it steps, how long it stays idle, how long it waits to begin."""

    budget_s: float
    interval_s: float
    idle_s: float
    wait_s: float


def work(lease: Lease, terms: Terms, step: Callable[[], bool | None], stop: threading.Event) -> Outcome:
    """Call `step` about every `interval_s` while the shift lasts.

    `step` returns True when more is waiting (it is called again at once), False when it did something and None when
    there was nothing to do. Errors of the event log and the storage are logged and the step is tried again; so is
    taking the lease.
    """
    if not _wait_for(lease, terms, stop):
        return Outcome.NOT_NEEDED
    with _renewed(lease, terms):
        return _steps(lease, terms, step, stop)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set as long as the context lasts, so that work ends after its step.

    Signals reach the main thread only; anywhere else the event is nobody's.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _steps(lease: Lease, terms: Terms, step: Callable[[], bool | None], stop: threading.Event) -> Outcome:
    began = busy = monotonic()
    steps = failures = 0
    while not stop.is_set():
        now = monotonic()
        if now - began >= terms.budget_s:
            return Outcome.BUDGET
        if steps and lease.is_wanted():  # a shift that hands over has done something: work goes on whoever waits
            return Outcome.HANDED_OVER
        steps += 1
        try:
            result, failures = step(), 0
        except (EventLogError, LakeError) as error:
            failures += 1
            logger.warning("step failed, it is tried again", error=str(error), failures=failures)
            stop.wait(_pause_s(failures))
            continue
        if result is not None:
            busy = monotonic()
        elif monotonic() - busy >= terms.idle_s:
            return Outcome.IDLE
        if result is not True:
            stop.wait(max(0.0, now + terms.interval_s - monotonic()))
    return Outcome.STOPPED


def _pause_s(failures: int) -> float:
    """How long to wait after so many failures in a row, s."""
    return min(LONGEST_PAUSE_S, 0.25 * 2.0 ** min(failures, 10))


def _wait_for(lease: Lease, terms: Terms, stop: threading.Event) -> bool:
    """Take the lease, waiting for its holder to give it up; False when that takes too long.

    While the lease cannot be written, it is tried again for as long as the shift may last; then LakeError is raised.
    """
    began, failures = monotonic(), 0
    while not stop.is_set():
        try:
            if lease.take(utc_now() + timedelta(seconds=terms.budget_s)):
                return True
            if monotonic() - began >= terms.wait_s:
                break
            lease.want(utc_now() + timedelta(seconds=terms.wait_s))
        except LakeError as error:
            if monotonic() - began >= terms.budget_s:
                raise
            failures += 1
            logger.warning("the lease cannot be written, it is tried again", error=str(error), failures=failures)
            stop.wait(_pause_s(failures))
            continue
        stop.wait(POLL_S)
    lease.release()
    return False


@contextmanager
def _renewed(lease: Lease, terms: Terms) -> Iterator[None]:
    """Renew the lease from a thread, so that a long step does not look like a dead holder; release it at the end."""
    ends_at, done = utc_now() + timedelta(seconds=terms.budget_s), threading.Event()

    def renew() -> None:
        while not done.wait(LIFETIME.total_seconds() / RENEWALS):
            try:
                lease.take(ends_at)
            except LakeError as error:
                logger.warning("the lease cannot be renewed, it is tried again", error=str(error))

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        lease.release()
