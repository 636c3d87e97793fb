"""Access lines of Apache and nginx: common and combined, with or without fields of one's own at the end."""

from collections.abc import Callable, Sequence
from itertools import chain

import polars as pl

from stacklens_pipeline.parse.formats.access_dialects import IS_ACCESS, dialect_fields
from stacklens_pipeline.parse.formats.access_ends import ending
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.matching import are
from stacklens_pipeline.parse.formats.members import json_object, number_or_text
from stacklens_pipeline.parse.formats.pairs import joined
from stacklens_pipeline.parse.formats.text import parse_text
from stacklens_pipeline.parse.levels import severity_of_status
from stacklens_pipeline.parse.timestamps import from_clf

_CONTROL = r"[\x00-\x1f]"
_PLAIN = r"^[^\x00-\x1f]*$"


def parse_access(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of access lines, those of the usual form first; the body is the request line."""
    split = usual_fields(lines)
    is_plain = split["is_usual"] & ~split["has_escape"]
    if is_plain.all():
        return _records(split, _same)
    parts = [_records(split.filter(is_plain), _same)]
    if (is_escaped := split["is_usual"] & split["has_escape"]).any():
        parts.append(_records(split.filter(is_escaped), _escaped))
    if (is_other := ~split["is_usual"]).any():
        parts.append(dialect_records(lines.filter(is_other), timezone))
    return pl.concat(parts, how="diagonal_relaxed")


def dialect_records(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of any access lines by pattern; those that nothing matches are text."""
    fields = dialect_fields(lines, timezone)
    has_time = fields["timestamp"].is_not_null() | (fields["time"] == "-").fill_null(False)
    is_access = fields["bytes"].is_not_null() & has_time
    if not is_access.all():
        others = parse_text(lines.filter(~is_access).with_columns(pl.lit("text").alias("format")), timezone)
        lines, fields = lines.filter(is_access), fields.filter(is_access)
        return pl.concat([_of_dialect(lines, fields), others], how="diagonal_relaxed")
    return _of_dialect(lines, fields)


def _of_dialect(lines: pl.DataFrame, fields: pl.DataFrame) -> pl.DataFrame:
    records = _records(lines.hstack(fields), _escaped)
    seconds = fields["seconds"].cast(pl.Float64, strict=False) * 1000
    port = number_or_text(fields["port"])
    members = {"server.address": fields["host"], "server.port": port, "x_forwarded_for": fields["forwarded"]}
    ident = fields["ident"].set(fields["ident"] == "-", None)
    return records.with_columns(
        pl.coalesce(seconds, "duration_ms").alias("duration_ms"),
        joined(records["attributes"], json_object({"identity": ident, **members})).alias("attributes"),
    )


def usual_fields(lines: pl.DataFrame) -> pl.DataFrame:
    """The fields by splitting at quotes and blanks, which takes a fifth of the time of the pattern.

    `is_usual` says where this holds, so that the pattern would find the same; `has_escape` where fields hold
    backslashes. No field holds anything else that would need an escape in JSON.
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
    timestamp = from_clf(pl.col("day").str.slice(1), pl.col("zone").str.strip_suffix("]"))
    parts = parts.with_columns(timestamp.alias("timestamp"))
    is_combined = (pl.col("after") == "") & (pl.col("gap") == " ") & pl.col("end").str.contains("^(?: [^ ]|$)")
    is_common = pl.col("after").is_null() & pl.col("referrer").is_null()
    is_usual = (
        ~text.str.contains_any(['\\"', "\n"])
        & _are_plain(parts)
        & ~pl.col("client").is_in(["", "-"])
        & are(parts["ident"], "^-$")
        & ~pl.any_horizontal(pl.col("client", "user").str.contains("[", literal=True))
        & are(parts["day"], r"^\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8}$")
        & are(parts["zone"], r"^[+-][0-9]{4}\]$")
        & pl.col("timestamp").is_not_null()
        & (pl.col("rest") == "")
        & (pl.col("before") == "")
        & are(parts["status"], "^(?:[0-9]{3}|-)$")
        & pl.col("bytes").str.contains("^(?:[0-9]+|-)$")
        & are(parts["method"], "^[A-Z]{3,20}$")
        & are(parts["spoken"], "^HTTP/[0-9.]+$")
        & (is_combined | is_common)
    )
    return parts.select(
        *lines.columns,
        *("client", "user", "timestamp"),
        pl.lit("clf").alias("timestamp_source"),
        *("request", "status", "bytes", "referrer", "agent"),
        pl.col("end").str.slice(1).alias("more"),
        *("method", "target"),
        pl.col("spoken").str.slice(5).alias("version"),
        is_usual.fill_null(False).alias("is_usual"),
        text.str.contains("\\", literal=True).alias("has_escape"),
    )


def _are_plain(parts: pl.DataFrame) -> pl.Expr:
    """Whether the fields that become JSON have no control character."""
    plain = (are(parts[name], _PLAIN).fill_null(True) for name in ("referrer", "agent"))
    return pl.all_horizontal(~pl.col("target").str.contains(_CONTROL), *plain)


def _records(fields: pl.DataFrame, escape: Callable[[pl.Expr], pl.Expr]) -> pl.DataFrame:
    status = pl.col("status").cast(pl.Int32, strict=False)
    target = pl.col("target").str.splitn("?", 2).struct.rename_fields(["url_path", "query"])
    fields = fields.with_columns(target.alias("url")).unnest("url")
    fields = fields.with_columns(escape(pl.col("referrer", "agent", "query")))
    end = ending(fields["more"])
    attributes = fields.select(_attributes(fields)).to_series()
    if end.attributes.null_count() < fields.height:
        attributes = joined(attributes, end.attributes)
    return fields.with_columns(
        severity_of_status(status).alias("severity"),
        pl.lit("status").alias("level_source"),
        pl.col("client").alias("client_address"),
        pl.when(~pl.col("user").is_in(["-", ""])).then(pl.col("user")).alias("user_id"),
        pl.col("method").alias("http_method"),
        pl.col("status").alias("http_status"),
        pl.col("bytes").alias("bytes_sent"),
        end.duration_ms.alias("duration_ms"),
        pl.coalesce("request", "text").alias("body"),
        attributes.alias("attributes"),
    )


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


ACCESS = Format("access", parse_access, pl.col("text").str.contains(IS_ACCESS))
