"""W3C extended log files, as IIS writes them: the fields that it writes by default, or those that are declared.

Source: W3C working draft "Extended Log File Format"; Microsoft, "IIS log file formats". A file says in a `#Fields:`
line what follows, but a line has to be readable by itself: other fields than the default ones are a format of their
own, made by `w3c_format` for the sources that say so. Times are UTC.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.layout import (
    REST,
    Layout,
    decimal_or_text,
    declared_layout,
    laid_out,
    layout,
)
from stacklens_pipeline.parse.formats.members import json_object
from stacklens_pipeline.parse.formats.otherwise import by_layout
from stacklens_pipeline.parse.levels import severity_of_status
from stacklens_pipeline.parse.timestamps import from_iso

_COLUMNS = {
    "c-ip": "client_address",
    "cs-username": "user_id",
    "cs-method": "http_method",
    "cs-uri-stem": "url_path",
    "sc-status": "http_status",
    "sc-bytes": "bytes_sent",
    "time-taken": "duration_ms",
    "s-computername": "host_name",
}
_NAMES = {"cs(User-Agent)": "user_agent", "cs(Referer)": "http.referrer", "cs-uri-query": "url.query"}
"""Fields whose attributes have the names that they have in any access log; others keep their own."""
_NUMBERS = frozenset(["s-port", "sc-substatus", "sc-win32-status", "cs-bytes"])
_PLUS = frozenset(("cs(User-Agent)", "cs(Referer)", "cs(Cookie)"))
"""Fields in which blanks are written as `+`."""


def w3c_format(name: str, fields: Sequence[str]) -> Format:
    """The format of a log with these `#Fields:`, for sources that are said to have them."""
    return Format(name, partial(parse_w3c, layouts={"^[^#]": declared_layout(fields)}))


def parse_w3c(lines: pl.DataFrame, timezone: str, layouts: Mapping[str, Layout]) -> pl.DataFrame:
    """Records of requests; the body is method and path, as no field holds the request line."""
    return by_layout(lines, layouts, _records, timezone)


def _records(lines: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    fields = laid_out(lines["text"], layout)
    known = ("date", "time", *_COLUMNS)
    missing = [pl.lit(None, pl.String).alias(name) for name in known if name not in fields.columns]
    fields = fields.with_columns(missing)
    plus = [pl.col(name).str.replace_all("+", " ", literal=True) for name in layout.names if name in _PLUS]
    status = pl.col("sc-status").cast(pl.Int32, strict=False)
    columns = fields.select(
        from_iso(pl.col("date") + " " + pl.col("time") + "Z").alias("timestamp"),
        pl.lit("iso").alias("timestamp_source"),
        pl.when(status.is_not_null()).then(severity_of_status(status)).alias("severity"),
        pl.lit("status").alias("level_source"),
        *(pl.col(field).alias(column) for field, column in _COLUMNS.items()),
        pl.coalesce(pl.col("cs-method") + " " + pl.col("cs-uri-stem"), lines["text"]).alias("body"),
        _attributes(fields.with_columns(plus), layout).alias("attributes"),
    )
    return lines.hstack(columns)


def _attributes(fields: pl.DataFrame, layout: Layout) -> pl.Series:
    names = [name for name in layout.names if name not in {"date", "time", *_COLUMNS}]
    members = {_NAMES.get(n, n): decimal_or_text(fields[n]) if n in _NUMBERS else fields[n] for n in names}
    return json_object(members | {"extra": fields[REST]})


_ADDRESS = "[0-9A-Fa-f.:%]{2,60}"
_START = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_REQUEST = rf"{_ADDRESS} [A-Z]{{3,20}} [^ ]+ [^ ]+ [0-9]+ [^ ]+ {_ADDRESS} [^ ]+"
_FIELDS = "s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent)"
_STATUS = "[0-9]{3} [0-9]+ [0-9]+"
DEFAULTS = {
    rf"{_START} {_REQUEST} [^ ]+ {_STATUS} [0-9]+$": layout(
        f"date time {_FIELDS} cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
    ),
    rf"{_START} {_REQUEST} {_STATUS} [0-9]+$": layout(
        f"date time {_FIELDS} sc-status sc-substatus sc-win32-status time-taken"
    ),
    rf"{_START} W3SVC[0-9]+ {_REQUEST} {_STATUS}$": layout(
        f"date time s-sitename {_FIELDS} sc-status sc-substatus sc-win32-status"
    ),
}
"""What IIS 8, 7 and 6 write unless told otherwise."""
W3C = Format("w3c", partial(parse_w3c, layouts=DEFAULTS), pl.col("text").str.contains("|".join(DEFAULTS)), first="12")
