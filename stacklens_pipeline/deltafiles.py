"""Delta in detail: schemas, a snapshot's files, the fence as app transactions, errors of storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import polars as pl
from deltalake import DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError

from stacklens_pipeline.errors import CommitConflictError
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.position import Position, Positions
from stacklens_pipeline.storage import is_full, storage_error
from stacklens_pipeline.tables import Table

MEASURED = frozenset(
    {"topic", "partition", "offset", "timestamp", "window_start", "appended_at", "observed_timestamp", "start"}
)
"""Columns whose minimum and maximum go into a file's statistics: what readers prune by."""


@cache
def delta_schema(table: Table) -> Schema:
    """The table's schema in Delta's terms."""
    return Schema.from_arrow(table.schema)


def live_files(table: Table, handle: DeltaTable, uri: str) -> pl.DataFrame:
    """A snapshot's files: path, uri, ingest_hour, rows, size_bytes, and min_* and max_* of `MEASURED` columns."""
    actions = pl.DataFrame(handle.get_add_actions(flatten=True))
    measured = [name for name in table.schema if name in MEASURED]
    return actions.select(
        "path",
        (pl.lit(f"{uri}/") + pl.col("path")).alias("uri"),
        _present(actions, "partition.ingest_hour", pl.String()).alias("ingest_hour"),
        pl.col("num_records").alias("rows"),
        "size_bytes",
        *(_present(actions, f"{kind}.{n}", table.schema[n]).alias(f"{kind}_{n}") for n in measured for kind in _KINDS),
    )


_KINDS = ("min", "max")


def _present(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr:
    return pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype)


def transactions(found: Positions, reached: Positions) -> list[Transaction]:
    """The app transactions that move a table's fence from `found` to `reached`.

    `<topic>/<partition>` is the next offset; `open:<topic>/<partition>` how many records are open, and
    `open:<topic>/<partition>:<i>` where each of them begins.
    """
    return [
        transaction
        for tp, position in reached.items()
        if position != found.get(tp)
        for transaction in _of_partition(tp, found.get(tp), position)
    ]


def _of_partition(tp: TopicPartition, found: Position | None, position: Position) -> Iterator[Transaction]:
    yield Transaction(str(tp), position.next)
    if position.open or (found and found.open):
        yield Transaction(f"open:{tp}", len(position.open))
    for index, offset in enumerate(sorted(position.open)):
        yield Transaction(f"open:{tp}:{index}", offset)


def load_position(handle: DeltaTable, tp: TopicPartition) -> Position:
    """The position that a snapshot has in a partition; the origin when it never saw it."""
    count = handle.transaction_version(f"open:{tp}") or 0
    starts = (handle.transaction_version(f"open:{tp}:{index}") for index in range(count))
    return Position(handle.transaction_version(str(tp)) or 0, frozenset(start for start in starts if start is not None))


@contextmanager
def storage_errors(table: Table) -> Iterator[None]:
    """Turn what Polars, delta-rs and the operating system raise into the lake's errors."""
    try:
        yield
    except CommitFailedError as error:
        if is_full(error):
            raise storage_error(table.path, error) from error
        raise CommitConflictError(f"{table.path}: {error}") from error
    except (OSError, DeltaError, pl.exceptions.PolarsError) as error:
        raise storage_error(table.path, error) from error
