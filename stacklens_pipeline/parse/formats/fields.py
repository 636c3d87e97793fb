"""Fields by name: objects (of JSON, of logfmt) to the columns of a record, everything else to `attributes`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson
import polars as pl

ALIASES: Mapping[str, str] = {
    alias: column
    for column, aliases in {
        "time": ("timestamp", "time", "ts", "@timestamp", "datetime", "eventtime", "event_time"),
        "level": ("level", "severity", "lvl", "loglevel", "log.level", "log_level", "levelname"),
        "body": ("message", "msg", "log", "event"),
        "service_name": ("service", "service.name", "service_name", "app", "application"),
        "host_name": ("host", "hostname", "host.name", "host_name"),
        "trace_id": ("trace_id", "traceId", "trace.id", "traceid"),
        "span_id": ("span_id", "spanId", "span.id", "spanid"),
        "client_address": ("client_ip", "remote_addr", "client_address", "client.address", "remote_ip", "clientip"),
        "user_id": ("user_id", "user", "userId", "user.id"),
        "http_method": ("method", "http_method", "http.method", "request_method"),
        "url_path": ("path", "url_path", "url.path", "url", "uri", "request_uri"),
        "http_status": ("status", "status_code", "http_status", "http.status_code", "statusCode"),
        "duration_ms": ("duration_ms", "latency_ms", "elapsed_ms", "response_time_ms", "took_ms"),
        "bytes_sent": ("bytes", "bytes_sent", "body_bytes_sent", "response_bytes"),
    }.items()
    for alias in aliases
}
"""A field's name as services write it -> the column it becomes. The first that a record has wins."""

COLUMNS = tuple(dict.fromkeys(ALIASES.values()))


class Shapes:
    """Objects gathered by shape, that is by their keys in order: what a key means is decided once for each shape.

    Services write few shapes and many objects, so that the work per object is one look-up and one copy.
    """

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, ...], tuple[list[int], list[Any]]] = {}
        self._wide: list[pl.DataFrame] = []

    def add(self, index: int, item: Mapping[str, Any]) -> None:
        """Take an object."""
        if len(item) > MOST_COLUMNS:
            self._wide.append(_wide(index, item))
            return
        shape = tuple(item)
        gathered = self._shapes.get(shape)
        if gathered is None:
            gathered = self._shapes[shape] = ([], [])
        gathered[0].append(index)
        gathered[1].extend(item.values())

    def frame(self) -> pl.DataFrame:
        """One row an object: its `index`, `COLUMNS` as text, and `attributes`, a JSON object or null."""
        frames = [_frame(shape, indices, values) for shape, (indices, values) in self._shapes.items()]
        return pl.concat([no_columns(), *self._wide, *frames])


def in_order_of_index(*frames: pl.DataFrame) -> pl.DataFrame:
    """Frames of fields as one, without the `index` that they are put in order by."""
    together = pl.concat(frames)
    return (together if together["index"].is_sorted() else together.sort("index")).drop("index")


MOST_COLUMNS = 512
"""An object of more fields than that is no shape that others share."""

_SCHEMA = pl.Schema({"index": pl.UInt32(), **dict.fromkeys((*COLUMNS, "attributes"), pl.String())})
_NESTED = (dict, list)

Fields = Mapping[str, list[Any]]


def _frame(shape: tuple[str, ...], indices: list[int], values: list[Any]) -> pl.DataFrame:
    """The objects of one shape, with the `index` of each."""
    fields = {name: values[start :: len(shape)] for start, name in enumerate(shape)}
    texts = {name: _texts(values) for name, values in fields.items() if name in ALIASES}
    nested = [name for name, series in texts.items() if series is None]
    if not nested:
        return _columns(fields, texts, indices)
    rows: dict[frozenset[str], list[int]] = {}
    for row in range(len(indices)):
        rows.setdefault(frozenset(name for name in nested if isinstance(fields[name][row], _NESTED)), []).append(row)
    return pl.concat(_nested(fields, names, of, indices) for names, of in rows.items())


def _wide(index: int, item: Mapping[str, Any]) -> pl.DataFrame:
    """A single object: what is no column is written at once."""
    texts = {name: text for name in item if name in ALIASES and (text := _texts([item[name]])) is not None}
    frame = columns(pl.Series([index], dtype=pl.UInt32), texts, {})
    taken = {next(name for name in texts if ALIASES[name] == column) for column in {ALIASES[name] for name in texts}}
    rest = {name: value for name, value in item.items() if name not in taken}
    return frame.with_columns(pl.lit(_json(rest)).alias("attributes"))


def _nested(fields: Fields, nested: frozenset[str], rows: list[int], indices: list[int]) -> pl.DataFrame:
    """Objects of which the `nested` fields hold objects or lists: they become attributes."""
    chosen = {name: [column[row] for row in rows] for name, column in fields.items()}
    texts = {name: _texts(column) for name, column in chosen.items() if name in ALIASES and name not in nested}
    return _columns(chosen, texts, [indices[row] for row in rows])


def _columns(fields: Fields, texts: Mapping[str, pl.Series | None], indices: list[int]) -> pl.DataFrame:
    found = {name: series for name, series in texts.items() if series is not None}
    jsons = {name: partial(_jsons, values) for name, values in fields.items()}
    return columns(pl.Series(indices, dtype=pl.UInt32), found, jsons)


def columns(
    indices: pl.Series, texts: Mapping[str, pl.Series], jsons: Mapping[str, Callable[[], pl.Series]]
) -> pl.DataFrame:
    """Rows as `Shapes.frame` gives them.

    `texts` are the fields with a name in `ALIASES`, as text; `jsons` gives each field as JSON, asked for when it is no
    column.
    """
    sources: dict[str, str] = {}  # column -> the field it is taken from
    for name in texts:
        sources.setdefault(ALIASES[name], name)
    taken = set(sources.values())
    found = [texts[name].alias(column) for column, name in sources.items()]
    absent = [pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in sources]
    attributes = _objects({name: json() for name, json in jsons.items() if name not in taken})
    frame = pl.DataFrame([indices.alias("index"), *found])
    return frame.with_columns(*absent, attributes.alias("attributes")).select(_SCHEMA.names())


def no_columns() -> pl.DataFrame:
    """No rows of what `columns` gives."""
    return pl.DataFrame(schema=_SCHEMA)


def _texts(values: list[Any]) -> pl.Series | None:
    """The values as text, or None when objects or lists are among them."""
    try:
        return pl.Series(values, dtype=pl.String)
    except TypeError:  # not texts alone
        kinds = set(map(type, values))
    if not kinds.isdisjoint(_NESTED):
        return None
    return pl.Series(map(str, values) if kinds <= {int, float} else [_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


def _objects(jsons: Mapping[str, pl.Series]) -> pl.Expr:
    """A JSON object of the fields, or null without any."""
    if not jsons:
        return pl.lit(None, pl.String)
    parts: list[pl.Expr] = []
    for name, values in jsons.items():
        parts += [pl.lit(f"{',' if parts else '{'}{_json(name)}:"), pl.lit(values)]
    return pl.concat_str([*parts, pl.lit("}")])


def _jsons(values: list[Any]) -> pl.Series:
    """Each value as JSON. Plain texts and integers, most of all values, are written column by column."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return pl.Series(map(str, values), dtype=pl.String)
    if kinds == {str}:
        texts = pl.Series(values, dtype=pl.String)
        if not texts.str.contains(r'["\\\x00-\x1f]').any():
            return '"' + texts + '"'
    return pl.Series(map(_json, values), dtype=pl.String)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
