"""Freshness: seconds from a line sent to a row that can be read, with Dagster in the loop, hand-overs included.

Each line carries its number and the time it was sent. Readers poll the lake and the marts as users would; at the end
every number has to be in the lake exactly once. It is measured over an empty lake, and again over one that holds the
metrics of a month.
"""

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.harness import measured, publish
from benchmarks.history import fill
from stacklens_pipeline.demo.platform import Platform
from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.serve.duckdb import refresh
from stacklens_pipeline.settings import IngestSettings, Settings
from stacklens_pipeline.tables import ENRICHED_LOGS
from stacklens_pipeline.verify import verify

TOPIC = "raw-logs"
TICK_S = 0.1
POLL_S = 0.1
START_S = 120.0
"""How long the platform may take until the marts have their first lines; what is measured begins then."""
SETTLE_S = 60.0
UI_PORT = 3999


class Sender(threading.Thread):
    """Sends numbered lines at a steady rate; `sent_at` tells when each hundred-millisecond tick was sent."""

    def __init__(self, settings: Settings, lines_s: int) -> None:
        super().__init__(daemon=True)
        self._log, self._per_tick, self.is_over = open_log(settings), int(lines_s * TICK_S), threading.Event()
        self.sent_at: list[float] = []

    @property
    def sent(self) -> int:
        """Lines that the event log has taken."""
        return len(self.sent_at) * self._per_tick

    def time_of(self, count: int) -> float:
        """When the line with this running number was sent."""
        return self.sent_at[min(len(self.sent_at), max(1, -(-count // self._per_tick))) - 1]

    def run(self) -> None:
        """Send until it is over."""
        began = time.time()
        while not self.is_over.is_set():
            now = time.time()
            at, first = f"{now:.6f}", self.sent
            lines = [
                b'{"ts":%s,"level":"info","service":"bench%d","msg":"served","status":200,"duration_ms":12.5,"seq":%d}'
                % (at.encode(), n % 10, n)
                for n in range(first, first + self._per_tick)
            ]
            self._log.append_values(TOPIC, lines, key=b"bench", headers=[("source", b"bench")])
            self.sent_at.append(now)
            time.sleep(max(0.0, began + len(self.sent_at) * TICK_S - time.time()))


class Watcher(threading.Thread):
    """Polls how many lines can be read, and notes the age of the newest one that can."""

    def __init__(self, sender: Sender, count: Callable[[], int], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._sender, self._count, self._stop_event = sender, count, stop
        self.ages: list[tuple[float, float]] = []
        self.seen = 0

    def until(self, at: float) -> list[float]:
        """The ages that were seen up to a time."""
        return [age for seen_at, age in self.ages if seen_at <= at]

    def run(self) -> None:
        """Poll until told to stop."""
        while not self._stop_event.wait(POLL_S):
            self.seen = self._count()
            now = time.time()
            if self._sender.sent > self.seen:  # the oldest line that cannot be read yet has waited so long
                self.ages.append((now, now - self._sender.time_of(self.seen + 1)))
            elif self.seen:
                self.ages.append((now, 0.0))


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines-s", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--budget-s", type=float, default=45.0, help="of a drain, so that hand-overs are in it")
    parser.add_argument("--history-days", type=int, nargs="+", default=[0, 30], help="of metrics in the lake before")
    options = parser.parse_args()
    rows = [
        row
        for days in options.history_days
        for row in measure(days, options.lines_s, options.seconds, options.budget_s)
    ]
    publish("freshness", rows)


def measure(history_days: int, lines_s: int, seconds: float, budget_s: float) -> list[dict[str, object]]:
    """Make a lake with its history and the marts of it, start the platform and measure."""
    folder = Path(tempfile.mkdtemp())
    settings = Settings(data_dir=folder / "data", ingest=IngestSettings(topics=(TOPIC,), budget_s=budget_s))
    platform, log, stop = Platform(settings, UI_PORT), open_log(settings), threading.Event()
    try:
        log.create_topics([TOPIC])
        lake = Lake(settings.lake_root)
        fill(lake, history_days)
        with measured() as spent:
            refresh(lake, settings.marts_path)
        platform.start_dagster()
        about = {"history_days": history_days, "first_marts_s": round(spent.wall_s, 1), "lines_s": lines_s}
        return [{**row, **about} for row in observe(settings, lines_s, seconds, stop)]
    finally:
        stop.set()
        platform.stop()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def observe(settings: Settings, lines_s: int, seconds: float, stop: threading.Event) -> list[dict[str, object]]:
    """Send, watch, settle, count."""
    sender = Sender(settings, lines_s)
    lake, earlier = Lake(settings.lake_root), _mart_records(settings.marts_path)
    watchers = {
        "lake": Watcher(sender, lambda: lake.row_count(ENRICHED_LOGS), stop),
        "marts": Watcher(sender, lambda: _mart_records(settings.marts_path) - earlier, stop),
    }
    sender.start()
    latest = time.time() + START_S
    while _mart_records(settings.marts_path) == earlier and time.time() < latest:
        time.sleep(POLL_S)
    for watcher in watchers.values():
        watcher.start()
    time.sleep(seconds)
    sender.is_over.set()
    sender.join()
    ended = time.time()
    deadline = ended + SETTLE_S
    while min(watcher.seen for watcher in watchers.values()) < sender.sent and time.time() < deadline:
        time.sleep(POLL_S)
    stop.set()
    counts = _counted(Lake(settings.lake_root), sender.sent)
    return [
        {
            "where": name,
            **{f"p{q}_s": round(_quantile(watcher.until(ended), q / 100), 2) for q in (50, 95, 99)},
            **counts,
        }
        for name, watcher in watchers.items()
    ]


def _counted(lake: Lake, sent: int) -> dict[str, int]:
    """What became of the numbers that were sent, and whether the lake's own books agree."""
    numbers = lake.scan(ENRICHED_LOGS).select(
        pl.col("attributes").str.extract(r'"seq":([0-9]+)').cast(pl.Int64).alias("seq")
    )
    counted = numbers.group_by("seq").len().collect()
    lost, doubled = sent - counted.height, int((counted["len"] > 1).sum())
    return {"sent": sent, "lost": lost, "doubled": doubled, "violations": len(verify(lake))}


def _quantile(values: list[float], q: float) -> float:
    return float(pl.Series(values).quantile(q) or 0.0)


def _mart_records(marts: Path) -> int:
    try:
        with duckdb.connect(str(marts), read_only=True) as connection:
            found = connection.execute("select coalesce(sum(records), 0) from mart.service_health_5m").fetchone()
    except duckdb.Error:
        return 0
    return int(found[0]) if found else 0


if __name__ == "__main__":
    main()
