"""The marts file: built aside and swapped by rename, so that readers are never locked out and never see half of it.

A refresh copies the file, lets dbt replace the touched windows in the copy, and renames it over the old one. What
the marts are made from is remembered in the file itself: whoever has the file knows what it holds.
"""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.serve import dbt
from stacklens_pipeline.serve.project import SOURCES, load_marts, project_dir
from stacklens_pipeline.serve.touched import FILES, Touched, find_touched, live_files, needed
from stacklens_pipeline.sql import relation
from stacklens_pipeline.tables import UTC_TIME

LAYOUT = 1
"""Raise it when a mart's columns or meaning change: files of another layout are built anew."""

STORAGE_VERSION = "v1.5.0"
"""DuckDB's file format, so that the clients of today can open the file."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: rows of each mart afterwards, and how many windows and hours it replaced."""

    rows: dict[str, int]
    windows: int
    hours: int


def refresh(lake: Lake, marts: Path) -> Refreshed | None:
    """Bring the marts up to the lake; None when they are, or when somebody else is at it.

    Raises LakeError when dbt fails; the marts stay as they were.
    """
    with _locked(marts) as is_ours:
        if not is_ours:
            return None
        snapshot = lake.snapshot(SOURCES.values())
        files, known = live_files(snapshot), _remembered(marts)
        came, gone = (a.join(b, on=["name", "uri"], how="anti") for a, b in ((files, known), (known, files)))
        touched = find_touched(came, gone)
        if not touched and marts.exists():
            return None
        building = _building(marts)
        _prepare(building, marts if known.height else None)
        for part in touched.parts():
            _open_sources(building, snapshot, files, part)
            dbt.build(project_dir(), building, marts.parent / "dbt")
            _close_sources(building)
        rows = _remember(building, came, gone)
        building.replace(marts)
        return Refreshed(rows, len(touched.windows), len(touched.hours | touched.ingest_hours))


def warm_up(marts: Path) -> None:
    """Do what the first refresh of a process would spend seconds on; the marts are not opened."""
    dbt.load(project_dir(), _building(marts), marts.parent / "dbt")


def unseen(lake: Lake, marts: Path) -> int:
    """How many files of the lake came or went since the marts were refreshed. Reads statistics only."""
    files, known = live_files(lake), _remembered(marts)
    return sum(a.join(b, on=["name", "uri"], how="anti").height for a, b in ((files, known), (known, files)))


def check(marts: Path) -> list[str]:
    """The data tests of dbt that do not hold in the marts."""
    folder = marts.parent / "dbt-check"
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / _building(marts).name  # the name that dbt may have parsed the project for already
    shutil.copyfile(marts, copy)
    try:
        return dbt.check(project_dir(), copy, folder)
    finally:
        copy.unlink(missing_ok=True)


def _building(marts: Path) -> Path:
    return marts.with_name(f".{marts.name}.building")


@contextlib.contextmanager
def _locked(marts: Path) -> Iterator[bool]:
    """One builder at a time, over all processes; the system lets go of the lock when one dies."""
    marts.parent.mkdir(parents=True, exist_ok=True)
    with marts.with_name(f".{marts.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _remembered(marts: Path) -> pl.DataFrame:
    """The files that the marts were made from; none when the marts are missing, broken or of another layout."""
    try:
        with duckdb.connect(str(marts), read_only=True) as connection:
            if connection.execute("select layout from stacklens.layout").fetchone() != (LAYOUT,):
                return pl.DataFrame(schema=FILES)
            rows = connection.execute("select name, uri, ingest_hour, first, last from stacklens.files").fetchall()
    except duckdb.Error:
        return pl.DataFrame(schema=FILES)
    plain = pl.Schema({name: pl.Int64() if kind == UTC_TIME else kind for name, kind in FILES.items()})
    return pl.DataFrame(rows, schema=plain, orient="row").cast(FILES)


def _prepare(building: Path, marts: Path | None) -> None:
    """A copy of the marts to work on, or an empty file."""
    for leftover in (building, building.with_name(building.name + ".wal")):
        leftover.unlink(missing_ok=True)
    if marts is not None:
        shutil.copyfile(marts, building)
        return
    with duckdb.connect() as connection:
        connection.execute(f"attach '{building}' as marts (storage_version '{STORAGE_VERSION}')")
        connection.execute("create schema marts.stacklens")
        connection.execute(f"create table marts.stacklens.layout as select {LAYOUT} as layout")
        columns = ", ".join(f"{name} {_sql_type(kind)}" for name, kind in FILES.items())
        connection.execute(f"create table marts.stacklens.files ({columns})")


def _open_sources(building: Path, lake: Lake, files: pl.DataFrame, touched: Touched) -> None:
    """Views over the files to read, and tables of what is to be replaced: dbt's models name them."""
    chosen = needed(files, touched)
    with duckdb.connect(str(building)) as connection:
        connection.execute("create schema if not exists lake")
        for name, table in SOURCES.items():
            connection.execute(f"create view lake.{name} as select * from {relation(lake, table, chosen[name])}")
        for name, column, kind, values in (
            ("touched_windows", "window_start", "timestamptz", touched.windows),
            ("touched_hours", "window_start", "timestamptz", touched.hours),
            ("touched_ingest_hours", "ingest_hour", "varchar", touched.ingest_hours),
        ):
            connection.execute(f"create table stacklens.{name} ({column} {kind})")
            connection.execute(f"insert into stacklens.{name} select unnest($1::{kind}[])", [sorted(values)])


def _close_sources(building: Path) -> None:
    """Drop what was for the refresh only."""
    with duckdb.connect(str(building)) as connection:
        connection.execute("drop schema lake cascade")
        for name in ("touched_windows", "touched_hours", "touched_ingest_hours"):
            connection.execute(f"drop table stacklens.{name}")


def _sql_type(kind: pl.DataType) -> str:
    """How a column of `FILES` is stored; times as microseconds, which need no time zone library."""
    return "bigint" if kind == UTC_TIME else "varchar"


_REMEMBERED = ", ".join(f"unnest(${n}::{_sql_type(kind)}[])" for n, kind in enumerate(FILES.values(), 1))
"""Lists to rows."""


def _remember(building: Path, came: pl.DataFrame, gone: pl.DataFrame) -> dict[str, int]:
    """Remember which files came and went, and count the rows of the marts."""
    columns = [came[name].cast(pl.Int64 if kind == UTC_TIME else kind).to_list() for name, kind in FILES.items()]
    with duckdb.connect(str(building)) as connection:
        connection.execute(
            "delete from stacklens.files where uri in (select unnest($1::varchar[]))", [gone["uri"].to_list()]
        )
        connection.execute(f"insert into stacklens.files select {_REMEMBERED}", columns)
        names = [mart.name for mart in load_marts(project_dir())]
        counts = [connection.execute(f"select count(*) from mart.{name}").fetchone() for name in names]
        connection.execute("checkpoint")
    return {name: int(count[0]) for name, count in zip(names, counts, strict=True) if count}
