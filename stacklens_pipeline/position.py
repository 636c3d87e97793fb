"""How far a table is in a partition of the event log, as a value.

A table holds every record whose first offset is below `next`, except those in `open`: records that were still waiting
for more lines when the batch ended. Positions form a lattice: whichever of two runners commits first, the union of
what both hold is again a position, so a table never goes back and never takes a record twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.eventlog.base import TopicPartition


@dataclass(frozen=True)
class Position:
    """Records below `next` are in, except those that begin at an offset in `open`.

    >>> Position(10, frozenset({7})).holds(7), Position(10, frozenset({7})).holds(8)
    (False, True)
    """

    next: int
    open: frozenset[int] = frozenset()

    @property
    def start(self) -> int:
        """The first offset from which lines must be read again to go on."""
        return min(self.open, default=self.next)

    def holds(self, offset: int) -> bool:
        """Whether the record that begins at `offset` is in the table."""
        return offset < self.next and offset not in self.open

    def __or__(self, other: "Position") -> "Position":
        """The position of a table that holds what either holds.

        >>> Position(210) | Position(220, frozenset({150}))
        Position(next=220, open=frozenset())
        """
        missing = {o for o in self.open | other.open if not self.holds(o) and not other.holds(o)}
        return Position(max(self.next, other.next), frozenset(missing))

    def __and__(self, other: "Position") -> "Position":
        """The position of a table that holds only what both hold.

        >>> Position(210) & Position(220, frozenset({150}))
        Position(next=210, open=frozenset({150}))
        """
        low = min(self.next, other.next)
        return Position(low, frozenset(o for o in self.open | other.open if o < low))


ORIGIN = Position(0)
Positions = Mapping[TopicPartition, Position]


def lacking(positions: Positions, offset: str = "offset") -> pl.Expr:
    """A predicate over topic, partition and offset: records that a table at `positions` does not hold yet.

    `offset` names the column with the offset of the record's first message. Records of partitions that `positions`
    does not name are lacking: nothing of them was taken so far.
    """
    held = pl.lit(False)
    for (topic, partition), position in positions.items():
        here = (pl.col("topic") == topic) & (pl.col("partition") == partition)
        inside = pl.col(offset) < position.next
        if position.open:
            inside &= ~pl.col(offset).is_in(sorted(position.open))
        held = held | (here & inside)
    return ~held


def lacked(frame: pl.DataFrame, positions: Positions, offset: str = "offset") -> pl.DataFrame:
    """The rows of a frame that a table at `positions` does not hold yet: most often all, which is seen at a glance."""
    lowest = frame[offset].min()
    if lowest is None or all(p.next <= lowest and not p.open for p in positions.values()):  # type: ignore[operator]
        return frame
    is_lacking = frame.select(lacking(positions, offset)).to_series()
    return frame if is_lacking.all() else frame.filter(is_lacking)


def meet(positions: Iterable[Position]) -> Position:
    """The position that all of several tables have reached."""
    tables = list(positions)
    result = tables[0]
    for position in tables[1:]:
        result = result & position
    return result
