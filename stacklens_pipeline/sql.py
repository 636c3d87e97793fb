"""SQL over the lake and the marts: DuckDB reads the files of each table's snapshot, and locks nothing."""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from polars._typing import PolarsDataType

from stacklens_pipeline.errors import LakeError, UsageError
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.tables import TABLES, Table

LISTING = re.compile(r"\s*show\s+(all\s+)?tables\s*;?\s*", re.IGNORECASE)
EXPLAIN = re.compile(r"\s*explain(\s+analyze\b)?(\s*\([^)]*\))?", re.IGNORECASE)
UNKNOWN_TABLE = re.compile(r'Table with name "?([^\s"]+)"? does not exist')
CATALOG = ("show", "information_schema", "duckdb_", "pg_", "sqlite_master")
"""Words of queries that ask which tables there are."""
LIKENESS = 0.6
"""Names that are so alike (difflib's ratio) may have been meant."""
NAMED = 3
"""Names that an error suggests at most."""


def ask(lake: Lake, query: str, marts: Path) -> Iterator[dict[str, Any]]:
    """Rows of a query. Tables of the lake are `layer.name`, such as enriched.logs; the marts are `mart.name`.

    `SHOW TABLES` gives all of them. Raises UsageError for what is no single query, and for one that DuckDB refuses.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        try:
            refuse_all_but_a_query(connection, query)
            names = _create_mart_views(connection, marts)
            if LISTING.fullmatch(query):
                yield from _listing(names)
                return
            _create_table_views(connection, lake, query.lower())
            yield from _rows(connection.execute(query))
        except duckdb.CatalogException as error:
            raise _refusal(error, query, [*(f"{t.layer}.{t.name}" for t in TABLES), *names]) from error
        except duckdb.Error as error:
            raise UsageError(f"DuckDB refuses the query: {error}") from error


def refuse_all_but_a_query(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """Raise UsageError unless the text is one statement that only reads."""
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise UsageError(f"one query at a time is answered, these are {len(statements)}: `{text}`")
    (statement,) = statements
    if statement.type == duckdb.StatementType.EXPLAIN and (begin := EXPLAIN.match(text)):
        refuse_all_but_a_query(connection, text[begin.end() :])
    elif statement.type != duckdb.StatementType.SELECT:
        raise UsageError(f"only queries are answered, nothing is written or set: `{text}`")


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(10_000):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def _listing(marts: Iterable[str]) -> Iterator[dict[str, Any]]:
    yield from ({"name": f"{table.layer}.{table.name}", "what": table.description} for table in TABLES)
    yield from ({"name": name, "what": "A mart, made by dbt."} for name in marts)


def _refusal(error: duckdb.Error, query: str, names: Iterable[str]) -> UsageError:
    """A sentence with the tables that may have been meant, instead of DuckDB's that knows its own only."""
    if not (found := UNKNOWN_TABLE.search(str(error))):
        return UsageError(f"DuckDB refuses the query: {error}")
    asked = max(re.findall(rf"[\w.]*\b{re.escape(found[1])}\b", query), key=len, default=found[1])
    near = nearest(asked, names)
    hint = f"did you mean {' or '.join(near)}?" if near else "SHOW TABLES lists those that there are"
    return UsageError(f"unknown table, {hint}: `{asked}`")


def nearest(asked: str, names: Iterable[str]) -> list[str]:
    """Names that are like a table's, with or without its layer, the likest first.

    >>> nearest("raw.log", ["enriched.logs", "raw.logs", "raw.ledger"]), nearest("nowhere", ["raw.logs"])
    (['raw.logs', 'raw.ledger', 'enriched.logs'], [])
    """
    bare, whole = asked.lower().rpartition(".")[2], asked.lower()
    ratios = {
        name: (_ratio(whole, name), max(_ratio(whole, name), _ratio(bare, name.rpartition(".")[2]))) for name in names
    }
    like = [name for name, (_, best) in ratios.items() if best >= LIKENESS]
    return sorted(like, key=lambda name: ratios[name], reverse=True)[:NAMED]


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


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
    options = ", union_by_name = true"  # files of an earlier version of the software lack columns
    if table.is_partitioned:
        options += ", hive_partitioning = true, hive_types_autocast = false"
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


def _create_table_views(connection: duckdb.DuckDBPyConnection, lake: Lake, query: str) -> None:
    """Views of the tables whose layer the query names, or of all when it asks which there are."""
    wants_all = any(word in query for word in CATALOG)
    for table in TABLES:
        if wants_all or table.layer in query:
            connection.execute(f"create schema if not exists {table.layer}")
            connection.execute(f"create view {table.layer}.{table.name} as select * from {relation(lake, table)}")


def _create_mart_views(connection: duckdb.DuckDBPyConnection, marts: Path) -> list[str]:
    """Views of all marts; returns their names."""
    if not marts.exists():
        return []
    connection.execute(f"attach {_quoted(str(marts))} as marts (read_only)")
    found = connection.execute(
        "select table_name from information_schema.tables where table_catalog = 'marts' and table_schema = 'mart'"
        " order by table_name"
    ).fetchall()
    connection.execute("create schema if not exists mart")
    for (name,) in found:
        connection.execute(f'create view mart."{name}" as select * from marts.mart."{name}"')
    return [f"mart.{name}" for (name,) in found]
