"""The dbt project as it is written down: which marts there are, what their columns mean, what they are made from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.tables import (
    DEAD_LETTERS,
    LEDGER,
    LOG_METRICS_1H,
    LOG_METRICS_5M,
    REQUEST_FAILURES_5M,
    Table,
)

SOURCES: Mapping[str, Table] = {
    table.name: table for table in (LEDGER, DEAD_LETTERS, LOG_METRICS_5M, LOG_METRICS_1H, REQUEST_FAILURES_5M)
}
"""The tables that marts are made from, by the name that the project gives them."""

_SOURCE = re.compile(r"source\('lake', '(\w+)'\)")


@dataclass(frozen=True)
class Mart:
    """One model: its name, what one row is, its columns with their type and meaning, and the tables it reads."""

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]
    sources: tuple[Table, ...]


def project_dir() -> Path:
    """The dbt project of this checkout.

    Raises ConfigurationError when the engine was installed without one.
    """
    found = Path(__file__).resolve().parents[2] / "dbt"
    if not (found / "dbt_project.yml").exists():
        raise ConfigurationError(f"marts need the checkout, of which dbt/ is a part; there is none at {found}")
    return found


@cache
def load_marts(project: Path) -> tuple[Mart, ...]:
    """The marts that `models/marts/schema.yml` describes, in its order; read once."""
    folder = project / "models" / "marts"
    described = yaml.safe_load((folder / "schema.yml").read_text(encoding="utf-8"))
    return tuple(_mart(folder, model) for model in described["models"])


def _mart(folder: Path, model: Mapping[str, object]) -> Mart:
    name, columns = str(model["name"]), model["columns"]
    assert isinstance(columns, list)
    read = dict.fromkeys(_SOURCE.findall((folder / f"{name}.sql").read_text(encoding="utf-8")))
    return Mart(
        name,
        str(model["description"]),
        {column["name"]: (column["data_type"], column["description"]) for column in columns},
        tuple(SOURCES[source] for source in read),
    )
