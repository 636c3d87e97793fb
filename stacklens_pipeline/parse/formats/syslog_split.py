"""Syslog lines of the usual form, taken apart at their blanks: a quarter of the time of the patterns.

Each function takes lines (`index`, `text`) and gives those that it is sure of, with the fields that the pattern of
`syslog` would find.
"""

import polars as pl

from stacklens_pipeline.parse.formats.matching import are
from stacklens_pipeline.parse.formats.structured import usual_data

_HEAD_5424 = "^<[0-9]{1,3}>[0-9]{1,2}$"
_HEAD_3164 = "^(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}$"
_LONGEST_PRI = len("<191>")
_TIME = len("Jan  1 00:00:00")


def split_rfc5424(lines: pl.DataFrame) -> pl.DataFrame:
    """Messages whose structured data are `-`, or of a shape that many others have.

    Gives `index`, head (`<PRI>VERSION`), time, host, app, pid, msgid, json, body.
    """
    names = ["head", "time", "host", "app", "pid", "msgid", "data", "rest"]
    parts = lines.select("index", _split(pl.col("text"), " ", names)).unnest("parts")
    has_all = pl.all_horizontal(pl.col("time", "host", "app", "pid", "msgid") != "") & pl.col("data").is_not_null()
    usual = usual_data(_only(parts, are(parts["head"], _HEAD_5424) & has_all))
    return usual.select("index", *names[:6], "json", "body")


def split_rfc3164(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with a tag: `app:` or `app[pid]:`.

    Gives `index`, head (`<PRI>` and the time), host, app, pid, body.
    """
    text = pl.col("text")
    pri = text.str.head(_LONGEST_PRI).str.find(">", literal=True) + 1
    parts = lines.with_columns((pri.fill_null(0) + _TIME).alias("end")).select(
        "index",
        text.str.slice(0, pl.col("end")).alias("head"),
        _split(text.str.slice(pl.col("end")), " ", ["none", "host", "tag", "body"]),
    )
    parts = parts.unnest("parts").with_columns(_split(pl.col("tag"), "[", ["name", "number"])).unnest("parts")
    parts = parts.with_columns(
        pl.col("name").str.strip_suffix(":").alias("app"),
        pl.col("number").str.strip_suffix("]:").alias("pid"),
        pl.col("body").fill_null(""),
    )
    has_host = (pl.col("none") == "") & (pl.col("host") != "")
    usual = _only(parts, are(parts["head"], _HEAD_3164) & has_host & _has_tag())
    return usual.select("index", "head", "host", "app", "pid", "body")


def _has_tag() -> pl.Expr:
    """Whether the tag is a name and perhaps a number in brackets, and one colon at its end."""
    has_number = pl.col("number").is_not_null()
    is_closed = (pl.col("pid") != pl.col("number")) & ~pl.col("pid").str.contains("]", literal=True)
    has_colon = pl.col("app") != pl.col("name")
    is_name = (pl.col("app") != "") & ~pl.col("app").str.contains(":", literal=True)
    return is_name & (has_colon != has_number) & is_closed.fill_null(True)


def _split(text: pl.Expr, by: str, names: list[str]) -> pl.Expr:
    return text.str.splitn(by, len(names)).struct.rename_fields(names).alias("parts")


def _only(lines: pl.DataFrame, is_usual: pl.Expr) -> pl.DataFrame:
    """The lines that are usual; filtering copies, which is spared when all are."""
    chosen = lines.select(is_usual.fill_null(False)).to_series()
    return lines if chosen.all() else lines.filter(chosen)
