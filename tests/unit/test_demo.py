"""What the demo needs to know of this machine."""

import io
import os
import pty
import socket
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console

from stacklens_pipeline.demo import ports
from stacklens_pipeline.demo.children import Child
from stacklens_pipeline.demo.figures import Figures, table
from stacklens_pipeline.demo.narrator import Narrator, is_in_front
from stacklens_pipeline.demo.platform import Platform
from stacklens_pipeline.demo.show import Show
from stacklens_pipeline.errors import ConfigurationError, ProcessError
from stacklens_pipeline.settings import CollectSettings, Settings
from stacklens_pipeline.verify import Account


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_refused_with_its_owner_and_what_to_do(taken):
    own = Path("/proc/self/comm").read_text().strip()
    message = f"port {taken} is taken by {own} \\(pid {os.getpid()}\\); choose another with PORT"
    with pytest.raises(ConfigurationError, match=message):
        ports.refuse_taken(taken, "choose another with PORT")


def test_an_owner_that_cannot_be_found_is_another_process(taken, monkeypatch):
    monkeypatch.setattr(ports, "_open_files", lambda _: iter(()))
    assert ports.owner(taken) == "another process"


def test_a_free_port_is_not_refused(taken):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    ports.refuse_taken(free, "")


def test_a_child_is_waited_for_until_it_is_stopped_or_dies(tmp_path):
    child = Child("child", [sys.executable, "-c", "print('why'); exit(3)"], tmp_path / "log", env={}, cwd=tmp_path)
    stop = threading.Event()
    with pytest.raises(ProcessError, match="child ended with status 3: why"):
        child.wait_until(lambda: False, 60, stop)
    stop.set()
    living = Child("living", ["tail", "-f", os.devnull], tmp_path / "log", env={}, cwd=tmp_path)
    living.wait_until(lambda: False, 60, stop)
    living.stop()
    assert not living.is_running


NOW = Figures(6, 4, 1, 4, 1, 0.5, {}, 4)


def test_a_line_that_moves_is_for_a_foreground_terminal_only(monkeypatch):
    ours, other = pty.openpty()
    with os.fdopen(ours, "w"), os.fdopen(other, "w") as terminal:
        for group, is_front in ((os.getpgrp(), True), (os.getpgrp() + 1, False)):
            monkeypatch.setattr(os, "tcgetpgrp", lambda _, group=group: group)
            assert is_in_front(terminal) == is_front
    assert not is_in_front(io.StringIO())


def test_in_a_file_things_are_said_and_nothing_moves():
    stream = io.StringIO()
    with Narrator(Console(file=stream, force_terminal=True, color_system=None)) as narrator:
        narrator.say("begun")
        narrator.tell_figures(NOW, NOW, 6)
    assert stream.getvalue() == "  0.0 s  begun\n"


def test_messages_of_the_table_add_up():
    stream = io.StringIO()
    Console(file=stream, width=80).print(table(NOW, Account(6, 4, 1, 0, 1, 0), 6))
    rows = {line.split("│")[1].strip(): line.split("│")[2].strip() for line in stream.getvalue().splitlines()[2:-1]}
    assert rows["messages in raw/logs"] == "6"
    parts = ("records in parsed/logs and enriched/logs", "lines inside records of several lines", "dead letters")
    assert [rows[part] for part in parts] == ["4", "1", "1"]


def test_a_taken_port_stops_nothing_before_anything_is_started(taken, free_port, tmp_path, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    stream = io.StringIO()
    collect = CollectSettings(http_port=taken, syslog_tcp_port=free_port)
    show = Show(Settings(data_dir=tmp_path / "data", collect=collect), 0, Console(file=stream))
    with pytest.raises(ConfigurationError, match="STACKLENS_COLLECT__HTTP_PORT"):
        show.run(1, 1, is_once=True, has_kafka=False, has_host_logs=False)
    assert stream.getvalue() == ""
    assert not (tmp_path / "data").exists()


class Later:
    """Traffic of which a line is sent whenever it is counted."""

    def __init__(self):
        self.counted = 0

    @property
    def sent(self):
        self.counted += 1
        return self.counted

    def play_shop(self, *_):
        pass

    def ship(self, *_):
        pass

    def end(self):
        pass


def test_lines_are_counted_after_the_table_too(tmp_path, monkeypatch):
    monkeypatch.setattr("stacklens_pipeline.demo.show.LATER_POLL_S", 0.001)
    show, told = Show(Settings(data_dir=tmp_path), 0, Console(file=io.StringIO())), []

    def tell(_now, _before, sent):
        told.append(sent)
        if len(told) == 3:
            show._stop.set()

    monkeypatch.setattr(show, "_traffic", lambda *_: Later())
    monkeypatch.setattr(show, "_before", NOW, raising=False)
    monkeypatch.setattr(show._narrator, "tell_figures", tell)
    with ExitStack() as cleaning:
        show._go_on(cleaning, Platform(show._settings, 0), None, 6)
    assert told == [7, 8, 9]
