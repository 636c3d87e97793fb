"""The one way into the event log: what many connections hand in is appended together, and answered together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from stacklens_pipeline.collect.envelope import Sender, cut, split_long
from stacklens_pipeline.collect.redact import Redactor
from stacklens_pipeline.errors import EventLogError
from stacklens_pipeline.eventlog.base import EventLog

MAX_BYTES_IN_FLIGHT = 64 * 2**20
"""Bytes that were received and are not in the event log yet; more are refused or have to wait."""


class OutboxFullError(EventLogError):
    """More lines wait for the event log than memory is set aside for."""


@dataclass
class _Parcel:
    sender: Sender
    values: Sequence[bytes]
    size: int
    done: "asyncio.Future[None]"


class Outbox:
    """Group commit: while one append is under way, the next gathers. Belongs to one event loop."""

    def __init__(
        self,
        log: EventLog,
        topic: str,
        max_line_bytes: int,
        max_bytes: int = MAX_BYTES_IN_FLIGHT,
        redact: Redactor | None = None,
    ) -> None:
        self._log, self._topic, self._max_line_bytes, self._max_bytes = log, topic, max_line_bytes, max_bytes
        self._redact = redact or Redactor()
        self._waiting: list[_Parcel] = []
        self._size = 0
        self._has_work = asyncio.Event()
        self._is_closing = False

    async def put(self, sender: Sender, values: Sequence[bytes]) -> None:
        """Return once the event log has the lines.

        Raises OutboxFullError at once when too much waits already, EventLogError when the log refuses: then the
        sender has to send them again.
        """
        size = sum(map(len, values))
        if self._size and self._size + size > self._max_bytes:
            raise OutboxFullError(f"too many lines wait for the event log, bytes in flight: {self._size}")
        parcel = _Parcel(sender, values, size, asyncio.get_running_loop().create_future())
        self._size += size
        self._waiting.append(parcel)
        self._has_work.set()
        await parcel.done

    async def put_patiently(self, sender: Sender, values: Sequence[bytes], retry_s: float = 0.5) -> None:
        """As `put`, for protocols without an answer: wait for room and try again for as long as it takes."""
        while True:
            try:
                return await self.put(sender, values)
            except EventLogError:
                await asyncio.sleep(retry_s)

    async def run(self) -> None:
        """Append what waits, until `close` was called and nothing waits any more."""
        while self._waiting or not self._is_closing:
            await self._has_work.wait()
            self._has_work.clear()
            parcels, self._waiting = self._waiting, []
            await self._append(parcels)

    def close(self) -> None:
        """Let `run` end."""
        self._is_closing = True
        self._has_work.set()

    async def _append(self, parcels: list[_Parcel]) -> None:
        """One append for each sender: together where they share it."""
        groups: dict[Sender, list[_Parcel]] = {}
        for parcel in parcels:
            groups.setdefault(parcel.sender, []).append(parcel)
        for sender, group in groups.items():
            values = [value for parcel in group for value in parcel.values]
            try:
                await asyncio.to_thread(self._store, sender, values)
            except EventLogError as error:
                _settle(group, error)
            else:
                _settle(group, None)
            self._size -= sum(parcel.size for parcel in group)

    def _store(self, sender: Sender, values: Sequence[bytes]) -> None:
        fitting, long = split_long(self._redact(sender.source, values), self._max_line_bytes)
        if fitting:
            self._log.append_values(self._topic, fitting, key=sender.key, headers=sender.headers)
        for value in long:
            self._log.append(self._topic, [cut(value, self._max_line_bytes, sender)])


def _settle(group: list[_Parcel], error: EventLogError | None) -> None:
    for parcel in group:
        if parcel.done.done():  # its sender has gone
            continue
        if error is None:
            parcel.done.set_result(None)
        else:
            parcel.done.set_exception(error)
