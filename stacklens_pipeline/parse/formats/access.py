"""Access lines of Apache and nginx: common and combined, with or without fields of one's own at the end."""

from collections.abc import Callable, Sequence
from itertools import chain

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.matching import are
from stacklens_pipeline.parse.levels import severity_of_status
from stacklens_pipeline.parse.timestamps import from_clf

_ACCESS = (
    r'^(?P<client>[^ ]+) (?P<ident>[^ ]+) (?P<user>[^\[]*?) ?\[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)"'
    r" (?P<status>[0-9]{3}|-) (?P<bytes>[0-9]+|-)"
    r'(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"?)?(?: (?P<more>.*))?$'
)
_REQUEST = r"^(?P<method>[A-Z]{3,20}) (?P<target>.*?)(?: HTTP/(?P<version>[0-9.]+))?$"


_CONTROL = r"[\x00-\x1f]"
_PLAIN = r"^[^\x00-\x1f]*$"
_SECONDS = r"^[0-9]+\.[0-9]{3}$"
_LAST_SECONDS = r"^(?:.* )?([0-9]+\.[0-9]{3})(?: |$)"


def parse_access(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of access lines; the body is the request line. The zone stands in the line itself."""
    del timezone
    split = usual_fields(lines)
    is_usual = split["is_usual"]
    if is_usual.all():
        return _records(split, _same)
    usual = _records(split.filter(is_usual).drop("is_usual"), _same)
    return pl.concat([usual, records_by_pattern(lines.filter(~is_usual)).select(usual.columns)])


def records_by_pattern(lines: pl.DataFrame) -> pl.DataFrame:
    """The records of any access lines, those that nothing matches with their whole text as the body."""
    return _records(_matched(lines), _escaped)


def usual_fields(lines: pl.DataFrame) -> pl.DataFrame:
    """The fields by splitting at quotes and blanks, which takes a fifth of the time of the pattern.

    `is_usual` says where this holds: then the pattern would find the same, and no field needs an escape in JSON.
    """
    text = pl.col("text")
    quoted = text.str.splitn('"', 7).struct.rename_fields(
        ["head", "request", "sizes", "referrer", "gap", "agent", "end"]
    )
    parts = lines.with_columns(quoted.alias("quoted")).unnest("quoted")
    parts = parts.with_columns(
        pl.col("head")
        .str.splitn(" ", 6)
        .struct.rename_fields(["client", "ident", "user", "day", "zone", "rest"])
        .alias("h"),
        pl.col("sizes").str.splitn(" ", 4).struct.rename_fields(["before", "status", "bytes", "after"]).alias("s"),
        pl.col("request").str.splitn(" ", 3).struct.rename_fields(["method", "target", "spoken"]).alias("r"),
    ).unnest("h", "s", "r")
    is_combined = (pl.col("after") == "") & (pl.col("gap") == " ") & pl.col("end").str.contains('^(?: [^"]*)?$')
    is_usual = (
        ~text.str.contains_any(["\\", "\n"])
        & _are_plain(parts)
        & pl.all_horizontal(pl.col("client", "ident") != "")
        & ~pl.col("user").str.contains("[", literal=True)
        & are(parts["day"], r"^\[[^\[\]]+$")
        & are(parts["zone"], r"^[^\]]+\]$")
        & (pl.col("rest") == "")
        & (pl.col("before") == "")
        & are(parts["status"], "^(?:[0-9]{3}|-)$")
        & pl.col("bytes").str.contains("^(?:[0-9]+|-)$")
        & are(parts["method"], "^[A-Z]{3,20}$")
        & are(parts["spoken"], "^HTTP/[0-9.]+$")
        & is_combined
    )
    return parts.select(
        *lines.columns,
        *("client", "user"),
        pl.col("day").str.slice(1),
        pl.col("zone").str.strip_suffix("]"),
        *("request", "status", "bytes", "referrer", "agent"),
        pl.col("end").str.slice(1).alias("more"),
        *("method", "target"),
        pl.col("spoken").str.slice(5).alias("version"),
        is_usual.fill_null(False).alias("is_usual"),
    )


def _are_plain(parts: pl.DataFrame) -> pl.Expr:
    """Whether the fields that become JSON have no control character."""
    plain = (are(parts[name], _PLAIN) for name in ("referrer", "agent"))
    return pl.all_horizontal(~pl.col("target").str.contains(_CONTROL), *plain)


def _matched(lines: pl.DataFrame) -> pl.DataFrame:
    fields = lines.with_columns(pl.col("text").str.extract_groups(_ACCESS).alias("fields")).unnest("fields")
    return fields.with_columns(
        pl.col("request").str.extract_groups(_REQUEST).alias("parts"),
        pl.col("time").str.splitn(" ", 2).struct.rename_fields(["day", "zone"]).alias("at"),
    ).unnest("parts", "at")


def _records(fields: pl.DataFrame, escape: Callable[[pl.Expr], pl.Expr]) -> pl.DataFrame:
    status = pl.col("status").cast(pl.Int32, strict=False)
    target = pl.col("target").str.splitn("?", 2).struct.rename_fields(["url_path", "query"])
    fields = fields.with_columns(target.alias("url")).unnest("url")
    fields = fields.with_columns(escape(pl.col("referrer", "agent", "query")))
    return fields.with_columns(
        from_clf(pl.col("day"), pl.col("zone")).alias("timestamp"),
        pl.lit("clf").alias("timestamp_source"),
        severity_of_status(status).alias("severity"),
        pl.lit("status").alias("level_source"),
        pl.col("client").alias("client_address"),
        pl.when(~pl.col("user").is_in(["-", ""])).then(pl.col("user")).alias("user_id"),
        pl.col("method").alias("http_method"),
        pl.col("status").alias("http_status"),
        pl.col("bytes").alias("bytes_sent"),
        _duration_ms(fields["more"]).alias("duration_ms"),
        pl.coalesce("request", "text").alias("body"),
        _attributes(fields).alias("attributes"),
    )


def _duration_ms(more: pl.Series) -> pl.Series:
    """Milliseconds, of the seconds that stand among the fields at the end."""
    is_alone = more.str.contains(_SECONDS) | more.is_null()
    seconds = more if is_alone.all() else more.str.extract(_LAST_SECONDS, 1)
    return seconds.cast(pl.Float64, strict=False) * 1000


def _attributes(fields: pl.DataFrame) -> pl.Expr:
    """A JSON object of what a line carries beside the columns; null without any."""
    is_there = {name: (fields[name] != "-").fill_null(False) for name in _MEMBERS.values()}
    if is_there["version"].all():
        members = (_member(name, column, is_there[column]) for name, column in _OTHERS.items())
        return pl.concat_str(pl.lit('{"http.version":"'), "version", pl.lit('"'), *chain(*members), pl.lit("}"))
    joined = pl.concat_str(*chain(*(_member(name, column, is_there[column]) for name, column in _MEMBERS.items())))
    return pl.when(joined != "").then(pl.lit("{") + joined.str.slice(1) + pl.lit("}"))


_OTHERS = {"http.referrer": "referrer", "user_agent": "agent", "url.query": "query"}
_MEMBERS = {"http.version": "version", **_OTHERS}


def _member(name: str, column: str, is_there: pl.Series) -> Sequence[pl.Expr]:
    """The parts of a member of a JSON object, with a comma before it; empty where there is nothing to say."""
    parts = pl.lit(f',"{name}":"'), pl.col(column), pl.lit('"')
    if is_there.all():
        return parts
    return [pl.when(pl.lit(is_there)).then(part).otherwise(pl.lit("")) for part in parts]


def _same(value: pl.Expr) -> pl.Expr:
    return value


def _escaped(value: pl.Expr) -> pl.Expr:
    """Escapes of the log line become JSON's."""
    unescaped = value.str.replace_all(r'\\"', '"')
    return unescaped.str.replace_all(r'([\\"])', r"\${1}").str.replace_all(r"[\x00-\x1f]", " ")


_IS_ACCESS = r'^[0-9A-Za-z.:_-]+ [^ ]+ [^"\[]*\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[^\]]*\] "'
ACCESS = Format("access", parse_access, pl.col("text").str.contains(_IS_ACCESS))
