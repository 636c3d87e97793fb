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
    line, rest = pl.col("line"), pl.col("rest")
    on_line = line.str.extract(f"{_CLASS}$", 0)
    at_end = pl.when(on_line.is_null()).then(rest.str.extract(rf"{_CLASS}[ \n]*$", 0))
    message, others = _without(line, on_line), _without(rest, at_end)
    found = parts.select(
        pl.concat_str(message, (pl.lit("\n") + others).fill_null("").str.strip_chars_end("\n")).alias("body"),
        pl.coalesce(on_line, at_end).str.strip_chars("() \n").alias("logger"),
    )
    return [pl.lit(values) for values in found]


def _without(text: pl.Expr, end: pl.Expr) -> pl.Expr:
    """The text without its end, and without blanks before it."""
    return text.str.slice(0, text.str.len_chars() - end.fill_null("").str.len_chars()).str.strip_chars_end(" ")


KAFKA = Layout(
    "kafka",
    (rf"\[(?P<time>{_TIME})\] (?P<level>{_LEVEL}) ",),
    more=(_class,),
    goes_on=True,
).format(
    rf"\[{_TIME}\] (?:{_LEVEL}) ",
    rf"\[{_TIME}\] (?:{_LEVEL}) (?:[A-Za-z]+ values: ?|(?:[^\n]* )?{_CLASS})(?:\n|$)",
    first="[",
)
