"""When to start a run that drains: pure arithmetic over the lag, the lease and the time. Sensors ask and obey."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stacklens_pipeline.lease import Holder

STARTING = timedelta(seconds=30)
"""A run that was asked for and holds no lease after so long is taken for lost, and asked for again."""


@dataclass(frozen=True)
class Decision:
    """Whether to start a run, and the reason in words for whoever reads the UI."""

    is_start: bool
    reason: str


def decide(
    unread: int,
    holder: Holder | None,
    successor: Holder | None,
    asked_at: datetime | None,
    now: datetime,
    handover: timedelta,
    what: str = "messages are unread",
) -> Decision:
    """Start a run when something waits and nobody works, or when the one who works ends soon.

    >>> decide(0, None, None, None, datetime(2026, 1, 1), timedelta(seconds=15))
    Decision(is_start=False, reason='no messages are unread')
    """
    if successor is not None:
        return Decision(False, "a successor is ready to take over")
    if asked_at is not None and now - asked_at < STARTING and not _has_begun(holder, asked_at, handover):
        return Decision(False, f"a run was asked for {(now - asked_at).seconds} s ago and is starting")
    if holder is None:
        return Decision(True, f"{unread} {what}") if unread else Decision(False, f"no {what}")
    if holder.ends_at - now <= handover:
        return Decision(True, f"the run that works now ends at {holder.ends_at:%H:%M:%S}")
    return Decision(False, f"a run works until {holder.ends_at:%H:%M:%S}, {unread} {what}")


def _has_begun(holder: Holder | None, asked_at: datetime, handover: timedelta) -> bool:
    """Whether the lease's holder took it after a run was asked for."""
    return holder is not None and holder.ends_at - handover > asked_at + STARTING
