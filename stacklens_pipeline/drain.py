"""The drain: takes microbatch after microbatch from the event log and commits each to every table.

A microbatch is a function of a range of offsets. Raw is committed first; every table made from it fences itself, so a
crash anywhere leaves tables at different positions, and the next step heals them from raw before it reads on.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
import structlog

from stacklens_pipeline.backlog import Backlog
from stacklens_pipeline.errors import CorruptRangeError, OffsetOutOfRangeError, WorkerLostError
from stacklens_pipeline.eventlog.base import EventLog, OffsetRange, TopicPartition
from stacklens_pipeline.lake import Lake, Rows, fenced
from stacklens_pipeline.microbatch import DERIVED, Lines, Microbatch, cut_lines, lines_of_open
from stacklens_pipeline.parse import UNCONFIGURED, Parsers
from stacklens_pipeline.planner import Clock, Planner, utc_now
from stacklens_pipeline.position import Position, Positions, meet
from stacklens_pipeline.replay import journal
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import DEAD_LETTERS, OFFSET_GAPS, RAW_LOGS, Table
from stacklens_pipeline.threads import started
from stacklens_pipeline.unread import Ends, Unread, UnreadLines
from stacklens_pipeline.workers import Workers

logger = structlog.get_logger(__name__)

DRAIN_LEASE = "drain"
"""Whose holder drains."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""As a time to close records at: lines that may join them are in the log already, they only have not been read."""

RECENT_HOURS = 2
"""Hours of raw that are searched for partitions which the log has no more: what a crash left is healed before long."""


@dataclass(frozen=True)
class Step:
    """What one step did: rows committed by table and ingest hour, the offsets reached, messages still unread.

    `has_more` says that the next step should follow at once. With workers, a step commits several microbatches.
    """

    rows: Mapping[tuple[Table, str], int] = field(default_factory=dict)
    reached: Ends = field(default_factory=dict)
    messages: int = 0
    lag: int = 0
    has_more: bool = False
    microbatches: int = 1

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do."""
        return not self.rows and not self.has_more

    @property
    def dead_letters(self) -> int:
        """Messages that no parser could take."""
        return sum(count for (table, _), count in self.rows.items() if table is DEAD_LETTERS)


class Drain:
    """Steps through what is unread. Any number may run at once; the fences keep every offset exactly once.

    When much is unread, it starts worker processes: `close` ends them.
    """

    def __init__(
        self,
        lake: Lake,
        log: EventLog,
        ingest: IngestSettings,
        now: Clock = utc_now,
        parsers: Parsers = UNCONFIGURED,
    ) -> None:
        self._lake, self._log, self._ingest, self._now, self._parsers = lake, log, ingest, now, parsers
        self._planner = Planner(lake, log, ingest, now)
        self._unread = UnreadLines(self._planner, ingest, now)
        self._raw: dict[TopicPartition, Position] = {}
        self._open = RAW_LOGS.empty()
        self._backlog: Backlog | None = None
        self._workers = ingest.workers
        self._lag = 0
        self._is_healed = False
        self._left_by = parsers  # those that made what the tables hold

    def step(self) -> Step:
        """Heal what a crash or another runner left, or take one microbatch from the event log.

        Raises EventLogError and LakeError; nothing is lost, the step can be tried again.
        """
        try:
            self._unread.settle()
            if self._backlog is not None and self._planner.is_outdated():
                # what was read of a topic's life is committed before that life is declared to have ended
                return self._take_with_workers(self._backlog, may_read=False)
            self._planner.refresh()
            return self._take() if self._is_healed else self._heal()
        except BaseException:
            self._look_again()  # a commit may have been cut short
            raise

    def close(self) -> None:
        """End the workers; what they have not finished is left to the next one who drains."""
        self._look_again()

    def _look_again(self) -> None:
        """Go on from what the tables hold, not from what was thought to be in them."""
        self._is_healed = False
        self._end_backlog()

    def _end_backlog(self) -> None:
        if self._backlog is not None:
            backlog, self._backlog = self._backlog, None
            backlog.close()

    # Past raw: from the event log

    def _take(self) -> Step:
        if self._backlog is not None:
            return self._take_with_workers(self._backlog)
        try:
            unread = self._unread.past(self._raw)
        except OffsetOutOfRangeError:  # retention moved on between the plan and the read: plan again
            return Step(has_more=True)
        except CorruptRangeError as error:
            self._unread.avoid(error.ranges)
            return Step(has_more=True)
        self._record_gaps(unread.gaps)
        if not unread.ends:
            return Step(lag=unread.lag, has_more=True) if unread.gaps else self._close_open(unread.asked_at)
        if self._workers and unread.lag >= self._ingest.backlog_rows:
            self._begin_backlog()
        return self._store(unread)  # also while workers start, which takes as long

    def _store(self, unread: Unread) -> Step:
        """One microbatch, in this process."""
        ends, lag = unread.ends, unread.lag
        positions = {tp: Position(end) for tp, end in ends.items()}
        storing = started(lambda: self._lake.append(RAW_LOGS, positions, fenced(unread.lines)))
        try:
            lines = self._following(unread)
            batch = Microbatch(lines, self._parsers)
        finally:
            appended = storing.result()
        if any(appended.found[tp].next != self._next(tp) and appended.found[tp].next for tp in ends):
            self._is_healed = False  # another runner was first: go on from what raw holds
            return Step(lag=lag, has_more=True)
        self._raw.update(appended.reached)
        if lag:
            self._unread.read_ahead(self._raw)
        rows = Counter({(RAW_LOGS, hour): count for hour, count in appended.rows.items()})
        rows += self._derive(batch, lines)
        self._note(ends)
        return Step(rows, ends, unread.lines.height, lag, has_more=lag > 0)

    def _begin_backlog(self) -> None:
        try:
            self._backlog = Backlog(self._lake, Workers(self._workers), self._parsers)
        except WorkerLostError as error:
            self._without_workers(error)

    def _take_with_workers(self, backlog: Backlog, *, may_read: bool = True) -> Step:
        """Give the workers what comes next, and commit what they have done."""
        try:
            while not backlog.is_ripe:
                if may_read and backlog.has_room and (unread := self._more()) is not None:
                    self._hand_over(backlog, unread)
                elif not backlog.wait():
                    break
            done = backlog.commit()
            if done is None:
                self._look_again()
                return Step(has_more=True)
            self._note(done.reached)
            lag = self._lag + backlog.messages
            if backlog.is_empty and may_read and (unread := self._more()) is not None:
                self._hand_over(backlog, unread)
        except WorkerLostError as error:
            self._without_workers(error)
            self._look_again()
            return Step(has_more=True)
        if backlog.is_empty:
            self._end_backlog()
        return Step(done.rows, done.reached, done.messages, lag, has_more=True, microbatches=done.microbatches)

    def _without_workers(self, error: WorkerLostError) -> None:
        logger.warning("the drain goes on without workers, since one was lost", error=str(error))
        self._workers = 0

    def _more(self) -> Unread | None:
        """What comes next, as long as there is more behind it; the rest is for this process, once the workers end."""
        try:
            unread = self._unread.past(self._raw)
        except (OffsetOutOfRangeError, CorruptRangeError):  # raised again when nothing is under way any more
            return None
        if unread.lag and unread.ends and not unread.gaps:
            return unread
        self._unread.put_back(unread)
        return None

    def _hand_over(self, backlog: Backlog, unread: Unread) -> None:
        lines = self._following(unread)
        backlog.put(lines, unread.ends, unread.lines.height)
        self._open, self._lag = lines.waiting, unread.lag
        self._raw.update({tp: Position(end) for tp, end in unread.ends.items()})

    def _following(self, unread: Unread) -> Lines:
        """What was read, behind the lines of open records."""
        # open lines stand before those that follow them, and all else is read in order: nothing to sort
        lines = pl.concat([self._open, unread.lines])
        held, closed_at = self._held_open(), NEVER if unread.lag else unread.asked_at
        return cut_lines(lines, {**held, **unread.ends}, closed_at, self._parsers, held)

    def _close_open(self, closed_at: datetime) -> Step:
        """Without new lines, records that still wait are closed once the clock says that none can join them."""
        if not self._open.height:
            return Step()
        held = self._held_open()
        lines = cut_lines(self._open, held, closed_at, self._parsers, held)
        if not lines.whole.height:
            return Step()
        return Step(self._derive(Microbatch(lines, self._parsers), lines))

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
        self._left_by = journal.last_used(self._lake) or self._parsers
        for tp, raw in self._raw.items():
            positions = [table.get(tp, Position(0)) for table in tables]
            reached = meet(positions)
            if reached.next < raw.next:
                return self._heal_slice(tp, reached, raw.next)
            still_open = frozenset.intersection(*(position.open for position in positions))
            if closed := reached.open - still_open:
                return self._heal_closed(tp, Position(reached.next, closed), still_open)
            self._open = _in_order(self._open, self._open_lines(tp, reached))
        self._is_healed = True
        journal.note_use(self._lake, self._parsers, self._now())
        return self._take()

    def _heal_slice(self, tp: TopicPartition, reached: Position, high: int) -> Step:
        """Derive again what lies in raw past the position that all tables have reached."""
        end = min(reached.next + self._ingest.max_rows, high)
        ahead = self._lake.scan_offsets(RAW_LOGS, tp, reached.next, end).collect()
        if not ahead.height and end < high:  # a hole, or a log that began far from 0: one slice, however wide it is
            first = self._first_stored(tp, end, high)
            end = min(first + self._ingest.max_rows, high)
            ahead = self._lake.scan_offsets(RAW_LOGS, tp, first, end).collect()
        given = _in_order(self._open_lines(tp, reached), ahead)
        lines = cut_lines(given, {tp: end}, NEVER, self._left_by, {tp: reached.next})
        rows = self._derive(Microbatch(lines, self._left_by), lines)
        return Step(rows, {tp: end}, ahead.height, has_more=True)

    def _heal_closed(self, tp: TopicPartition, closed: Position, still_open: frozenset[int]) -> Step:
        """Close the records that some tables have closed already, and others not."""
        given, held = self._open_lines(tp, closed), {tp: closed.next}
        lines = Lines(given, given.clear(), {tp: Position(closed.next, still_open)}, held)
        return Step(self._derive(Microbatch(lines, self._left_by), lines), has_more=True)

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

    def _derive(self, batch: Microbatch, lines: Lines) -> "Counter[tuple[Table, str]]":
        """Commit what the lines become to every table past raw, and keep the lines of records that still wait."""
        all_rows = {table: batch.rows(table, self._now) for table in DERIVED}
        appended = self._lake.append_all(lines.positions, all_rows)
        self._open = lines.waiting
        return Counter({(table, hour): count for table, of in appended.items() for hour, count in of.rows.items()})

    def _held_open(self) -> Ends:
        return {tp: self._raw[tp].next for tp in _partitions(self._open)}

    def _note(self, ends: Ends) -> None:
        """Tell the log how far its topics are read; one that was made anew meanwhile has another name here."""
        known = set(self._planner.partitions)
        self._log.commit_advisory({self._planner.in_log(tp): end for tp, end in ends.items() if tp in known})

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
