"""CEF, what firewalls and other security products write: alone, or as the message of a syslog line.

Source: "Implementing ArcSight Common Event Format", versions 0.1 and 1. All fields keep their CEF names among the
attributes; a custom field with a label (`cs1Label=Rule cs1=7`) is there once more under that label.
"""

from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.events import EVENT_FIRST, event_test, event_time, severities, with_head
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.otherwise import or_text
from stacklens_pipeline.parse.formats.pairs import Pairs, joined
from stacklens_pipeline.parse.formats.urls import path_of

HEADER = ("cefVersion", "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity")

_ESCAPES = {"\\\\": "\x1d", "\\|": "\x1c", "\\=": "\x1b", "\\n": "\n", "\\r": "\r"}
_MEANT = {"\x1d": "\\", "\x1c": "|", "\x1b": "="}
"""What was escaped stands for itself only when the text has been taken apart."""
_START = r"CEF: ?[0-9]{1,2}(?:\.[0-9]+)?"
_KEY = r"(?:^| )([A-Za-z0-9_.\[\]-]+)="
_MARKS = "[\x1b-\x1f]"
"""Characters that stand for something while a text is taken apart: in the text itself they count as blanks."""


def parse_cef(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of CEF events; the body is `msg`, or the event's name."""
    return or_text(lines, _TEST, partial(_records, timezone=timezone), timezone)


def _records(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    start = lines["text"].str.find(_START)
    text = pl.col("text")
    parts = lines.select(
        text.str.slice(0, start).alias("head"), text.str.slice(start + 4).str.strip_chars_start().alias("event")
    )
    event = _split(parts["event"])
    pairs = _labelled(_pairs(event["extension"])).apart_from(HEADER, "extension.")
    few = pairs.only(_WANTED)
    filled = event.select(pl.when(pl.all() != "").then(pl.all()))
    header = json_object({name: event[name] for name in HEADER})
    severity, level_source = severities(event["severity"])
    columns = pl.select(
        pl.lit(event_time(few, ("rt", "start", "end"), lines["appended_at"], timezone)).alias("timestamp"),
        pl.lit("field").alias("timestamp_source"),
        severity,
        level_source,
        *(pl.lit(few.first(*names)).alias(column) for column, names in _COLUMNS.items()),
        path_of(pl.lit(few.first("request"))).alias("url_path"),
        pl.lit(filled["deviceProduct"]).alias("service_name"),
        pl.coalesce(pl.lit(few.first("msg")), pl.lit(filled["name"]), lines["text"]).alias("body"),
        pl.lit(joined(header, pairs.objects())).alias("attributes"),
    )
    return with_head(lines, parts["head"], columns, timezone)


_COLUMNS = {
    "client_address": ("src",),
    "user_id": ("suser", "duser"),
    "http_method": ("requestMethod",),
    "bytes_sent": ("out",),
    "host_name": ("dvchost", "dvc"),
}
_WANTED = frozenset(("request", "msg", "rt", "start", "end")).union(*_COLUMNS.values())
"""A column -> the fields of which the first that is there becomes it."""


def _split(events: pl.Series) -> pl.DataFrame:
    """The header's fields and the `extension`, in which what was escaped is still a mark."""
    events = events.str.replace_all(_MARKS, " ") if events.str.contains(_MARKS).any() else events
    has_escapes = events.str.contains("\\", literal=True).any()
    events = events.str.replace_many(_ESCAPES) if has_escapes else events
    names = [*HEADER, "extension"]
    fields = events.str.splitn("|", len(names)).struct.rename_fields(names).struct.unnest()
    return fields.with_columns(pl.col(HEADER).str.replace_many(_MEANT)) if has_escapes else fields


def _pairs(extensions: pl.Series) -> Pairs:
    """Pairs of `key=value key=value with blanks`; what stands before the first key is named `extension`."""
    pieces = extensions.str.replace_all(_KEY, "\x1f${1}\x1e").str.split("\x1f").alias("pair").to_frame()
    pieces = pieces.with_row_index("row")
    before = pieces.select("row", pl.lit("extension").alias("name"), pl.col("pair").list.first().str.strip_chars())
    pair = pl.col("pair").str.splitn("\x1e", 2).struct.rename_fields(["name", "value"]).alias("pair")
    cut = pieces.with_columns(pl.col("pair").list.slice(1)).explode("pair").drop_nulls().select("row", pair)
    pairs = Pairs(extensions.len(), _meant(cut.unnest("pair")))
    named = before.rename({"pair": "value"}).filter(pl.col("value") != "")
    return pairs.with_more(_meant(named)) if named.height else pairs


def _meant(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs with what was escaped in their values."""
    has_marks = pairs["value"].str.contains(_MARKS)
    if not has_marks.any():
        return pairs
    return pairs.with_columns(pl.when(has_marks).then(pl.col("value").str.replace_many(_MEANT)).otherwise("value"))


def _labelled(pairs: Pairs) -> Pairs:
    """The pairs, and those that have a label once more under it."""
    is_label = pairs.frame["name"].str.ends_with("Label") & (pairs.frame["value"] != "")
    if not is_label.any():
        return pairs
    base = pl.col("name").str.strip_suffix("Label")
    labels = pairs.frame.filter(is_label).select("row", base, pl.col("value").alias("label"))
    named = pairs.frame.filter(pl.col("name").is_in(labels["name"].unique().implode()))
    more = named.join(labels, on=["row", "name"]).select("row", pl.col("label").alias("name"), "value")
    return pairs.with_more(more) if more.height else pairs


# a head is plain, so that its characters are as many as its bytes
_IS_CEF = rf"^(?:[{EVENT_FIRST}][\t -{{}}-~]* )?{_START}(?:\|(?:[^|\\]|\\.)*){{6}}\|"
_TEST = event_test("CEF:", _IS_CEF)
CEF = Format("cef", parse_cef, _TEST, first=EVENT_FIRST)
