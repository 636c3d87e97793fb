"""Text lines of applications: a head (time, level, thread, logger ...) where there is one, and the rest as the body.

The first line of each text is cut into its time and the tokens beside it; `heads` says what they are. A level is taken
as a word of the head only, in its place, never from the message.
"""

import polars as pl

from stacklens_pipeline.parse.formats import tokens
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.exceptions import has_lines, with_exceptions
from stacklens_pipeline.parse.formats.groups import attributes, groups_of
from stacklens_pipeline.parse.formats.heads import MOST, MOST_BEFORE, head_of, is_settled
from stacklens_pipeline.parse.formats.roles import said
from stacklens_pipeline.parse.levels import UPPER, severity_of_word
from stacklens_pipeline.parse.timestamps import ISO, find, from_iso

LONGEST_HEAD = 256
"""A head is within so many characters, and within the first line: to search more would cost more than all else."""
FEW = 3
"""So many tokens are looked at first: as a rule they tell that a message has begun."""
LONGEST_BEFORE = 80
"""What stands before a time is part of the head if it is no longer than that."""

_SEPARATORS = r"[\"'\])>]*[,:;]?[ \t]*"
_ISO_HEAD = rf"^(?P<opening>[\[(<\"]*)(?P<time>{ISO})(?P<separators>{_SEPARATORS})"
_LONGER = rf"^[\[(<\"]*{ISO}(?: ?(?:[A-Z]{{2,3}}T|UTC|GMT|MSK|[AaPp]\.?[Mm]\.?)(?:[^A-Za-z]|$)|:[0-9]{{3}}(?:[^0-9]|$))"
"""Times that end with what belongs to them in ways that only `find` reads."""
_COLOURS = r"\x1b\[[0-9;]*[A-Za-z]"
_JUL = rf"^[^\n]* (?P<logger>[A-Za-z_][A-Za-z0-9_.$]*) (?P<function>[A-Za-z0-9_$<>]+)\n(?P<level>{UPPER}): "
"""Java's own logging has its level and message on a second line."""


def parse_text(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of text: `2026-11-24 04:00:00,123 ERROR [main] org.x.Y: message`, and whatever no other parser took."""
    texts = _without_colours(lines["text"])
    first = texts.str.head(LONGEST_HEAD)
    several = has_lines(texts)
    if several:
        first = first.str.extract(r"^[^\n]*", 0)
    fields = _fields(_times(first, lines["appended_at"], timezone))
    fields = fields.with_columns(texts.alias("text"))
    if several:
        fields = with_exceptions(_with_second_line(fields), texts)
    text, level = pl.col("text"), pl.col("level") if "level" in fields.columns else pl.lit(None, pl.String)
    body = text.str.slice(pl.col("behind"))
    body = body.str.strip_chars_start(" \t\n") if several else body
    return lines.hstack(
        fields.select(
            "timestamp",
            "timestamp_source",
            severity_of_word(level).alias("severity"),
            pl.lit("token").alias("level_source"),
            pl.when(body != "").then(body).otherwise(text).alias("body"),
            attributes(fields).alias("attributes"),
        )
    )


def _without_colours(texts: pl.Series) -> pl.Series:
    """The texts without the codes by which terminals show colours."""
    return texts.str.replace_all(_COLOURS, "") if texts.str.contains("\x1b[", literal=True).any() else texts


def _times(first: pl.Series, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """The time of each first line and where it stands.

    Gives `timestamp`, `timestamp_source`, `stop` (where what follows the time begins), `before` (what stands before it,
    null at the beginning of a line), `has_time` and `after`.
    """
    iso = groups_of(first, _ISO_HEAD)
    stop = iso.select(pl.sum_horizontal(pl.col("opening", "time", "separators").str.len_chars())).to_series()
    after = first.to_frame("text").select(pl.col("text").str.slice(stop)).to_series()
    is_iso = iso["time"].is_not_null() & ~first.str.contains(_LONGER)
    times = iso.select(
        from_iso(pl.col("time"), timezone).alias("timestamp"),
        pl.lit("iso").alias("timestamp_source"),
        stop.alias("stop"),
        pl.lit(None, pl.String).alias("before"),
        pl.lit(True).alias("has_time"),
        after.alias("after"),
    )
    if is_iso.all():
        return times
    rows = (~is_iso).arg_true()
    others = _found(first.gather(rows), observed.gather(rows), timezone)
    return times.with_columns(times[name].clone().scatter(rows, others[name]) for name in times.columns)


def _found(first: pl.Series, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """As `_times`, of lines that do not begin with an ISO time."""
    found = find(first, observed, timezone)
    stop = found["stop"].fill_null(0)
    lines = pl.DataFrame({"text": first, "stop": stop, "start": found["start"].fill_null(0)})
    rest = pl.col("text").str.slice(pl.col("stop"))
    is_found = pl.col("stop") > 0
    separators = pl.when(is_found).then(rest.str.extract(f"^{_SEPARATORS}", 0).str.len_chars()).otherwise(0)
    before = pl.col("text").str.head(pl.col("start")).str.strip_chars_end(" \t[({<\"'#")
    # a bracket that is closed behind the time
    before = pl.when(before.str.contains(r"[\])]")).then(before).otherwise(before.str.strip_chars_start("[( "))
    lines = lines.select(
        (pl.col("stop") + separators).alias("stop"),
        pl.when(is_found & (before != "")).then(before).alias("before"),
        is_found.alias("has_time"),
        rest.str.slice(separators).alias("after"),
    )
    return found.select("timestamp", pl.col("source").alias("timestamp_source")).hstack(lines)


def _fields(times: pl.DataFrame) -> pl.DataFrame:
    """The times with the groups of the heads, and `behind`: where the body begins."""
    times = times.with_row_index("row").hstack(_lead(times))
    short = _shaped(times, FEW)
    shapes = short["shape"].unique()
    settled = pl.Series([is_settled(shape) for shape in shapes], dtype=pl.Boolean)
    is_short = short["shape"].replace_strict(shapes, settled, return_dtype=pl.Boolean)
    if is_short.all():
        return _headed(short)
    long = _headed(_shaped(times.filter(~is_short), MOST))
    return pl.concat([_headed(short.filter(is_short)), long], how="diagonal").sort("row") if is_short.any() else long


def _lead(times: pl.DataFrame) -> pl.DataFrame:
    """`lead`, the shape up to the time (`x` for what is too much for a head), and the tokens before it if there are any."""
    before = times["before"]
    lead = times.select(pl.when("has_time").then(pl.lit("T")).otherwise(pl.lit("")).alias("lead"))
    if before.null_count() == len(before):
        return lead
    cut = tokens.cut(before, MOST_BEFORE).rename(lambda name: name.replace("t", "b"))
    is_all = cut.select(pl.sum_horizontal(pl.all().str.len_chars())).to_series() == before.str.len_chars() + 1
    is_too_much = ~(is_all & (before.str.len_bytes() <= LONGEST_BEFORE))
    kinds = cut.select(pl.concat_str(pl.lit(tokens.kinds_before(cut[name])) for name in cut.columns)).to_series()
    kinds = kinds.set(is_too_much.fill_null(False), "x")
    return (kinds + lead["lead"]).alias("lead").to_frame().hstack(cut)


def _shaped(times: pl.DataFrame, count: int) -> pl.DataFrame:
    """The rows with so many tokens of what follows the time, and the whole `shape`."""
    cut = tokens.cut(times["after"], count)
    kinds = (pl.lit(tokens.kinds(cut[name])) for name in cut.columns)
    return times.with_columns(pl.concat_str("lead", *kinds).alias("shape")).hstack(cut)


def _headed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the groups of their heads."""
    shapes = rows["shape"].unique()
    heads = [head_of(shape) for shape in shapes]
    numbers = rows["shape"].replace_strict(shapes, pl.int_range(len(shapes), eager=True), return_dtype=pl.Int64)
    cut = rows.select(name for name in rows.columns if name[1:].isdecimal())
    groups = said(cut, numbers, heads)
    counts = pl.Series([head.count if head else -1 for head in heads], dtype=pl.Int64).gather(numbers)
    width = _width(cut, counts)
    if "message" in groups.columns:  # it begins within a token
        width = width - groups["message"].str.len_chars().fill_null(0).cast(pl.Int64)
    behind = pl.when(pl.lit(counts) < 0).then(0).otherwise(pl.col("stop") + pl.lit(width)).alias("behind")
    return rows.select("row", "timestamp", "timestamp_source", behind).hstack(groups)


def _width(cut: pl.DataFrame, counts: pl.Series) -> pl.Series:
    """How many characters the first tokens of each row have."""
    width = pl.repeat(0, cut.height, dtype=pl.Int64, eager=True)
    for count in counts.unique():
        if count > 0:
            size = cut.select(pl.sum_horizontal(pl.col(f"t{n}").str.len_chars() for n in range(1, count + 1)))
            width = width.zip_with(counts != count, size.to_series().cast(pl.Int64))
    return width


def _with_second_line(fields: pl.DataFrame) -> pl.DataFrame:
    """The fields; of a record of Java's own logging with what its first two lines say."""
    found = fields.select(pl.col("text").str.extract_groups(_JUL).alias("jul")).unnest("jul")
    is_so = found["level"].is_not_null() & fields["timestamp"].is_not_null()
    if not is_so.any():
        return fields
    end = fields["text"].str.extract(_JUL, 0).str.len_chars()
    known = {name: pl.col(name) if name in fields.columns else pl.lit(None) for name in (*found.columns, "behind")}
    values = {**found.to_dict(), "behind": end}
    return fields.with_columns(
        pl.when(pl.lit(is_so)).then(pl.lit(values[name])).otherwise(old).alias(name) for name, old in known.items()
    )


TEXT = Format("text", parse_text, goes_on=True)
