"""Kafka's own log: `[2016-12-19 16:10:29,123] INFO message (kafka.server.KafkaServer)`.

The class stands behind the message: at the end of the first line, or of the last when the message has several.
"""

import polars as pl

from stacklens_pipeline.parse.formats.groups import groups_of
from stacklens_pipeline.parse.formats.line_layout import Layout

_LEVEL = "TRACE|DEBUG|INFO|WARN|ERROR|FATAL"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3}"
_CLASS = r"\((?P<logger>[A-Za-z_][A-Za-z0-9_$]*(?:\.[A-Za-z0-9_$]+)+)\)"
_AT_END = rf"^(?P<message>(?s:.*?))[ \n]*{_CLASS}\s*$"


def _class(fields: pl.DataFrame) -> list[pl.Expr]:
    """The class, and the message and what follows it without the class."""
    first, rest = (pl.lit(fields[name]) for name in ("body", "rest"))
    line, last = (groups_of(fields[name], _AT_END) for name in ("body", "rest"))
    on_first = pl.lit(line["logger"].is_not_null())
    tail = pl.when(on_first).then(rest).otherwise(pl.coalesce(pl.lit(last["message"]), rest)).fill_null("")
    return [
        (pl.coalesce(pl.lit(line["message"]), first) + tail).alias("body"),
        pl.coalesce(pl.lit(line["logger"]), pl.lit(last["logger"])).alias("logger"),
    ]


KAFKA = Layout(
    "kafka",
    (rf"^\[(?P<time>{_TIME})\] (?P<level>{_LEVEL}) (?P<body>[^\n]*)(?P<rest>(?s:\n.*))?$",),
    more=(_class,),
    goes_on=True,
).format(rf"^\[{_TIME}\] (?:{_LEVEL}) (?:[A-Za-z]+ values: ?$|(?:[^\n]* )?{_CLASS}$)", first="[")
