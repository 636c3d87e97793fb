"""The demo from beginning to end."""

import glob
import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic

from rich.console import Console

from stacklens_pipeline.demo.broker import check_port, kafka_settings
from stacklens_pipeline.demo.figures import Figures, figures, table
from stacklens_pipeline.demo.narrator import Narrator
from stacklens_pipeline.demo.platform import Platform
from stacklens_pipeline.demo.traffic import Traffic
from stacklens_pipeline.errors import ConservationError, ProcessError
from stacklens_pipeline.eventlog import STACKLENS_TOPICS, open_log
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import Settings
from stacklens_pipeline.status import partition_rows
from stacklens_pipeline.tables import RAW_LOGS
from stacklens_pipeline.verify import account_of, verify

SETTLE_S = 120.0
"""How long the lake and the marts may take to have every line, once the story is told."""
LATER_LINES_S = 50.0
"""What the web shop writes after its story, until Ctrl-C."""
PLATFORM_LINES_S = 50.0
"""The components' own logs are sent at this rate at most, so that what they say about it cannot feed itself."""
HOST_LINES_S = 2_000.0
HOST_FILES = ("/var/log/*.log", "/var/log/**/*.log", "/var/log/syslog", "/var/log/messages")
POLL_S = 0.5
LATER_POLL_S = 2.0
"""The figures after the table may be a little older: nobody waits for them, and they cost what Dagster could use."""


@dataclass(frozen=True)
class Story:
    """How many lines a second the web shop writes, and for how long."""

    lines_s: float
    seconds: float


class Show:
    """Starts the platform, sends logs, waits until they are in the marts, prints what became of them, cleans up."""

    def __init__(self, settings: Settings, ui_port: int, console: Console | None = None) -> None:
        places = {"data_dir": settings.data_dir.resolve(), "config_dir": settings.config_dir.resolve()}
        self._settings = settings.model_copy(update=places)
        self._lake = Lake(self._settings.lake_root, self._settings.storage_options)
        self._ui_port, self._console = ui_port, console or Console()
        self._narrator, self._stop = Narrator(self._console), threading.Event()

    def run(self, lines_s: float, seconds: float, *, is_once: bool, has_kafka: bool, has_host_logs: bool) -> None:
        """Show it until Ctrl-C, or once.

        Raises ConservationError when lines are missing at the end, ProcessError when a component dies.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        self._check_ports(has_kafka=has_kafka)
        with ExitStack() as cleaning, self._narrator:
            cleaning.callback(self._narrator.say, "Stopping everything")
            if has_kafka:
                self._narrator.say("Kafka is starting")
                self._settings = cleaning.enter_context(kafka_settings(self._settings, self._stop))
            if not self._stop.is_set():
                self._play(cleaning, Story(lines_s, seconds), has_host_logs=has_host_logs, is_once=is_once)
        self._console.print("Everything is stopped.")

    def _check_ports(self, *, has_kafka: bool) -> None:
        """Raise ConfigurationError when a port is taken, before anything is started."""
        Platform(self._settings, self._ui_port).check_ports()
        if has_kafka:
            check_port()

    def _play(self, cleaning: ExitStack, story: Story, *, has_host_logs: bool, is_once: bool) -> None:
        log = open_log(self._settings)
        cleaning.callback(log.close)
        log.create_topics(STACKLENS_TOPICS)
        before = self._messages(log)
        self._before = self._figures()
        platform = self._started(cleaning)
        if self._stop.is_set():
            return
        traffic = self._traffic(platform, log)
        cleaning.callback(traffic.end)
        self._tell(story, platform, traffic, has_host_logs=has_host_logs)
        if self._stop.is_set():
            return
        traffic.end()
        self._narrator.say(f"All {traffic.sent:,} lines are sent; the last are on their way to the marts")
        self._wait(platform, traffic, lambda: self._is_settled(log, before + traffic.sent), SETTLE_S)
        if self._stop.is_set():
            return
        self._report(platform, traffic.sent, before)
        self._verify(log, before + traffic.sent)
        if not is_once and not self._stop.is_set():
            self._go_on(cleaning, platform, log, traffic.sent)

    def _started(self, cleaning: ExitStack) -> Platform:
        """The collector answers; Dagster is loading its code, which takes the longest."""
        platform = Platform(self._settings, self._ui_port, self._stop)
        cleaning.callback(platform.stop)
        self._narrator.say("Dagster is loading its code")
        platform.load_code()
        platform.start_collector()
        if not self._stop.is_set():
            self._narrator.say(f"The collector listens on {platform.ingest}")
        return platform

    def _tell(self, story: Story, platform: Platform, traffic: Traffic, *, has_host_logs: bool) -> None:
        """Send the web shop's story and other logs to its end, while Dagster comes up."""
        began = monotonic()
        shop = traffic.play_shop(story.lines_s, story.seconds)
        self._narrator.say(f"A web shop writes {story.lines_s:.0f} lines a second; they wait in the event log")
        traffic.ship("platform", platform.log_files, PLATFORM_LINES_S)
        if has_host_logs:
            self._ship_host_logs(traffic)

        def is_told() -> bool:
            self._narrator.tell_story((monotonic() - began) / story.seconds)
            return not shop.is_alive()

        self._wait(platform, traffic, platform.is_loaded, SETTLE_S)
        if not self._stop.is_set():
            self._narrator.say("Dagster has loaded its code; its daemon is starting")
            platform.start_daemon()
        self._wait(platform, traffic, lambda: self._is_draining() or is_told(), SETTLE_S)
        if not self._stop.is_set():  # not before: it would take the first drain's share of the processors
            self._narrator.say(f"Dagster's UI is starting on {platform.ui}")
            platform.start_webserver()
        self._wait(platform, traffic, is_told, story.seconds + SETTLE_S)

    def _traffic(self, platform: Platform, log: EventLog) -> Traffic:
        port = self._settings.collect.syslog_tcp_port
        return Traffic(platform.ingest, port, log, self._settings.data_dir / "ship")

    def _ship_host_logs(self, traffic: Traffic) -> None:
        found = {name for pattern in HOST_FILES for name in glob.glob(pattern, recursive=True)}  # noqa: PTH207
        readable = sorted(name for name in found if os.access(name, os.R_OK))
        self._console.print("This host's readable log files are sent too:", *readable, sep="\n  ")
        traffic.ship("host", readable, HOST_LINES_S)

    def _wait(self, platform: Platform, traffic: Traffic, is_done: Callable[[], bool], seconds: float) -> None:
        """Tell the progress until something is done, or Ctrl-C."""
        deadline = monotonic() + seconds
        while not is_done() and not self._stop.wait(POLL_S):
            platform.check()
            now = self._figures()
            self._narrator.tell_figures(now, self._before, traffic.sent)
            if monotonic() > deadline:
                raise ProcessError(f"after {seconds:.0f} s the lake and the marts do not have all messages: {now}")

    def _is_draining(self) -> bool:
        """Whether a drain has brought lines since the start."""
        return self._lake.row_count(RAW_LOGS) > self._before.raw

    def _is_settled(self, log: EventLog, messages: int) -> bool:
        """Whether every message is in the event log, in the lake, in a closed record and in the marts."""
        rows = list(partition_rows(self._lake, log, self._settings.ingest))
        if self._messages(log) < messages or any(row["lag"] or row["behind"] or row["open"] for row in rows):
            return False
        now = self._figures()
        return now.enriched == now.mart_records

    def _messages(self, log: EventLog) -> int:
        """Messages that the event log has ever taken in the topics that are read."""
        return sum(row["high"] for row in partition_rows(self._lake, log, self._settings.ingest))

    def _figures(self) -> Figures:
        return figures(self._lake, self._settings.marts_path)

    def _report(self, platform: Platform, sent: int, earlier: int) -> None:
        self._console.print(table(self._figures(), account_of(self._lake), sent, earlier))
        marts = f'{self._settings.marts_path} (DuckDB; stacklens sql "SHOW TABLES")'
        self._console.print(f"Dagster UI   {platform.ui}\nMarts        {marts}", highlight=False, soft_wrap=True)

    def _verify(self, log: EventLog, messages: int) -> None:
        violations = [str(violation) for violation in verify(self._lake)]
        taken = self._messages(log)
        if taken != messages:
            violations.append(f"sent {messages} messages in all, and the event log took {taken}")
        if violations:
            raise ConservationError(f"counts are not conserved: {'; '.join(violations)}")
        self._console.print("Conserved: every line is in exactly one place.")

    def _go_on(self, cleaning: ExitStack, platform: Platform, log: EventLog, sent: int) -> None:
        """Keep lines coming, and count them, until Ctrl-C."""
        self._console.print("Lines keep coming; Ctrl-C stops everything.")
        traffic = self._traffic(platform, log)
        cleaning.callback(traffic.end)
        traffic.play_shop(LATER_LINES_S, float("inf"))
        traffic.ship("platform", platform.log_files, PLATFORM_LINES_S)
        while not self._stop.wait(LATER_POLL_S):
            platform.check()
            self._narrator.tell_figures(self._figures(), self._before, sent + traffic.sent)
