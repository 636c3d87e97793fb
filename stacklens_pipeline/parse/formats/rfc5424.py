"""RFC 5424 syslog: strictly checked, and read as far as it holds when it is not valid.

Valid messages of common shapes are taken apart by the column; the structured data of others are read one by one.
Attributes of a message that is not valid have `syslog.invalid`, a sentence.
"""

import polars as pl

from stacklens_pipeline.parse.characters import utf8
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.rfc5424_header import is_valid, recovered, split_header
from stacklens_pipeline.parse.formats.structured import usual_data
from stacklens_pipeline.parse.formats.structured_one import read_structured
from stacklens_pipeline.parse.formats.syslog_framing import without_count
from stacklens_pipeline.parse.formats.syslog_records import syslog_records, with_priority

_FIELDS = ("head", "timestamp", "host", "app", "pid", "msgid", "json", "body", "invalid")
_MARK = "\ufeff"
"""Byte order mark: says that MSG is UTF-8, and is no part of it."""
_NOT_UTF8 = "MSG has a byte order mark, but is not UTF-8"


def parse_rfc5424(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of RFC 5424 messages; where a header ends early, the rest of it is the body."""
    every = lines.select("text").with_row_index("index")
    parts = split_header(every)
    valid = is_valid(parts)
    fields = _with_data(parts if valid.all() else parts.filter(valid))
    if not valid.all():
        framed = without_count(every.filter(~valid))
        others = recovered(split_header(framed), timezone).with_columns(framed["problem"].alias("framing"))
        fields = pl.concat([fields, _one_by_one(others, pl.coalesce("framing", "problem", "wrong"))])
    fields = fields if fields["index"].is_sorted() else fields.sort("index")
    return syslog_records(lines, with_priority(_without_mark(fields, lines)), "syslog_rfc5424")


def _with_data(parts: pl.DataFrame) -> pl.DataFrame:
    """The fields of messages with a valid header."""
    usual = usual_data(parts)
    fields = usual.with_columns(pl.lit(None, pl.String).alias("invalid")).select("index", *_FIELDS)
    if usual.height == parts.height:
        return fields
    return pl.concat([fields, _one_by_one(parts.join(usual, on="index", how="anti"), pl.col("wrong"))])


def _one_by_one(parts: pl.DataFrame, problem: pl.Expr) -> pl.DataFrame:
    """The fields of any messages; `wrong` is what is wrong with the structured data."""
    has_data = parts["data"].is_not_null()
    data = parts.filter(has_data).select(pl.concat_str("data", "rest", separator=" ", ignore_nulls=True)).to_series()
    schema = dict.fromkeys(("json", "body", "wrong"), pl.String())
    read = pl.DataFrame(list(map(read_structured, data)), schema=schema, orient="row")
    read = read.with_columns(parts["index"].filter(has_data))
    fields = parts.join(read, on="index", how="left", maintain_order="left")
    body = pl.when(has_data).then("body").otherwise(pl.col("rest").fill_null(""))
    return fields.with_columns(body.alias("body"), problem.alias("invalid")).select("index", *_FIELDS)


def _without_mark(fields: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The fields with a body that does not begin with the mark; a body that does has to be UTF-8."""
    is_marked = fields["body"].str.starts_with(_MARK)
    if not is_marked.any():
        return fields
    fields = fields.with_columns(pl.col("body").str.strip_prefix(_MARK))
    if "value" not in lines.columns:
        return fields
    is_wrong = is_marked & utf8(lines["value"]).is_null() & lines["value"].is_not_null()
    if not is_wrong.any():
        return fields
    return fields.with_columns(
        pl.coalesce("invalid", pl.when(pl.lit(is_wrong)).then(pl.lit(_NOT_UTF8))).alias("invalid")
    )


_IS_RFC5424 = r"^<[0-9]{1,9}>(?:[0-9]{1,3}(?: |$)|[0-9]{4,9} (?:[0-9-]|$))"
RFC5424 = Format("rfc5424", parse_rfc5424, pl.col("text").str.contains(_IS_RFC5424), first="<")
