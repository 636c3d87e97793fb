"""A Kafka broker for the demo: the same that `make kafka` starts."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from stacklens_pipeline.demo.children import Child
from stacklens_pipeline.demo.platform import checkout
from stacklens_pipeline.demo.ports import refuse_taken
from stacklens_pipeline.settings import Settings, foreign_environment

READY_S = 180.0
"""The first start fetches the broker's jars."""
PORT = 9092


def check_port() -> None:
    """Raise ConfigurationError when the broker's port is taken."""
    refuse_taken(PORT, f"stop it, or read from it with STACKLENS_KAFKA__BOOTSTRAP_SERVERS=127.0.0.1:{PORT}")


@contextmanager
def kafka_settings(settings: Settings, stop: threading.Event) -> Iterator[Settings]:
    """Settings that read from a broker which runs as long as the context."""
    root = checkout()
    command = [sys.executable, str(root / "deploy" / "kafka" / "broker.py"), "--port", str(PORT)]
    data = settings.data_dir / "kafka"
    log = settings.data_dir / "logs" / "kafka.log"
    child = Child("kafka", [*command, "--data", str(data)], log, env=foreign_environment(), cwd=root)
    try:
        child.wait_until(_is_listening, READY_S, stop)
        kafka = settings.kafka.model_copy(update={"bootstrap_servers": f"127.0.0.1:{PORT}"})
        yield settings.model_copy(update={"kafka": kafka})
    finally:
        child.stop()


def _is_listening() -> bool:
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=1):
            return True
    except OSError:
        return False
