"""HTTP: `POST /ingest` takes lines (NDJSON or any text, one message a line); `/healthz`, `/metrics`. An ASGI app."""

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

import orjson

from stacklens_pipeline.collect.counters import Counters
from stacklens_pipeline.collect.envelope import Sender
from stacklens_pipeline.collect.outbox import Outbox
from stacklens_pipeline.errors import EventLogError, PackedError
from stacklens_pipeline.packed import UNPACKERS, unpacked

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PROTOCOL = "http"
DEFAULT_SOURCE = "http"


class _Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.reason = status, reason


class Ingest:
    """The collector's HTTP side."""

    def __init__(self, outbox: Outbox, max_request_bytes: int, counters: Counters) -> None:
        self._outbox, self._max_bytes, self._counters = outbox, max_request_bytes, counters

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            await self._answer(scope, receive, send)
        except _Refused as refused:
            self._counters.refused[refused.reason] += 1
            retry = [(b"retry-after", b"1")] if refused.status == 503 else []
            await _send(send, refused.status, orjson.dumps({"error": str(refused)}), headers=retry)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        match scope["path"], scope["method"]:
            case "/ingest", "POST":
                accepted = await self._ingest(scope, receive)
                await _send(send, 200, orjson.dumps({"accepted": accepted}))
            case "/healthz", "GET":
                await _send(send, 200, b'{"status":"ok"}')
            case "/metrics", "GET":
                await _send(send, 200, self._counters.text().encode(), b"text/plain; version=0.0.4")
            case "/ingest" | "/healthz" | "/metrics", method:
                raise _Refused(405, "method", f"this path does not take the method: {method}")
            case path, _:
                raise _Refused(404, "path", f"there is no such path, lines go to POST /ingest: {path}")

    async def _ingest(self, scope: dict[str, Any], receive: Receive) -> int:
        """Take a body's lines; how many. Empty lines are none."""
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        body = self._decoded(await self._body(receive), headers.get("content-encoding", b"").decode("latin-1"))
        lines = [line for line in body.replace(b"\r\n", b"\n").split(b"\n") if line]
        if lines:
            try:
                await self._outbox.put(_sender(scope, headers), lines)
            except EventLogError as error:
                raise _Refused(503, "unavailable", f"nothing was taken, send it again: {error}") from error
            self._counters.lines[PROTOCOL] += len(lines)
        return len(lines)

    async def _body(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Refused(400, "disconnected", "the request ended before its body did")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_bytes:
                raise self._too_large()
            if not message.get("more_body"):
                return b"".join(parts)

    def _decoded(self, body: bytes, encoding: str) -> bytes:
        if encoding in ("", "identity"):
            return body
        if encoding not in UNPACKERS:
            raise _Refused(415, "encoding", f"the content encoding is not gzip or zstd: {encoding}")
        parts: list[bytes] = []
        size = 0
        try:
            for part in unpacked(BytesIO(body), encoding):
                parts.append(part)
                size += len(part)
                if size > self._max_bytes:
                    raise self._too_large()
        except PackedError as error:
            raise _Refused(400, "encoding", f"the body cannot be unpacked, {error}") from error
        return b"".join(parts)

    def _too_large(self) -> _Refused:
        return _Refused(413, "too_large", f"a request may have so many bytes, send several: {self._max_bytes}")


def _sender(scope: dict[str, Any], headers: dict[str, bytes]) -> Sender:
    """`?source=NAME`, else the header `X-Source`, else `http`."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("source", [])
    source = asked[0] if asked else headers.get("x-source", b"").decode("utf-8", "replace") or DEFAULT_SOURCE
    peer = scope["client"][0] if scope.get("client") else ""
    return Sender(source, peer, PROTOCOL)


async def _send(
    send: Send,
    status: int,
    body: bytes,
    kind: bytes = b"application/json",
    headers: list[tuple[bytes, bytes]] | None = None,
) -> None:
    listed = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})
