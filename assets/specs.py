"""How a table of the lake looks in the graph: key, group, owner, kinds and column schema, mapped once over all."""

from collections.abc import Collection, Iterable

import dagster as dg

from assets.partitions import HOURLY
from stacklens_pipeline.tables import Table

OWNERS = ["team:data-platform"]


def key(table: Table) -> dg.AssetKey:
    """The asset of a table: its layer and name."""
    return dg.AssetKey([table.layer, table.name])


def drained(table: Table, deps: Iterable[Table | dg.AssetKey], group: str | None = None) -> dg.AssetSpec:
    """The spec of a table that the drain fills, in the group of its layer unless another is named."""
    return dg.AssetSpec(
        key(table),
        deps=[key(dep) if isinstance(dep, Table) else dep for dep in deps],
        group_name=group or table.layer,
        owners=OWNERS,
        kinds={"polars", "deltalake"},
        description=table.description,
        skippable=True,
        partitions_def=HOURLY,
        metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": table.path},
        tags={"stacklens/layer": table.layer},
    )


def column_schema(table: Table, only: Collection[str] = ()) -> dg.TableSchema:
    """Columns with types and meaning, for the UI."""
    shown = {name: table.columns[name] for name in only or table.columns}
    return dg.TableSchema(
        [dg.TableColumn(name, str(dtype), description=meaning) for name, (dtype, meaning) in shown.items()]
    )
