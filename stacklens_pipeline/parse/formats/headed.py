"""The groups of heads, by the column: as few tokens of each line are looked at as tell where its head ends."""

import polars as pl

from stacklens_pipeline.parse.formats import tokens
from stacklens_pipeline.parse.formats.heads import MOST, MOST_BEFORE, head_of, is_settled
from stacklens_pipeline.parse.formats.roles import said
from stacklens_pipeline.parse.levels import UPPER

SAMPLE, MOST_OF_THEM = 32, 0.9
"""So many lines show how many tokens tell in so many of a column."""
_SIMPLE = rf"^{UPPER}[ \t]+[A-Z]?[a-z]+ [a-z]+ "
"""Most messages begin with two ordinary words, and then nothing but the level before them is a head."""
LONGEST_BEFORE = 80
"""What stands before a time is part of the head if it has no more bytes."""


def headed(times: pl.DataFrame) -> pl.DataFrame:
    """Of lines as `timed` gives them, the groups of their heads, and `behind`: where the body begins, in characters."""
    is_simple = times["after"].str.contains(_SIMPLE).fill_null(False)
    if times["before"].null_count() < times.height:
        is_simple &= times["before"].is_null()
    if is_simple.all():
        return _simple(times)
    is_other = ~is_simple & times["after"].is_not_null()
    if is_other.all():
        return _of_all(times)
    shares = [(is_simple, _simple), (is_other, _of_all)]
    found = [(share.arg_true(), heads(times.filter(share))) for share, heads in shares if share.any()]
    names = dict.fromkeys(name for _, part in found for name in part.columns if name != "behind")
    groups = {name: pl.repeat(None, times.height, dtype=pl.String, eager=True) for name in names}
    groups["behind"] = pl.repeat(0, times.height, dtype=pl.Int64, eager=True)
    for rows, part in found:
        for name, values in part.to_dict().items():
            groups[name] = groups[name].scatter(rows, values)
    return pl.DataFrame(groups)


def _simple(lines: pl.DataFrame) -> pl.DataFrame:
    """The same of lines of which just the level is a head."""
    head = lines["after"].str.extract(r"^[A-Z0-9]+[ \t]+", 0)
    behind = lines["stop"].cast(pl.Int64) + head.str.len_chars().cast(pl.Int64)
    return pl.DataFrame({"level": head.str.strip_chars_end(" \t"), "behind": behind})


def _of_all(lines: pl.DataFrame) -> pl.DataFrame:
    """The same of lines all of which may have a head: by as few tokens as tell in a sample, and by more in the rest."""
    lead = _lead(lines)
    count = _enough(lead["lead"], lines["after"])
    cut = tokens.cut(lines["after"], count)
    numbers, shapes = _shapes(lead["lead"], cut)
    is_settled_now = [count == MOST or is_settled(shape) for shape in shapes]
    is_told = pl.Series(is_settled_now, dtype=pl.Boolean).gather(numbers)
    if is_told.all():
        return _headed(lines["stop"], lead.hstack(cut), numbers, shapes)
    rest, lead_of_rest = lines.filter(~is_told), lead.filter(~is_told)
    cut_of_rest = tokens.cut(rest["after"], MOST)
    found = _headed(rest["stop"], lead_of_rest.hstack(cut_of_rest), *_shapes(lead_of_rest["lead"], cut_of_rest))
    if not is_told.any():
        return found
    told = lead.hstack(cut).filter(is_told)
    parts = [_headed(lines["stop"].filter(is_told), told, numbers.filter(is_told), shapes), found]
    places = pl.concat([is_told.arg_true(), (~is_told).arg_true()]).alias("place")
    return pl.concat(parts, how="diagonal").with_columns(places).sort("place").drop("place")


def _enough(lead: pl.Series, after: pl.Series) -> int:
    """How many tokens tell the heads of most lines, as a sample shows."""
    sample = slice(0, None, max(1, len(after) // SAMPLE))
    numbers, shapes = _shapes(lead[sample], tokens.cut(after[sample], MOST))
    needed = [_needed(shape) for shape in shapes]
    return int(sorted(needed[number] for number in numbers)[int(len(numbers) * MOST_OF_THEM)])


def _needed(shape: str) -> int:
    """How many of the tokens behind the time tell where the head of this shape ends."""
    before = shape.find("T") + 1
    return next((n for n in range(1, MOST) if is_settled(shape[: before + n])), MOST)


def _lead(lines: pl.DataFrame) -> pl.DataFrame:
    """`lead`, the shape up to the time (`x` for what is too much for a head), and the tokens before it, if any."""
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
