"""Record batches of the embedded log: messages as a compressed Arrow stream, and back to frames of `raw/logs`."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.errors import MessageTooLargeError
from stacklens_pipeline.eventlog.base import ENVELOPE_HEADERS, FETCHED_SCHEMA, Message, OffsetRange, TopicPartition
from stacklens_pipeline.tables import HEADERS, UTC_TIME

STORED_SCHEMA = pl.Schema(
    {"key": pl.Binary(), "value": pl.Binary(), "headers": HEADERS, **dict.fromkeys(ENVELOPE_HEADERS, pl.String())}
)

FILE_MAGIC = b"ARROW1"
"""How an Arrow file begins; a stream does not."""


def encode(messages: Sequence[Message]) -> bytes:
    """A batch of messages, each with a key and headers of its own."""
    headers = [split_headers(message.headers) for message in messages]
    columns = {
        "key": [message.key for message in messages],
        "value": [message.value for message in messages],
        "headers": [others for _, others in headers],
        **{name: [envelope.get(name) for envelope, _ in headers] for name in ENVELOPE_HEADERS},
    }
    return _written(pl.DataFrame(columns, schema=STORED_SCHEMA))


def encode_values(values: Sequence[bytes], key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> bytes:
    """A batch of values that share key and headers."""
    envelope, others = split_headers(headers)
    frame = pl.DataFrame({"value": pl.Series(values, dtype=pl.Binary)}).with_columns(
        pl.lit(key, pl.Binary).alias("key"),
        pl.lit(pl.Series([others], dtype=HEADERS)).first().alias("headers"),
        *(pl.lit(envelope.get(name), pl.String).alias(name) for name in ENVELOPE_HEADERS),
    )
    return _written(frame.select(STORED_SCHEMA.names()))


@dataclass(frozen=True)
class Batch:
    """Messages of a batch as they were stored, the offset of the first of them, and when they were appended."""

    messages: pl.DataFrame
    first: int
    appended_us: int


def decode(payload: bytes, base: int, appended_us: int, wanted: OffsetRange) -> Batch:
    """The messages of a batch, which begins at the offset `base`, that lie in a range."""
    # before streams, batches were Arrow files: Polars opens one by a query of its own, at the price of a thousand lines
    read = pl.read_ipc if payload.startswith(FILE_MAGIC) else pl.read_ipc_stream
    messages = read(io.BytesIO(payload))
    first = max(base, wanted.start)
    count = max(0, min(base + messages.height, wanted.end) - first)
    return Batch(messages.slice(first - base, count), first, appended_us)


def fetched(batches: Sequence[Batch], tp: TopicPartition) -> pl.DataFrame:
    """The messages of a partition's batches, in order, in the form that `EventLog.read` yields."""
    filled = [batch for batch in batches if batch.messages.height]
    if not filled:
        return pl.DataFrame(schema=FETCHED_SCHEMA)
    spans = pl.DataFrame(
        [(batch.first, batch.first + batch.messages.height, batch.appended_us) for batch in filled],
        schema={"first": pl.Int64, "end": pl.Int64, "appended_at": pl.Int64},
        orient="row",
    )
    # once for all batches: what a query costs is as much as that of a thousand lines
    placed = spans.select(pl.int_ranges("first", "end").alias("offset"), pl.col("appended_at").cast(UTC_TIME))
    messages = pl.concat([batch.messages for batch in filled]).hstack(placed.explode("offset").get_columns())
    return messages.with_columns(
        pl.lit(tp.topic).alias("topic"), pl.lit(tp.partition, pl.Int32).alias("partition")
    ).select(FETCHED_SCHEMA.names())


def split_headers(
    headers: Sequence[tuple[str, bytes]],
) -> tuple[Mapping[str, str], list[dict[str, object]] | None]:
    """The envelope's headers by name as text, and the others as rows (None when there are none)."""
    envelope = {name: value.decode("utf-8", "replace") for name, value in headers if name in ENVELOPE_HEADERS}
    others: list[dict[str, object]] = [
        {"name": name, "value": value} for name, value in headers if name not in ENVELOPE_HEADERS
    ]
    return envelope, others or None


def value_bytes(frame: pl.DataFrame) -> int:
    """Bytes of all values."""
    return int(frame["value"].bin.size().sum() or 0)


def within(frame: pl.DataFrame, left: int | None) -> pl.DataFrame:
    """The first rows of a frame, up to and with the one whose value passes `left` bytes (None: all); at least one."""
    if left is None or value_bytes(frame) < left:
        return frame
    sums = frame["value"].bin.size().fill_null(0).cast(pl.Int64).cum_sum()
    return frame.head(int((sums < left).sum()) + 1)


def refuse_large(values: Iterable[bytes | None], limit: int) -> None:
    """Raise MessageTooLargeError if a value is longer than the log takes."""
    longest = max((len(value) for value in values if value is not None), default=0)
    if longest > limit:
        raise MessageTooLargeError(
            f"a message may have {limit} bytes; cut it (the collector does: its first part is kept and marked), "
            f"split it, or raise the log's limit: {longest}"
        )


def _written(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4")
    return buffer.getvalue()
