"""Drift: fields of a source that are new, have vanished or have another type, by a sample of the latest hours.

The latest hour that is over is held against those before it. Reads one file an hour, and a few thousand rows of each.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
import polars as pl

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse.rules.filters import spread
from stacklens_pipeline.tables import PARSED_LOGS

HOURS_BEFORE = 3
SAMPLED = 5_000
"""Rows of an hour that are looked at."""
FEWEST = 50
"""A source with fewer sampled rows tells nothing about what its fields are."""
RARE = 0.02
"""A field that stands in a smaller share of the rows comes and goes by chance."""
COLUMNS = ("trace_id", "client_address", "user_id", "http_method", "url_path", "http_status", "duration_ms")

Fields = Mapping[str, Mapping[str, float]]
"""A field's name -> its types, with the share of rows in which it has each."""


@dataclass(frozen=True)
class Drift:
    """A field of a source that is not what it was; `before` and `after` are its types."""

    source: str
    field: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.source}: {self.field} {self.what} ({self.before or 'absent'} -> {self.after or 'absent'})"


def drift(lake: Lake) -> list[Drift]:
    """What has drifted between the latest hour that is over and those before it; nothing of fewer than two hours."""
    *before, latest = lake.hours(PARSED_LOGS)[-HOURS_BEFORE - 2 : -1] or [""]
    if not before:
        return []
    was, now = _by_source(lake, before), _by_source(lake, [latest])
    return [found for source in sorted(was.keys() & now.keys()) for found in _drifted(source, was[source], now[source])]


def _drifted(source: str, was: Fields, now: Fields) -> Iterable[Drift]:
    for field in sorted(was.keys() | now.keys()):
        before, after = (_usual(fields.get(field, {})) for fields in (was, now))
        if before != after:
            what = "is new" if not before else "has vanished" if not after else "has another type"
            yield Drift(source, field, what, before, after)


def _usual(types: Mapping[str, float]) -> str:
    """The types that a field has in more than a few rows."""
    return ", ".join(sorted(name for name, share in types.items() if share >= RARE))


def _by_source(lake: Lake, hours: Sequence[str]) -> dict[str, Fields]:
    counts: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    rows: dict[str, int] = defaultdict(int)
    for row in _sample(lake, hours).iter_rows(named=True):
        source = row["source"] or row["service_name"] or ""
        rows[source] += 1
        for name, value in _fields(row).items():
            counts[source][name][_type(value)] += 1
    return {
        source: {name: {kind: n / rows[source] for kind, n in types.items()} for name, types in fields.items()}
        for source, fields in counts.items()
        if rows[source] >= FEWEST
    }


def _sample(lake: Lake, hours: Sequence[str]) -> pl.DataFrame:
    files = lake.files(PARSED_LOGS).filter(pl.col("ingest_hour").is_in(list(hours)))
    largest = files.sort("rows").group_by("ingest_hour").last()
    columns = ("source", "service_name", "attributes", *COLUMNS)
    scans = (lake.scan_files(PARSED_LOGS, [uri]) for uri in largest["uri"])
    return pl.concat(rows.sort(spread()).head(SAMPLED).select(columns) for rows in scans).collect()


def _fields(row: Mapping[str, object]) -> dict[str, object]:
    """The fields that a record has: columns that not every record has, and attributes."""
    columns = {name: row[name] for name in COLUMNS if row[name] is not None}
    return {**columns, **orjson.loads(str(row["attributes"] or "{}"))}


def _type(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "null"
