"""BSD syslog lines of the usual forms, taken apart at their blanks: a quarter of the time of the patterns.

Each function takes lines (`index`, `text`) and gives those that it is sure of, with the fields that the patterns would
find.
"""

import polars as pl

from stacklens_pipeline.parse.formats.matching import are
from stacklens_pipeline.parse.formats.rfc3164_times import MONTHS, ZONES
from stacklens_pipeline.parse.formats.syslog_records import IS_PRI
from stacklens_pipeline.parse.formats.syslog_words import FACILITY_AND_SEVERITY

_PRI = IS_PRI.removeprefix("^")
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_HEAD = f"^(?:{_PRI})?(?:{MONTHS}) [ 0-9][0-9] {_CLOCK}$"
_ISO = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}(?:\.[0-9]{{1,9}})?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})$"
_HOST = "^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$"
_NO_HOST = rf"^(?:{FACILITY_AND_SEVERITY}|(?:19|20)[0-9]{{2}}|{ZONES})$"
"""What may stand between the time and the host."""
_NAME = "^%?[A-Za-z_][A-Za-z0-9_./()@-]*$"
_DATA = r'^\[(?:ID |[^ =\]"]+ +[^ =\]"]+=)'
"""A body that begins with structured data, or with what Solaris writes."""
_LONGEST_PRI = len("<191>")
_TIME = len("Jan  1 00:00:00")


def split_bsd(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (`index`, `observed`, `text`) with a host and a tag, `app:` or `app[pid]:`.

    Gives `index`, `observed`, head (`<PRI>` and the time), host, app, pid, body.
    """
    text = pl.col("text")
    pri = text.str.head(_LONGEST_PRI).str.find(">", literal=True) + 1
    parts = lines.with_columns((pri.fill_null(0) + _TIME).alias("end")).select(
        "index",
        "observed",
        text.str.slice(0, pl.col("end")).alias("head"),
        _split(text.str.slice(pl.col("end")), " ", ["none", "host", "tag", "body"]),
    )
    return _named(parts.unnest("parts"), _HEAD, pl.col("none") == "")


def split_iso(lines: pl.DataFrame) -> pl.DataFrame:
    """As `split_bsd`, of lines with an ISO 8601 time that has an offset: `time`, and `head`, which is PRI alone."""
    parts = lines.select("index", "observed", _split(pl.col("text"), " ", ["time", "host", "tag", "body"]))
    parts = parts.unnest("parts").with_columns(pl.lit("").alias("head"))
    if parts["time"].str.starts_with("<").any():
        head = pl.col("time").str.head(pl.col("time").str.find(">", literal=True).fill_null(-1) + 1)
        parts = parts.with_columns(head.alias("head"), pl.col("time").str.strip_prefix(head))
    return _named(parts, f"^(?:{_PRI})?$", are(parts["time"], _ISO))


def _named(parts: pl.DataFrame, head: str, is_usual: pl.Expr) -> pl.DataFrame:
    """The parts with a usual tag, as `app`, `pid` and `body`."""
    columns = [name for name in parts.columns if name not in ("none", "tag", "body")]
    parts = parts.with_columns(_split(pl.col("tag"), "[", ["name", "number"])).unnest("parts")
    parts = parts.with_columns(
        pl.col("name").str.strip_suffix(":").alias("app"),
        pl.col("number").str.strip_suffix("]:").alias("pid"),
        pl.col("body").fill_null(""),
    )
    is_usual = is_usual & are(parts["head"], head) & _are_hosts(parts["host"]) & _are_names(parts["app"]) & _has_tag()
    is_plain, bodies = _are_plain(parts["body"])
    return _only(parts.with_columns(bodies), is_usual & is_plain).select(*columns, "app", "pid", "body")


def _are_names(apps: pl.Series) -> pl.Expr:
    """Whether each may be a name; a mnemonic has the severity, which counts without PRI."""
    is_mnemonic = apps.str.starts_with("%")
    if not is_mnemonic.any():
        return are(apps, _NAME)
    return are(apps, _NAME) & (~pl.lit(is_mnemonic) | pl.col("head").str.starts_with("<"))


def _are_hosts(hosts: pl.Series) -> pl.Expr:
    """Whether each may be a host; most stand in many lines."""
    known = hosts.unique()
    others = known.filter(~known.str.contains(_HOST).fill_null(False) | known.str.contains(_NO_HOST).fill_null(False))
    return pl.lit(True) if not others.len() else ~pl.lit(hosts.is_in(others.implode()))


def _has_tag() -> pl.Expr:
    """Whether the tag is a name and perhaps a number in brackets, and one colon at its end."""
    has_number = pl.col("number").is_not_null()
    is_closed = (pl.col("pid") != pl.col("number")) & (pl.col("pid") != "")
    has_colon = pl.col("app") != pl.col("name")
    is_closed = is_closed & ~pl.col("pid").str.contains("]", literal=True)
    return (has_colon != has_number) & is_closed.fill_null(True)


def _are_plain(bodies: pl.Series) -> tuple[pl.Expr, pl.Series]:
    """Whether each has no structured data, nor what looks like it; and the bodies without blanks before them."""
    is_indented = bodies.str.starts_with(" ")
    if is_indented.any():
        bodies = bodies.str.strip_chars_start(" ")
    places = bodies.str.starts_with("[").arg_true()
    if not places.len():
        return pl.lit(True), bodies
    is_plain = pl.repeat(True, bodies.len(), dtype=pl.Boolean, eager=True)
    return pl.lit(is_plain.scatter(places, ~bodies.gather(places).str.contains(_DATA))), bodies


def _split(text: pl.Expr, by: str, names: list[str]) -> pl.Expr:
    return text.str.splitn(by, len(names)).struct.rename_fields(names).alias("parts")


def _only(lines: pl.DataFrame, is_usual: pl.Expr) -> pl.DataFrame:
    """The lines that are usual; filtering copies, which is spared when all are."""
    chosen = lines.select(is_usual.fill_null(False)).to_series()
    return lines if chosen.all() else lines.filter(chosen)
