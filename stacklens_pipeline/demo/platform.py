"""The platform's processes on one machine: the collector, and Dagster with its webserver, daemon and code locations."""

import shutil
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

from stacklens_pipeline.demo.children import Child
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
    """Starts the processes in order, and stops them all."""

    def __init__(self, settings: Settings, ui_port: int) -> None:
        self._settings, self._ui_port = settings, ui_port
        self._root, self._logs = checkout(), settings.data_dir / "logs"
        self._children: list[Child] = []

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
        for port, setting in (
            (self._ui_port, "--ui-port"),
            (collect.http_port, "STACKLENS_COLLECT__HTTP_PORT"),
            (collect.syslog_tcp_port, "STACKLENS_COLLECT__SYSLOG_TCP_PORT"),
        ):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise ConfigurationError(f"{error.strerror}; choose another with {setting}: port {port}") from error

    def start_collector(self) -> None:
        """Start the collector, and wait until it answers."""
        child = self._start("collector", [sys.executable, "-m", "stacklens_pipeline.cli", "collect"])
        address = self.ingest.removesuffix("/ingest") + "/healthz"
        child.wait_until(lambda: _answers(address), READY_S)

    def start_dagster(self) -> None:
        """Start Dagster; it is ready some ten seconds later."""
        home = self._settings.data_dir / "dagster"
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._root / "deploy" / "dagster.yaml", home / "dagster.yaml")
        command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1"]
        self._start("dagster", [*command, "-p", str(self._ui_port)])

    def check(self) -> None:
        """Raise ProcessError when a process has ended."""
        for child in self._children:
            child.check()

    def stop(self) -> None:
        """Stop everything, the last started first."""
        while self._children:
            self._children.pop().stop()

    def _start(self, name: str, command: list[str]) -> Child:
        home = str(self._settings.data_dir / "dagster")
        env = {**foreign_environment(), **as_environment(self._settings), "DAGSTER_HOME": home}
        child = Child(name, command, self._logs / f"{name}.log", env=env, cwd=self._root)
        self._children.append(child)
        return child


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
