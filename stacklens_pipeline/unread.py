"""What comes next in the event log, past what raw holds: planned, read, and read ahead of the one who asks."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from stacklens_pipeline.eventlog.base import OffsetRange, TopicPartition
from stacklens_pipeline.planner import Clock, Planner
from stacklens_pipeline.position import ORIGIN, Positions
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import RAW_LOGS
from stacklens_pipeline.threads import started

Ends = Mapping[TopicPartition, int]


@dataclass(frozen=True)
class Unread:
    """What was read past the offsets `begins_at`: lines and where they end, what is missing before, what is left.

    `asked_at` is a time at which the event log held what was planned and no more.
    """

    begins_at: Ends
    asked_at: datetime
    gaps: Mapping[OffsetRange, str]
    lag: int
    lines: pl.DataFrame = field(default_factory=RAW_LOGS.empty)
    ends: Ends = field(default_factory=dict)


class UnreadLines:
    """Reads what lies past the positions that it is asked about; nothing is written."""

    def __init__(self, planner: Planner, ingest: IngestSettings, now: Clock) -> None:
        self._planner, self._ingest, self._now = planner, ingest, now
        self._corrupt: list[OffsetRange] = []
        self._ahead: Future[Unread] | None = None

    def past(self, positions: Positions) -> Unread:
        """What comes next: what was read ahead, if it begins there.

        Raises OffsetOutOfRangeError when retention moved on between the plan and the read, and CorruptRangeError.
        """
        ahead, self._ahead = self._ahead, None
        if ahead is not None and (unread := ahead.result()).begins_at == self._begin(positions):
            return unread
        return self._read(positions)

    def read_ahead(self, positions: Positions) -> None:
        """Begin to read what lies past positions, beside the caller's work."""
        held = dict(positions)
        self._ahead = started(lambda: self._read(held))

    def settle(self) -> None:
        """Wait for what is read ahead: it asks the planner, which nobody may refresh meanwhile."""
        if self._ahead is not None:
            wait([self._ahead])

    def put_back(self, unread: Unread) -> None:
        """Give the same to the next one who asks."""
        self._ahead = Future()
        self._ahead.set_result(unread)

    def avoid(self, corrupt: Iterable[OffsetRange]) -> None:
        """Read around ranges, in the log's names, which become gaps."""
        self._corrupt += [self._planner.in_lake(bad) for bad in corrupt]

    def _read(self, positions: Positions) -> Unread:
        begins_at, asked_at = self._begin(positions), self._now()
        plan = self._planner.unread(positions, self._ingest.max_rows)
        ranges, corrupt = self._around_corrupt(plan.ranges)
        gaps = {**{OffsetRange(g.topic, g.partition, g.start, g.end): g.reason for g in plan.gaps}, **corrupt}
        if not ranges:
            return Unread(begins_at, asked_at, gaps, plan.lag)
        lines, ends = self._planner.read(ranges, self._ingest.max_bytes)
        starts = {TopicPartition(r.topic, r.partition): r.start for r in ranges}
        lag = plan.lag - sum(end - starts[tp] for tp, end in ends.items())
        return Unread(begins_at, asked_at, gaps, lag, lines, ends)

    def _begin(self, positions: Positions) -> Ends:
        return {tp: positions.get(tp, ORIGIN).next for tp in self._planner.partitions}

    def _around_corrupt(
        self, planned: tuple[OffsetRange, ...]
    ) -> tuple[tuple[OffsetRange, ...], Mapping[OffsetRange, str]]:
        """The ranges up to what is known to be corrupt; what is, and comes next, becomes a gap."""
        ranges: list[OffsetRange] = []
        gaps: dict[OffsetRange, str] = {}
        for wanted in planned:
            tp = TopicPartition(wanted.topic, wanted.partition)
            ahead = [bad for bad in self._corrupt if TopicPartition(bad.topic, bad.partition) == tp]
            end = min((bad.start for bad in ahead if bad.end > wanted.start), default=wanted.end)
            if end > wanted.start:
                ranges.append(OffsetRange(*tp, wanted.start, min(end, wanted.end)))
            else:
                gaps |= {bad: "corrupt" for bad in ahead if bad.start <= wanted.start < bad.end}
        return tuple(ranges), gaps
