"""The drain: takes microbatch after microbatch from the event log and commits each to every table.

A microbatch is a function of a range of offsets. Raw is committed first; every table made from it fences itself, so a
crash anywhere leaves tables at different positions, and the next step heals them from raw before it reads on.
"""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from stacklens_pipeline.errors import CorruptRangeError, OffsetOutOfRangeError
from stacklens_pipeline.eventlog.base import EventLog, OffsetRange, TopicPartition
from stacklens_pipeline.lake import Lake, Rows, fenced
from stacklens_pipeline.microbatch import DERIVED, Microbatch, lines_of_open
from stacklens_pipeline.planner import Clock, Planner, utc_now
from stacklens_pipeline.position import Position, Positions, meet
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import DEAD_LETTERS, OFFSET_GAPS, RAW_LOGS, Table
from stacklens_pipeline.threads import started

Ends = Mapping[TopicPartition, int]

DRAIN_LEASE = "drain"
"""Whose holder drains."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""As a time to close records at: lines that may join them are in the log already, they only have not been read."""

RECENT_HOURS = 2
"""Hours of raw that are searched for partitions which the log has no more: what a crash left is healed before long."""


@dataclass(frozen=True)
class Step:
    """What one step did: rows committed by table and ingest hour, the offsets reached, messages still unread.

    `has_more` says that the next step should follow at once.
    """

    rows: Mapping[tuple[Table, str], int] = field(default_factory=dict)
    reached: Ends = field(default_factory=dict)
    messages: int = 0
    lag: int = 0
    has_more: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do."""
        return not self.rows and not self.has_more

    @property
    def dead_letters(self) -> int:
        """Messages that no parser could take."""
        return sum(count for (table, _), count in self.rows.items() if table is DEAD_LETTERS)


@dataclass(frozen=True)
class _Unread:
    """What was read past the offsets `begins_at`: lines and where they end, what is missing before, what is left."""

    begins_at: Ends
    asked_at: datetime
    gaps: Mapping[OffsetRange, str]
    lag: int
    lines: pl.DataFrame = field(default_factory=RAW_LOGS.empty)
    ends: Ends = field(default_factory=dict)


class Drain:
    """Steps through what is unread. Any number may run at once; the fences keep every offset exactly once."""

    def __init__(self, lake: Lake, log: EventLog, ingest: IngestSettings, now: Clock = utc_now) -> None:
        self._lake, self._log, self._ingest, self._now = lake, log, ingest, now
        self._planner = Planner(lake, log, ingest, now)
        self._raw: dict[TopicPartition, Position] = {}
        self._open = RAW_LOGS.empty()
        self._corrupt: list[OffsetRange] = []
        self._ahead: Future[_Unread] | None = None
        self._is_healed = False

    def step(self) -> Step:
        """Heal what a crash or another runner left, or take one microbatch from the event log.

        Raises EventLogError and LakeError; nothing is lost, the step can be tried again.
        """
        try:
            if self._ahead is not None:
                wait([self._ahead])  # it asks the planner, which is about to change its mind
            self._planner.refresh()
            return self._take() if self._is_healed else self._heal()
        except BaseException:
            self._is_healed = False  # a commit may have been cut short: look at the tables before going on
            raise

    # Past raw: from the event log

    def _take(self) -> Step:
        try:
            unread = self._unread()
        except OffsetOutOfRangeError:  # retention moved on between the plan and the read: plan again
            return Step(has_more=True)
        except CorruptRangeError as error:
            self._corrupt += [self._planner.in_lake(bad) for bad in error.ranges]
            return Step(has_more=True)
        self._record_gaps(unread.gaps)
        if unread.ends:
            return self._store(unread)
        return Step(lag=unread.lag, has_more=True) if unread.gaps else self._close_open(unread.asked_at)

    def _unread(self) -> "_Unread":
        """What comes next in the log: what was read ahead, if it begins where raw ends."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and (unread := ahead.result()).begins_at == self._begin():
            return unread
        return self._read(self._raw, self._begin())

    def _read(self, positions: Mapping[TopicPartition, Position], begins_at: Ends) -> "_Unread":
        """Plan and read past positions; nothing is written."""
        asked_at = self._now()
        plan = self._planner.unread(positions, self._ingest.max_rows)
        ranges, corrupt = self._around_corrupt(plan.ranges)
        gaps = {**{OffsetRange(g.topic, g.partition, g.start, g.end): g.reason for g in plan.gaps}, **corrupt}
        if not ranges:
            return _Unread(begins_at, asked_at, gaps, plan.lag)
        lines, ends = self._planner.read(ranges, self._ingest.max_bytes)
        starts = {TopicPartition(r.topic, r.partition): r.start for r in ranges}
        lag = plan.lag - sum(end - starts[tp] for tp, end in ends.items())
        return _Unread(begins_at, asked_at, gaps, lag, lines, ends)

    def _begin(self) -> Ends:
        return {tp: self._next(tp) for tp in self._planner.partitions}

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

    def _store(self, unread: "_Unread") -> Step:
        lines, ends, lag = unread.lines, unread.ends, unread.lag
        positions = {tp: Position(end) for tp, end in ends.items()}
        storing = started(lambda: self._lake.append(RAW_LOGS, positions, fenced(lines)))
        held_open = {tp: self._raw[tp].next for tp in _partitions(self._open)}
        closed_at = NEVER if lag else unread.asked_at
        try:
            # open lines stand before those that follow them, and all else is read in order: nothing to sort
            batch = Microbatch(pl.concat([self._open, lines]), {**held_open, **ends}, closed_at)
        finally:
            appended = storing.result()
        if any(appended.found[tp].next != self._next(tp) and appended.found[tp].next for tp in ends):
            self._is_healed = False  # another runner was first: go on from what raw holds
            return Step(lag=lag, has_more=True)
        self._raw.update(appended.reached)
        if lag:
            reached, begins_at = dict(self._raw), self._begin()
            self._ahead = started(lambda: self._read(reached, begins_at))
        rows = Counter({(RAW_LOGS, hour): count for hour, count in appended.rows.items()})
        rows += self._derive(batch)
        self._log.commit_advisory({self._planner.in_log(tp): end for tp, end in ends.items()})
        return Step(rows, ends, lines.height, lag, has_more=lag > 0)

    def _close_open(self, closed_at: datetime) -> Step:
        """Without new lines, records that still wait are closed once the clock says that none can join them."""
        if not self._open.height:
            return Step()
        before = self._open.height
        ends = {tp: self._raw[tp].next for tp in _partitions(self._open)}
        rows = self._derive(Microbatch(self._open, ends, closed_at))
        return Step(rows) if self._open.height < before else Step()

    def _record_gaps(self, gaps: Mapping[OffsetRange, str]) -> None:
        """Note ranges that cannot be read, then let raw jump over them: in this order, so that no jump is silent."""
        for gap, reason in gaps.items():
            tp, end = TopicPartition(gap.topic, gap.partition), Position(gap.end)
            self._lake.append(OFFSET_GAPS, {tp: end}, _gap_row(gap, reason, self._now()))
            self._raw.update(self._lake.append(RAW_LOGS, {tp: end}, lambda _: RAW_LOGS.empty()).reached)

    # Up to raw: from the lake

    def _heal(self) -> Step:
        """Bring the tables behind raw one slice further; when there are none, take up the open records."""
        lately = self._lake.hours(RAW_LOGS)[-RECENT_HOURS:]
        partitions = sorted({*self._planner.partitions, *self._lake.partitions(RAW_LOGS, hours=lately)})
        self._raw = self._lake.positions(RAW_LOGS, partitions)
        tables = [self._lake.positions(table, partitions) for table in DERIVED]
        self._open = RAW_LOGS.empty()
        for tp, raw in self._raw.items():
            reached = meet(table.get(tp, Position(0)) for table in tables)
            if reached.next < raw.next:
                return self._heal_slice(tp, reached, raw.next)
            # a table that has closed a record already keeps its fence: the others still have to
            self._open = _in_order(self._open, self._open_lines(tp, reached))
        self._is_healed = True
        return self._take()

    def _heal_slice(self, tp: TopicPartition, reached: Position, high: int) -> Step:
        """Derive again what lies in raw past the position that all tables have reached."""
        end = min(reached.next + self._ingest.max_rows, high)
        ahead = self._lake.scan_offsets(RAW_LOGS, tp, reached.next, end).collect()
        if not ahead.height and end < high:  # a hole, or a log that began far from 0: one slice, however wide it is
            first = self._first_stored(tp, end, high)
            end = min(first + self._ingest.max_rows, high)
            ahead = self._lake.scan_offsets(RAW_LOGS, tp, first, end).collect()
        rows = self._derive(Microbatch(_in_order(self._open_lines(tp, reached), ahead), {tp: end}, NEVER))
        return Step(rows, {tp: end}, ahead.height, has_more=True)

    def _open_lines(self, tp: TopicPartition, position: Position) -> pl.DataFrame:
        if not position.open:
            return RAW_LOGS.empty()
        lines = self._lake.scan_offsets(RAW_LOGS, tp, position.start, position.next).collect()
        return lines_of_open(lines.sort("offset"), {tp: position})

    def _first_stored(self, tp: TopicPartition, offset: int, high: int) -> int:
        """The first offset from `offset` on that raw holds; `high` when it holds none before."""
        held = self._lake.scan_offsets(RAW_LOGS, tp, offset, high).select(pl.col("offset").min()).collect()
        first: int | None = held.item()
        return high if first is None else first

    # Both

    def _derive(self, batch: Microbatch) -> "Counter[tuple[Table, str]]":
        """Commit what the lines become to every table past raw, and keep the lines of records that still wait."""
        all_rows = {table: batch.rows(table, self._now) for table in DERIVED}
        appended = self._lake.append_all(batch.positions, all_rows)
        self._open = batch.open_lines
        return Counter({(table, hour): count for table, of in appended.items() for hour, count in of.rows.items()})

    def _next(self, tp: TopicPartition) -> int:
        return self._raw.get(tp, Position(0)).next


def _gap_row(gap: OffsetRange, reason: str, at: datetime) -> Rows:
    """The row of a gap, for `Lake.append`: what of it lies past the positions found, so that no offset is in two."""

    def row(found: Positions) -> pl.DataFrame:
        tp = TopicPartition(gap.topic, gap.partition)
        start = max(gap.start, found[tp].next)
        rows = [(*tp, start, gap.end, reason, at)] if start < gap.end else []
        return pl.DataFrame(rows, schema=OFFSET_GAPS.schema, orient="row")

    return row


def _partitions(lines: pl.DataFrame) -> list[TopicPartition]:
    return [TopicPartition(*row) for row in lines.select("topic", "partition").unique().rows()]


def _in_order(*frames: pl.DataFrame) -> pl.DataFrame:
    """Frames of raw rows as one, in the order of offsets within each partition."""
    filled = [frame for frame in frames if frame.height]
    if not filled:
        return RAW_LOGS.empty()
    joined = filled[0] if len(filled) == 1 else pl.concat(filled)
    return joined.sort("topic", "partition", "offset", maintain_order=True)
