"""What other parsers would make of stored hours, beside what the tables hold of them: nothing is written.

Rows are compared by their place (topic, partition, offset, line), column by column; attributes by their names.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.ledger import summed
from stacklens_pipeline.microbatch import Microbatch
from stacklens_pipeline.parse import Parsers
from stacklens_pipeline.rebuild import held_by, hour_batches
from stacklens_pipeline.tables import DEAD_LETTERS, LEDGER, PARSED_LOGS, Table

SAMPLE = 3
"""Examples that are kept of each kind of change."""
LOOKED_INTO = 2_000
"""Of so many rows of each batch whose attributes differ, the names of those that do are looked up."""

_PLACE = list(PARSED_LOGS.key)
_COMPARED = [name for name in PARSED_LOGS.schema if name not in (*_PLACE, "ingest_hour", "parser_version")]
KINDS = ("gained", "lost", "changed")


@dataclass
class Difference:
    """Counts of what changes, and examples by kind of change.

    `fields` counts by field and kind (gained, lost or changed) the rows in which a column, or `attributes.NAME`,
    differs; names of attributes are looked up in a part of the rows when many differ.
    """

    rows_before: int = 0
    rows_after: int = 0
    unchanged: int = 0
    changed: int = 0
    appeared: int = 0
    vanished: int = 0
    dead_before: int = 0
    dead_after: int = 0
    drained: int = 0
    buried: int = 0
    filtered_before: int = 0
    filtered_after: int = 0
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """Whether the new parsers make what is there already."""
        counts = (self.changed, self.appeared, self.vanished, self.drained, self.buried)
        return not any(counts) and self.filtered_before == self.filtered_after


def difference(lake: Lake, hours: Sequence[str], parsers: Parsers) -> Difference:
    """What the parsers would make of the hours, beside what the tables hold. Memory is that of a microbatch.

    Raises IncompletePartitionError where raw no longer holds an hour.
    """
    found, frozen = Difference(), lake.snapshot([PARSED_LOGS, DEAD_LETTERS, LEDGER])
    for hour in hours:
        found.filtered_before += _filtered(frozen, hour)
        held = {table: held_by(lake, table, hour) for table in (PARSED_LOGS, DEAD_LETTERS, LEDGER)}
        for batch in hour_batches(lake, hour, parsers):
            _compare(found, frozen, hour, batch, held)
    return found


def as_rows(found: Difference) -> Iterator[dict[str, Any]]:
    """The difference as rows: what, how often, and an example where there is one."""
    counts = {
        "rows before": found.rows_before,
        "rows after": found.rows_after,
        "rows unchanged": found.unchanged,
        "rows changed": found.changed,
        "rows appeared": found.appeared,
        "rows vanished": found.vanished,
        "dead letters before": found.dead_before,
        "dead letters after": found.dead_after,
        "dead letters drained": found.drained,
        "dead letters buried": found.buried,
        "messages filtered before": found.filtered_before,
        "messages filtered after": found.filtered_after,
    }
    yield from ({"what": what, "count": count} for what, count in counts.items())
    for (name, kind), count in sorted(found.fields.items()):
        yield {"what": f"field {kind}: {name}", "count": count}
    for kind, examples in found.examples.items():
        yield from ({"what": f"example {kind}", "example": example} for example in examples)


def _filtered(lake: Lake, hour: str) -> int:
    entries = summed(lake.scan(LEDGER, hours=[hour]).filter(pl.col("outcome") == "filtered"))
    return int(entries.select(pl.col("messages").sum()).collect().item() or 0)


def _compare(found: Difference, lake: Lake, hour: str, batch: Microbatch, held: Mapping[Table, Any]) -> None:
    """Add what a batch of an hour's lines becomes, beside what is stored of these lines."""
    stored = {table: _stored(lake, table, hour, batch.lines) for table in (PARSED_LOGS, DEAD_LETTERS)}
    new = {table: batch.of_hour(table, hour, held[table]) for table in (PARSED_LOGS, DEAD_LETTERS)}
    left_out = batch.of_hour(LEDGER, hour, held[LEDGER]).filter(pl.col("outcome") == "filtered")
    found.filtered_after += int(left_out["messages"].sum())
    _compare_records(found, stored[PARSED_LOGS], new[PARSED_LOGS])
    _compare_dead(found, stored[DEAD_LETTERS], new[DEAD_LETTERS])


def _stored(lake: Lake, table: Table, hour: str, lines: pl.DataFrame) -> pl.DataFrame:
    """The stored rows that begin with one of the lines."""
    if not lines.height:
        return table.empty()
    near = pl.col("offset").is_between(lines["offset"].min(), lines["offset"].max())
    rows = lake.scan(table, hours=[hour]).filter(near).collect()
    return rows.join(lines, on=["topic", "partition", "offset"], how="semi")


def _compare_records(found: Difference, old: pl.DataFrame, new: pl.DataFrame) -> None:
    old, new = (rows.with_columns(pl.col(pl.Categorical).cast(pl.String)) for rows in (old, new))
    both = old.join(new, on=_PLACE, how="inner", suffix="_new")
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_new")) for name in _COMPARED)
    differ = both.filter(~is_same)
    appeared, vanished = (a.join(b, on=_PLACE, how="anti") for a, b in ((new, old), (old, new)))
    found.rows_before += old.height
    found.rows_after += new.height
    found.unchanged += both.height - differ.height
    found.changed += differ.height
    found.appeared += appeared.height
    found.vanished += vanished.height
    found.fields.update(_fields(differ))
    _keep(found, "changed", (_change(row) for row in differ.head(SAMPLE).iter_rows(named=True)))
    _keep(found, "appeared", appeared.head(SAMPLE).iter_rows(named=True))
    _keep(found, "vanished", vanished.head(SAMPLE).iter_rows(named=True))


def _compare_dead(found: Difference, old: pl.DataFrame, new: pl.DataFrame) -> None:
    key = list(DEAD_LETTERS.key)
    drained, buried = (a.join(b, on=key, how="anti") for a, b in ((old, new), (new, old)))
    found.dead_before += old.height
    found.dead_after += new.height
    found.drained += drained.height
    found.buried += buried.height
    _keep(found, "drained", drained.head(SAMPLE).iter_rows(named=True))
    _keep(found, "buried", buried.head(SAMPLE).iter_rows(named=True))


def _keep(found: Difference, kind: str, rows: Iterator[dict[str, Any]]) -> None:
    kept = found.examples.setdefault(kind, [])
    for row in rows:
        if len(kept) < SAMPLE:
            kept.append({name: value for name, value in row.items() if value is not None})


def _change(row: Mapping[str, Any]) -> dict[str, Any]:
    """The place of a row that changed, and before and after of each column that did."""
    changes = {name: [row[name], row[f"{name}_new"]] for name in _COMPARED if row[name] != row[f"{name}_new"]}
    return {**{name: row[name] for name in _PLACE}, **changes}


def _fields(differ: pl.DataFrame) -> Counter[tuple[str, str]]:
    """How often each field is gained, lost or changed among rows that differ."""
    counts: Counter[tuple[str, str]] = Counter()
    for name in _COMPARED:
        if name == "attributes":
            counts += _attributes(differ)
            continue
        old, new = pl.col(name), pl.col(f"{name}_new")
        kinds = (
            old.is_null() & new.is_not_null(),
            old.is_not_null() & new.is_null(),
            old.is_not_null() & new.is_not_null() & old.ne_missing(new),
        )
        row = differ.select(kind.sum().alias(label) for label, kind in zip(KINDS, kinds, strict=True)).row(0)
        counts.update({(name, label): count for label, count in zip(KINDS, row, strict=True) if count})
    return counts


def _attributes(differ: pl.DataFrame) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    pairs = differ.filter(pl.col("attributes").ne_missing(pl.col("attributes_new"))).head(LOOKED_INTO)
    for old_text, new_text in pairs.select("attributes", "attributes_new").iter_rows():
        old, new = (orjson.loads(text) if text else {} for text in (old_text, new_text))
        counts.update((f"attributes.{name}", "gained") for name in new.keys() - old.keys())
        counts.update((f"attributes.{name}", "lost") for name in old.keys() - new.keys())
        counts.update((f"attributes.{name}", "changed") for name in old.keys() & new.keys() if old[name] != new[name])
    return counts
