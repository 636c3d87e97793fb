"""Plays a log maker's lines into an event log at a steady rate, with an incident in the middle."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.testing.maker import Line, LogMaker

TICK_S = 0.2
"""Lines are sent so often, as a service's buffer is flushed."""

INCIDENT = (0.4, 0.6)
"""Between these fractions of the time the incident lies."""

Send = Callable[[str, list[bytes]], object]


def to_log(log: EventLog, topic: str) -> Send:
    """A sender that appends a source's lines to a topic."""

    def send(source: str, values: list[bytes]) -> None:
        log.append_values(topic, values, key=source.encode(), headers=[("source", source.encode())])

    return send


def play(
    maker: LogMaker,
    send: Send,
    *,
    lines_s: float,
    seconds: float,
    stop: threading.Event,
    incident: tuple[float, float] = INCIDENT,
) -> int:
    """Send about `lines_s` lines a second for so long, or until `stop`; returns how many were sent.

    The incident lies between two fractions of the time. A sender that falls behind catches up.
    """
    began, sent = time.monotonic(), 0
    while not stop.is_set() and (elapsed := time.monotonic() - began) < seconds:
        due = int((elapsed + TICK_S) * lines_s) - sent
        if due > 0:
            is_incident = incident[0] <= elapsed / seconds < incident[1]
            lines = maker.lines(due, utc_now(), spread=timedelta(seconds=TICK_S), incident=is_incident)
            for source, values in by_source(lines).items():
                send(source, values)
            sent += len(lines)
        stop.wait(max(0.0, began + (sent / lines_s) - time.monotonic()))
    return sent


def by_source(lines: Iterable[Line]) -> dict[str, list[bytes]]:
    """The lines of each source, in order."""
    grouped: dict[str, list[bytes]] = defaultdict(list)
    for source, value in lines:
        grouped[source].append(value)
    return grouped
