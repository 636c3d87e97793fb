"""DuckDB: its regular expressions, and what is faster where there is something, in one thread."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers.base import TYPED, Peer, Way, in_child, is_there
from benchmarks.peers.lines import MIXES
from benchmarks.peers.patterns import EXTENSION, GROUPS, NUMBERS, OTHER, PARAMETER, REGEXPS, detected

LOAD = """CREATE TABLE lines AS SELECT line FROM
    read_csv({path}, header = false, delim = '\\x01', quote = '', escape = '', columns = {{'line': 'VARCHAR'}})"""

_TYPES: Mapping[str, str] = {
    "int": "{}::INTEGER",
    "size": "TRY_CAST({} AS BIGINT)",
    "clf": "strptime({}, '%d/%b/%Y:%H:%M:%S %z')",
    "bsd": "strptime('2026 ' || {}, '%Y %b %d %H:%M:%S')",
    "klog": "strptime('2026' || {}, '%Y%m%d %H:%M:%S.%f')",
    "slashes": "strptime({}, '%Y/%m/%d %H:%M:%S')",
    "iso": "{}::TIMESTAMP",
    "comma": "replace({}, ',', '.')::TIMESTAMP",
    "parameters": f"map(regexp_extract_all({{0}}, '{PARAMETER}', 1), regexp_extract_all({{0}}, '{PARAMETER}', 2))",
    "extension": f"map(regexp_extract_all({{0}}, '{EXTENSION}', 1), regexp_extract_all({{0}}, '{EXTENSION}', 2))",
}
"""What becomes of the text of a group."""
_MORE: Mapping[str, str] = {"cef": ", epoch_ms(data['rt']::BIGINT) AS time"}
_JSON = (
    '{"timestamp":"TIMESTAMP","level":"VARCHAR","service":"VARCHAR","host":"VARCHAR","message":"VARCHAR",'
    '"method":"VARCHAR","path":"VARCHAR","status":"INTEGER","bytes":"BIGINT","duration_ms":"DOUBLE",'
    '"user_id":"VARCHAR","client_ip":"VARCHAR","trace_id":"VARCHAR","region":"VARCHAR"}'
)
_KEYS = ("ts", "level", "service", "status", "duration_ms", "method", "path", "user", "trace_id")

Query = Callable[[str], str]
"""From the name of a table with a column `line` to a query."""


def _regexp(format: str, table: str) -> str:
    groups = [group.split(":") for group in GROUPS[format].split()]
    names = ", ".join(f"'{name}'" for name, *_ in groups)
    columns = ", ".join(
        f"{_TYPES[kind[0]].format(f'f.{name}') if kind else f'f.{name}'} AS {name}" for name, *kind in groups
    )
    found = f"SELECT regexp_extract(line, '{REGEXPS[format]}', [{names}]) AS f FROM {table}"
    return f"SELECT {columns}{_MORE.get(format, '')} FROM ({found}) WHERE f.{groups[0][0]} <> ''"


def _apache_split(table: str) -> str:
    return f"""SELECT h[1] AS client, h[3] AS user, strptime(h[4], '[%d/%b/%Y:%H:%M:%S') AS time, r[1] AS method,
        r[2] AS path, substr(r[3], 6) AS version, s[2]::INTEGER AS status, TRY_CAST(s[3] AS BIGINT) AS bytes,
        q[4] AS referrer, q[6] AS agent
        FROM (SELECT q, string_split(q[1], ' ') AS h, string_split(q[2], ' ') AS r, string_split(q[3], ' ') AS s
              FROM (SELECT string_split(line, '"') AS q FROM {table})) WHERE len(q) = 7"""


def _json(table: str) -> str:
    return f"SELECT unnest(fields) FROM (SELECT from_json(line, '{_JSON}') AS fields FROM {table})"


def _logfmt(table: str) -> str:
    plain = ", ".join(f"regexp_extract(line, '(?:^| ){key}=([^ ]*)', 1) AS {key}" for key in _KEYS)
    quoted = ", ".join(f'regexp_extract(line, \'(?:^| ){key}="([^"]*)"\', 1) AS {key}' for key in ("msg", "error"))
    return f"""SELECT ts::TIMESTAMP AS time, status::INTEGER AS status, duration_ms::DOUBLE AS duration_ms,
        * EXCLUDE (ts, status, duration_ms) FROM (SELECT {plain}, {quoted} FROM {table}) WHERE status <> ''"""


QUERIES: Mapping[str, Mapping[str, Query]] = {
    **{format: {"regexp": partial(_regexp, format)} for format in GROUPS},
    "apache": {"regexp": partial(_regexp, "apache"), "split": _apache_split},
    "json": {"from_json": _json},
    "logfmt": {"regexp": _logfmt},
}
"""The ways of each format, the fastest last."""

PEER = Peer("DuckDB", (*QUERIES, *MIXES), is_there, partial(in_child, __name__, passes=2))


def ways(format: str, lines: Path) -> list[Way]:
    """Each query; of the mix, lines are told apart by how they begin, and go to the fastest query of their format."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET threads = 1")
    con.execute(LOAD.format(path=f"'{lines}'"))
    found = partial(_found, con, NUMBERS.get(format, ()))
    if format in MIXES:
        return [Way("DuckDB", f"routed; {TYPED}", partial(_routed, con, format), found)]
    queries = QUERIES[format].items()
    return [Way(f"DuckDB {name}", TYPED, partial(_parsed, con, query("lines")), found) for name, query in queries]


def _parsed(con: Any, query: str, name: str = "parsed") -> list[str]:
    con.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")
    return [name]


def _routed(con: Any, mix: str) -> list[str]:
    patterns = detected(mix)
    cases = " ".join(f"WHEN regexp_matches(line, '{pattern}') THEN '{name}'" for name, pattern in patterns.items())
    _parsed(con, f"SELECT line, CASE {cases} ELSE '{OTHER}' END AS format FROM lines", "routed")
    made = []
    for format in (*patterns, OTHER):
        share = f"(SELECT line FROM routed WHERE format = '{format}')"
        query = f"FROM {share}" if format == OTHER else list(QUERIES[format].values())[-1](share)
        made += _parsed(con, query, f"parsed_{format}")
    return made


def _found(con: Any, numbers: tuple[str, ...], tables: list[str]) -> tuple[int, int | None, str]:
    rows = sum(con.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
    sums = " + ".join(f"sum({name})" for name in numbers)
    return rows, int(con.execute(f"SELECT {sums} FROM {tables[0]}").fetchone()[0]) if sums else None, ""
