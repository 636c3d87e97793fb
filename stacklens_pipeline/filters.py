"""What every stage has in common when it is used as a filter over a file: opening, messages, output.

No server, no event log, no Dagster and no configuration is needed. Memory does not grow with the input.
"""

import base64
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, BinaryIO

import orjson

from stacklens_pipeline.errors import PackedError, StackLensError, UsageError
from stacklens_pipeline.values import as_json, as_text

SLICE_LINES = 50_000
"""Lines that are worked on at once."""

ENCODINGS = {".gz": "gzip", ".zst": "zstd"}
"""How files are packed, by the end of their names."""


TEXTS = ("received", "timezone", "format", "source")
"""What a message may say of itself in words."""


class Output(StrEnum):
    """How rows are written."""

    NDJSON = "ndjson"
    TABLE = "table"
    CSV = "csv"


@dataclass(frozen=True)
class Item:
    """One message: its bytes, and what a JSON line of `--messages` says beside them.

    `problem` says why a line is no message; it has no value then.
    """

    value: bytes | None
    extra: dict[str, Any]
    problem: str | None = None


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """A file's bytes, `-` being standard input; .gz and .zst are decompressed.

    Raises UsageError when there is no such file; reading raises PackedError when it is damaged or not whole.
    """
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        raw = Path(file).open("rb")  # noqa: SIM115
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
    encoding = ENCODINGS.get(Path(file).suffix)
    with raw:
        if encoding is None:
            yield raw
            return
        from stacklens_pipeline.packed import UnpackedFile

        try:
            yield io.BufferedReader(UnpackedFile(raw, encoding), 1 << 20)
        except PackedError as error:
            raise PackedError(f"{file} cannot be unpacked, {error}") from error


def received_at(file: str, given: str | None) -> datetime:
    """When the lines count as received: the given time, the file's modification time, or now for standard input."""
    if given is not None:
        return as_time(given)
    if file != "-":
        return datetime.fromtimestamp(Path(file).stat().st_mtime, UTC)
    now = datetime.now(UTC)
    print(f"lines count as received at {now.isoformat()}; --received says otherwise", file=sys.stderr)
    return now


def as_time(text: str) -> datetime:
    """An RFC 3339 time; without an offset it is UTC. Raises UsageError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"not an RFC 3339 time: `{text}`") from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def items(stream: BinaryIO, is_messages: bool) -> Iterator[Item]:
    """One item a line; with `is_messages` each line is a JSON object with `raw` or `raw_b64`."""
    for line in stream:
        if is_messages:
            yield _message(line)
        else:
            yield Item(line.removesuffix(b"\n"), {})


def _message(line: bytes) -> Item:
    try:
        extra = orjson.loads(line)
        value = base64.b64decode(extra.pop("raw_b64")) if "raw_b64" in extra else extra.pop("raw").encode()
        wrong = [name for name in TEXTS if not isinstance(extra.get(name, ""), str)]
        if "received" in extra and not wrong:
            as_time(extra["received"])
    except (KeyError, AttributeError, TypeError, ValueError, UsageError) as error:
        return Item(None, {}, f'the line is not a JSON object with "raw" or "raw_b64": {error}')
    if wrong:
        return Item(None, {}, f"what has to be text is not: {', '.join(wrong)}")
    return Item(value, extra)


def sliced(source: Iterable[Item], size: int = SLICE_LINES) -> Iterator[list[Item]]:
    """Lists of at most `size` items."""
    part: list[Item] = []
    for item in source:
        part.append(item)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part


class Writer:
    """Writes rows as they come; a table needs them all and is written at the end.

    A table shows the columns `shown` only, or all. When whoever reads has seen enough (`| head`), the process ends
    with status 0.
    """

    def __init__(
        self, output: Output | None, stream: IO[str] | None = None, *, shown: Sequence[str] | None = None
    ) -> None:
        self._stream = stream or sys.stdout
        self._output = output or (Output.TABLE if self._stream.isatty() else Output.NDJSON)
        self._shown = shown
        self._rows: list[dict[str, Any]] = []

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows; nulls are left out of NDJSON."""
        if self._output is Output.NDJSON:
            text = "".join(as_json(_present(row)).decode() + "\n" for row in rows)
            _unless_closed(lambda: self._stream.write(text))
        else:
            self._rows.extend(rows)

    def close(self) -> None:
        """Write what was kept back."""
        if self._output is Output.CSV:
            _unless_closed(self._write_csv)
        elif self._output is Output.TABLE:
            _unless_closed(self._write_table)
        _unless_closed(self._stream.flush)

    def _write_csv(self) -> None:
        import csv

        writer = csv.DictWriter(self._stream, self._columns())
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in self._rows)

    def _write_table(self) -> None:
        from stacklens_pipeline.layout import show

        if self._rows:
            show(self._rows, self._shown or self._columns(), self._stream)
        else:
            self._stream.write("no rows\n")

    def _columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self._rows for name in row))


def _unless_closed(write: Callable[[], object]) -> None:
    """Write to standard output, and end the process quietly when nobody reads it any more.

    Raises StackLensError when it cannot be written to, such as a file on a full disk.
    """
    try:
        write()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered would fail again at the end
        raise SystemExit(0) from None
    except OSError as error:
        raise StackLensError(f"the output cannot be written: {error.strerror}") from error


def _cell(value: object) -> str:
    return str(value) if isinstance(value, datetime) else as_text(value)


def _present(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
