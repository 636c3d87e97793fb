"""BSD syslog: RFC 3164 as it is written in the field, with or without PRI, a host, a year, a tag.

Lines with a host and a tag are taken apart by the column; the others by patterns, first what stands before the host,
then names and message. Attributes of a line that is hardly syslog have `syslog.invalid`, a sentence.
"""

from collections.abc import Callable, Sequence

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.rfc3164_detect import IS_BARE_RFC5424, is_rfc3164
from stacklens_pipeline.parse.formats.rfc3164_head import bsd_times, router_data, split_head
from stacklens_pipeline.parse.formats.rfc3164_names import BEHIND_A_TIME, BEHIND_PRI, split_names
from stacklens_pipeline.parse.formats.rfc3164_split import split_bsd, split_iso
from stacklens_pipeline.parse.formats.rfc3164_times import times
from stacklens_pipeline.parse.formats.rfc5424 import RFC5424, parse_rfc5424
from stacklens_pipeline.parse.formats.structured_one import SHOWN, read_structured
from stacklens_pipeline.parse.formats.syslog_framing import without_count
from stacklens_pipeline.parse.formats.syslog_records import IS_PRI, NO_PRI, syslog_records, with_priority
from stacklens_pipeline.parse.formats.syslog_words import FACILITY_AND_SEVERITY, head_of
from stacklens_pipeline.parse.timestamps import from_iso

_FIELDS = ("severity", "priority", "timestamp", "host", "app", "pid", "msgid", "json", "body", "invalid")
_PRI = r"^(<[0-9]+>)"
_DATA = r'^ *\[[^ =\]"]+ +[^ =\]"]+='
_SOLARIS = rf"^\[ID (?P<msgid>[0-9]+) (?P<words_of_solaris>{FACILITY_AND_SEVERITY})\]"
"""What Solaris writes before the message."""


def parse_rfc3164(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of BSD syslog lines; the year comes from the time of receipt, the zone is `timezone` unless it is there.

    What has neither a time nor a tag behind PRI is the body. Messages of RFC 5424 behind an octet count, or without PRI
    become records of that format.
    """
    is_other = lines["text"].str.contains(IS_BARE_RFC5424)
    if not is_other.any():
        return _records(lines, timezone)
    numbered = lines.with_row_index("row")
    of_other = numbered.filter(is_other).with_columns(pl.lit(RFC5424.name).alias("format"))
    records = [_records(numbered.filter(~is_other), timezone), parse_rfc5424(of_other, timezone)]
    return pl.concat(records, how="diagonal").sort("row").drop("row")


def _records(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of lines of BSD syslog only."""
    # most times have no fraction of a second, so that those of the times of receipt are left out
    left = lines.select("text", pl.col("appended_at").dt.truncate("1s").alias("observed")).with_row_index("index")
    parts = []
    for read in _readers(left):
        part = read(left, timezone)
        parts.append(part)
        if part.height == left.height:
            break
        left = left.join(part, on="index", how="anti", maintain_order="left") if part.height else left
    fields = pl.concat(parts, how="diagonal") if len(parts) > 1 else parts[0]
    fields = fields if fields["index"].is_sorted() else fields.sort("index")
    return syslog_records(lines, fields.drop("index"), "syslog_rfc3164")


def _readers(lines: pl.DataFrame) -> Sequence[Callable[[pl.DataFrame, str], pl.DataFrame]]:
    """Those that know what they read, first the one that knows the first line, and last the one for all others."""
    has_iso = lines.head(1).select(pl.col("text").str.contains(r"^(?:<[0-9]*>)?[0-9]{4}-").any()).item()
    return (_iso, _bsd, _others) if has_iso else (_bsd, _iso, _others)


def _bsd(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """The fields of usual lines with a time as RFC 3164 has it; each head is asked for its time once."""
    fields = split_bsd(lines)
    heads = fields.select("head", "observed").unique()
    heads = with_priority(heads.with_columns(bsd_times(heads, timezone).alias("timestamp")))
    heads = heads.with_columns(_no_such_time(pl.col("head").str.replace(_PRI, "")).alias("invalid"))
    return fields.join(heads, on=["head", "observed"], how="left", maintain_order="left").drop("head", "observed")


def _iso(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """The fields of usual lines with a time of ISO 8601."""
    fields = split_iso(lines).drop("observed")
    fields = fields.with_columns(from_iso(pl.col("time"), timezone).alias("timestamp"))
    return with_priority(fields.with_columns(_no_such_time(pl.col("time")).alias("invalid"))).drop("head", "time")


def _others(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """The fields of any lines, and what is `invalid` in them."""
    heads = split_head(without_count(lines))
    heads = heads.with_columns(times(heads, timezone).alias("timestamp"), router_data(heads).alias("json"))
    is_dated = heads["time"].is_not_null()
    names = [split_names(heads.filter(is_dated), BEHIND_A_TIME), split_names(heads.filter(~is_dated), BEHIND_PRI)]
    fields = heads.join(pl.concat(names), on="index", maintain_order="left")
    fields = _with_data(fields).with_columns(pl.col("body").str.extract_groups(_SOLARIS).alias("solaris"))
    fields = fields.unnest("solaris").with_columns(pl.coalesce("host", "origin").alias("host"))
    problems = (pl.col("problem"), _no_such_pri(), _no_such_time(pl.col("time")), _nothing_known())
    fields = fields.with_columns(head_of(fields), pl.coalesce(problems).alias("invalid"))
    return with_priority(fields).select("index", *_FIELDS)


def _with_data(fields: pl.DataFrame) -> pl.DataFrame:
    """The fields with the structured data that some put behind the tag, which are then no part of the body."""
    places = fields["body"].str.contains(_DATA).arg_true()
    if not places.len():
        return fields
    found = [read_structured(text.lstrip(" ")) for text in fields["body"].gather(places)]
    is_valid = pl.Series([each.problem is None for each in found], dtype=pl.Boolean)
    columns = {name: pl.Series([getattr(each, name) for each in found], dtype=pl.String) for name in ("json", "body")}
    taken = places.filter(is_valid)
    return fields.with_columns(fields[name].scatter(taken, column.filter(is_valid)) for name, column in columns.items())


def _no_such_pri() -> pl.Expr:
    pri = pl.col("pri")
    return pl.when(~pl.format("<{}>", pri).str.contains(IS_PRI)).then(pl.format(f"{NO_PRI}: `{{}}`", pri))


def _no_such_time(time: pl.Expr) -> pl.Expr:
    has_none = pl.col("timestamp").is_null() & time.is_not_null()
    return pl.when(has_none).then(pl.format("the time does not exist: `{}`", time))


def _nothing_known() -> pl.Expr:
    """What is wrong with a line without a time and names; one that does not even have a PRI is here by mistake."""
    is_bare = pl.col("time").is_null() & ~pl.col("has_shape")
    sentence = pl.format("neither VERSION, a time nor a TAG follows PRI: `{}`", pl.col("rest").str.head(SHOWN))
    without_pri = pl.when(pl.col("pri").is_null()).then(pl.lit("there is neither PRI nor a time"))
    return pl.when(is_bare).then(without_pri.otherwise(sentence))


RFC3164 = Format("rfc3164", parse_rfc3164, is_rfc3164(pl.col("text")), first="<ADFJMNOSTW*.:0123456789")
