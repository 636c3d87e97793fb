"""What a drain did since it was last asked: added up, so that a report a minute is enough."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from stacklens_pipeline.drain import Drain, Step
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.tables import Table

REPORT_S = 60.0
"""An event of an orchestrator costs tens of milliseconds, and is kept: once a minute and at the end will do."""


@dataclass(frozen=True)
class Report:
    """Rows by table and hour, offsets reached, and counts of messages since the last report."""

    rows: Mapping[tuple[Table, str], int]
    reached: Mapping[TopicPartition, int]
    microbatches: int
    messages: int
    dead_letters: int
    lag: int

    @property
    def dead_letter_rate(self) -> float:
        """Dead letters per message, 0..1."""
        return self.dead_letters / self.messages if self.messages else 0.0


class Progress:
    """Steps a drain and reports what it did: at the first rows, then once a minute, and when it is flushed."""

    def __init__(self, drain: Drain, report: Callable[[Report], None], every_s: float = REPORT_S) -> None:
        self.messages = 0
        self._drain, self._report, self._every_s = drain, report, every_s
        self._reported_at = float("-inf")
        self._steps: list[Step] = []

    def step(self) -> bool | None:
        """One step, in the terms of `shift.work`."""
        step = self._drain.step()
        if step.rows:
            self._steps.append(step)
            self.messages += step.messages
        if self._steps and monotonic() - self._reported_at >= self._every_s:
            self.flush()
        return None if step.is_idle else step.has_more

    def flush(self) -> None:
        """Report what has not been reported yet."""
        if not self._steps:
            return
        steps, self._steps, self._reported_at = self._steps, [], monotonic()
        rows: Counter[tuple[Table, str]] = Counter()
        for step in steps:
            rows.update(step.rows)
        reached = {tp: offset for step in steps for tp, offset in step.reached.items()}
        messages = sum(step.messages for step in steps)
        dead = sum(step.dead_letters for step in steps)
        self._report(Report(rows, reached, sum(step.microbatches for step in steps), messages, dead, steps[-1].lag))
