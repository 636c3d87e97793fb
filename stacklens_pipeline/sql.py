"""SQL over the lake and the marts: DuckDB reads the files of each table's snapshot, and locks nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

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
            connection.execute(f"attach '{marts}' as marts (read_only)")
        for table in TABLES:
            if table.layer in query:
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


def _create_view(connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table) -> None:
    files = lake.files(table)["uri"].to_list()
    connection.execute(f"create schema if not exists {table.layer}")
    if not files:
        connection.register("empty_frame", table.empty().to_arrow())
        connection.execute(f"create table {table.layer}.{table.name} as select * from empty_frame")
        return
    if any("://" in file for file in files):
        raise LakeError(f"sql reads local lakes only, this one lies at {lake.root}")
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    options = "hive_partitioning = true, hive_types_autocast = false" if table.is_partitioned else ""
    source = f"read_parquet([{listed}]{', ' + options if options else ''})"
    connection.execute(f"create view {table.layer}.{table.name} as select * from {source}")


def _create_mart_views(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "select table_name from information_schema.tables where table_catalog = 'marts' and table_schema = 'mart'"
    ).fetchall()
    connection.execute("create schema if not exists mart")
    for (name,) in found:
        connection.execute(f'create view mart."{name}" as select * from marts.mart."{name}"')
