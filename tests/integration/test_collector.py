"""The collector as a process, with the clients that people have."""

import gzip
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from stacklens_pipeline.eventlog.base import OffsetRange, TopicPartition
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from stacklens_pipeline.settings import CollectSettings, Settings, as_environment, foreign_environment

TOPIC = "collected-logs"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Collector:
    """A collector's process."""

    def __init__(self, folder: Path) -> None:
        collect = CollectSettings(http_port=free_port(), syslog_tcp_port=free_port(), max_request_bytes=20 * 2**20)
        self.settings = Settings(data_dir=folder, collect=collect)
        self.address = f"http://127.0.0.1:{collect.http_port}"
        self.syslog_port = collect.syslog_tcp_port
        self._process = subprocess.Popen(
            [sys.executable, "-m", "stacklens_pipeline.cli", "collect"],
            env=foreign_environment() | as_environment(self.settings),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline().startswith("listening")

    def post(self, body: bytes, query: str = "", **headers: str) -> tuple[int, dict[str, object]]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{self.address}/ingest{query}", body, names)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=20) as response:
            return str(response.read().decode())

    def values(self, at_least: int = 0) -> list[bytes]:
        """What the log holds, once it holds so many."""
        log, tp = SqliteLog(self.settings.eventlog_path), TopicPartition(TOPIC, 0)
        deadline = time.monotonic() + 20
        while (high := log.watermarks([tp])[tp].high) < at_least and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        found = [value for frame in log.read([OffsetRange(*tp, 0, high)]) for value in frame["value"]]
        log.close()
        return found

    def end(self, number: int = signal.SIGTERM) -> int:
        self._process.send_signal(number)
        status = self._process.wait(20)
        assert self._process.stdout
        self._process.stdout.close()
        return status


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    running = Collector(tmp_path)
    yield running
    assert running.end() == 0


def test_lines_are_in_the_log_when_they_are_answered(collector: Collector) -> None:
    assert collector.post(b'{"a":1}\n{"a":2}\r\n\nlast', "?source=shop") == (200, {"accepted": 3})
    assert collector.values() == [b'{"a":1}', b'{"a":2}', b"last"]
    for encode, name in ((gzip.compress, "gzip"), (zstandard.compress, "zstd")):
        assert collector.post(encode(b"packed\n"), content_encoding=name) == (200, {"accepted": 1})
    assert collector.values()[3:] == [b"packed", b"packed"]
    for encode, name in ((gzip.compress, "gzip"), (zstandard.compress, "zstd")):
        assert collector.post(encode(b"one\n") + encode(b"two\n"), content_encoding=name) == (200, {"accepted": 2})
    assert collector.values()[5:] == [b"one", b"two"] * 2
    assert 'lines_total{protocol="http"} 9' in collector.get("/metrics")


def test_what_cannot_be_taken_is_refused_with_a_sentence(collector: Collector) -> None:
    assert collector.post(b"no gzip", content_encoding="gzip")[0] == 400
    for encode, name in ((gzip.compress, "gzip"), (zstandard.compress, "zstd")):
        packed = encode(b"x" * 1000)
        for bad in (packed[:-9], packed + b"garbage", packed + packed[:-1], b""):
            assert collector.post(bad, content_encoding=name)[0] == 400
        twice = encode(b"x" * (11 * 2**20)) * 2
        assert collector.post(twice, content_encoding=name)[0] == 413
    assert collector.post(b"x", content_encoding="br")[0] == 415
    assert collector.post(b"x\n" * (11 * 2**20))[0] == 413
    assert collector.post(gzip.compress(b"x" * (21 * 2**20)), content_encoding="gzip")[0] == 413
    for path, status in (("/nowhere", 404), ("/ingest", 405)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            collector.get(path)
        with refused.value as answer:
            assert (answer.code, "error" in json.load(answer)) == (status, True)
    assert collector.values() == []
    assert collector.get("/healthz") == '{"status":"ok"}'


def test_a_line_of_ten_megabytes_is_cut(collector: Collector) -> None:
    with socket.create_connection(("127.0.0.1", collector.syslog_port)) as sender:
        sender.sendall(b"<13>" + b"x" * 10_000_000 + b"\n<13>next\n")
        assert [len(value) for value in collector.values(2)] in ([8, 1_048_576], [1_048_576, 8])


def test_logger_speaks_syslog(collector: Collector, require: Callable[[str, bool, str], None]) -> None:
    require("logger", shutil.which("logger") is not None, "install bsdutils (make parts)")
    for options in (["--rfc3164"], ["--rfc5424", "--octet-count"]):
        command = ["logger", "-n", "127.0.0.1", "-P", str(collector.syslog_port), "-T", *options]
        subprocess.run([*command, f"hello {options[0]}"], check=True)
    assert {value.split()[-1] for value in collector.values(2)} == {b"--rfc3164", b"--rfc5424"}


def test_curl_posts_lines(collector: Collector, tmp_path: Path, require: Callable[[str, bool, str], None]) -> None:
    require("curl", shutil.which("curl") is not None, "install curl (make parts)")
    (tmp_path / "lines").write_bytes(b"one\ntwo\n")
    command = ["curl", "-sS", "--data-binary", f"@{tmp_path / 'lines'}", f"{collector.address}/ingest?source=me"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b'{"accepted":2}'
    assert collector.values() == [b"one", b"two"]


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    answered: list[bytes] = []
    for round_ in range(3):
        collector = Collector(tmp_path)
        died = threading.Event()

        def keep_sending(name: str, collector: Collector = collector, died: threading.Event = died) -> None:
            number = 0
            while not died.is_set():
                line = f"{name} {number}".encode()
                try:
                    if collector.post(line)[0] == 200:
                        answered.append(line)
                except (OSError, ValueError, http.client.HTTPException):
                    return
                number += 1

        threads = [threading.Thread(target=keep_sending, args=(f"{round_}-{n}",)) for n in range(3)]
        for thread in threads:
            thread.start()
        before = len(answered)
        while len(answered) < before + 20:
            threading.Event().wait(0.01)
        assert collector.end(signal.SIGKILL) == -signal.SIGKILL
        died.set()
        for thread in threads:
            thread.join()
    stored = collector.values()
    assert set(answered) <= set(stored)
    assert len(stored) == len(set(stored))


def test_a_taken_port_is_refused_by_name(collector: Collector, tmp_path: Path) -> None:
    env = foreign_environment() | as_environment(collector.settings.model_copy(update={"data_dir": tmp_path / "other"}))
    command = [sys.executable, "-m", "stacklens_pipeline.cli", "collect"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "STACKLENS_COLLECT__HTTP_PORT" in done.stderr
