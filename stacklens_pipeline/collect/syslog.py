"""Syslog over TCP: octet-counted or ended by newlines, each message as it comes (RFC 6587)."""

import asyncio
import re

from stacklens_pipeline.collect.counters import Counters
from stacklens_pipeline.collect.envelope import Sender
from stacklens_pipeline.collect.outbox import Outbox

PROTOCOL = "syslog"
READ_BYTES = 256 * 1024

_COUNTED = re.compile(rb"([1-9][0-9]{0,8}) (?=<)")
_COUNT_BEGUN = re.compile(rb"[1-9][0-9]{0,8}(?: |$)")
_NEXT_COUNTED = re.compile(rb"\n(?=[1-9][0-9]{0,8} <)")


def split_frames(received: bytes) -> tuple[list[bytes], bytes]:
    r"""Whole messages without their framing, and the bytes of one that is not whole yet. Empty messages are none.

    >>> split_frames(b"5 <1>ab<2>cd\n<3>e")
    ([b'<1>ab', b'<2>cd'], b'<3>e')
    """
    frames: list[bytes] = []
    at = 0
    while at < len(received):
        counted = _COUNTED.match(received, at)
        if counted:
            end = counted.end() + int(counted[1])
            if end > len(received):
                break
            frames.append(received[counted.end() : end].rstrip(b"\r\n"))
            at = end
            continue
        if _count_may_follow(received, at):
            break
        found = _NEXT_COUNTED.search(received, at)
        end = (found.end() if found else received.rfind(b"\n", at) + 1) or at
        if end <= at:
            break
        frames.extend(line.rstrip(b"\r") for line in received[at : end - 1].split(b"\n"))
        at = end
    return [frame for frame in frames if frame], received[at:]


def _count_may_follow(received: bytes, at: int) -> bool:
    """Whether these last bytes may be the beginning of a count."""
    begun = _COUNT_BEGUN.match(received, at)
    return begun is not None and begun.end() == len(received)


class SyslogReceiver:
    """Serves TCP connections. A connection is read on only when the event log has what it sent before."""

    def __init__(self, outbox: Outbox, max_frame_bytes: int, counters: Counters) -> None:
        self._outbox, self._max_frame_bytes, self._counters = outbox, max_frame_bytes, counters
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a connection to its end; a last line without a newline counts."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        sender = Sender("syslog", str((writer.get_extra_info("peername") or [""])[0]), PROTOCOL)
        try:
            await self._read(reader, sender)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def stop(self) -> None:
        """End the connections; what they handed in is appended."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader, sender: Sender) -> None:
        rest = b""
        while data := await reader.read(READ_BYTES):
            frames, rest = split_frames(rest + data)
            await self._store(sender, frames)
            if len(rest) > self._max_frame_bytes:
                self._counters.refused["too_large"] += 1
                return
        await self._store(sender, [rest.rstrip(b"\r\n")] if rest.strip() else [])

    async def _store(self, sender: Sender, frames: list[bytes]) -> None:
        if frames:
            await self._outbox.put_patiently(sender, frames)
            self._counters.lines[PROTOCOL] += len(frames)
