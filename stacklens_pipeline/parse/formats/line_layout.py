"""Layouts: line formats of one fixed form, declared as values; one function reads them all.

A layout says what a line looks like, in groups with names that mean the same everywhere (`groups`), and what is
special about it. Programs that write their own form (servers, databases) have one each, in a module by family.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.exceptions import with_exceptions
from stacklens_pipeline.parse.formats.groups import COLUMNS, attributes, groups_of
from stacklens_pipeline.parse.formats.text import parse_text
from stacklens_pipeline.parse.levels import severity_of, severity_of_word
from stacklens_pipeline.parse.timestamps import recognise

More = Callable[[pl.DataFrame], list[pl.Expr]]
"""From the groups of the lines to further ones, or others of these names: what no pattern finds."""


@dataclass(frozen=True)
class Layout:
    """Lines of one form.

    `patterns` are tried in their order. Each matches the head of a text, from its start on, and has the group `time`
    and some of `level`, `groups.COLUMNS`, `groups.MEMBERS` and `members` (group -> attribute; a name that ends with
    `_number` is one); what follows the head is the `body`, if no group is. `more` are steps that make further groups of
    these. `words` are the levels as this program writes them; without them `levels.WORDS` hold. A text that no pattern
    matches, or whose `time` is none, is no line of this layout.
    """

    name: str
    patterns: tuple[str, ...]
    members: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, int] | None = None
    more: tuple[More, ...] = ()
    goes_on: bool = False

    def format(self, begins: str, test: str, *, first: str) -> Format:
        """The format of lines that begin with `begins` and match `test`, both without an anchor at the start."""
        is_of = pl.col("text").str.contains(f"^(?:{test})")
        parse = partial(parse_layout, self)
        return Format(self.name, parse, is_of, first=first, begins=begins, goes_on=self.goes_on)


def parse_layout(layout: Layout, lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of lines of a layout, in order; a line that is none of it becomes text."""
    fields = _fields(layout, lines["text"])
    times = recognise(fields["time"], lines["appended_at"], timezone)
    fields = fields.with_columns(times["timestamp"].alias("timestamp"), times["source"].alias("timestamp_source"))
    is_of = fields["timestamp"].is_not_null()
    if is_of.all():
        return lines.hstack(_columns(layout, fields, lines["text"]))
    others = parse_text(lines.filter(~is_of).with_columns(pl.lit("text").alias("format")), timezone)
    found = lines.filter(is_of)
    ours = found.hstack(_columns(layout, fields.filter(is_of), found["text"]))
    places = pl.concat([is_of.arg_true(), (~is_of).arg_true()])
    both = pl.concat([ours, others], how="diagonal").with_columns(places.alias("place"))
    return both.sort("place").drop("place")


def _fields(layout: Layout, texts: pl.Series) -> pl.DataFrame:
    """The groups of the first pattern that each text matches, and those that the layout makes of them."""
    first, *others = layout.patterns
    fields = _matched(texts, first)
    for pattern in others:
        missed = fields["head"].is_null()
        if not missed.any():
            break
        found = _matched(texts.filter(missed), pattern)
        places = pl.concat([(~missed).arg_true(), missed.arg_true()]).alias("place")
        both = pl.concat([fields.filter(~missed), found], how="diagonal").with_columns(places)
        fields = both.sort("place").drop("place")
    for step in layout.more:
        fields = fields.with_columns(step(fields))
    return fields


def _matched(texts: pl.Series, pattern: str) -> pl.DataFrame:
    """The groups of a pattern; the head stands in `head`. To search what follows would cost more than the head does."""
    fields = groups_of(texts, f"^(?P<head>{pattern})")
    if "body" in fields.columns:
        return fields
    return fields.with_columns(texts.alias("body")).with_columns(
        pl.col("body").str.slice(pl.col("head").str.len_chars())
    )


def _columns(layout: Layout, fields: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """What the fields say, as columns of records."""
    if layout.goes_on:
        fields = with_exceptions(fields, texts)
    body = pl.col("body").str.strip_chars_start(" ")
    fields = fields.with_columns(pl.when(body == "").then(pl.lit(texts)).otherwise(body).alias("body"))
    level = pl.col("level") if "level" in fields.columns else pl.lit(None, pl.String)
    return fields.select(
        "timestamp",
        "timestamp_source",
        (severity_of_word(level) if layout.words is None else severity_of(level, layout.words)).alias("severity"),
        pl.lit("field").alias("level_source"),
        *(name for name in COLUMNS if name in fields.columns),
        attributes(fields, layout.members).alias("attributes"),
    )
