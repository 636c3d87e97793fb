"""Where the pipeline stands: one row for each partition of the event log."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from stacklens_pipeline.eventlog.base import EventLog, TopicPartition
from stacklens_pipeline.eventlog.ranges import match_topics
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.ledger import summed
from stacklens_pipeline.planner import in_lake_names, utc_now
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import LEDGER, OFFSET_GAPS, RAW_LOGS


def partition_rows(lake: Lake, log: EventLog, ingest: IngestSettings) -> Iterator[dict[str, Any]]:
    """Topic, partition, watermarks, next offset, lag, open records, age of the newest message (s), and counts."""
    topics = log.topics()
    held = in_lake_names(lake, [topics[name] for name in match_topics(ingest.topics, topics)])
    marks = log.watermarks(held)
    positions = lake.positions(RAW_LOGS, held.values())
    derived = lake.positions(LEDGER, held.values())  # the ledger is what a microbatch commits last
    counts = _counts(lake)
    for tp, in_lake in sorted(held.items()):
        low, high = marks[tp]
        following = positions[in_lake].next if in_lake in positions else low
        raw, dead, newest, gaps = counts.get(in_lake, (0, 0, None, 0))
        yield {
            "topic": in_lake.topic,
            "partition": tp.partition,
            "low": low,
            "high": high,
            "next": following,
            "lag": max(0, high - following),
            "behind": following - (derived[in_lake].next if in_lake in derived else low),
            "open": len(derived[in_lake].open) if in_lake in derived else 0,
            "newest_s_ago": None if newest is None else round((utc_now() - newest).total_seconds(), 1),
            "messages": raw,
            "dead_letters": dead,
            "gaps": gaps,
        }


def _counts(lake: Lake) -> dict[TopicPartition, tuple[Any, ...]]:
    stored, dead = pl.col("stage") == "raw", pl.col("outcome") == "dead"
    by = ["topic", "partition"]
    sums = (
        summed(lake.scan(LEDGER))
        .group_by(by)
        .agg(
            pl.col("messages").filter(stored).sum().alias("raw"),
            pl.col("messages").filter(dead).sum().alias("dead"),
            pl.col("appended_at_max").max(),
        )
    )
    gaps = lake.scan(OFFSET_GAPS).group_by(by).len("gaps")
    both = sums.join(gaps, on=by, how="full", coalesce=True)
    rows = both.with_columns(pl.col("raw", "dead", "gaps").fill_null(0)).collect().rows()
    return {TopicPartition(topic, partition): tuple(rest) for topic, partition, *rest in rows}
