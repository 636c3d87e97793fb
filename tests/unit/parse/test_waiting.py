"""Cutting a batch: the same lines wait as when the whole batch is read, whatever stands in the streams."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse import waiting
from stacklens_pipeline.parse.multiline import GAP, RECORD, STREAM, assign
from stacklens_pipeline.parse.reading import read_all
from stacklens_pipeline.parse.rules import UNCONFIGURED
from stacklens_pipeline.parse.waiting import MARGIN, Cut, cut
from tests.unit.parse.lines import EXAMPLES, RECEIVED, raw

TRACE = [b"2026-01-02 03:04:05 INFO y", b"\tat a.B.c(D.java:1)", b"Caused by: x", b"ValueError: no", b"  indented"]
WRAPPED = [
    b'{"log":"2026 part","stream":"stdout","time":"2026-01-02T03:04:00Z"}',
    b'{"log":"\\tindented\\n","stream":"stdout","time":"2026-01-02T03:04:00Z"}',
    b"2026-01-02T03:04:00.5Z stderr P Traceback",
    b'{"a":1}\n{"a":2}',
]
LINE = st.sampled_from(
    [*WRAPPED, EXAMPLES["json"], EXAMPLES["text"], EXAMPLES["rfc3164"], *TRACE, b"", None, b"\xff\xfe", b"plain words"]
)
ROW = st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from([0, 0, 0, 1, 3, -3]), LINE)
CLOSED = st.sampled_from([None, timedelta(seconds=-10), GAP, GAP + MARGIN, timedelta(seconds=60)])


def streams(rows: list[tuple[int, int, int, bytes | None]]) -> pl.DataFrame:
    """Raw rows of some sources in two partitions, appended one after another."""
    frame = raw([line for *_, line in rows])
    at = pl.Series([gap for _, _, gap, _ in rows], dtype=pl.Int64).cum_sum()
    return frame.with_columns(
        pl.Series("source", [f"s{source}" for source, *_ in rows], dtype=pl.String),
        pl.Series("partition", [partition for _, partition, *_ in rows], dtype=pl.Int32),
        pl.lit(RECEIVED).alias("appended_at") + pl.duration(seconds=at),
    ).select(frame.columns)


def cut_by_reading_all(lines: pl.DataFrame, closed_at: datetime) -> set[tuple[int, int]]:
    """Offset and first offset of the record of each line that waits."""
    readable = read_all(lines, UNCONFIGURED).filter(pl.col("reason").is_null())
    assigned, _ = assign(readable)
    newest = lines.group_by("topic", "partition").agg(pl.col("appended_at").max().alias("newest"))
    ends = assigned.group_by(STREAM, maintain_order=True).last().join(newest, on=["topic", "partition"])
    waits = (pl.col("newest") < pl.col("appended_at") + GAP) & (pl.col("appended_at") + GAP + MARGIN > closed_at)
    records = ends.filter(pl.col("can_grow") & waits)
    return set(assigned.join(records, on=RECORD, how="semi").select("offset", "record_offset").rows())


@given(st.lists(ROW, max_size=40), CLOSED)
@pytest.mark.parametrize("few", [1, 2, 16])
def test_only_the_ends_of_streams_are_read_and_the_same_lines_wait(
    few: int, rows: list[tuple[int, int, int, bytes | None]], after: timedelta | None
) -> None:
    lines = streams(rows)
    closed_at = None if after is None or not rows else lines["appended_at"].max() + after  # type: ignore[operator]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "FEW_LINES", few)
        found = cut(lines, closed_at)
    expected = cut_by_reading_all(lines, closed_at) if closed_at else set()
    assert set(found.waiting["offset"]) == {offset for offset, _ in expected}
    assert {offset for offsets in found.open.values() for offset in offsets} == {first for _, first in expected}
    assert_parts(found, lines)


def assert_parts(found: Cut, lines: pl.DataFrame) -> None:
    """Every line is in one of the parts, in order."""
    for part in (found.whole, found.waiting):
        assert part["offset"].is_sorted()
        assert part.schema == lines.schema
    assert sorted([*found.whole["offset"], *found.waiting["offset"]]) == lines["offset"].to_list()


def test_a_long_trace_waits_as_a_whole() -> None:
    lines = raw([b"2026-01-02 03:04:05 ERROR it failed", *[b"\tat a.B.c(D.java:1)"] * 300])
    found = cut(lines, RECEIVED)
    assert found.whole.height == 0
    assert found.waiting.height == 301
    assert found.open == {("raw-logs", 0): frozenset({0})}
