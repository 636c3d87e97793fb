"""Checks: conservation fails a back-fill; quality of the stream warns.

Dagster runs them with a back-fill of their assets. Drains leave them out: `check_tables` looks every ten minutes.
"""

from datetime import timedelta

import dagster as dg

from assets.specs import key
from stacklens_pipeline.drift import drift as drifted
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.quality import dead_letter_rate, gap_count, newest_append, noted, schema_differences
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, OFFSET_GAPS, PARSED_LOGS, RAW_LOGS, TABLES
from stacklens_pipeline.verify import verify

FRESHNESS_LIMIT = timedelta(minutes=10)
"""An hour's share of a stream that stays silent for longer deserves a look."""
DEAD_LETTER_LIMIT = 0.05
"""One message in twenty that nobody can parse is a broken source, not noise."""


@dg.asset_check(asset=key(ENRICHED_LOGS), blocking=True)
def conservation(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Every message of raw is in parsed or a dead letter, in enriched and in the metrics, once; the ledger agrees."""
    violations = verify(lake)
    found = {f"violation {index}": str(violation) for index, violation in enumerate(violations[:20], 1)}
    return dg.AssetCheckResult(passed=not violations, metadata={"violations": len(violations), **found})


@dg.asset_check(asset=key(RAW_LOGS))
def freshness(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """The latest message was taken by the event log not long ago."""
    newest = newest_append(lake)
    age = None if newest is None else utc_now() - newest
    return dg.AssetCheckResult(
        passed=age is not None and age <= FRESHNESS_LIMIT,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"age_seconds": -1.0 if age is None else age.total_seconds()},
    )


@dg.asset_check(asset=key(DEAD_LETTERS))
def dead_letters_rare(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Few of the latest hours' messages are dead letters."""
    rate = dead_letter_rate(lake)
    return dg.AssetCheckResult(
        passed=rate <= DEAD_LETTER_LIMIT, severity=dg.AssetCheckSeverity.WARN, metadata={"dead_letter_rate": rate}
    )


@dg.asset_check(asset=key(PARSED_LOGS))
def contracts(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Records of the latest hours keep what their sources' contracts in parsers.yaml promise."""
    broken = noted(lake, "violated")
    others = {
        f"{outcome} by {name}": rows
        for outcome in ("redacted", "filtered")
        for name, rows in noted(lake, outcome).items()
    }
    return dg.AssetCheckResult(
        passed=not broken,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"broken": sum(broken.values()), **broken, **others},
    )


@dg.asset_check(asset=key(PARSED_LOGS))
def drift(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """No source has new, vanished or retyped fields in the latest hour that is over, beside those before it."""
    found = drifted(lake)
    fields = {f"drift {index}": str(each) for index, each in enumerate(found[:50], 1)}
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.WARN, metadata={"fields": len(found), **fields}
    )


@dg.asset_check(asset=key(OFFSET_GAPS))
def no_offset_gaps(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """No range of offsets was lost to retention, corruption or a topic that was made anew."""
    gaps = gap_count(lake)
    return dg.AssetCheckResult(passed=not gaps, severity=dg.AssetCheckSeverity.WARN, metadata={"gaps": gaps})


@dg.asset_check(asset=key(RAW_LOGS))
def schemas(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Every table on the storage has the schema that the software writes."""
    different = {table.path: found for table in TABLES if (found := schema_differences(lake, table))}
    return dg.AssetCheckResult(passed=not different, metadata={"different": different})


CHECKS = [conservation, freshness, dead_letters_rare, contracts, drift, no_offset_gaps, schemas]
