"""LEEF, what QRadar's sources write: alone, or as the message of a syslog line.

Source: IBM, "Log Event Extended Format (LEEF)", versions 1.0 and 2.0. All fields keep their LEEF names among the
attributes.
"""

import re
from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.events import EVENT_FIRST, event_test, event_time, severities, with_head
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.otherwise import or_text
from stacklens_pipeline.parse.formats.pairs import Pairs, joined
from stacklens_pipeline.parse.formats.urls import path_of

HEADER = ("leefVersion", "vendor", "product", "version", "eventID")
_COLUMNS = {
    "client_address": ("src",),
    "user_id": ("usrName",),
    "http_method": ("method",),
    "bytes_sent": ("dstBytes",),
    "host_name": ("devName", "identHostName"),
}
"""A column -> the fields of which the first that is there becomes it."""
_START = r"LEEF: ?[12](?:\.[0-9])?"
_DECLARED = r"^(?:.|0?[xX][0-9A-Fa-f]{1,4})?$"
_HEXADECIMAL = re.compile("[0-9a-f]{1,4}")
_WANTED = frozenset(("url", "msg", "sev", "devTime")).union(*_COLUMNS.values())


def parse_leef(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of LEEF events; the body is `msg`, or the event's id."""
    return or_text(lines, _TEST, partial(_records, timezone=timezone), timezone)


def _records(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    start = lines["text"].str.find(_START)
    text = pl.col("text")
    parts = lines.select(
        text.str.slice(0, start).alias("head"), text.str.slice(start + 5).str.strip_chars_start().alias("event")
    )
    names = [*HEADER, "rest"]
    event = parts["event"].str.splitn("|", len(names)).struct.rename_fields(names).struct.unnest()
    pairs = _pairs(event).apart_from(HEADER, "extension.")
    few = pairs.only(_WANTED)
    severity, level_source = severities(few.first("sev"))
    columns = pl.select(
        pl.lit(event_time(few, ("devTime",), lines["appended_at"], timezone)).alias("timestamp"),
        pl.lit("field").alias("timestamp_source"),
        severity,
        level_source,
        *(pl.lit(few.first(*names)).alias(column) for column, names in _COLUMNS.items()),
        path_of(pl.lit(few.first("url"))).alias("url_path"),
        pl.lit(event["product"].set(event["product"] == "", None)).alias("service_name"),
        pl.coalesce(pl.lit(few.first("msg")), pl.lit(event["eventID"])).alias("body"),
        pl.lit(joined(json_object({name: event[name] for name in HEADER}), pairs.objects())).alias("attributes"),
    )
    return with_head(lines, parts["head"], columns, timezone)


def _pairs(event: pl.DataFrame) -> Pairs:
    """Pairs of the events' attributes, which version 2 may put another character between than a tab."""
    cut = event["rest"].str.splitn("|", 2).struct.rename_fields(["declared", "pairs"]).struct.unnest()
    is_declared = event["leefVersion"].str.starts_with("2") & cut["declared"].str.contains(_DECLARED)
    is_declared = (is_declared & cut["pairs"].is_not_null()).fill_null(False)
    delimiter = pl.when(is_declared).then(_character(cut["declared"])).otherwise(pl.lit("\t"))
    pairs = pl.when(is_declared).then(cut["pairs"]).otherwise(event["rest"])
    pieces = pl.select(pairs.str.split(delimiter).alias("pair")).with_row_index("row").explode("pair")
    pair = pl.col("pair").str.splitn("=", 2).struct.rename_fields(["name", "value"]).alias("pair")
    found = pieces.select("row", pair).unnest("pair").drop_nulls()
    return Pairs(event.height, found.with_columns(pl.col("name").str.strip_chars()))


def _character(texts: pl.Series) -> pl.Expr:
    """The delimiter that is declared: a character, or its number as `x09` or `0x09`; a tab for anything else."""
    known = texts.unique()
    characters = [_declared(text) for text in known]
    return pl.lit(texts.replace_strict(known, pl.Series(characters, dtype=pl.String), return_dtype=pl.String))


def _declared(text: str | None) -> str:
    if not text or len(text) == 1:
        return text or "\t"
    number = text.lower().rpartition("x")[2]
    return chr(int(number, 16)) if _HEXADECIMAL.fullmatch(number) and int(number, 16) else "\t"


# a head is plain, so that its characters are as many as its bytes
_IS_LEEF = rf"^(?:[{EVENT_FIRST}][\t -{{}}-~]* )?{_START}(?:\|[^|]*){{4}}\|"
_TEST = event_test("LEEF:", _IS_LEEF)
LEEF = Format("leef", parse_leef, _TEST, first=EVENT_FIRST)
