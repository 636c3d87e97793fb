"""Promotion: what new parsers give of stored hours, put in the place of what every table past raw holds of them."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from stacklens_pipeline.drain import DRAIN_LEASE
from stacklens_pipeline.errors import CommitConflictError, IncompletePartitionError
from stacklens_pipeline.lake import Lake, Replacement
from stacklens_pipeline.lease import Lease, holding
from stacklens_pipeline.microbatch import DERIVED
from stacklens_pipeline.parse import Parsers
from stacklens_pipeline.planner import Clock, utc_now
from stacklens_pipeline.rebuild import ATTEMPTS, prepare
from stacklens_pipeline.replay import journal
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, HOUR_FORMAT, LEDGER, PARSED_LOGS, Table

REPLAY_LEASE = "replay"
FIGURED = (PARSED_LOGS, DEAD_LETTERS, ENRICHED_LOGS, LEDGER)
"""Tables whose rows belong to a partition of the event log."""
RECENT = timedelta(hours=1)
"""An hour that ended longer ago is not written to by a drain any more."""
WAIT_S = 30.0
"""How long a drain is waited for: it gives way after its step."""


@dataclass(frozen=True)
class Promoted:
    """What a promotion did: rows of each table before and after, of all its hours."""

    before: Mapping[Table, int]
    after: Mapping[Table, int]


def promote(lake: Lake, hours: Sequence[str], parsers: Parsers, now: Clock = utc_now) -> Promoted:
    """Parse the hours by the parsers, and put the result in place in all tables past raw.

    What an earlier promotion left unfinished is finished first. Raises IncompletePartitionError, and changes nothing,
    where raw no longer holds an hour, or where records cross the edge of the hours and would be cut otherwise; raises
    LeaseHeldError when another promotion, or a drain that does not give way, is at it.
    """
    with _alone(lake, hours, now):
        finish_unfinished(lake, now)
        hourly = {hour: _Hour(lake, hour, parsers) for hour in hours}
        before = pl.concat(each.before() for each in hourly.values())
        after = pl.concat(each.after() for each in hourly.values())
        _refuse_other_edges(hours, before, after)
        replay = uuid.uuid4().hex
        journal.begin(lake, replay, before, after, parsers, now())
        for each in hourly.values():
            each.commit()
        journal.finish(lake, [replay], now())
    return Promoted(_rows(before), _rows(after))


def finish_unfinished(lake: Lake, now: Clock = utc_now) -> list[str]:
    """Finish what crashed promotions have begun; returns the hours. Whoever calls it holds the lease.

    With other software than the one that began, the hours become what this one makes of them.
    """
    rows = journal.unfinished(lake)
    for _, begun in rows.group_by("replay", maintain_order=True):
        parsers, hours = journal.parsers_in(begun), sorted(set(begun["hour"]))
        hourly = [_Hour(lake, hour, parsers) for hour in hours]
        replays = [begun["replay"][0]]
        if parsers.version != begun["parser_version"][0]:
            was = begun.rename({"rows_before": "rows", "messages_before": "messages"}).select(journal.FIGURES.names())
            replays.append(uuid.uuid4().hex)
            journal.begin(lake, replays[-1], was, pl.concat(each.after() for each in hourly), parsers, now())
        for each in hourly:
            each.commit()
        journal.finish(lake, replays, now())
    return sorted(set(rows["hour"]))


def finish_abandoned(lake: Lake, now: Clock = utc_now) -> int:
    """Finish what crashed promotions have begun, unless one is under way; returns how many hours."""
    rows = journal.unfinished(lake)
    if not rows.height or Lease(lake.root, REPLAY_LEASE).current() is not None:
        return 0
    with _alone(lake, sorted(set(rows["hour"])), now):
        return len(finish_unfinished(lake, now))


class _Hour:
    """An hour's new rows, written and not committed yet."""

    def __init__(self, lake: Lake, hour: str, parsers: Parsers) -> None:
        self._lake, self._hour, self._parsers = lake, hour, parsers
        self._after: dict[Table, list[pl.DataFrame]] = {}
        self._replacements = self._prepared(DERIVED)

    def before(self) -> pl.DataFrame:
        """The figures of what the tables hold."""
        return pl.concat(journal.figures(t, self._hour, self._replacements[t].replaced) for t in FIGURED)

    def after(self) -> pl.DataFrame:
        """The figures of what was written."""
        parts = [part for table in FIGURED for part in self._after[table]]
        return pl.concat(parts).group_by("hour", "table", "topic", "partition").sum().select(journal.FIGURES.names())

    def commit(self) -> None:
        """Put the rows in place, table by table. Raises CommitConflictError."""
        waiting = self._replacements
        for _ in range(ATTEMPTS):
            lost = [table for table, replacement in waiting.items() if not replacement.commit()]
            if not lost:
                return
            waiting = self._prepared(lost)
        raise CommitConflictError(f"hour {self._hour} of {next(iter(waiting)).path} is being written to by others")

    def _prepared(self, tables: Sequence[Table]) -> Mapping[Table, Replacement]:
        for table in tables:
            self._after[table] = [pl.DataFrame(schema=journal.FIGURES)]
        return prepare(self._lake, self._hour, tables, parsers=self._parsers, written=self._note)

    def _note(self, table: Table, rows: pl.DataFrame) -> None:
        if table in FIGURED:
            self._after[table].append(journal.figures(table, self._hour, rows.lazy()))


def _refuse_other_edges(hours: Sequence[str], before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Raise IncompletePartitionError unless the hours stand for the same messages as before."""
    by = ["topic", "partition"]
    counts = (frame.group_by(by).agg(pl.col("messages").sum()) for frame in (before, after))
    was, becomes = counts
    both = was.join(becomes, on=by, how="full", coalesce=True, suffix="_after").fill_null(0)
    for topic, partition, old, new in both.filter(pl.col("messages") != pl.col("messages_after")).rows():
        raise IncompletePartitionError(
            f"hours {hours[0]}..{hours[-1]} cannot be promoted: lines of a record of {topic}/{partition} lie on both "
            f"sides of their edge, or wait for more, and the new parsers cut it otherwise; take the hour next to it "
            f"too, or wait until no record is open: {old} messages would become {new}"
        )


@contextmanager
def _alone(lake: Lake, hours: Sequence[str], now: Clock) -> Iterator[None]:
    """Hold the lease of promotions, and that of drains when an hour may still be written to."""
    with ExitStack() as held:
        held.enter_context(holding(Lease(lake.root, REPLAY_LEASE), 0.0, "another promotion is under way"))
        if hours[-1] >= (now() - RECENT).strftime(HOUR_FORMAT):
            drain = Lease(lake.root, DRAIN_LEASE)
            held.enter_context(holding(drain, WAIT_S, f"the hour {hours[-1]} is being written to by a drain"))
        yield


def _rows(figures: pl.DataFrame) -> Mapping[Table, int]:
    return {table: int(figures.filter(pl.col("table") == table.path)["rows"].sum()) for table in FIGURED[:-1]}
