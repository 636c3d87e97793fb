"""Record batches of the embedded log: what is read back, of which part of a batch, and of batches from before."""

import io

import polars as pl
from polars.testing import assert_frame_equal

from stacklens_pipeline.eventlog.base import FETCHED_SCHEMA, OffsetRange, TopicPartition
from stacklens_pipeline.eventlog.batches import decode, encode_values, fetched

TP = TopicPartition("raw-logs", 3)
WANTED = OffsetRange(*TP, 11, 22)
HEADERS = [("source", b"shop"), ("trace", b"1")]


def _payload(*values: bytes) -> bytes:
    return encode_values(values, b"key", HEADERS)


def _as_file(payload: bytes) -> bytes:
    """The batch as it was stored before batches were streams."""
    buffer = io.BytesIO()
    pl.read_ipc_stream(io.BytesIO(payload)).write_ipc(buffer, compression="lz4")
    return buffer.getvalue()


def test_batches_become_one_frame_with_the_offsets_and_times_of_each() -> None:
    batches = [decode(_payload(b"a", b"b", b"c"), 10, 1_000, WANTED), decode(_payload(b"d", b"e"), 21, 2_000, WANTED)]
    frame = fetched(batches, TP)
    assert frame.schema == FETCHED_SCHEMA
    assert frame["value"].to_list() == [b"b", b"c", b"d"]
    assert frame["offset"].to_list() == [11, 12, 21]
    assert frame["appended_at"].to_physical().to_list() == [1_000, 1_000, 2_000]
    assert frame.select("topic", "partition", "key", "source").unique().rows() == [(*TP, b"key", "shop")]
    assert frame["headers"].to_list() == [[{"name": "trace", "value": b"1"}]] * 3


def test_a_batch_outside_of_the_range_gives_no_row() -> None:
    assert_frame_equal(fetched([decode(_payload(b"a"), 30, 1_000, WANTED)], TP), pl.DataFrame(schema=FETCHED_SCHEMA))


def test_batches_that_were_stored_as_files_are_read_as_they_were() -> None:
    payload = _payload(b"a", b"b", b"c")
    before, now = decode(_as_file(payload), 10, 1_000, WANTED), decode(payload, 10, 1_000, WANTED)
    assert _as_file(payload) != payload
    assert_frame_equal(fetched([before], TP), fetched([now], TP))
    assert_frame_equal(fetched([before, now], TP).head(2), fetched([now], TP))
