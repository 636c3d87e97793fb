"""Ports of this machine: whether somebody can listen on one, and who does already."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path

from stacklens_pipeline.errors import ConfigurationError

LISTENING = "0A"
"""The state of a socket in /proc/net/tcp."""


def refuse_taken(port: int, advice: str) -> None:
    """Raise ConfigurationError, naming who has the port, when nobody else can listen on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            taken = f"is taken by {owner(port)}" if error.errno == errno.EADDRINUSE else f"cannot be used: {error}"
            raise ConfigurationError(f"port {port} {taken}; {advice}") from error


def owner(port: int) -> str:
    """The process that listens on a port, as `name (pid 12)`; `another process` where the system does not tell."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda folder: int(folder.name)):
        if not sockets.isdisjoint(_open_files(process)):
            with contextlib.suppress(OSError):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return "another process"


def _listening(port: int) -> Iterator[str]:
    """Inodes of the sockets that listen on a port, of any address."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                if state == LISTENING and int(local.rpartition(":")[2], 16) == port:
                    yield rest[5]


def _open_files(process: Path) -> Iterator[str]:
    """What a process has open; nothing when it is another user's or has just ended."""
    with contextlib.suppress(OSError):
        for file in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(file.readlink())
