"""Rules on records: what is redacted, left out or refused, and a note of each for the ledger."""

from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.rules.attributes import dump, load
from stacklens_pipeline.parse.rules.base import Rules
from stacklens_pipeline.parse.rules.contract import Promise, violations
from stacklens_pipeline.parse.rules.filters import apply_filters
from stacklens_pipeline.parse.rules.redaction import apply_redactions

PLACE = ("topic", "partition", "offset", "line_index", "ingest_hour", "observed_timestamp", "raw_messages")
NOTE = pl.Schema({"outcome": pl.String, "reason": pl.String})
BROKEN = "contract"
"""The reason of dead letters whose detail is what a record breaks."""
VIOLATION = "contract.violations"
"""The attribute that says which promises a record breaks."""


@dataclass(frozen=True)
class Applied:
    """Records that rules were applied to.

    `filtered` are those that were left out, with the `rule`; `refused` those that break a contract that lets none
    through, with `reason` and `detail`; `notes` has one row for each redaction and broken promise of a record, with its
    `outcome` (redacted, violated or tolerated) and `reason`. The latter three have the columns `PLACE`.
    """

    records: pl.DataFrame
    filtered: pl.DataFrame
    refused: pl.DataFrame
    notes: pl.DataFrame


def apply_rules(records: pl.DataFrame, rules: Rules) -> Applied:
    """What the rules make of complete records of `parsed/logs`."""
    place = records.select(PLACE)
    notes = [place.clear().with_columns(pl.lit(None, dtype).alias(name) for name, dtype in NOTE.items())]
    filtered = place.clear().with_columns(pl.lit("").alias("rule"))
    refused = place.clear().with_columns(pl.lit("").alias("reason"), pl.lit("").alias("detail"))
    if rules.filters:
        records, left_out = apply_filters(records, tuple(rules.filters))
        filtered = left_out.select(*PLACE, "rule")
    if rules.contract:
        records, refused, broken = _held(records, rules)
        notes.append(broken)
    if rules.redactions:
        records, changed = apply_redactions(records, rules.redactions)
        notes += [_noted(records.filter(where), "redacted", name) for name, where in changed.items()]
    return Applied(records, filtered, refused, pl.concat(notes))


def _noted(records: pl.DataFrame, outcome: str, reason: str) -> pl.DataFrame:
    return records.select(*PLACE, pl.lit(outcome).alias("outcome"), pl.lit(reason).alias("reason"))


def _held(records: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The records held to the contract: those that stay, those that are refused, and what they broke."""
    broken = violations(records, rules.contract)
    details = [[f"{promise.field} {how}" for promise, how in each] for each in broken]
    is_refused = pl.Series([any(p.policy == "dead_letter" for p, _ in each) for each in broken], dtype=pl.Boolean)
    is_broken = pl.Series([bool(each) for each in broken], dtype=pl.Boolean)
    sentences = pl.Series("detail", ["; ".join(each) for each in details], dtype=pl.String)
    refused = records.select(*PLACE, pl.lit(BROKEN).alias("reason"), sentences)
    notes = [
        records.select(*PLACE, pl.lit(outcome).alias("outcome"), _reasons(rules, broken, policy)).filter(~is_refused)
        for policy, outcome in (("warn", "violated"), ("keep", "tolerated"))
    ]
    records = _marked(records, is_broken.arg_true(), details).filter(~is_refused)
    return records, refused.filter(is_refused), pl.concat(notes).explode("reason").drop_nulls("reason")


def _reasons(rules: Rules, broken: list[list[tuple[Promise, str]]], policy: str) -> pl.Series:
    """Of each record, what it breaks of the promises with a policy."""
    of_policy = [[f"{rules.source}: {p.field} {how}" for p, how in each if p.policy == policy] for each in broken]
    return pl.Series("reason", of_policy, dtype=pl.List(pl.String))


def _marked(records: pl.DataFrame, broken: pl.Series, details: list[list[str]]) -> pl.DataFrame:
    """The records with the attribute that says what they break."""
    if not broken.len():
        return records
    before = records["attributes"]
    after = [dump({**load(before[place]), VIOLATION: details[place]}) for place in broken]
    return records.with_columns(before.scatter(broken, pl.Series(after, dtype=pl.String)))
