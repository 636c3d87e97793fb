"""Kafka's own log: `[2016-12-19 16:10:29,123] INFO message (kafka.server.KafkaServer)`.

The class stands behind the message: at the end of the first line, or of the last when the message has several.
"""

import polars as pl

from stacklens_pipeline.parse.formats.line_layout import Layout

_LEVEL = "TRACE|DEBUG|INFO|WARN|ERROR|FATAL"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3}"
_CLASS = r"\([A-Za-z_][A-Za-z0-9_$]*(?:\.[A-Za-z0-9_$]+)+\)"


def _class(fields: pl.DataFrame) -> list[pl.Expr]:
    """The class, and the message and what follows it without the class."""
    parts = fields["body"].str.splitn("\n", 2).struct.rename_fields(["line", "rest"]).struct.unnest()
    found = parts.select(
        "line",
        "rest",
        on_line=pl.col("line").str.extract(f"{_CLASS}$", 0),
        at_end=pl.col("rest").str.extract(rf"{_CLASS}\s*$", 0),
    )
    line, rest, on_line, at_end = (pl.lit(values) for values in found)
    size = pl.coalesce(on_line, pl.lit("")).str.len_chars()
    last = pl.when(on_line.is_null()).then(at_end)
    kept = rest.str.slice(0, rest.str.len_chars() - last.fill_null("").str.len_chars())
    message = line.str.slice(0, line.str.len_chars() - size).str.strip_chars_end(" ")
    return [
        pl.concat_str(message, (pl.lit("\n") + kept).fill_null("").str.strip_chars_end(" \n")).alias("body"),
        pl.coalesce(on_line, last).str.strip_chars("() \n").alias("logger"),
    ]


KAFKA = Layout(
    "kafka",
    (rf"\[(?P<time>{_TIME})\] (?P<level>{_LEVEL}) ",),
    more=(_class,),
    goes_on=True,
).format(rf"^\[{_TIME}\] (?:{_LEVEL}) (?:[A-Za-z]+ values: ?$|(?:[^\n]* )?{_CLASS}$)", first="[")
