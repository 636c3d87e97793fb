"""The lake: Delta tables that are appended to behind a fence of offsets, replaced by the hour, read and kept small.

A commit carries the rows and, as Delta app transactions, the `Position` that the table has then reached in each
partition of the event log. Whoever commits first wins; everyone else looks again at what is still lacking. Parquet
files are written by Polars (two to three times the speed of delta-rs' writer) and committed as add actions.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from stacklens_pipeline import deltafiles
from stacklens_pipeline.errors import CommitConflictError
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.position import Position, Positions, lacked
from stacklens_pipeline.tables import Table
from stacklens_pipeline.threads import in_order
from stacklens_pipeline.written import Written

ATTEMPTS = 20
"""Tries to commit before a writer gives up: two runners and a compaction seldom cost more than two."""

CONFIGURATION = {
    "delta.checkpointInterval": "20",
    "delta.logRetentionDuration": "interval 1 days",
    "delta.deletedFileRetentionDuration": "interval 2 hours",
}
Rows = Callable[[Positions], pl.DataFrame]


@dataclass(frozen=True)
class Appended:
    """What one append did: rows written by ingest hour, the positions it found and those it left."""

    rows: Mapping[str, int]
    found: Positions
    reached: Positions


class Lake:
    """All tables under one root. Not shared between threads that write the same table."""

    def __init__(self, root: str, storage_options: Mapping[str, str] | None = None) -> None:
        self.root = root.rstrip("/")
        self.storage_options = dict(storage_options or {})
        self._handles: dict[str, DeltaTable] = {}
        self._held: dict[str, tuple[int, dict[TopicPartition, Position]]] = {}
        self._is_frozen = False

    def snapshot(self, tables: Iterable[Table]) -> "Lake":
        """The tables as they are now, taken in the given order; it does not follow later commits."""
        frozen = Lake(self.root, self.storage_options)
        for table in tables:
            frozen._refreshed(table)
        frozen._is_frozen = True
        return frozen

    # Writing

    def append(self, table: Table, upto: Positions, rows: Rows) -> Appended:
        """Commit what `rows(found)` gives for the positions found, and move the table's fence up to `upto`.

        `rows` gets the positions that the table has in the snapshot committed on, and returns only what lies past
        them (`fenced` makes such a function of a frame). A conflict with another writer asks it again.
        Raises StorageFullError, CommitConflictError, LakeError; then nothing was committed.
        """
        for _ in range(ATTEMPTS):
            prepared = self._prepared(table, upto, rows)
            if self._has_committed(prepared):
                return prepared.outcome
        raise _contended(table)

    def append_all(self, upto: Positions, rows: Mapping[Table, Rows]) -> dict[Table, Appended]:
        """`append` to several tables: files are written at the same time, and committed in the tables' order.

        An error leaves the tables before it committed, and nothing of it or of those after it.
        """
        begun: list[_Prepared] = []  # of those too whose neighbour failed

        def prepare(table: Table) -> None:
            begun.append(self._prepared(table, upto, rows[table]))

        appended: dict[Table, Appended] = {}
        try:
            in_order(prepare, rows)
            prepared = {one.table: one for one in begun}
            for table in rows:
                is_done = self._has_committed(prepared[table])
                appended[table] = prepared[table].outcome if is_done else self.append(table, upto, rows[table])
        except Exception:
            for one in begun:
                if one.table not in appended:
                    one.written.discard()
            raise
        return appended

    def new_files(self, table: Table) -> Written:
        """Files to be written to a table, perhaps by another process, and committed here later."""
        return Written(table, self.uri(table), self.storage_options)

    def commit(self, table: Table, written: Written, found: Positions, reached: Positions) -> bool:
        """Commit files that hold what a table at `found` lacks up to `reached`, whoever wrote them.

        Returns False, and nothing is committed, when the table is not at `found`: another writer was first. Raises as
        `append` does. The files are deleted then, unless the table may name them.
        """
        try:
            for _ in range(ATTEMPTS):
                handle = self._refreshed(table)
                if self._positions(table, handle, found) != found:
                    written.discard()
                    return False
                if self._is_committed(_Prepared(table, handle, written, Appended(written.rows, found, reached))):
                    return True
        except Exception:  # after an interruption nobody knows whether they are committed: a vacuum looks
            written.discard()
            raise
        written.discard()
        raise _contended(table)

    def replacement(self, table: Table, hour: str) -> "Replacement":
        """Begin to put other rows in the place of those that an hour's partition holds now; no fence moves."""
        handle, written = self._snapshot_handle(table), self.new_files(table)
        files = deltafiles.live_files(table, handle, self.uri(table)).filter(pl.col("ingest_hour") == hour)
        return Replacement(handle, written, hour, self.scan_files(table, files["uri"].to_list()), bool(files.height))

    def add(self, table: Table, frame: pl.DataFrame) -> int:
        """Commit rows without a fence: for tables that are not fed by offsets."""
        for _ in range(ATTEMPTS):
            if self._commit(table, self._refreshed(table), frame, []):
                return frame.height
        raise _contended(table)

    # Reading

    def positions(self, table: Table, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Position]:
        """How far the table is in each partition; those it never saw are left out."""
        handle = self._refreshed(table)
        wanted = {tp: Position(0) for tp in partitions}
        found = self._positions(table, handle, wanted)
        return {tp: p for tp, p in found.items() if self._is_known(handle, tp)}

    def number(self, table: Table, name: str) -> int | None:
        """A number that was committed with a table under a name (see `set_numbers`)."""
        version: int | None = self._refreshed(table).transaction_version(name)
        return version

    def set_numbers(self, table: Table, numbers: Mapping[str, int]) -> None:
        """Store numbers with a table, in a commit without rows: facts that must not outlive or precede its rows."""
        transactions = [Transaction(name, value) for name, value in numbers.items()]
        for _ in range(ATTEMPTS):
            if self._commit(table, self._refreshed(table), table.empty(), transactions):
                return
        raise _contended(table)

    def scan(self, table: Table, *, hours: Iterable[str] | None = None) -> pl.LazyFrame:
        """The table as a lazy frame of its schema, of some hours only."""
        files = self.files(table)
        if hours is not None:
            files = files.filter(pl.col("ingest_hour").is_in(list(hours)))
        return self.scan_files(table, files["uri"].to_list())

    def scan_offsets(self, table: Table, tp: TopicPartition, start: int, end: int) -> pl.LazyFrame:
        """Rows of a partition with `start <= offset < end`, reading only files that may hold them."""
        may_hold = (pl.col("max_offset") >= start) & (pl.col("min_offset") < end)
        here = (pl.col("min_topic") <= tp.topic) & (pl.col("max_topic") >= tp.topic)
        files = self.files(table).filter((may_hold & here).fill_null(True))
        inside = pl.col("offset").is_between(start, end, closed="left")
        rows = self.scan_files(table, files["uri"].to_list())
        return rows.filter(inside, pl.col("topic") == tp.topic, pl.col("partition") == tp.partition)

    def scan_files(self, table: Table, uris: list[str]) -> pl.LazyFrame:
        """Some files of the table as a lazy frame of its schema."""
        if not uris:
            return table.empty().lazy()
        frame = pl.scan_parquet(
            uris,
            schema=table.schema,
            cast_options=pl.ScanCastOptions(categorical_to_string="allow"),
            missing_columns="insert",  # files of an earlier version of the software lack some
            hive_partitioning=table.is_partitioned,
            hive_schema={"ingest_hour": pl.String()} if table.is_partitioned else None,
            storage_options=self.storage_options or None,
        )
        return frame.select(table.schema.names())

    def read(self, table: Table, *, hours: Iterable[str] | None = None) -> pl.DataFrame:
        """`scan`, collected."""
        return self.scan(table, hours=hours).collect()

    def files(self, table: Table) -> pl.DataFrame:
        """Live files: uri, ingest_hour, rows, size_bytes, and `min_<column>`, `max_<column>` of their statistics."""
        return deltafiles.live_files(table, self._refreshed(table), self.uri(table))

    def hours(self, table: Table) -> list[str]:
        """The ingest hours that the table has rows of, in order."""
        return sorted(self.files(table)["ingest_hour"].drop_nulls().unique().to_list())

    def partitions(self, table: Table, *, hours: Iterable[str] | None = None) -> list[TopicPartition]:
        """The event log's partitions that the table has rows of."""
        found = self.scan(table, hours=hours).select("topic", "partition").unique().sort("topic", "partition")
        return [TopicPartition(*row) for row in found.collect().rows()]

    def schema(self, table: Table) -> pl.Schema:
        """The schema that the stored table has."""
        arrow = self._refreshed(table).schema().to_arrow()
        return pl.Schema(pl.Schema(arrow))

    def row_count(self, table: Table) -> int:
        """Rows of the table, by its files' statistics."""
        return int(self.files(table)["rows"].sum())

    def uri(self, table: Table) -> str:
        """Where the table lies."""
        return f"{self.root}/{table.path}"

    def version(self, table: Table) -> int:
        """The table's latest version."""
        return int(self._refreshed(table).version())

    # Upkeep

    def add_missing_columns(self, table: Table) -> list[str]:
        """Add the columns that the software writes and the stored table does not name yet; returns their names."""
        handle = self._refreshed(table)
        stored = {field.name for field in handle.schema().fields}
        missing = [field for field in deltafiles.delta_schema(table).fields if field.name not in stored]
        if missing:
            with deltafiles.storage_errors(table):
                handle.alter.add_columns(missing)
        return [field.name for field in missing]

    def compact(self, table: Table, hour: str, target_bytes: int) -> int:
        """Join an hour's small files; returns how many went. Rows and fences stay as they are."""
        handle = self._refreshed(table)
        filters = [("ingest_hour", "=", hour)] if table.is_partitioned else None
        with deltafiles.storage_errors(table):
            result = handle.optimize.compact(partition_filters=filters, target_size=target_bytes)
        return int(result["numFilesRemoved"]) - int(result["numFilesAdded"])

    def expire(self, table: Table, before: str) -> list[str]:
        """Drop the partitions of all hours before `before`; returns them."""
        gone = [hour for hour in self.hours(table) if hour < before]
        if gone:
            with deltafiles.storage_errors(table):
                self._refreshed(table).delete(f"ingest_hour < '{before}'")
        return gone

    def vacuum(self, table: Table, hours: float) -> int:
        """Delete files that no snapshot younger than `hours` needs, and leftovers of crashes; returns how many."""
        handle = self._refreshed(table)
        with deltafiles.storage_errors(table):
            gone = handle.vacuum(
                retention_hours=math.ceil(hours), enforce_retention_duration=False, dry_run=False, full=True
            )
            handle.cleanup_metadata()
        return len(gone)

    # Inside

    def _refreshed(self, table: Table) -> DeltaTable:
        with deltafiles.storage_errors(table):
            handle = self._handles.get(table.path)
            if handle is None:
                handle = self._handles[table.path] = self._open(table)
            elif not self._is_frozen:
                handle.update_incremental()
            return handle

    def _snapshot_handle(self, table: Table) -> DeltaTable:
        with deltafiles.storage_errors(table):
            return self._open(table)

    def _open(self, table: Table) -> DeltaTable:
        try:
            return DeltaTable(self.uri(table), storage_options=self.storage_options or None)
        except TableNotFoundError:
            return self._create(table)

    def _create(self, table: Table) -> DeltaTable:
        try:
            return DeltaTable.create(
                self.uri(table),
                deltafiles.delta_schema(table),
                mode="ignore",
                name=table.path,
                description=table.description,
                partition_by=["ingest_hour"] if table.is_partitioned else None,
                configuration=CONFIGURATION,
                storage_options=self.storage_options or None,
            )
        except CommitFailedError:  # another process made it at the same moment
            return DeltaTable(self.uri(table), storage_options=self.storage_options or None)

    def _positions(self, table: Table, handle: DeltaTable, upto: Positions) -> dict[TopicPartition, Position]:
        version, held = self._held.get(table.path, (-1, {}))
        if version != handle.version():
            held = {}
        found = {tp: held.get(tp) or deltafiles.load_position(handle, tp) for tp in upto}
        self._held[table.path] = (handle.version(), {**held, **found})
        return found

    def _prepared(self, table: Table, upto: Positions, rows: Rows) -> "_Prepared":
        """Look how far the table is, and write the files of what it lacks."""
        handle = self._refreshed(table)
        found = self._positions(table, handle, upto)
        reached = {tp: found[tp] | position for tp, position in upto.items()}
        written = self.new_files(table)
        if reached != found:
            written.write(rows(found))
        return _Prepared(table, handle, written, Appended(written.rows, found, reached))

    def _has_committed(self, prepared: "_Prepared") -> bool:
        """Commit what is prepared; False, the files being deleted, when another writer was there first."""
        if self._is_committed(prepared):
            return True
        prepared.written.discard()
        return False

    def _is_committed(self, prepared: "_Prepared") -> bool:
        table, found, reached = prepared.table, prepared.outcome.found, prepared.outcome.reached
        if reached == found:
            return True
        version = prepared.handle.version()
        if not prepared.written.commit(prepared.handle, deltafiles.transactions(found, reached)):
            return False
        self._held[table.path] = (version + 1, {**self._held[table.path][1], **reached})
        return True

    def _is_known(self, handle: DeltaTable, tp: TopicPartition) -> bool:
        return handle.transaction_version(str(tp)) is not None

    def _commit(self, table: Table, handle: DeltaTable, frame: pl.DataFrame, fence: list[Transaction]) -> bool:
        """Write the files and commit them on the handle's snapshot; False when another writer was there first."""
        written = self.new_files(table)
        written.write(frame)
        if written.commit(handle, fence):
            return True
        written.discard()
        return False


@dataclass(frozen=True)
class _Prepared:
    """An append whose files lie there, and that is not committed yet."""

    table: Table
    handle: DeltaTable
    written: Written
    outcome: Appended


class Replacement:
    """Other rows for one hour of a table, written file by file and put in place by one commit."""

    def __init__(
        self, handle: DeltaTable, written: Written, hour: str, replaced: pl.LazyFrame, has_replaced: bool
    ) -> None:
        self.rows = 0
        self.replaced = replaced
        self._handle, self._written, self._hour, self._has_replaced = handle, written, hour, has_replaced

    def held(self, tp: TopicPartition) -> Position:
        """How far the table was in a partition when this began: what is replaced lies before."""
        return deltafiles.load_position(self._handle, tp)

    def write(self, frame: pl.DataFrame) -> None:
        """Write rows of the hour."""
        self._written.write(frame)
        self.rows += frame.height

    def commit(self) -> bool:
        """Put the rows in place; False, and nothing is changed, when the table was committed to in the meantime."""
        if self._written.commit(self._handle, [], replaced_hour=self._hour, may_rebase=self._has_replaced):
            return True
        self._written.discard()
        return False


def _contended(table: Table) -> CommitConflictError:
    return CommitConflictError(f"{table.path} was committed to by others {ATTEMPTS} times in a row")


def fenced(frame: pl.DataFrame) -> Rows:
    """The rows of a frame with topic, partition and offset that a table lacks, for `Lake.append`."""
    return partial(lacked, frame)
