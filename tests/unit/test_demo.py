"""What the demo needs to know of this machine."""

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from stacklens_pipeline.demo import ports
from stacklens_pipeline.demo.children import Child
from stacklens_pipeline.errors import ConfigurationError, ProcessError


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
