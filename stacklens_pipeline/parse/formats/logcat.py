"""Android's logcat, as threadtime (`03-17 16:13:38.811  1702  2395 D Tag: text`) and time (`... D/Tag( 1702): text`).

Source: the documentation of logcat's `-v`. A date may have its year, and a user may stand before the process.
"""

import polars as pl

from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_LEVELS = numbers_of(
    {"V": "verbose", "D": "debug", "I": "info", "W": "warning", "E": "error", "F": "fatal", "A": "fatal"}
)
_LETTER = "[VDIWEFA]"
_TIME = r"(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,9}(?: [+-][0-9]{4})?"


def _tag(fields: pl.DataFrame) -> list[pl.Expr]:
    """The tag, up to the first colon with a blank, and the text behind it; unless it stands in the head."""
    parts = fields["body"].str.splitn(": ", 2).struct.rename_fields(["tag", "text"]).struct.unnest()
    is_tagged = pl.col("blank").is_not_null() & pl.lit(parts["text"].is_not_null())
    tag = pl.lit(parts["tag"].str.strip_chars_end(" :"))
    in_head = pl.col("logger").str.strip_chars_end(" ") if "logger" in fields.columns else pl.lit(None, pl.String)
    return [
        pl.when(is_tagged).then(pl.lit(parts["text"])).otherwise("body").alias("body"),
        pl.when(is_tagged).then(tag).otherwise(in_head).alias("logger"),
    ]


LOGCAT = Layout(
    "logcat",
    (
        rf"(?P<time>{_TIME}) +(?:(?P<user>[A-Za-z0-9_]+) +)?(?P<pid>[0-9]+) +(?P<tid>[0-9]+)"
        rf" (?P<level>{_LETTER})(?P<blank> )",
        rf"(?P<time>{_TIME}) +(?P<level>{_LETTER})/(?P<logger>[^(\n]*)\( *(?P<pid>[0-9]+)\):",
    ),
    members={"user": "user.name"},
    words=_LEVELS,
    more=(_tag,),
).format(
    rf"{_TIME} +(?:(?:[A-Za-z0-9_]+ +)?[0-9]+ +[0-9]+ {_LETTER} |{_LETTER}/)",
    rf"{_TIME} +(?:(?:[A-Za-z0-9_]+ +)?[0-9]+ +[0-9]+ {_LETTER} |{_LETTER}/[^(\n]*\( *[0-9]+\):)",
    first="0123",
)
