"""A backlog: microbatches whose files worker processes write, committed here in the order of their offsets.

A worker's task is a function of raw lines and of the positions that the tables will have by then; nobody has to wait
for the commit before. When a table turns out to be elsewhere, because another runner was there, all that is under way
is thrown away.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from itertools import takewhile

import polars as pl

from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.microbatch import DERIVED, Lines, Microbatch
from stacklens_pipeline.parse import UNCONFIGURED, Parsers
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.position import ORIGIN, Position, Positions
from stacklens_pipeline.tables import RAW_LOGS, Table
from stacklens_pipeline.unread import Ends
from stacklens_pipeline.workers import Workers
from stacklens_pipeline.written import Written

COMMITTED = (RAW_LOGS, *DERIVED)
"""The tables of a microbatch, in the order in which they are committed."""

TOGETHER = 8
"""So many microbatches are committed at once: a commit to all tables costs as much CPU as a fifth of a microbatch.

It begins with one, then two and four: a drain that is killed every few seconds gets on too.
"""


@dataclass(frozen=True)
class Committed:
    """What one commit to all tables took: rows by table and ingest hour, the offsets reached, how much that was."""

    rows: Mapping[tuple[Table, str], int]
    reached: Ends
    messages: int
    microbatches: int


@dataclass(frozen=True)
class _UnderWay:
    """A microbatch with a worker: the positions that its files lie between, by table."""

    found: Mapping[Table, Positions]
    reached: Mapping[Table, Positions]
    ends: Ends
    messages: int
    written: "Future[dict[Table, Written]]"


class Backlog:
    """What is with the workers. It owns them; without `close` they go on waiting for work."""

    def __init__(self, lake: Lake, workers: Workers, parsers: Parsers = UNCONFIGURED) -> None:
        self._lake, self._workers, self._parsers = lake, workers, parsers
        self._planned: dict[Table, dict[TopicPartition, Position]] = {table: {} for table in COMMITTED}
        self._under_way: deque[_UnderWay] = deque()
        self._together = 1

    @property
    def has_room(self) -> bool:
        """Whether a worker would have nothing to do as soon as it is done."""
        return sum(not batch.written.done() for batch in self._under_way) <= self._workers.count

    @property
    def is_ripe(self) -> bool:
        """Whether enough is done to be worth a commit."""
        return len(self._done()) >= self._together

    @property
    def is_empty(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    @property
    def messages(self) -> int:
        """Messages that are under way."""
        return sum(batch.messages for batch in self._under_way)

    def put(self, lines: Lines, ends: Ends, messages: int) -> None:
        """Hand over lines that follow those before; `messages` of them are new, up to the offsets `ends`."""
        of_raw = {tp: Position(position.next) for tp, position in lines.positions.items()}
        found, reached = {}, {}
        for table in COMMITTED:
            upto = of_raw if table is RAW_LOGS else lines.positions
            found[table] = self._found(table, upto)
            reached[table] = {tp: found[table][tp] | position for tp, position in upto.items()}
            self._planned[table] |= reached[table]
        files = {table: self._lake.new_files(table) for table in COMMITTED}
        written = self._workers.submit(write_files, lines, self._parsers, found, files)
        self._under_way.append(_UnderWay(found, reached, ends, messages, written))

    def wait(self) -> bool:
        """Wait for one more microbatch to be done; False when all are."""
        busy = next((batch for batch in self._under_way if not batch.written.done()), None)
        if busy is not None:
            wait([busy.written])
        return busy is not None

    def commit(self) -> Committed | None:
        """Commit the microbatches that are done, up to the first that is not, or that failed.

        Returns None when another writer was there first; then what is left can only be thrown away (`close`). Raises
        what a worker raised over the first of them.
        """
        done = self._done()
        good = list(takewhile(lambda batch: batch.written.exception() is None, done))
        done = good or done
        files = [batch.written.result() for batch in done]
        rows: Counter[tuple[Table, str]] = Counter()
        for table in COMMITTED:
            written = self._lake.new_files(table)
            for of_batch in files:
                written.take(of_batch.pop(table))  # whose files they are from now on: `close` must not delete them
            found = {tp: position for batch in reversed(done) for tp, position in batch.found[table].items()}
            reached = {tp: position for batch in done for tp, position in batch.reached[table].items()}
            if not self._lake.commit(table, written, found, reached):
                return None
            rows.update({(table, hour): count for hour, count in written.rows.items()})
        for _ in done:
            self._under_way.popleft()
        self._together = min(TOGETHER, 2 * self._together)
        ends = {tp: end for batch in done for tp, end in batch.ends.items()}
        return Committed(rows, ends, sum(batch.messages for batch in done), len(done))

    def close(self) -> None:
        """End the workers, and delete what they wrote that was not committed."""
        self._workers.close()
        for batch in self._under_way:
            if not batch.written.cancelled() and batch.written.exception() is None:
                for written in batch.written.result().values():
                    written.discard()

    def _done(self) -> "list[_UnderWay]":
        return list(takewhile(lambda batch: batch.written.done(), self._under_way))

    def _found(self, table: Table, partitions: Iterable[TopicPartition]) -> Positions:
        """Where the table will be when what is under way is committed."""
        planned = self._planned[table]
        unknown = [tp for tp in partitions if tp not in planned]
        stored = self._lake.positions(table, unknown) if unknown else {}
        return {tp: planned.get(tp) or stored.get(tp, ORIGIN) for tp in partitions}


def write_files(
    lines: Lines, parsers: Parsers, found: Mapping[Table, Positions], files: dict[Table, Written]
) -> dict[Table, Written]:
    """Write what the lines become to every table's files, as far as a table at `found` lacks it; commit nothing.

    A frame that goes to two tables, as records do that enrichment passes through, is encoded once.
    """
    batch = Microbatch(lines, parsers)
    encoded: list[tuple[pl.DataFrame, Written]] = []
    try:
        for table, written in files.items():
            rows = batch.rows(table, utc_now)(found[table])
            same = next((other for frame, other in encoded if frame is rows), None)
            if same is not None and written.is_local:
                written.link(same)
            else:
                written.write(rows)
            encoded.append((rows, written))
    except Exception:
        for written in files.values():
            written.discard()
        raise
    return files
