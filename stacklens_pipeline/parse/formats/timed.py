"""Where the time of a text stands, and what stands before and behind it.

Most lines begin with an ISO time, which is looked for first; `find` knows all the others.
"""

from datetime import UTC, datetime

import polars as pl

from stacklens_pipeline.parse.levels import BEFORE_COLON, UPPER
from stacklens_pipeline.parse.timestamps import ISO, find, recognise, usual_iso
from stacklens_pipeline.tables import UTC_TIME

_OPENING, _CLOSING = '[(<"', "\"'])>,:;"
"""What stands before a time, and what behind it."""
_LONGER = r"^(?: ?(?:[A-Z]{2,3}T|UTC|GMT|MSK|[AaPp]\.?[Mm]\.?)(?:[^A-Za-z]|$)|:[0-9]{3}(?:[^0-9]|$))"
"""What belongs to an ISO time that goes on so; only `find` reads it."""
_MAY_BE_TIME = r"[0-9]:[0-9]{2}|[0-9]{6}|[0-9]{2}\.[0-9]{2}\.[0-9]{2}"
"""What every other time has somewhere."""
_MAY_BE_HEAD = rf"^[ \t]*(?:[\[({{]|{BEFORE_COLON}|{UPPER}|PHP )"
"""How heads without a time begin."""

_PLAUSIBLE = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Other years are left to those who know all of them."""
_COLUMNS = ("timestamp", "timestamp_source", "stop", "before", "has_time", "after")


def timed(first: pl.Series, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """The time of each first line of a text and where it stands.

    Gives `timestamp` (null without a time), `timestamp_source`, `stop` (where what follows begins, in characters),
    `before` (what stands before the time, null when it is at the beginning), `has_time`, and `after`: what follows the
    time, or the line itself where there is none, and null where that can begin with no head.
    """
    opened = first.str.strip_chars_start(_OPENING)
    iso = opened.str.extract(f"^{ISO}", 0)
    if iso.null_count() == len(iso):
        return _found(first, observed, timezone)
    rest = opened.to_frame("text").select(pl.col("text").str.slice(iso.str.len_chars())).to_series()
    after = _behind(rest)
    times = _instants(iso, observed, timezone).select(
        "timestamp",
        pl.lit("iso").alias("timestamp_source"),
        (first.str.len_chars() - after.str.len_chars()).alias("stop"),
        pl.lit(None, pl.String).alias("before"),
        pl.lit(True).alias("has_time"),
        after.alias("after"),
    )
    is_iso = times["timestamp"].is_not_null() & ~rest.str.contains(_LONGER)
    if is_iso.all():
        return times
    rows = (~is_iso.fill_null(False)).arg_true()
    others = _found(first.gather(rows), observed.gather(rows), timezone)
    return times.with_columns(times[name].clone().scatter(rows, others[name]) for name in times.columns)


def _instants(iso: pl.Series, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """The `timestamp` of each ISO time; in UTC, as many write it, in half the time that others take."""
    sample = iso.drop_nulls().head(1)
    if not sample.str.ends_with("Z").all():
        return recognise(iso, observed, timezone)
    usual = iso.to_frame("time").select(usual_iso(pl.col("time"))).to_series()
    usual = usual.to_frame("time").select(pl.when(pl.col("time").is_between(*_PLAUSIBLE)).then("time")).to_series()
    rows = (usual.is_null() & iso.is_not_null()).arg_true()
    if len(rows):
        usual = usual.scatter(rows, recognise(iso.gather(rows), observed.gather(rows), timezone)["timestamp"])
    return usual.alias("timestamp").to_frame()


def _behind(texts: pl.Series) -> pl.Series:
    """The texts without the signs that stand between a time and what follows it."""
    return texts.str.strip_chars_start(_CLOSING).str.strip_chars_start(" \t")


def _found(first: pl.Series, observed: pl.Series, timezone: str) -> pl.DataFrame:
    """As `timed`, of lines that do not begin with an ISO time."""
    lines = _untimed(first)
    rows = first.str.contains(_MAY_BE_TIME).arg_true()
    if not len(rows):
        return lines
    texts = first.gather(rows)
    found = find(texts, observed.gather(rows), timezone).with_columns(texts.alias("text"), rows.alias("row"))
    found = found.filter(pl.col("timestamp").is_not_null())
    after = _behind(found.select(pl.col("text").str.slice(pl.col("stop"))).to_series())
    found = found.select(
        "row",
        "timestamp",
        pl.col("source").alias("timestamp_source"),
        (pl.col("text").str.len_chars() - after.str.len_chars()).alias("stop"),
        pl.when(pl.col("start") > 0).then(_before(pl.col("text").str.head(pl.col("start")))).alias("before"),
        pl.lit(True).alias("has_time"),
        after.alias("after"),
    )
    if found.height == lines.height:
        return found.drop("row")
    return lines.with_columns(lines[name].scatter(found["row"], found[name]) for name in lines.columns)


def _untimed(first: pl.Series) -> pl.DataFrame:
    """Lines without a time."""
    after = first.str.strip_chars_start(" \t")
    has_head = first.str.contains(_MAY_BE_HEAD)
    lines = pl.DataFrame({"text": first, "after": after, "has_head": has_head})
    return lines.select(
        pl.lit(None, UTC_TIME).alias("timestamp"),
        *(pl.lit(None, pl.String).alias(name) for name in ("timestamp_source", "before")),
        (pl.col("text").str.len_chars() - pl.col("after").str.len_chars()).alias("stop"),
        pl.lit(False).alias("has_time"),
        pl.when("has_head").then("after").alias("after"),
    ).select(_COLUMNS)


def _before(text: pl.Expr) -> pl.Expr:
    """What stands before a time, without what opens a bracket around it; null where that is nothing."""
    text = text.str.strip_chars_end(" \t[({<\"'#")
    # a bracket that is closed behind the time
    text = pl.when(text.str.contains(r"[\])]")).then(text).otherwise(text.str.strip_chars_start("[( "))
    return pl.when(text != "").then(text)
