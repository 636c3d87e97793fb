"""One Apache Kafka broker in KRaft mode on this machine, for trying things out and for tests. Needs Java 17 and Maven.

python deploy/kafka/broker.py --port 9092 --data data/kafka
"""

import argparse
import base64
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
READY_S = 60.0


class BrokerError(RuntimeError):
    """The broker cannot be fetched or started."""


@dataclass
class Tls:
    """A second listener with TLS and SCRAM: PEM files of the broker, and the users with their passwords."""

    port: int
    certificate_chain: str
    private_key: str
    users: Mapping[str, str] = field(default_factory=dict)


class Broker:
    """A broker with a folder of its own; it can be stopped, killed and started again on the same data."""

    def __init__(self, data: Path, port: int, *, tls: Tls | None = None, libs: Path | None = None) -> None:
        self.port, self._tls = port, tls
        self._data, self._libs = data.resolve(), libs or fetched_jars()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect without TLS."""
        return f"127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the broker says."""
        return self._data / "broker.log"

    def start(self) -> None:
        """Start, and return when it takes connections.

        Raises BrokerError when the port is taken or the broker ends, with the last line that it said.
        """
        _refuse_taken(self.port)
        properties = self._data / "server.properties"
        if not properties.exists():
            self._format(properties)
        heap = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC"]
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                ["java", *heap, "-cp", f"{self._libs}/*", "kafka.Kafka", str(properties)],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """End it in order, by force when that takes too long."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise BrokerError(f"the broker ended: {self._last_words()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        self.stop()
        raise BrokerError(f"the broker was not ready after {READY_S:.0f} s: {self._last_words()}")

    def _format(self, properties: Path) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        text = "\n".join(f"{name}={value}" for name, value in self._properties().items())
        aside = properties.with_suffix(".new")
        aside.write_text(text + "\n")
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        users = [f"SCRAM-SHA-512=[name={n},password={p}]" for n, p in (self._tls.users if self._tls else {}).items()]
        scram = [text for user in users for text in ("--add-scram", user)]
        command = ["java", "-Xmx512m", "-cp", f"{self._libs}/*", "kafka.tools.StorageTool", "format", "--standalone"]
        done = subprocess.run(
            [*command, f"--cluster-id={cluster}", "-c", str(aside), "--ignore-formatted", *scram],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            raise BrokerError(f"the storage cannot be formatted: {(done.stderr or done.stdout).strip()[-500:]}")
        aside.replace(properties)

    def _properties(self) -> dict[str, object]:
        controller = free_port()
        listeners = [f"PLAINTEXT://127.0.0.1:{self.port}"]
        security: dict[str, object] = {}
        if self._tls:
            listeners.append(f"SASL_SSL://127.0.0.1:{self._tls.port}")
            security = {
                "sasl.enabled.mechanisms": "SCRAM-SHA-512",
                "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;"
                ),
                "ssl.keystore.type": "PEM",
                "ssl.keystore.certificate.chain": self._tls.certificate_chain.replace("\n", "\\n"),
                "ssl.keystore.key": self._tls.private_key.replace("\n", "\\n"),
            }
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": ",".join([*listeners, f"CONTROLLER://127.0.0.1:{controller}"]),
            "advertised.listeners": ",".join(listeners),
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self._data / "topics",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            "broker.session.timeout.ms": 2000,  # else a start after kill -9 waits nine seconds for the old registration
            "broker.heartbeat.interval.ms": 300,
            **security,
        }

    def _last_words(self) -> str:
        lines = self.log_file.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "nothing"


def missing_parts() -> list[str]:
    """The programs that a broker needs and this machine has not."""
    return [name for name in ("java", "mvn") if shutil.which(name) is None]


def fetched_jars() -> Path:
    """The folder of the broker's jars; they are fetched through Maven when they are not there yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "stacklens"
    libs = cache / f"kafka-{uuid.uuid5(uuid.NAMESPACE_URL, POM.read_text()).hex[:12]}"
    if libs.exists():
        return libs
    if missing := missing_parts():
        raise BrokerError(f"a broker needs Java 17 and Maven; missing: {', '.join(missing)}")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        shutil.copyfile(POM, Path(folder, "pom.xml"))
        command = [
            "mvn",
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            "-DoutputDirectory=libs",
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
        if done.returncode:
            raise BrokerError(f"Maven cannot fetch the jars: {done.stdout.strip()[-500:]}")
        with contextlib.suppress(OSError):  # somebody else was faster
            Path(folder, "libs").rename(libs)
    return libs


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BrokerError(f"{error.strerror}; choose another with --port: port {port}") from error


def main() -> int:
    """Run a broker until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", type=Path, default=Path("data/kafka"))
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        broker = Broker(options.data, options.port)
        broker.start()
    except BrokerError as error:
        print(f"kafka: {error}", file=sys.stderr)
        return 1
    print(f"Kafka on {broker.bootstrap_servers}; export STACKLENS_KAFKA__BOOTSTRAP_SERVERS={broker.bootstrap_servers}")
    print("Ctrl-C stops it.", flush=True)
    while not stopped.wait(1):
        pass
    broker.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
