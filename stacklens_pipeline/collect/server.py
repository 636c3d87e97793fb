"""The collector's process: binds its ports, serves until it is asked to stop, and leaves nothing half done."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn

from stacklens_pipeline.collect.counters import Counters
from stacklens_pipeline.collect.http import Ingest
from stacklens_pipeline.collect.outbox import Outbox
from stacklens_pipeline.collect.redact import Redactor
from stacklens_pipeline.collect.syslog import READ_BYTES, SyslogReceiver
from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.parse.rules.load import load_parsers
from stacklens_pipeline.settings import CollectSettings, Settings


def collect(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises ConfigurationError when a port is taken, and EventLogError when the event log cannot be reached.
    """
    asyncio.run(_collect(settings))


async def _collect(settings: Settings) -> None:
    ours = settings.collect
    http, syslog = (
        bound(ours.host, ours.http_port, "HTTP_PORT"),
        bound(ours.host, ours.syslog_tcp_port, "SYSLOG_TCP_PORT"),
    )
    log = open_log(settings)
    try:
        log.create_topics([ours.topic])
        redact = Redactor(load_parsers(settings.config_dir))
        outbox = Outbox(log, ours.topic, ours.max_line_bytes, redact=redact)
        await _serve(ours, outbox, Counters(redact.redacted), http, syslog)
    finally:
        log.close()


async def _serve(
    ours: CollectSettings, outbox: Outbox, counters: Counters, http: socket.socket, syslog: socket.socket
) -> None:
    receiver = SyslogReceiver(outbox, ours.max_request_bytes, counters)
    app = Ingest(outbox, ours.max_request_bytes, counters)
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_level="warning", timeout_graceful_shutdown=5)
    web = _Server(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, web.stop)
    writer = asyncio.create_task(outbox.run())
    server = await asyncio.start_server(receiver.serve, sock=syslog, limit=READ_BYTES)
    print(f"listening: http {_address(http)}/ingest, syslog over TCP {_address(syslog)}", flush=True)
    await web.serve(sockets=[http])
    server.close()
    await receiver.stop()
    outbox.close()
    await writer


class _Server(uvicorn.Server):
    """uvicorn, with signals that are ours: its own handlers end the process before it has cleaned up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


def bound(host: str, port: int, name: str) -> socket.socket:
    """A listening socket; `name` is the setting's, for the error when the port is taken."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen ({error.strerror}), set STACKLENS_COLLECT__{name} to another port: {host}:{port}"
        ) from error


def _address(bound_to: socket.socket) -> str:
    host, port = bound_to.getsockname()[:2]
    return f"{host}:{port}"
