"""When to start a drain: pure arithmetic over the lag, the lease and the time. The sensor only asks and obeys."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stacklens_pipeline.lease import Holder

STARTING = timedelta(seconds=30)
"""A run that was asked for and holds no lease after so long is taken for lost, and asked for again."""


@dataclass(frozen=True)
class Decision:
    """Whether to start a drain, and the reason in words for whoever reads the UI."""

    is_start: bool
    reason: str


def decide(
    unread: int,
    holder: Holder | None,
    successor: Holder | None,
    asked_at: datetime | None,
    now: datetime,
    handover: timedelta,
) -> Decision:
    """Start a drain when lines are unread and nobody works, or when the one who works ends soon.

    >>> decide(0, None, None, None, datetime(2026, 1, 1), timedelta(seconds=15))
    Decision(is_start=False, reason='nothing is unread')
    """
    if successor is not None:
        return Decision(False, "a successor is ready to take over")
    if asked_at is not None and now - asked_at < STARTING and not _has_begun(holder, asked_at, handover):
        return Decision(False, f"a drain was asked for {(now - asked_at).seconds} s ago and is starting")
    if holder is None:
        return Decision(True, f"{unread} messages are unread") if unread else Decision(False, "nothing is unread")
    if holder.ends_at - now <= handover:
        return Decision(True, f"the drain that works now ends at {holder.ends_at:%H:%M:%S}")
    return Decision(False, f"a drain works until {holder.ends_at:%H:%M:%S}, {unread} messages are unread")


def _has_begun(holder: Holder | None, asked_at: datetime, handover: timedelta) -> bool:
    """Whether the lease's holder took it after a drain was asked for."""
    return holder is not None and holder.ends_at - handover > asked_at + STARTING
