"""What a Python script does, line by line: `re` with groups and types, orjson for JSON."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson

from benchmarks.peers.base import TYPED, Peer, Way, in_child, is_there
from benchmarks.peers.lines import MIXES, NEWLINE
from benchmarks.peers.patterns import EXTENSION, PAIR, PARAMETER, REGEXPS, detected

_COMPILED = {format: re.compile(pattern) for format, pattern in REGEXPS.items()}
_PARAMETERS, _EXTENSIONS, _PAIRS = (re.compile(pattern).findall for pattern in (PARAMETER, EXTENSION, PAIR))

Row = tuple[Any, ...]


@cache
def _clf(text: str) -> datetime:
    """Many lines are of the same second."""
    return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")


@cache
def _bsd(text: str) -> datetime:
    return datetime.strptime(f"2026 {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)


@cache
def _slashes(text: str) -> datetime:
    return datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)


def _apache(text: str) -> Row | None:
    found = _COMPILED["apache"].match(text)
    if found is None:
        return None
    client, user, time, method, path, version, status, size, referrer, agent = found.groups()
    return (
        int(status),
        int(size) if size != "-" else 0,
        client,
        user,
        _clf(time),
        method,
        path,
        version,
        referrer,
        agent,
    )


def _rfc3164(text: str) -> Row | None:
    found = _COMPILED["rfc3164"].match(text)
    if found is None:
        return None
    priority, time, host, app, pid, body = found.groups()
    return int(pid), 0, int(priority), _bsd(time), host, app, body


def _rfc5424(text: str) -> Row | None:
    found = _COMPILED["rfc5424"].match(text)
    if found is None:
        return None
    priority, time, host, app, pid, message_id, data, body = found.groups()
    parameters = dict(_PARAMETERS(data))
    return int(pid), 0, int(priority), datetime.fromisoformat(time), host, app, message_id, parameters, body


def _json(text: str) -> Row | None:
    record = orjson.loads(text)
    return record["status"], record["bytes"], datetime.fromisoformat(record["timestamp"]), record


def _logfmt(text: str) -> Row | None:
    pairs = {name: quoted or plain for name, quoted, plain in _PAIRS(text)}
    duration_ms = float(pairs["duration_ms"])
    return int(pairs["status"]), 0, datetime.fromisoformat(pairs["ts"]), duration_ms, pairs


def _text(text: str) -> Row | None:
    found = _COMPILED["text"].match(text)
    if found is None:
        return None
    time, level, thread, body = found.groups()
    return 0, 0, datetime.fromisoformat(time).replace(tzinfo=UTC), level, thread, body


def _nginx_error(text: str) -> Row | None:
    found = _COMPILED["nginx_error"].match(text)
    if found is None:
        return None
    time, level, pid, connection, *others = found.groups()
    return int(pid), 0, _slashes(time), level, int(connection), *others


def _klog(text: str) -> Row | None:
    found = _COMPILED["klog"].match(text)
    if found is None:
        return None
    level, time, pid, file, at, body = found.groups()
    return (
        int(pid),
        0,
        datetime.strptime(f"2026{time}", "%Y%m%d %H:%M:%S.%f").replace(tzinfo=UTC),
        level,
        file,
        at,
        body,
    )


def _cef(text: str) -> Row | None:
    found = _COMPILED["cef"].match(text)
    if found is None:
        return None
    version, *names, severity, extension = found.groups()
    pairs = dict(_EXTENSIONS(extension))
    return int(severity), 0, int(version), *names, datetime.fromtimestamp(int(pairs["rt"]) / 1000, UTC), pairs


def _postgresql(text: str) -> Row | None:
    found = _COMPILED["postgresql"].match(text)
    if found is None:
        return None
    time, pid, *others = found.groups()
    return int(pid), 0, datetime.fromisoformat(time).replace(tzinfo=UTC), *others


def _any(patterns: Mapping[str, re.Pattern[str]], text: str) -> Row | None:
    for format, pattern in patterns.items():
        if pattern.match(text):
            return PARSERS[format](text)
    return 0, 0, text


PARSERS: Mapping[str, Callable[[str], Row | None]] = {
    "apache": _apache,
    "rfc3164": _rfc3164,
    "rfc5424": _rfc5424,
    "json": _json,
    "logfmt": _logfmt,
    "text": _text,
    "nginx_error": _nginx_error,
    "klog": _klog,
    "cef": _cef,
    "postgresql": _postgresql,
    **{mix: partial(_any, {name: re.compile(pattern) for name, pattern in detected(mix).items()}) for mix in MIXES},
}
"""A line's row, whose first two fields are the numbers that are checked."""

PEER = Peer("Python", PARSERS, is_there, partial(in_child, __name__, passes=2))


def ways(format: str, lines: Path) -> list[Way]:
    """The one way."""
    values, parse = lines.read_bytes().split(NEWLINE)[:-1], PARSERS[format]
    name = "Python orjson" if format == "json" else "Python re, orjson" if format in MIXES else "Python re"
    return [Way(name, TYPED, lambda: [parse(value.decode()) for value in values], _found)]


def _found(rows: list[Row | None]) -> tuple[int, int | None, str]:
    there = [row for row in rows if row is not None]
    return len(there), sum(row[0] + row[1] for row in there), ""
