"""ClickHouse's engine in a process (chdb), in an environment of its own: its regular expressions and faster ways."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers.base import BUILD, TYPED, Peer, Run, Way, in_child
from benchmarks.peers.lines import MIXES, Sample
from benchmarks.peers.patterns import EXTENSION, GROUPS, NUMBERS, OTHER, PARAMETER, REGEXPS, detected

PACKAGE = "chdb==4.4.0"
VENV = BUILD / "venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / PACKAGE
"""Is there when the package has been installed."""

_TYPES: Mapping[str, str] = {
    "int": "toInt32({})",
    "size": "toInt64OrNull({})",
    "clf": "parseDateTime({}, '%d/%b/%Y:%H:%i:%s %z', 'UTC')",
    "bsd": "parseDateTime(concat('2026 ', {}), '%Y %b %e %H:%i:%s', 'UTC')",
    "klog": "parseDateTime64BestEffort(concat('2026', {}), 6, 'UTC')",
    "slashes": "parseDateTime({}, '%Y/%m/%d %H:%i:%s', 'UTC')",
    "iso": "parseDateTime64BestEffort({}, 6, 'UTC')",
    "comma": "parseDateTime64BestEffort(replaceOne({}, ',', '.'), 3, 'UTC')",
    "parameters": f"extractAllGroupsVertical({{}}, '{PARAMETER}')",
    "extension": f"extractAllGroupsVertical({{}}, '{EXTENSION}')",
}
"""What becomes of the text of a group."""
_MORE: Mapping[str, str] = {
    "cef": ", fromUnixTimestamp64Milli(toInt64(arrayFirst(pair -> pair[1] = 'rt', data)[2]), 'UTC') AS time"
}
_JSON = (
    "timestamp String, level String, service String, host String, message String, method String, path String, "
    "status Int32, bytes Int64, duration_ms Float64, user_id String, client_ip String, trace_id String, region String"
)

Query = Callable[[str], str]
"""From the name of a table with a column `line` to a query."""


def prepare() -> str | None:
    """Install it with the uv that `make install` has put beside this Python."""
    if STAMP.exists():
        return None
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        return f"there is no uv beside this Python: `{uv}`"
    for command in (f"venv --clear --python {sys.executable} {VENV}", f"pip install --python {PYTHON} {PACKAGE}"):
        done = subprocess.run([uv, *command.split(), "--quiet"], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{PACKAGE} cannot be installed: {done.stderr.strip()[-200:]}"
    STAMP.touch()
    return None


def run(sample: Sample) -> list[Run]:
    """Each query, in the environment that has the package."""
    return in_child(__name__, sample, passes=2, python=str(PYTHON))


def _literal(pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _regexp(format: str, table: str) -> str:
    groups = [group.split(":") for group in GROUPS[format].split()]
    texts = [_TYPES[kind[0]] if kind else "{}" for _, *kind in groups]
    columns = ", ".join(
        f"{text.format(f'g[{place}]')} AS {name}"
        for place, (text, (name, *_)) in enumerate(zip(texts, groups, strict=True), 1)
    )
    found = f"SELECT extractGroups(line, {_literal(REGEXPS[format])}) AS g FROM {table}"
    return f"SELECT {columns}{_MORE.get(format, '')} FROM ({found}) WHERE notEmpty(g)"


def _apache_split(table: str) -> str:
    return f"""SELECT h[1] AS client, h[3] AS user, parseDateTime(h[4], '[%d/%b/%Y:%H:%i:%s', 'UTC') AS time,
        r[1] AS method, r[2] AS path, substring(r[3], 6) AS version, toInt32(s[2]) AS status,
        toInt64OrNull(s[3]) AS bytes, q[4] AS referrer, q[6] AS agent
        FROM (SELECT q, splitByChar(' ', q[1]) AS h, splitByChar(' ', q[2]) AS r, splitByChar(' ', q[3]) AS s
              FROM (SELECT splitByChar('"', line) AS q FROM {table})) WHERE length(q) = 7"""


def _json(table: str) -> str:
    names = [column.split()[0] for column in _JSON.split(", ")][1:]
    columns = ", ".join(f"tupleElement(fields, '{name}') AS {name}" for name in names)
    return f"""SELECT parseDateTime64BestEffort(tupleElement(fields, 'timestamp'), 6, 'UTC') AS timestamp, {columns}
        FROM (SELECT JSONExtract(line, 'Tuple({_JSON})') AS fields FROM {table})"""


def _logfmt(table: str) -> str:
    names = ("level", "service", "msg", "method", "path", "user", "trace_id", "error")
    columns = ", ".join(f"m['{name}'] AS {name}" for name in names)
    return f"""SELECT parseDateTime64BestEffort(m['ts'], 6, 'UTC') AS time, toInt32(m['status']) AS status,
        toFloat64(m['duration_ms']) AS duration_ms, {columns}
        FROM (SELECT extractKeyValuePairs(line, '=', ' ', '"') AS m FROM {table})"""


QUERIES: Mapping[str, Mapping[str, Query]] = {
    **{format: {"regexp": partial(_regexp, format)} for format in GROUPS},
    "apache": {"regexp": partial(_regexp, "apache"), "split": _apache_split},
    "json": {"JSONExtract": _json},
    "logfmt": {"extractKeyValuePairs": _logfmt},
}
"""The ways of each format, the fastest last."""

PEER = Peer("ClickHouse", (*QUERIES, *MIXES), prepare, run)


def ways(format: str, lines: Path) -> list[Way]:
    """Each query; of the mix, lines are told apart by how they begin, and go to the fastest query of their format."""
    from chdb.session import Session

    session = Session()
    session.query("CREATE TABLE lines (line String) ENGINE = Memory")
    session.query(f"INSERT INTO lines SELECT line FROM file('{lines}', 'LineAsString', 'line String')")
    found = partial(_found, session, NUMBERS.get(format, ()))
    if format in MIXES:
        return [Way("ClickHouse", f"routed; {TYPED}", partial(_routed, session, format), found)]
    return [
        Way(f"ClickHouse {name}", TYPED, partial(_parsed, session, query("lines")), found)
        for name, query in QUERIES[format].items()
    ]


def _parsed(session: Any, query: str, name: str = "parsed") -> list[str]:
    session.query(f"CREATE OR REPLACE TABLE {name} ENGINE = Memory AS {query} SETTINGS max_threads = 1")
    return [name]


def _routed(session: Any, mix: str) -> list[str]:
    patterns = detected(mix)
    cases = ", ".join(f"match(line, {_literal(pattern)}), '{name}'" for name, pattern in patterns.items())
    _parsed(session, f"SELECT line, multiIf({cases}, '{OTHER}') AS format FROM lines", "routed")
    made = []
    for format in (*patterns, OTHER):
        share = f"(SELECT line FROM routed WHERE format = '{format}')"
        query = f"SELECT line FROM {share}" if format == OTHER else list(QUERIES[format].values())[-1](share)
        made += _parsed(session, query, f"parsed_{format}")
    return made


def _found(session: Any, numbers: tuple[str, ...], tables: list[str]) -> tuple[int, int | None, str]:
    rows = sum(_number(session, f"SELECT count() FROM {table}") for table in tables)
    sums = " + ".join(f"sum({name})" for name in numbers)
    return rows, _number(session, f"SELECT {sums} FROM {tables[0]}") if sums else None, ""


def _number(session: Any, query: str) -> int:
    return int(session.query(query, "CSV").bytes())
