"""A replay as people and jobs ask for it: the difference, and if wanted its promotion, down to the marts."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse import Parsers
from stacklens_pipeline.replay.difference import Difference, difference
from stacklens_pipeline.replay.promote import promote
from stacklens_pipeline.serve.duckdb import refresh
from stacklens_pipeline.settings import Settings


@dataclass(frozen=True)
class Replayed:
    """The hours, what the parsers change in them, and whether that is in place, and in the marts.

    `are_marts_fresh` is False where there are no marts yet, or nobody here can build them: Dagster does, later.
    """

    hours: Sequence[str]
    difference: Difference
    is_promoted: bool
    are_marts_fresh: bool


def replay_hours(lake: Lake, settings: Settings, hours: Sequence[str], parsers: Parsers, *, put: bool) -> Replayed:
    """Parse the hours by the parsers; with `put`, what they give takes the place of what the tables hold.

    Raises as `difference` and `promote` do.
    """
    found = difference(lake, hours, parsers)
    if put:
        promote(lake, hours, parsers)
    return Replayed(hours, found, put, put and _refreshed_marts(lake, settings))


def _refreshed_marts(lake: Lake, settings: Settings) -> bool:
    """Bring marts that exist up to the lake, where dbt is installed."""
    if find_spec("dbt") is None or not settings.marts_path.exists():
        return False
    return refresh(lake, settings.marts_path) is not None
