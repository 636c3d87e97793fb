"""SQL over the lake and the marts: DuckDB reads the files of each table's snapshot, and locks nothing."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from polars._typing import PolarsDataType

from stacklens_pipeline.errors import LakeError, UsageError
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.tables import TABLES, Table


def ask(lake: Lake, query: str, marts: Path) -> Iterator[dict[str, Any]]:
    """Rows of a query. Tables of the lake are `layer.name`, such as enriched.logs; the marts are `mart.name`.

    Raises UsageError for a query that DuckDB refuses.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        if marts.exists():
            connection.execute(f"attach {_quoted(str(marts))} as marts (read_only)")
        for table in TABLES:
            if table.layer in query.lower():
                _create_view(connection, lake, table)
        if marts.exists():
            _create_mart_views(connection)
        try:
            cursor = connection.execute(query)
        except duckdb.Error as error:
            raise UsageError(f"DuckDB refuses the query: {error}") from error
        names = [column[0] for column in cursor.description or ()]
        while rows := cursor.fetchmany(10_000):
            yield from (dict(zip(names, row, strict=True)) for row in rows)


def relation(lake: Lake, table: Table, files: Iterable[str] | None = None) -> str:
    """What stands for a table in a `from` clause: its snapshot's files, or some of them.

    Raises LakeError when the lake does not lie on this machine.
    """
    listed = list(lake.files(table)["uri"] if files is None else files)
    if any("://" in file for file in listed):
        raise LakeError(f"DuckDB reads local lakes only, this one lies at {lake.root}")
    if not listed:
        columns = ", ".join(f'null::{sql_type(kind)} as "{name}"' for name, kind in table.schema.items())
        return f"(select {columns} where false)"
    quoted = ", ".join(map(_quoted, listed))
    options = ", hive_partitioning = true, hive_types_autocast = false" if table.is_partitioned else ""
    return f"read_parquet([{quoted}]{options})"


def sql_type(kind: pl.DataType) -> str:
    """DuckDB's type for a column of the lake."""
    if isinstance(kind, pl.List):
        return f"{sql_type(_instance(kind.inner))}[]"
    if isinstance(kind, pl.Struct):
        return "struct(" + ", ".join(f'"{f.name}" {sql_type(_instance(f.dtype))}' for f in kind.fields) + ")"
    return _SQL_TYPES[type(kind)]


_SQL_TYPES = {
    pl.String: "varchar",
    pl.Binary: "blob",
    pl.Boolean: "boolean",
    pl.Int32: "integer",
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.Datetime: "timestamptz",
}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _instance(kind: PolarsDataType) -> pl.DataType:
    return kind() if isinstance(kind, type) else kind


def _create_view(connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table) -> None:
    connection.execute(f"create schema if not exists {table.layer}")
    connection.execute(f"create view {table.layer}.{table.name} as select * from {relation(lake, table)}")


def _create_mart_views(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "select table_name from information_schema.tables where table_catalog = 'marts' and table_schema = 'mart'"
    ).fetchall()
    connection.execute("create schema if not exists mart")
    for (name,) in found:
        connection.execute(f'create view mart."{name}" as select * from marts.mart."{name}"')
