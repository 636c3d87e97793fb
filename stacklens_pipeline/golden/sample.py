"""A sample of stored messages: some of each source and format, and some of each reason why one is a dead letter."""

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from stacklens_pipeline.collect.redact import redacted
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.golden.check import rows_of
from stacklens_pipeline.golden.files import SUFFIX, Case, Message
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.parse import Parsers
from stacklens_pipeline.parse.multiline import MAX_LINES, STREAM
from stacklens_pipeline.parse.rules.filters import spread
from stacklens_pipeline.tables import DEAD_LETTERS, PARSED_LOGS, RAW_LOGS

EACH = 5
"""Messages of each kind, unless more are wanted."""
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def sampled(lake: Lake, hours: Sequence[str], parsers: Parsers, each: int = EACH) -> Mapping[str, list[Case]]:
    """Cases by the name of the file that they belong into, `each` of a kind, the same at every call.

    What the parsers' rules redact by a pattern is redacted in the messages already: they are to be kept elsewhere.
    """
    cases: dict[str, list[Case]] = {}
    for row in _chosen(lake, hours, each).iter_rows(named=True):
        messages = list(_messages(lake, row, parsers))
        cases.setdefault(_file(row), []).append(Case(messages, rows_of(messages, parsers)))
    return cases


def _chosen(lake: Lake, hours: Sequence[str], each: int) -> pl.DataFrame:
    """topic, partition, offset, source, what (a format or a reason) and raw_messages of some messages of each kind."""
    columns = ("topic", "partition", "offset", "source")
    records = lake.scan(PARSED_LOGS, hours=hours).filter(pl.col("line_index") == 0)
    dead = lake.scan(DEAD_LETTERS, hours=hours)
    kinds = pl.concat(
        [
            records.select(*columns, pl.lit("").alias("dead"), pl.col("format").alias("what"), "raw_messages"),
            dead.select(*columns, pl.lit("dead-").alias("dead"), pl.col("reason").alias("what"), raw_messages=1),
        ],
        how="vertical_relaxed",
    )
    places = kinds.with_columns(pl.lit(0, pl.Int32).alias("line_index"))
    kind = ["source", "dead", "what"]
    ranked = places.with_columns(spread().alias("place")).sort(*kind, "place")
    return ranked.group_by(kind, maintain_order=True).head(each).collect()


def _messages(lake: Lake, row: Mapping[str, object], parsers: Parsers) -> Iterator[Message]:
    """The messages of a record: those of its stream from the first on, as many as it took."""
    tp, offset = TopicPartition(str(row["topic"]), int(str(row["partition"]))), int(str(row["offset"]))
    count = int(str(row["raw_messages"]))
    end = offset + 1 if count == 1 else offset + 100 * MAX_LINES  # other streams' lines stand between its own
    lines = lake.scan_offsets(RAW_LOGS, tp, offset, end).sort("offset").collect()
    own = lines.join(lines.head(1).select(STREAM), on=STREAM, how="semi", nulls_equal=True).head(count)
    for value, received, source in own.select("value", "appended_at", "source").iter_rows():
        patterns = [each for each in parsers.of(source or tp.topic).redactions if each.pattern is not None]
        for redaction in patterns if value is not None else ():
            (value,), _ = redacted([value], redaction)
        yield Message(value, received, source)


def _file(row: Mapping[str, object]) -> str:
    name = f"{row['source'] or row['topic']}/{row['dead']}{row['what']}"
    return "/".join(_NAME.sub("_", part).strip(".") or "_" for part in name.split("/")[-2:]) + SUFFIX
