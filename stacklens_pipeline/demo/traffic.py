"""The demo's traffic: the log maker's web shop through the collector, and log files through the shipper."""

import socket
import threading
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.ship import Shipper
from stacklens_pipeline.testing.maker import LogMaker
from stacklens_pipeline.testing.player import play

SHIP_S = 0.5


class Traffic:
    """Threads that send until they are stopped; counts lines that the event log has taken."""

    def __init__(self, ingest: str, syslog_port: int, log: EventLog, state: Path) -> None:
        self._ingest, self._syslog_port, self._log, self._state = ingest, syslog_port, log, state
        self._sent: Counter[str] = Counter()
        self._threads: list[threading.Thread] = []
        self._syslog: socket.socket | None = None
        self.stop_all = threading.Event()

    @property
    def sent(self) -> int:
        """Lines sent so far."""
        return sum(self._sent.values())

    def play_shop(self, lines_s: float, seconds: float) -> threading.Thread:
        """Send the web shop's lines, syslog over TCP and all else over HTTP, with an incident in the middle."""
        maker = LogMaker()
        return self._start(
            lambda: play(maker, self._send, lines_s=lines_s, seconds=seconds, stop=self.stop_all), "shop"
        )

    def ship(self, name: str, patterns: list[str], max_lines_s: float) -> threading.Thread:
        """Follow files."""
        shipper = Shipper(
            self._log, "raw-logs", {name: patterns}, self._state / f"{name}.json", max_lines_s=max_lines_s
        )

        def follow() -> None:
            try:
                while not self.stop_all.wait(SHIP_S):
                    self._sent[name] += shipper.step()
            finally:
                shipper.close()

        return self._start(follow, name)

    def end(self) -> None:
        """Stop sending, and wait for what is under way."""
        self.stop_all.set()
        for thread in self._threads:
            thread.join()
        if self._syslog:
            self._syslog.close()

    def _send(self, source: str, values: list[bytes]) -> None:
        if source == "syslog":
            self._send_syslog(values)
        else:
            self._post(source, [value for value in values if value and b"\n" not in value])

    def _post(self, source: str, values: list[bytes]) -> None:
        if not values:
            return
        address = f"{self._ingest}?{urllib.parse.urlencode({'source': source})}"
        request = urllib.request.Request(address, b"\n".join(values), {"Content-Type": "application/x-ndjson"})
        with urllib.request.urlopen(request, timeout=30):
            self._sent[source] += len(values)

    def _send_syslog(self, values: list[bytes]) -> None:
        if self._syslog is None:
            self._syslog = socket.create_connection(("127.0.0.1", self._syslog_port))
        self._syslog.sendall(b"".join(value + b"\n" for value in values))
        self._sent["syslog"] += len(values)

    def _start(self, target: Callable[[], object], name: str) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)
        return thread
