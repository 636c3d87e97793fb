"""What the shipper's tests share: how a shipper is made, and what came into the log."""

from typing import Protocol

from stacklens_pipeline.eventlog.base import EventLog, OffsetRange, TopicPartition
from stacklens_pipeline.ship import Shipper
from tests.builders import TOPIC


class MakeShipper(Protocol):
    def __call__(self, *patterns: str, **options: object) -> Shipper: ...


def values(log: EventLog) -> list[bytes]:
    """All lines of the log, in order."""
    tp = TopicPartition(TOPIC, 0)
    high = log.watermarks([tp])[tp].high
    return [value for frame in log.read([OffsetRange(*tp, 0, high)]) for value in frame["value"]]
