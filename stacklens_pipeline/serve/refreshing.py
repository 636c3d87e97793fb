"""Refreshing the marts for a while: step by step, with a report now and then."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.progress import REPORT_S
from stacklens_pipeline.serve.duckdb import Refreshed, refresh
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.shift import Terms

MARTS_LEASE = "marts"

INTERVAL_S = 3.0
"""A refresh costs half a second of CPU; every few seconds keeps the marts a few seconds old at a sixth of a core."""


def terms(settings: Settings) -> Terms:
    """The terms of a shift that refreshes: as long as a drain's."""
    ingest = settings.ingest
    return Terms(ingest.budget_s, INTERVAL_S, 2 * ingest.idle_s, wait_s=2 * ingest.handover_s + 10)


class Refreshing:
    """Refreshes when asked, and reports the last result at first, once a minute and when it is flushed."""

    def __init__(self, lake: Lake, marts: Path, report: Callable[[Refreshed], None], every_s: float = REPORT_S) -> None:
        self.count = 0
        self._lake, self._marts, self._report, self._every_s = lake, marts, report, every_s
        self._reported_at = float("-inf")
        self._last: Refreshed | None = None

    def step(self) -> bool | None:
        """One refresh, in the terms of `shift.work`."""
        done = refresh(self._lake, self._marts)
        if done is None:
            return None
        self.count += 1
        self._last = done
        if monotonic() - self._reported_at >= self._every_s:
            self.flush()
        return False

    def flush(self) -> None:
        """Report what has not been reported yet."""
        if self._last is not None:
            self._report(self._last)
            self._last, self._reported_at = None, monotonic()
