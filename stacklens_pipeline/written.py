"""Files of a commit: Parquet that Polars writes, the statistics that Delta keeps of it, and the commit itself.

Whoever writes them, this process or a worker, they are committed once, or deleted.
"""

import errno
import io
import json
import os
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import structlog
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.transaction import AddAction

from stacklens_pipeline.deltafiles import MEASURED, delta_schema, storage_errors
from stacklens_pipeline.errors import CommitConflictError, LakeError
from stacklens_pipeline.storage import has_no_space
from stacklens_pipeline.tables import REPEATED, Table

logger = structlog.get_logger(__name__)

PARQUET: Mapping[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "row_group_size": 32_768,
    "data_page_size": 256 * 2**10,
    "statistics": False,
}
"""Row groups whose columns fit into a core's cache are written a tenth faster than larger ones, and are no larger.
Pages are compressed each by itself: with those of 256 KiB raw is written a twentieth faster, and the tables of a
microbatch come to the same size."""


class Written:
    """The Parquet files of one commit: written before it, by any process, and thrown away when it fails.

    `rows` are those that were written, by ingest hour.
    """

    def __init__(self, table: Table, uri: str, storage_options: Mapping[str, str]) -> None:
        self.actions: list[AddAction] = []
        self.rows: Counter[str] = Counter()
        self._table, self._uri, self._options = table, uri, dict(storage_options)

    def take(self, other: "Written") -> None:
        """Have files that somebody else wrote to the same table among these."""
        self.actions += other.actions
        self.rows += other.rows

    def write(self, frame: pl.DataFrame) -> None:
        """Write a frame of the table's schema, one file for each ingest hour in it."""
        if not frame.height:
            return
        if not self._table.is_partitioned:
            self._write_file(frame, None)
            return
        try:
            for hour, part in _by_hour(frame):
                self._write_file(part, hour)
                self.rows[hour] += part.height
        except LakeError:
            self.discard()
            raise

    def link(self, other: "Written") -> None:
        """Have the rows of another table's files, all of whose columns this one has too, without encoding them again.

        A file that is in two tables has two names, of which each is deleted by itself.
        """
        for action in other.actions:
            name = f"{uuid.uuid4()}.parquet"
            path = str(Path(action.path).with_name(name))
            with storage_errors(self._table):
                _linked(Path(other._uri, action.path), Path(self._uri, path))
            self.actions.append(replace(action, path=path))
        self.rows += other.rows

    @property
    def is_local(self) -> bool:
        """Whether the files lie in this machine's file system."""
        return "://" not in self._uri

    def commit(
        self,
        handle: DeltaTable,
        fence: list[Transaction],
        replaced_hour: str | None = None,
        *,
        may_rebase: bool = False,
    ) -> bool:
        """Commit the files on the handle's snapshot, in place of an hour's where one is given.

        Returns False, the files staying, when another writer committed first. What appends only may have come before,
        with `may_rebase`. An error deletes the files.
        """
        actions, self.actions = self.actions, []  # which may be in the table from now on: nobody else deletes the files
        try:
            with storage_errors(self._table):
                handle.create_write_transaction(
                    actions,
                    "overwrite" if replaced_hour else "append",
                    delta_schema(self._table),
                    partition_by=["ingest_hour"] if self._table.is_partitioned else [],
                    partition_filters=[("ingest_hour", "=", replaced_hour)] if replaced_hour else None,
                    # a fence was read from this very snapshot, so its commit must not be rebased onto another;
                    # a replacement may be: what was appended since lies past the positions it was made for. But one
                    # that takes no file away conflicts with nothing, and two of them would double the hour
                    commit_properties=CommitProperties(
                        app_transactions=fence, max_commit_retries=None if may_rebase else 0
                    ),
                    post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
                )
        except CommitConflictError:
            self.actions = actions
            return False
        except LakeError as error:
            if not self._has_landed(handle, actions):
                self.actions = actions
                self.discard()
                raise
            logger.warning("a commit is stored, but not what follows one", table=self._table.path, error=str(error))
        return True

    def _has_landed(self, handle: DeltaTable, actions: list[AddAction]) -> bool:
        """Whether a commit that raised is in the table: a checkpoint comes after it, and may find the disk full.

        Raises LakeError when that cannot be seen; the files stay then, since the table may name them.
        """
        with storage_errors(self._table):
            handle.update_incremental()
            live = pl.DataFrame(handle.get_add_actions())["path"]
        return any(action.path in live for action in actions)

    def discard(self) -> None:
        """Delete what was written locally, as far as that succeeds; all else a vacuum finds."""
        if self.is_local:
            for action in self.actions:
                with suppress(OSError):
                    Path(self._uri, action.path).unlink(missing_ok=True)

    def _write_file(self, frame: pl.DataFrame, hour: str | None) -> None:
        frame, name = by_dictionary(frame), f"{uuid.uuid4()}.parquet"
        path = name if hour is None else f"ingest_hour={hour}/{name}"
        with storage_errors(self._table):
            size = self._write_local(path, frame) if self.is_local else self._write_remote(path, frame)
        values = {} if hour is None else {"ingest_hour": hour}
        self.actions.append(AddAction(path, size, values, int(time.time() * 1000), True, statistics(frame)))

    def _write_local(self, path: str, frame: pl.DataFrame) -> int:
        target = Path(self._uri, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            frame.write_parquet(target, **PARQUET)
        except (OSError, pl.exceptions.PolarsError) as error:
            is_full = has_no_space(error, target.parent)
            target.unlink(missing_ok=True)
            if is_full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        return target.stat().st_size

    def _write_remote(self, path: str, frame: pl.DataFrame) -> int:
        target = f"{self._uri}/{path}"
        frame.write_parquet(target, **PARQUET, storage_options=self._options)
        buffer = io.BytesIO()  # the store reports no size back, and Delta wants one: the same bytes again, in memory
        frame.write_parquet(buffer, **PARQUET)
        return buffer.getbuffer().nbytes


def _by_hour(frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each ingest hour, without its column; most often all are of one, and none need be copied."""
    hours = frame["ingest_hour"]
    if hours.eq_missing(first := str(hours[0])).all():
        yield first, frame.drop("ingest_hour")
        return
    for (hour,), part in frame.partition_by("ingest_hour", as_dict=True, include_key=False).items():
        yield str(hour), part


def _linked(source: Path, target: Path) -> None:
    """A second name for a file; a copy where the file system has none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def by_dictionary(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its repeated texts as categoricals: a quarter less work for whoever writes or groups them.

    Parquet keeps them as text. Delta-rs' own writer would not take them.
    """
    return frame.with_columns(pl.col(name).cast(pl.Categorical) for name in frame.columns if name in REPEATED)


def statistics(frame: pl.DataFrame) -> str:
    """Delta's statistics of a file, as JSON: the number of rows, minimum and maximum of `MEASURED` columns."""
    measured = [name for name in frame.columns if name in MEASURED]
    bounds = frame.select(
        *(pl.col(name).min().alias(f"min_{name}") for name in measured),
        *(pl.col(name).max().alias(f"max_{name}") for name in measured),
    ).row(0, named=True)
    return json.dumps(
        {
            "numRecords": frame.height,
            "minValues": {name: _plain(bounds[f"min_{name}"]) for name in measured},
            "maxValues": {name: _plain(bounds[f"max_{name}"]) for name in measured},
            "nullCount": {},
        }
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value
