"""Records that are left out on purpose, all or all but a sample; each is counted, by rule, in the ledger."""

import zlib
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.rules.attributes import texts
from stacklens_pipeline.parse.rules.conditions import Condition, all_hold

_MIX = ((2**30, 0xBF58476D1CE4E5B9), (2**27, 0x94D049BB133111EB), (2**31, 1))
"""Divisors and factors of splitmix64, which spreads neighbouring numbers over all (Steele, Lea, Flood; 2014)."""


@dataclass(frozen=True)
class Filter:
    """Records that meet all conditions are left out, but for one in `keep_one_in`; 0 keeps none.

    Which are kept depends on their offsets alone, or with `by` on a field, so that what belongs together (a trace)
    stays together; a replay keeps the same. A record that is kept weighs as much as those that it stands for.
    """

    name: str
    when: tuple[Condition, ...]
    keep_one_in: int = 0
    by: str | None = None

    def is_kept(self, records: pl.DataFrame) -> pl.Series:
        """Whether each of the records, which meet the conditions, is kept."""
        if not self.keep_one_in:
            return pl.repeat(False, records.height, dtype=pl.Boolean, eager=True)
        hashed = records.select(spread()).to_series() if self.by is None else _hash_of_text(texts(records, self.by))
        return hashed % self.keep_one_in == 0


def apply_filters(records: pl.DataFrame, filters: tuple[Filter, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records that stay, with their `weight`, and those that do not, with the `rule` that says so.

    Of the filters, the first whose conditions a record meets decides.
    """
    rule = pl.repeat(None, records.height, dtype=pl.String, eager=True).alias("rule")
    weight = records["weight"].clone()
    left = pl.int_range(records.height, eager=True)
    for each in filters:
        meets = all_hold(each.when, records[left])
        chosen, left = left.filter(meets), left.filter(~meets)
        kept = each.is_kept(records[chosen])
        rule = rule.scatter(chosen.filter(~kept), each.name)
        weight = weight.scatter(chosen.filter(kept), each.keep_one_in)
    records = records.with_columns(weight, rule)
    return records.filter(pl.col("rule").is_null()).drop("rule"), records.filter(pl.col("rule").is_not_null())


def spread() -> pl.Expr:
    """A number that a record's place gives, spread evenly; the same in every version of every library."""
    offset, line, partition = (pl.col(name).cast(pl.UInt64) for name in ("offset", "line_index", "partition"))
    number = (offset * 0x10001 + line) * 0x10001 + partition
    for divisor, factor in _MIX:
        number = (number ^ (number // divisor)) * pl.lit(factor, pl.UInt64)
    return number


def _hash_of_text(values: pl.Series) -> pl.Series:
    known = values.unique()
    hashes = [zlib.crc32((value or "").encode()) for value in known]
    return values.replace_strict(known, pl.Series(hashes, dtype=pl.UInt64), return_dtype=pl.UInt64)
