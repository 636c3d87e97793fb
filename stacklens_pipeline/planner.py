"""What is unread: topics and partitions of the event log beside what raw/logs already holds.

It keeps no truth of its own. Facts that must survive, such as which incarnation of a topic a table has seen, are
numbers in raw's commits.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import polars as pl

from stacklens_pipeline.eventlog.base import EventLog, OffsetRange, TopicInfo, TopicPartition
from stacklens_pipeline.eventlog.batches import value_bytes
from stacklens_pipeline.eventlog.ranges import Plan, match_topics, plan
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.position import Position
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import LEDGER, OFFSET_GAPS, RAW_LOGS

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock: it decides when things happen, never what they become."""
    return datetime.now(UTC)


class Planner:
    """Plans ranges for raw/logs."""

    def __init__(self, lake: Lake, log: EventLog, ingest: IngestSettings, now: Clock = utc_now) -> None:
        self._lake, self._log, self._ingest, self._now = lake, log, ingest, now
        self._names: dict[str, str] = {}  # the lake's name of a topic -> the log's
        self._partitions: dict[str, TopicInfo] = {}

    @property
    def partitions(self) -> list[TopicPartition]:
        """All partitions of the matched topics, in the lake's names."""
        return [TopicPartition(name, p) for name, info in self._partitions.items() for p in range(info.partitions)]

    def refresh(self) -> None:
        """Look at the log's topics again: new ones, new partitions, topics that are gone or were made anew."""
        topics = self._log.topics()
        matched = [topics[name] for name in match_topics(self._ingest.topics, topics)]
        self._partitions = {_lake_name(info.name, self._incarnation(info)): info for info in matched}
        self._names = {lake_name: info.name for lake_name, info in self._partitions.items()}

    def is_outdated(self) -> bool:
        """Whether a topic that is being read was deleted, or made anew, since this was refreshed."""
        topics = self._log.topics()
        return any(
            info.name not in topics or topics[info.name].topic_id != info.topic_id for info in self._partitions.values()
        )

    def unread(self, positions: Mapping[TopicPartition, Position], limit: int) -> Plan:
        """Ranges past raw's positions, at most `limit` offsets together, and the gaps before them."""
        partitions = self.partitions
        marks = self._log.watermarks([self.in_log(tp) for tp in partitions])
        watermarks = {tp: marks[self.in_log(tp)] for tp in partitions}
        following = {tp: positions[tp].next if tp in positions else watermarks[tp].low for tp in partitions}
        return plan(following, watermarks, limit)

    def read(self, planned: tuple[OffsetRange, ...], max_bytes: int) -> tuple[pl.DataFrame, dict[TopicPartition, int]]:
        """The ranges' messages in the lake's names, and the offset after what was read of each partition."""
        ranges = [OffsetRange(self._names[r.topic], r.partition, r.start, r.end) for r in planned]
        frames = [frame for frame in self._log.read(ranges, max_bytes=max_bytes) if frame.height]
        if not frames:
            return RAW_LOGS.empty(), {TopicPartition(r.topic, r.partition): r.end for r in planned}
        rows = pl.concat(frames)
        if renamed := {log: lake for lake, log in self._names.items() if lake != log}:
            rows = rows.with_columns(pl.col("topic").replace(renamed))
        is_cut = value_bytes(rows) >= max_bytes
        hour = pl.lit(self._now().strftime("%Y-%m-%dT%H")).alias("ingest_hour")
        source = pl.coalesce("source", "topic").alias("source")  # what comes from a topic directly names no source
        return rows.with_columns(hour, source).select(RAW_LOGS.schema.names()), _ends(rows, planned, is_cut)

    def in_log(self, tp: TopicPartition) -> TopicPartition:
        """The partition under the name that the event log knows."""
        return TopicPartition(self._names[tp.topic], tp.partition)

    def in_lake(self, planned: OffsetRange) -> OffsetRange:
        """A range that the event log names, under the lake's name of its topic."""
        names = {name: lake_name for lake_name, name in self._names.items()}
        return OffsetRange(names[planned.topic], planned.partition, planned.start, planned.end)

    def _incarnation(self, info: TopicInfo) -> int:
        """Which life of the topic this is: 1, and one more each time it was deleted and made again."""
        known, fingerprint = self._lake.number(RAW_LOGS, f"topic-id:{info.name}"), _fingerprint(info.topic_id)
        incarnation = life(self._lake, info)
        if known == fingerprint:
            return incarnation
        if known is None:
            self._begin(info)
        else:
            self._record_end(info, incarnation - 1)
        numbers = {f"topic-id:{info.name}": fingerprint, f"incarnation:{info.name}": incarnation}
        self._lake.set_numbers(RAW_LOGS, numbers)
        return incarnation

    def _begin(self, info: TopicInfo) -> None:
        """Fix where a topic begins that was never seen before, so that `latest` means the same after a crash."""
        start = self._ingest.start
        if start == "earliest":
            return
        partitions = [TopicPartition(info.name, p) for p in range(info.partitions)]
        if isinstance(start, datetime):
            starts = {tp: self._log.offset_at(tp, start) for tp in partitions}
        else:
            starts = {tp: marks.high for tp, marks in self._log.watermarks(partitions).items()}
        positions = {tp: Position(start) for tp, start in starts.items()}
        self._lake.append(RAW_LOGS, positions, lambda _: RAW_LOGS.empty())

    def _record_end(self, info: TopicInfo, incarnation: int) -> None:
        """A gap row for each partition of the life that ended: what came after our last offset is not known."""
        name = _lake_name(info.name, incarnation)
        ended = self._lake.positions(RAW_LOGS, [TopicPartition(name, p) for p in range(info.partitions)])
        rows = [(name, tp.partition, p.next, p.next, "topic_recreated", self._now()) for tp, p in ended.items()]
        gaps = pl.DataFrame(rows, schema=OFFSET_GAPS.schema, orient="row")
        fence = {TopicPartition(f"recreated:{info.name}", 0): Position(incarnation)}
        self._lake.append(OFFSET_GAPS, fence, lambda _: gaps)


def life(lake: Lake, info: TopicInfo) -> int:
    """Which life of a topic this is; one more than the lake has noted when the topic was made anew since."""
    noted = lake.number(RAW_LOGS, f"incarnation:{info.name}") or 1
    known = lake.number(RAW_LOGS, f"topic-id:{info.name}")
    return noted if known in (None, _fingerprint(info.topic_id)) else noted + 1


def in_lake_names(lake: Lake, topics: Iterable[TopicInfo]) -> dict[TopicPartition, TopicPartition]:
    """Partitions of the event log -> the same under the lake's names of their topics."""
    names = {info: _lake_name(info.name, life(lake, info)) for info in topics}
    partitions = [(info, p) for info in names for p in range(info.partitions)]
    return {TopicPartition(info.name, p): TopicPartition(names[info], p) for info, p in partitions}


def unread_messages(lake: Lake, log: EventLog, ingest: IngestSettings) -> int:
    """How many messages of the matched topics are not in every table yet, or wait for their records to be closed.

    It writes nothing. The ledger is the last table of each microbatch: what it holds, all hold.
    """
    topics = log.topics()
    held = in_lake_names(lake, [topics[name] for name in match_topics(ingest.topics, topics)])
    marks = log.watermarks(held)
    positions = lake.positions(LEDGER, held.values())
    done = {tp: positions.get(name, Position(marks[tp].low)) for tp, name in held.items()}
    return sum(max(0, marks[tp].high - max(p.next, marks[tp].low)) + len(p.open) for tp, p in done.items())


def _lake_name(topic: str, incarnation: int) -> str:
    return topic if incarnation == 1 else f"{topic}~{incarnation}"


def _fingerprint(topic_id: str) -> int:
    """63 bits of a topic id, since Delta's app transactions carry numbers only."""
    return int.from_bytes(hashlib.sha256(topic_id.encode()).digest()[:8], "big") >> 1


def _ends(rows: pl.DataFrame, planned: tuple[OffsetRange, ...], is_cut: bool) -> dict[TopicPartition, int]:
    if not is_cut:
        return {TopicPartition(r.topic, r.partition): r.end for r in planned}
    last = rows.group_by("topic", "partition").agg(pl.col("offset").max() + 1).rows()
    return {TopicPartition(topic, partition): end for topic, partition, end in last}
