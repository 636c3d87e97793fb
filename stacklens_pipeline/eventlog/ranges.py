"""Pure arithmetic over offsets: which topics, which ranges, which gaps. No input, no output."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.eventlog.base import OffsetRange, TopicPartition, Watermarks


@dataclass(frozen=True, order=True)
class Gap:
    """Offsets `start <= o < end` that can no longer be read, and why."""

    topic: str
    partition: int
    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class Plan:
    """What to read next, what is missing before it, and how many messages are unread altogether."""

    ranges: tuple[OffsetRange, ...]
    gaps: tuple[Gap, ...]
    lag: int


def match_topics(patterns: Iterable[str], existing: Iterable[str]) -> list[str]:
    """The existing topics that are named, or that a pattern beginning with `^` matches, in order.

    >>> match_topics(["raw-logs", "^shop-.*"], ["shop-b", "other", "raw-logs", "shop-a"])
    ['raw-logs', 'shop-a', 'shop-b']
    """
    names = list(patterns)
    wanted = {name for name in names if not name.startswith("^")}
    expressions = [_compiled(name) for name in names if name.startswith("^")]
    return sorted(topic for topic in existing if topic in wanted or any(e.fullmatch(topic) for e in expressions))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(f"not a regular expression ({error}): `{pattern}`") from error


def plan(following: Mapping[TopicPartition, int], watermarks: Mapping[TopicPartition, Watermarks], limit: int) -> Plan:
    """Ranges of at most `limit` offsets altogether from each partition's next offset on, shared fairly.

    A partition whose next offset lies below its low watermark has a gap, and is read from there on.

    >>> tp = TopicPartition("t", 0)
    >>> plan({tp: 3}, {tp: Watermarks(5, 20)}, 10).ranges
    (OffsetRange(topic='t', partition=0, start=5, end=15),)
    """
    starts = {tp: max(offset, watermarks[tp].low) for tp, offset in following.items()}
    unread = {tp: max(0, watermarks[tp].high - start) for tp, start in starts.items()}
    gaps = [Gap(*tp, offset, starts[tp], "retention") for tp, offset in following.items() if offset < starts[tp]]
    shares = share(unread, limit)
    ranges = [OffsetRange(*tp, starts[tp], starts[tp] + count) for tp, count in shares.items() if count]
    return Plan(tuple(sorted(ranges)), tuple(sorted(gaps)), sum(unread.values()))


def share(wanted: Mapping[TopicPartition, int], limit: int) -> dict[TopicPartition, int]:
    """Split `limit` between partitions: nobody gets more than wanted, what one leaves goes to the others.

    >>> share({TopicPartition("t", 0): 2, TopicPartition("t", 1): 100}, 10)
    {TopicPartition(topic='t', partition=0): 2, TopicPartition(topic='t', partition=1): 8}
    """
    shares: dict[TopicPartition, int] = {}
    left = limit
    smallest_first = sorted(wanted.items(), key=lambda item: (item[1], item[0]))
    for index, (tp, count) in enumerate(smallest_first):
        even = -(-left // (len(smallest_first) - index))
        shares[tp] = min(count, even, left)
        left -= shares[tp]
    return shares
