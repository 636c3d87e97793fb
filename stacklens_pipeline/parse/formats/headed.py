"""The groups of heads, by the column: few tokens of each line are looked at first, more only where those do not tell."""

import polars as pl

from stacklens_pipeline.parse.formats import tokens
from stacklens_pipeline.parse.formats.heads import MOST, MOST_BEFORE, head_of, is_settled
from stacklens_pipeline.parse.formats.roles import said

FEW = 3
"""So many tokens are looked at first: as a rule they tell that a message has begun."""
LONGEST_BEFORE = 80
"""What stands before a time is part of the head if it has no more bytes."""


def headed(times: pl.DataFrame) -> pl.DataFrame:
    """Of lines as `timed` gives them, the groups of their heads, and `behind`: where the body begins, in characters."""
    if not times["after"].null_count():
        return _of_all(times)
    has_after = times["after"].is_not_null()
    behind = pl.repeat(0, times.height, dtype=pl.Int64, eager=True).alias("behind")
    if not has_after.any():
        return behind.to_frame()
    rows = has_after.arg_true()
    some = _of_all(times.filter(has_after))
    nothing = pl.repeat(None, times.height, dtype=pl.String, eager=True)
    groups = {name: nothing.clone().scatter(rows, some[name]) for name in some.columns if name != "behind"}
    return pl.DataFrame({**groups, "behind": behind.scatter(rows, some["behind"])})


def _of_all(lines: pl.DataFrame) -> pl.DataFrame:
    """The same of lines all of which may have a head."""
    lead = _lead(lines)
    cut = tokens.cut(lines["after"], FEW)
    numbers, shapes = _shapes(lead["lead"], cut)
    is_few = pl.Series([is_settled(shape) for shape in shapes], dtype=pl.Boolean).gather(numbers)
    if is_few.all():
        return _headed(lines["stop"], lead.hstack(cut), numbers, shapes)
    many = lines.filter(~is_few)
    lead_of_many, cut_of_many = lead.filter(~is_few), tokens.cut(many["after"], MOST)
    found = _headed(many["stop"], lead_of_many.hstack(cut_of_many), *_shapes(lead_of_many["lead"], cut_of_many))
    if not is_few.any():
        return found
    few = _headed(lines["stop"].filter(is_few), lead.hstack(cut).filter(is_few), numbers.filter(is_few), shapes)
    places = pl.concat([is_few.arg_true(), (~is_few).arg_true()]).alias("place")
    return pl.concat([few, found], how="diagonal").with_columns(places).sort("place").drop("place")


def _lead(lines: pl.DataFrame) -> pl.DataFrame:
    """`lead`, the shape up to the time (`x` for what is too much for a head), and the tokens before it if there are any."""
    before = lines["before"]
    lead = lines.select(pl.when("has_time").then(pl.lit("T")).otherwise(pl.lit("")).alias("lead"))
    if before.null_count() == len(before):
        return lead
    cut = tokens.cut(before + " ", MOST_BEFORE).rename(lambda name: name.replace("t", "b"))
    is_all = cut.select(pl.sum_horizontal(pl.all().str.len_chars())).to_series() == before.str.len_chars() + 1
    is_too_much = ~(is_all & (before.str.len_bytes() <= LONGEST_BEFORE))
    codes = tokens.codes(cut, before=True)
    known = codes.unique()
    shapes = codes.replace_strict(known, pl.Series(list(map(tokens.shape, known))), return_dtype=pl.String)
    return (shapes.set(is_too_much.fill_null(False), "x") + lead["lead"]).alias("lead").to_frame().hstack(cut)


def _shapes(lead: pl.Series, cut: pl.DataFrame) -> tuple[pl.Series, list[str]]:
    """The shapes of the rows, each once, and which of them each row has."""
    codes, leads = tokens.codes(cut), lead.unique()
    known = codes.unique()
    tails, heads = list(map(tokens.shape, known)), leads.to_list()
    numbers = codes.replace_strict(known, pl.int_range(len(known), eager=True), return_dtype=pl.Int64)
    if len(leads) > 1:
        numbers += lead.replace_strict(leads, pl.int_range(len(leads), eager=True), return_dtype=pl.Int64) * len(known)
    return numbers, [head + tail for head in heads for tail in tails]


def _headed(stop: pl.Series, cut: pl.DataFrame, numbers: pl.Series, shapes: list[str]) -> pl.DataFrame:
    """The groups and `behind` of rows with these tokens and shapes."""
    used = set(numbers.unique())
    heads = [head_of(shape) if number in used else None for number, shape in enumerate(shapes)]
    groups = said(cut, numbers, heads)
    counts = pl.Series([head.count if head else -1 for head in heads], dtype=pl.Int64).gather(numbers)
    behind = stop.cast(pl.Int64) + _widths(cut, counts)
    if "message" in groups.columns:  # it begins within a token
        behind -= groups["message"].str.len_chars().fill_null(0).cast(pl.Int64)
    behind = behind.zip_with(counts >= 0, pl.Series([0])).alias("behind")
    return groups.with_columns(behind) if groups.width else behind.to_frame()


def _widths(cut: pl.DataFrame, counts: pl.Series) -> pl.Series:
    """How many characters the first so many tokens of each row have."""
    widths = pl.repeat(0, cut.height, dtype=pl.Int64, eager=True)
    for count in counts.unique():
        if count > 0:
            size = cut.select(pl.sum_horizontal(pl.col(f"t{n}").str.len_chars() for n in range(1, count + 1)))
            widths = widths.zip_with(counts != count, size.to_series().cast(pl.Int64))
    return widths
