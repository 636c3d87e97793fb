"""What goes with a line into the event log: who sent it, how, and what was cut off."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from stacklens_pipeline.eventlog.base import Message

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Sender:
    """Where lines come from: the name they are known under, the address, the protocol."""

    source: str
    peer: str
    protocol: str

    @property
    def key(self) -> bytes:
        """The key of the messages: lines of one source stay in order."""
        return self.source.encode()

    @property
    def headers(self) -> Headers:
        """The headers of the messages."""
        return (("source", self.key), ("peer", self.peer.encode()), ("protocol", self.protocol.encode()))


def split_long(values: Sequence[bytes], limit: int) -> tuple[list[bytes], list[bytes]]:
    """The values that an event log takes, and those that are longer than `limit` bytes."""
    if max(map(len, values), default=0) <= limit:
        return list(values), []
    return [value for value in values if len(value) <= limit], [value for value in values if len(value) > limit]


def cut(value: bytes, limit: int, sender: Sender) -> Message:
    """The first `limit` bytes of a line, marked with the length and the SHA-256 of the whole."""
    marks = (
        ("original_length", str(len(value)).encode()),
        ("sha256", hashlib.sha256(value).hexdigest().encode()),
    )
    return Message(value[:limit], sender.key, (*sender.headers, *marks))
