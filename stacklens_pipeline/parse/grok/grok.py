"""A compiled Grok: ordered patterns over a column of texts, each by the engine that it takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from stacklens_pipeline.parse.grok import fallback, vectorised
from stacklens_pipeline.parse.grok.compiler import Pattern
from stacklens_pipeline.parse.grok.fields import Column, columns_of, gathered, nested, typed
from stacklens_pipeline.parse.grok.vectorised import ROW, TEXT

LONGEST_CHARS = 65_536
"""A text that is longer is given up, whatever engine would read it."""
BUDGET_S = 0.25
"""CPU seconds for one pattern on one text in the `regex` package; Rust's engine needs none, it is linear."""

OVER_LENGTH = "over_length"
OVER_BUDGET = "over_budget"
PATTERN = "\0pattern"
REASON = "\0reason"


@dataclass(frozen=True)
class Extracted:
    """What texts gave, one row a text.

    `pattern` is the number of the alternative that matched, from 0 on; `fields` has a typed column for each field, null
    where it is absent; `uncast` has, for typed fields, the texts that cannot be cast; `reason` says why a text was
    given up: `over_length` or `over_budget`.
    """

    matched: pl.Series
    pattern: pl.Series
    fields: pl.DataFrame
    uncast: pl.DataFrame
    reason: pl.Series
    columns: tuple[Column, ...]

    def nested(self) -> Iterator[dict[str, Any]]:
        """The object of each text, empty where nothing matched."""
        nothing: list[dict[str, Any]] = [{}] * len(self.matched)  # a frame without columns has no rows
        rows, left = self.fields.to_dicts() or nothing, self.uncast.to_dicts() or nothing
        for row, uncast in zip(rows, left, strict=True):
            row.update((name, text) for name, text in uncast.items() if text is not None)
            yield nested(row, self.columns)


@dataclass(frozen=True)
class Grok:
    """Patterns of which the first that matches a text gives its fields."""

    patterns: tuple[Pattern, ...]
    longest_chars: int = LONGEST_CHARS
    budget_s: float = BUDGET_S

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The fields that there may be."""
        return columns_of(pattern.tree for pattern in self.patterns)

    @property
    def why_slow(self) -> tuple[str | None, ...]:
        """For each pattern why it takes the `regex` package, None where it takes Rust's engine."""
        return tuple(pattern.why_slow for pattern in self.patterns)

    def nested(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The object of a row of `fields`."""
        return nested(row, self.columns)

    def extract(self, texts: pl.Series) -> Extracted:
        """The fields of each text; a null has none. No text makes it fail."""
        rows = vectorised.rows_of(texts.cast(pl.String).alias(TEXT))
        is_long = rows[TEXT].str.len_bytes() > self.longest_chars  # which is cheaper to ask first
        if is_long.any():
            is_long &= rows[TEXT].str.len_chars() > self.longest_chars
        given_up = [rows.filter(is_long).select(ROW, pl.lit(OVER_LENGTH).alias(REASON))]
        left = rows.filter(~is_long)
        found = list[pl.DataFrame]()
        for number, pattern in enumerate(self.patterns):
            if left.is_empty():
                break
            parts, late = self._of_pattern(left, pattern)
            found += [part.with_columns(pl.lit(number, pl.UInt32).alias(PATTERN)) for part in parts]
            given_up.append(late)
            if number + 1 < len(self.patterns):
                done = pl.concat([part.select(ROW) for part in (*parts, late)])
                left = left.join(done, on=ROW, how="anti", maintain_order="left")
        return self._whole(rows, found, given_up)

    def _of_pattern(self, rows: pl.DataFrame, pattern: Pattern) -> tuple[list[pl.DataFrame], pl.DataFrame]:
        """The fields of what matches, and what took too long."""
        found, slow = vectorised.extracted(rows, pattern, self.columns)
        if slow.is_empty():
            return found, pl.DataFrame(schema={ROW: pl.UInt32, REASON: pl.String})
        expression = fallback.python_expression(pattern)
        groups = fallback.matched(expression, slow[TEXT], self.budget_s).with_columns(slow[ROW])
        matched = groups.filter(pl.col("matched")).select(pl.col(ROW), *gathered(expression.groups, self.columns))
        late = groups.filter(pl.col("matched").is_null()).select(ROW, pl.lit(OVER_BUDGET).alias(REASON))
        return [*found, matched], late

    def _whole(self, rows: pl.DataFrame, found: list[pl.DataFrame], given_up: list[pl.DataFrame]) -> Extracted:
        """One row a text again."""
        schema = {ROW: pl.UInt32, **{c.name: pl.List(pl.String) if c.is_list else pl.String for c in self.columns}}
        empty = pl.DataFrame(schema={**schema, PATTERN: pl.UInt32})
        texts = pl.concat([empty, *(part.select(empty.columns) for part in found)])
        if texts.height < rows.height or not texts[ROW].is_sorted():
            texts = rows.select(ROW).join(texts, on=ROW, how="left", maintain_order="left")
        reasons = rows.select(ROW).join(pl.concat(given_up), on=ROW, how="left", maintain_order="left")
        fields, uncast = typed(texts, self.columns)
        return Extracted(
            matched=texts[PATTERN].is_not_null().alias("matched"),
            pattern=texts[PATTERN].alias("pattern"),
            fields=fields,
            uncast=uncast,
            reason=reasons[REASON].alias("reason"),
            columns=self.columns,
        )


def compile_patterns(
    patterns: str | Sequence[str],
    definitions: Mapping[str, str],
    *,
    longest_chars: int = LONGEST_CHARS,
    budget_s: float = BUDGET_S,
) -> Grok:
    """Patterns with the definitions that they use. Raises ConfigurationError naming the pattern and what is wrong."""
    from stacklens_pipeline.errors import ConfigurationError
    from stacklens_pipeline.parse.grok.compiler import compiled

    texts = [patterns] if isinstance(patterns, str) else list(patterns)
    if not texts:
        raise ConfigurationError("Grok needs a pattern at least: `[]`")
    return Grok(tuple(compiled(text, definitions) for text in texts), longest_chars, budget_s)
