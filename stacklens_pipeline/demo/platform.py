"""The platform's processes on one machine: the collector, and Dagster's code servers, webserver and daemon."""

import shutil
import socket
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from stacklens_pipeline.demo.children import Child
from stacklens_pipeline.demo.ports import refuse_taken
from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.settings import Settings, as_environment, foreign_environment

READY_S = 90.0


def checkout() -> Path:
    """The folder that `workspace.yaml` lies in.

    Raises ConfigurationError when the engine was installed without it.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "workspace.yaml").exists():
        raise ConfigurationError(
            f"the demo needs the checkout with workspace.yaml and assets/; there is none at {root}"
        )
    return root


class Platform:
    """Starts the processes in order, and stops them all.

    Dagster runs as it does in production, in a process a part. `dagster dev` would put a proxy before each code server
    and load one location after the other, which takes twice as long.
    """

    def __init__(self, settings: Settings, ui_port: int, stop: threading.Event | None = None) -> None:
        self._settings, self._ui_port = settings, ui_port
        self._root, self._logs = checkout(), settings.data_dir / "logs"
        self._home = settings.data_dir / "dagster"
        self._workspace = self._home / "workspace.yaml"
        self._stop = stop or threading.Event()
        self._children: list[Child] = []
        self._sockets: dict[str, Path] = {}  # of the code locations, by name
        self._folder: Path | None = None

    @property
    def ui(self) -> str:
        """The address of the Dagster UI."""
        return f"http://127.0.0.1:{self._ui_port}"

    @property
    def ingest(self) -> str:
        """Where lines are posted to."""
        collect = self._settings.collect
        return f"http://{collect.host}:{collect.http_port}/ingest"

    @property
    def log_files(self) -> list[str]:
        """The components' own logs."""
        return [str(self._logs / "*.log")]

    def check_ports(self) -> None:
        """Raise ConfigurationError when a port is taken, before anything is started."""
        collect = self._settings.collect
        for port, variable in (
            (self._ui_port, "DAGSTER_WEBSERVER_PORT"),
            (collect.http_port, "STACKLENS_COLLECT__HTTP_PORT"),
            (collect.syslog_tcp_port, "STACKLENS_COLLECT__SYSLOG_TCP_PORT"),
        ):
            refuse_taken(port, f"choose another with {variable}, such as {variable}={port + 1}")

    def start_collector(self) -> None:
        """Start the collector, and wait until it answers."""
        child = self._start("collector", "-m", "stacklens_pipeline.cli", "collect")
        address = self.ingest.removesuffix("/ingest") + "/healthz"
        child.wait_until(lambda: _answers(address), READY_S, self._stop)

    def start_dagster(self) -> None:
        """Start Dagster; its first ticks come a few seconds after this returns."""
        self.load_code()
        self._children[-1].wait_until(self.is_loaded, READY_S, self._stop)
        self.start_daemon()
        self.start_webserver()

    def load_code(self) -> None:
        """Start a server for each code location of `workspace.yaml`, all at once; they have loaded seconds later."""
        self._home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._root / "deploy" / "dagster.yaml", self._home / "dagster.yaml")
        self._folder = Path(tempfile.mkdtemp(prefix="stacklens-"))  # a socket's path may have 107 bytes only
        locations = yaml.safe_load((self._root / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
        for number, location in enumerate(locations):
            self._serve_code(**location["python_file"], makes_history=number == 0)

    def is_loaded(self) -> bool:
        """Whether all code locations answer.

        Raises ProcessError when one has died of its code.
        """
        self.check()
        return all(_is_listening(path) for path in self._sockets.values())

    def start_daemon(self) -> None:
        """Start the daemon over the code locations, which have to be loaded."""
        servers = [
            {"grpc_server": {"location_name": name, "socket": str(path)}} for name, path in self._sockets.items()
        ]
        self._workspace.write_text(yaml.safe_dump({"load_from": servers}), encoding="utf-8")
        self._start("dagster-daemon", "-m", "dagster._daemon", "run", "-w", str(self._workspace))

    def start_webserver(self) -> None:
        """Start the UI, after the daemon."""
        listen = ["-h", "127.0.0.1", "-p", str(self._ui_port)]
        self._start("dagster-webserver", "-m", "dagster_webserver", "-w", str(self._workspace), *listen)

    def check(self) -> None:
        """Raise ProcessError when a process has ended."""
        for child in self._children:
            child.check()

    def stop(self) -> None:
        """Stop everything, the last started first: the daemon before the runs that it would start again."""
        for child in reversed(self._children):
            child.interrupt()
        while self._children:
            self._children.pop().stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _serve_code(self, relative_path: str, location_name: str, *, makes_history: bool) -> None:
        """One server makes Dagster's history, which two at once would spoil; the others do without until a run."""
        assert self._folder is not None
        self._sockets[location_name] = self._folder / location_name
        code = ["-f", str(self._root / relative_path), "-d", str(self._root), "--location-name", location_name]
        command = ["-m", "dagster", "api", "grpc", *code, "-s", str(self._sockets[location_name])]
        self._start(f"dagster-{location_name}", *command, "--log-level", "warning", has_home=makes_history)

    def _start(self, name: str, *arguments: str, has_home: bool = True) -> Child:
        env = {**foreign_environment(), **as_environment(self._settings)}
        env |= {"DAGSTER_HOME": str(self._home)} if has_home else {}
        child = Child(name, [sys.executable, *arguments], self._logs / f"{name}.log", env=env, cwd=self._root)
        self._children.append(child)
        return child


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
