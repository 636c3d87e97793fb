"""Conservation, recomputed from the tables and held against the ledger.

raw = messages of parsed + dead letters + those that rules left out; parsed = enriched; the metrics add up to enriched;
the ledger agrees with each of them by the hour; and no record is in a table twice. Downstream snapshots are taken
first, so that everything upstream of them holds at least what they hold, and a pipeline that goes on writing is
verified too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.errors import LakeError
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.ledger import OF_ROWS_GONE, summed
from stacklens_pipeline.microbatch import DERIVED, lines_of_open
from stacklens_pipeline.parse.multiline import STREAM
from stacklens_pipeline.position import Position, Positions, lacking
from stacklens_pipeline.replay import journal
from stacklens_pipeline.tables import (
    DEAD_LETTERS,
    ENRICHED_LOGS,
    LEDGER,
    PARSED_LOGS,
    RAW_LOGS,
    REPLAYS,
    WINDOWS,
    Table,
)

RECORDS = (RAW_LOGS, PARSED_LOGS, DEAD_LETTERS, ENRICHED_LOGS)
_BY = ["topic", "partition", "ingest_hour"]


@dataclass(frozen=True)
class Violation:
    """Where counts are not conserved: `expected` and `found` are numbers of messages or rows."""

    law: str
    where: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.law}: expected {self.expected}, found {self.found} in {self.where}"


@dataclass(frozen=True)
class Account:
    """What became of the messages in raw: numbers that add up, whatever goes on being written.

    `joined` are lines inside records of several lines, past the first of each; `shared` are records inside messages of
    several records, past the first of each; `filtered` are messages that rules left out; `waiting` those of records
    that are still open or of tables that are still behind.
    """

    messages: int
    records: int
    joined: int
    shared: int
    dead_letters: int
    filtered: int

    @property
    def waiting(self) -> int:
        """Messages that are nowhere else yet; none where raw expires before what is made of it."""
        taken = self.records - self.shared + self.joined
        return max(0, self.messages - taken - self.dead_letters - self.filtered)

    def __str__(self) -> str:
        parts = [
            f"{self.records:,} records",
            *([f"{self.shared:,} of them further ones of messages that hold several"] if self.shared else []),
            f"{self.joined:,} lines inside records of several lines",
            f"{self.dead_letters:,} dead letters",
            *([f"{self.filtered:,} left out by rules"] if self.filtered else []),
            *([f"{self.waiting:,} under way"] if self.waiting else []),
        ]
        return f"{self.messages:,} raw messages are {', '.join(parts)}"


def account_of(lake: Lake) -> Account:
    """What became of the messages, of one moment."""
    frozen = lake.snapshot([PARSED_LOGS, DEAD_LETTERS, LEDGER, RAW_LOGS])
    taken = pl.col("raw_messages")
    records = frozen.scan(PARSED_LOGS).select((taken - 1).clip(0).sum(), (taken == 0).sum().alias("shared"))
    joined, shared = records.collect().row(0)
    filtered = frozen.scan(LEDGER).filter(pl.col("outcome") == "filtered").select(pl.col("messages").sum())
    return Account(
        frozen.row_count(RAW_LOGS),
        frozen.row_count(PARSED_LOGS),
        int(joined),
        int(shared),
        frozen.row_count(DEAD_LETTERS),
        int(filtered.collect().item() or 0),
    )


def verify(lake: Lake) -> list[Violation]:
    """Every violation of conservation; an empty list is what a sound lake gives. Raises LakeError."""
    try:
        done = journal.finished(lake.snapshot([REPLAYS]))
        frozen = lake.snapshot([*reversed(DERIVED), RAW_LOGS, REPLAYS])
        return _violations(frozen, Pending(journal.begun(frozen).join(done, on="replay", how="anti")))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise LakeError(f"a table that is verified cannot be read: {error}") from error


class Pending:
    """Hours that a replay may have put in place in some of their tables and not yet in others.

    Of such an hour each table holds what it held before or what comes after, by the replay's journal; across tables
    counts agree once all have changed, so that until then what was before counts.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows
        self.hours = sorted(set(rows["hour"]))
        self.is_other = ~pl.col("ingest_hour").is_in(self.hours)
        """Rows of all other hours."""

    def messages(self, table: Table, tp: TopicPartition) -> int:
        """Messages that a table's rows of these hours stood for, before."""
        here = self._of(table).filter(pl.col("topic") == tp.topic, pl.col("partition") == tp.partition)
        return int(here.unique("hour", keep="first", maintain_order=True)["messages_before"].sum())

    def violations(self, lake: Lake, table: Table, held: Positions) -> Iterator[Violation]:
        """Hours of which a table holds neither what it held before nor what comes after."""
        found = _rows(lake, table, held).filter(~self.is_other)
        said = self._of(table).rename({"hour": "ingest_hour"}).group_by(_BY)
        allowed = said.agg(pl.col("rows_before"), pl.col("rows_after")).select(
            *_BY, pl.concat_list("rows_before", "rows_after").alias("allowed")
        )
        both = allowed.join(found, on=_BY, how="full", coalesce=True).with_columns(pl.col("found").fill_null(0))
        for row in both.filter(~pl.col("found").is_in(pl.col("allowed")).fill_null(False)).iter_rows(named=True):
            where = f"{row['topic']}/{row['partition']} hour {row['ingest_hour']}"
            expected = (row["allowed"] or [0])[-1]
            yield Violation(f"{table.path} holds what is before or after a replay", where, expected, row["found"])

    def _of(self, table: Table) -> pl.DataFrame:
        return self._rows.filter(pl.col("table") == table.path)


def _violations(frozen: Lake, pending: Pending) -> list[Violation]:
    partitions = known_partitions(frozen)
    ledger = frozen.positions(LEDGER, partitions)
    return [
        *_doubled(frozen),
        *_against_ledger(frozen, ledger, pending),
        *_conserved(frozen, ledger, pending),
        *_metrics(frozen, partitions, pending),
    ]


def known_partitions(lake: Lake) -> list[TopicPartition]:
    """Partitions that the ledger or raw have rows of."""
    return sorted({*lake.partitions(LEDGER), *lake.partitions(RAW_LOGS)})


def _doubled(lake: Lake) -> Iterator[Violation]:
    """Rows whose key occurs more than once."""
    for table in RECORDS:
        key = list(table.key)
        twice = lake.scan(table).select(key).group_by(key).len().filter(pl.col("len") > 1)
        by = twice.group_by("topic", "partition").agg(
            pl.len().alias("keys"), pl.col("len").sum(), pl.col("offset").min().alias("low"), pl.col("offset").max()
        )
        for topic, partition, keys, rows, low, high in by.collect().rows():
            yield Violation(f"{table.path} holds a row once", f"{topic}/{partition}[{low}, {high + 1})", keys, rows)


def _against_ledger(lake: Lake, held: Positions, pending: Pending) -> Iterator[Violation]:
    """The rows in each table, by partition and hour, against what the ledger says was stored and not removed."""
    entries = summed(lake.scan(LEDGER)).collect()
    for stage, outcome, table in (
        ("raw", "stored", RAW_LOGS),
        ("parsed", "stored", PARSED_LOGS),
        ("parsed", "dead", DEAD_LETTERS),
        ("enriched", "stored", ENRICHED_LOGS),
    ):
        said, found = _said(entries, stage, outcome, table), _rows(lake, table, held)
        if table is not RAW_LOGS:
            said, found = said.filter(pending.is_other), found.filter(pending.is_other)
            yield from pending.violations(lake, table, held)
        both = said.join(found, on=_BY, how="full", coalesce=True)
        counts = pl.col("expected", "found").fill_null(0)
        wrong = both.with_columns(counts).filter(pl.col("expected") != pl.col("found")).sort(_BY)
        for row in wrong.iter_rows(named=True):
            yield Violation(f"{table.path} agrees with the ledger", _where(row), row["expected"], row["found"])


def _said(entries: pl.DataFrame, stage: str, outcome: str, table: Table) -> pl.DataFrame:
    """Rows that a table should hold by the ledger: those that came, less those that expired or were erased."""
    of_table = pl.col("stage") == stage
    came = of_table & (pl.col("outcome") == outcome)
    gone = of_table & pl.col("outcome").is_in(OF_ROWS_GONE) & (pl.col("reason") == table.path)
    return entries.group_by(_BY).agg(
        (pl.col("rows").filter(came).sum() - pl.col("rows").filter(gone).sum()).alias("expected"),
        pl.col("first_offset").min(),
        pl.col("last_offset").max(),
    )


def _rows(lake: Lake, table: Table, held: Positions) -> pl.DataFrame:
    predicate = ~lacking(_by_line(held) if table is RAW_LOGS else held)
    return lake.scan(table).filter(predicate).group_by(_BY).agg(pl.len().cast(pl.Int64).alias("found")).collect()


def _conserved(lake: Lake, held: Positions, pending: Pending) -> Iterator[Violation]:
    """raw = messages of parsed + dead letters + filtered; parsed = enriched; in partitions that have lost nothing."""
    entries = summed(lake.scan(LEDGER)).filter(pl.col("outcome").is_in(OF_ROWS_GONE))
    whole = {*held} - {TopicPartition(*r) for r in entries.select("topic", "partition").unique().collect().rows()}
    for tp in sorted(whole):
        raw = _count(lake, RAW_LOGS, {tp: Position(held[tp].next)}, pl.len()) - _open_lines(lake, tp, held[tp])
        here, other = {tp: held[tp]}, pending.is_other
        records = _count(lake, PARSED_LOGS, here, pl.col("raw_messages").filter(other).sum())
        dead, parsed, enriched = (
            _count(lake, table, here, other.sum()) for table in (DEAD_LETTERS, PARSED_LOGS, ENRICHED_LOGS)
        )
        replayed = sum(pending.messages(table, tp) for table in (PARSED_LOGS, DEAD_LETTERS, LEDGER))
        found = records + dead + _filtered(lake, tp, other) + replayed
        where = f"{tp}[0, {held[tp].next})"
        if raw != found:
            yield Violation("raw = parsed + dead letters + filtered", where, raw, found)
        if parsed != enriched:
            yield Violation("parsed = enriched", where, parsed, enriched)


def _count(lake: Lake, table: Table, held: Positions, what: pl.Expr) -> int:
    return int(lake.scan(table).filter(~lacking(held)).select(what.cast(pl.Int64)).collect().item() or 0)


def _filtered(lake: Lake, tp: TopicPartition, other: pl.Expr) -> int:
    """Messages that rules left out, by the ledger: they are in no table."""
    here = (pl.col("topic") == tp.topic) & (pl.col("partition") == tp.partition) & (pl.col("outcome") == "filtered")
    return int(lake.scan(LEDGER).filter(here, other).select(pl.col("messages").sum()).collect().item() or 0)


def _open_lines(lake: Lake, tp: TopicPartition, held: Position) -> int:
    """Lines of records that were still open: they are in raw and nowhere else yet. Dead letters between them are."""
    if not held.open:
        return 0
    columns = [*STREAM, "offset"]
    lines = lake.scan_offsets(RAW_LOGS, tp, held.start, held.next).select(columns).collect()
    dead = lake.scan_offsets(DEAD_LETTERS, tp, held.start, held.next).select("offset").collect()
    return lines_of_open(lines, {tp: held}).join(dead, on="offset", how="anti").height


def _metrics(lake: Lake, partitions: list[TopicPartition], pending: Pending) -> Iterator[Violation]:
    """What the metrics count is what enriched holds at their positions, in hours of which nothing has expired."""
    gone = lake.scan(LEDGER).filter(pl.col("outcome").is_in(OF_ROWS_GONE)).select("ingest_hour").unique()
    is_whole = ~pl.col("ingest_hour").is_in(gone.collect()["ingest_hour"].to_list()) & pending.is_other
    for table in WINDOWS.values():
        held = lake.positions(table, partitions)
        expected = _count(lake, ENRICHED_LOGS, held, (is_whole * pl.col("weight").fill_null(1)).sum())
        found = int(lake.scan(table).filter(is_whole).select(pl.col("count").sum()).collect().item() or 0)
        if expected != found:
            yield Violation(f"{table.path} adds up to enriched/logs", _span(held), expected, found)


def _by_line(positions: Positions) -> Positions:
    return {tp: Position(position.next) for tp, position in positions.items()}


def _where(row: dict[str, object]) -> str:
    topic, partition, hour = row["topic"], row["partition"], row["ingest_hour"]
    return f"{topic}/{partition} hour {hour}, offsets {row['first_offset']} to {row['last_offset']}"


def _span(held: Positions) -> str:
    return ", ".join(f"{tp}[0, {position.next})" for tp, position in sorted(held.items())) or "no partition"
