"""Questions to the lake and the marts: what is answered, and what is refused with a sentence."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from stacklens_pipeline.errors import UsageError
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.sql import ask
from stacklens_pipeline.tables import TABLES
from stacklens_pipeline.values import as_json, as_text


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    path = tmp_path / "marts.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema mart; create table mart.service_health_5m as select 1 as records")
    return path


def asked(folder: Path, query: str, marts: Path = Path("none")) -> list[dict[str, Any]]:
    return list(ask(Lake(str(folder / "lake")), query, marts))


@pytest.mark.parametrize("query", ["SHOW TABLES", " show all tables; "])
def test_all_tables_and_marts_are_listed(drained_once: Path, marts: Path, query: str) -> None:
    names = [row["name"] for row in asked(drained_once, query, marts)]
    assert names == [*(f"{table.layer}.{table.name}" for table in TABLES), "mart.service_health_5m"]


def test_the_information_schema_knows_them_too(drained_once: Path, marts: Path) -> None:
    query = "select table_schema || '.' || table_name as name from information_schema.tables"
    names = {row["name"] for row in asked(drained_once, query, marts)}
    assert names >= {*(f"{table.layer}.{table.name}" for table in TABLES), "mart.service_health_5m"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("select * from raw.log", "unknown table, did you mean raw.logs or .*: `raw.log`"),
        ("select * from logs", "unknown table, did you mean .*enriched.logs.*: `logs`"),
        ("select * from mart.service_helth_5m", r"did you mean mart.service_health_5m\?: `mart.service_helth_5m`"),
        ("select nothing from nowhere", "unknown table, SHOW TABLES lists those that there are: `nowhere`"),
        ("select 1; select 2", "one query at a time is answered, these are 2: `select 1; select 2`"),
        ("", "one query at a time is answered, these are 0: ``"),
        ("create table x (a int)", "only queries are answered, nothing is written or set: `create table"),
        ("explain analyze copy (select 1) to 'x'", "only queries are answered"),
        ("set threads = 1", "only queries are answered"),
        ("selec 1", "DuckDB refuses the query: Parser Error"),
        ("select no_column from raw.logs", "DuckDB refuses the query: Binder Error"),
        ("select 'a'::int", "DuckDB refuses the query: Conversion Error"),
    ],
)
def test_what_is_no_query_is_refused(drained_once: Path, marts: Path, query: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        asked(drained_once, query, marts)


def test_a_plan_can_be_asked_for(drained_once: Path) -> None:
    (row,) = asked(drained_once, "explain analyze (format json) select count(*) from raw.logs")
    assert row


def test_bytes_are_text_or_base64(drained_once: Path) -> None:
    rows = asked(
        drained_once, "select value, headers from raw.logs where source = 'legacy' or \"offset\" = 0 order by 1"
    )
    texts = [as_text(row["value"]) for row in rows]
    assert "/w==" in texts
    assert all(as_json(row) for row in rows)
    assert as_text(rows[-2]["value"]).isprintable()


@pytest.mark.parametrize(
    ("value", "json", "text"),
    [
        ("1.50::decimal(4, 2)", b"1.5", "1.50"),
        ("12345678901234567890.123::decimal(38, 3)", b'"12345678901234567890.123"', "12345678901234567890.123"),
        ("170141183460469231731687303715884105727", b'"170141183460469231731687303715884105727"', None),
        ("interval 3 day", b'"3 days, 0:00:00"', "3 days, 0:00:00"),
        ("[1, null]", b"[1,null]", "[1,null]"),
        ("{'a': '\\xff'::blob, 'b': date '2026-11-24'}", b'{"a":"/w==","b":"2026-11-24"}', None),
        ("map {1: 2}", b'{"1":2}', None),
        ("date '2026-11-24'", b'"2026-11-24"', "2026-11-24"),
        ("time '10:00'", b'"10:00:00"', "10:00:00"),
        ("timestamp '2026-11-24'", b'"2026-11-24T00:00:00Z"', None),
        ("timestamptz '2026-11-24 04:00:00.5+01'", b'"2026-11-24T03:00:00.500000Z"', None),
        ("'00000000-0000-0000-0000-000000000001'::uuid", b'"00000000-0000-0000-0000-000000000001"', None),
        ("'nan'::double", b"null", "nan"),
        ("'infinity'::timestamptz", b'"9999-12-31T23:59:59.999999Z"', None),
    ],
)
def test_every_type_that_duckdb_has_is_written(tmp_path: Path, value: str, json: bytes, text: str | None) -> None:
    (row,) = asked(tmp_path, f"select {value} as x")
    assert as_json(row) == b'{"x":' + json + b"}"
    assert as_text(row["x"]) == (json.decode().strip('"') if text is None else text)
