"""`stacklens timestamps`: what a text is recognised as, and which instant it is."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Annotated, Any, NamedTuple

import typer

from stacklens_pipeline.errors import ConfigurationError, UsageError
from stacklens_pipeline.filters import Item, Output, Writer, as_time, items, opened, received_at, sliced


class Said(NamedTuple):
    """What is said about a text beside it."""

    formats: tuple[str, ...]
    timezone: str


def timestamps(
    file: Annotated[str, typer.Argument(help="texts, one a line; - is standard input, .gz and .zst are read")] = "-",
    format: Annotated[
        list[str] | None, typer.Option(help="a format of strptime or Joda that is tried, and no other; may be repeated")
    ] = None,
    timezone: Annotated[str, typer.Option(help="zone of texts without one: an IANA name or an offset")] = "UTC",
    received: Annotated[str, typer.Option(help="when the texts were received, RFC 3339; it gives a missing year")] = "",
    messages: Annotated[
        bool, typer.Option("--messages", help="each line is a JSON object with raw or raw_b64")
    ] = False,
    output: Annotated[Output | None, typer.Option(help="ndjson, table or csv")] = None,
) -> None:
    """Read timestamps: one row a text, with its instant in UTC and what it was recognised as, or a reason."""
    said = Said(tuple(format or ()), timezone)
    if problem := _problem(said):
        raise UsageError(problem["detail"])
    writer = Writer(output)
    with opened(file) as stream:
        at = received_at(file, received or None)
        number = 1
        for part in sliced(items(stream, messages)):
            writer.write(rows(part, number, at, said))
            number += len(part)
    writer.close()


def rows(part: Sequence[Item], first: int, at: datetime, default: Said) -> list[dict[str, Any]]:
    """A row for each item, numbered from `first`; `at` is when items were received that do not say so themselves."""
    read: list[dict[str, Any]] = [{} for _ in part]
    alike: dict[Said, list[int]] = {}
    for index, item in enumerate(part):
        said = _said(item, default)
        if isinstance(said, Said):
            alike.setdefault(said, []).append(index)
        else:
            read[index] = _failed("invalid_message", said)
    for said, indices in alike.items():
        problem = _problem(said)
        of_said = repeat(problem) if problem else _read([part[index] for index in indices], at, said)
        for index, row in zip(indices, of_said, strict=False):
            read[index] = row
    return [{"line": line, **row} for line, row in enumerate(read, first)]


def _said(item: Item, default: Said) -> Said | str:
    """What is said about an item, or what is wrong with it."""
    if not item.extra:
        return item.problem or default
    formats = item.extra.get("formats", default.formats)
    if not (isinstance(formats, list | tuple) and all(isinstance(format, str) for format in formats)):
        return f"formats are no list of texts: `{formats}`"
    return Said(tuple(formats), item.extra.get("timezone", default.timezone))


def _problem(said: Said) -> dict[str, Any] | None:
    """What is wrong with a zone or format; None when nothing is."""
    from stacklens_pipeline.parse.timestamps.formats import kinds_of_format
    from stacklens_pipeline.parse.timestamps.zones import zone_named

    try:
        zone_named(said.timezone)
    except ConfigurationError as error:
        return _failed("unknown_timezone", str(error))
    try:
        for format in said.formats:
            kinds_of_format(format)
    except ConfigurationError as error:
        return _failed("unknown_format", str(error))
    return None


def _failed(reason: str, detail: str | None = None) -> dict[str, Any]:
    return {"timestamp": None, "source": None, "reason": reason, "detail": detail}


def _read(part: Sequence[Item], at: datetime, said: Said) -> Iterator[dict[str, Any]]:
    """The rows of items about which the same is said."""
    import polars as pl

    from stacklens_pipeline.parse.timestamps import recognise
    from stacklens_pipeline.tables import UTC_TIME

    texts = [_text(item.value) for item in part]
    observed = [as_time(item.extra["received"]) if "received" in item.extra else at for item in part]
    found = recognise(
        pl.Series(texts, dtype=pl.String), pl.Series(observed, dtype=UTC_TIME), said.timezone, said.formats
    )
    for text, timestamp, source in zip(texts, found["timestamp"], found["source"], strict=True):
        yield {"timestamp": timestamp, "source": source} if source else _failed(_reason(text))


def _text(value: bytes | None) -> str | None:
    try:
        return (value or b"").decode().removeprefix("\ufeff").removesuffix("\r")
    except UnicodeDecodeError:
        return None


def _reason(text: str | None) -> str:
    """Why a text is no time."""
    if text is None:
        return "invalid_utf8"
    return "no_time" if text else "empty"
