"""The lake: fences that hold, replacements and compactions that change nothing, and disks that are full."""

import contextlib
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from hypothesis import given, settings
from hypothesis import strategies as st

from stacklens_pipeline.errors import LakeError
from stacklens_pipeline.eventlog.base import TopicPartition
from stacklens_pipeline.lake import Lake, fenced
from stacklens_pipeline.position import ORIGIN, Position, lacking, meet
from stacklens_pipeline.quality import schema_differences
from stacklens_pipeline.tables import LEDGER, RAW_LOGS, TABLES, Table

TP = TopicPartition("t", 0)
HOUR = "2026-11-24T04"

POSITIONS = st.builds(
    lambda high, held: Position(high, frozenset(offset for offset in held if offset < high)),
    st.integers(0, 12),
    st.frozensets(st.integers(0, 12)),
)


def rows(start: int, end: int, hour: str = HOUR) -> pl.DataFrame:
    frame = pl.DataFrame({"offset": pl.int_range(start, end, eager=True)}).with_columns(
        pl.lit(TP.topic).alias("topic"), pl.lit(TP.partition).alias("partition"), pl.lit(hour).alias("ingest_hour")
    )
    missing = [pl.lit(None).alias(name) for name in RAW_LOGS.schema if name not in frame.columns]
    return frame.with_columns(missing).cast(dict(RAW_LOGS.schema)).select(RAW_LOGS.schema.names())  # type: ignore[arg-type]


@pytest.fixture
def lake(lake_dir: Path) -> Lake:
    return Lake(str(lake_dir))


def offsets(lake: Lake) -> list[int]:
    return sorted(lake.read(RAW_LOGS)["offset"])


def append(lake: Lake, start: int, end: int, hour: str = HOUR) -> int:
    return sum(lake.append(RAW_LOGS, {TP: Position(end)}, fenced(rows(start, end, hour))).rows.values())


@given(POSITIONS, POSITIONS, st.integers(0, 13))
def test_the_join_of_positions_holds_what_either_holds(one: Position, other: Position, offset: int) -> None:
    assert (one | other).holds(offset) == (one.holds(offset) or other.holds(offset))
    assert (one & other).holds(offset) == (one.holds(offset) and other.holds(offset))
    assert meet([one, other]) == one & other
    assert ORIGIN | one == one


@given(POSITIONS)
def test_what_a_table_lacks_is_what_its_position_does_not_hold(position: Position) -> None:
    lacked = rows(0, 14).filter(lacking({TP: position}))["offset"].to_list()
    assert lacked == [offset for offset in range(14) if not position.holds(offset)]


@settings(max_examples=10)
@given(slices=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), min_size=1, max_size=6))
def test_slices_that_overlap_come_in_once(
    slices: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    high = 0
    for back, size in slices:
        start = max(0, high - back)
        append(lake, start, start + size)
        high = max(high, start + size)
        assert lake.positions(RAW_LOGS, [TP])[TP].next == high
    assert offsets(lake) == list(range(high))


def test_an_older_append_does_not_move_the_fence_back(lake: Lake) -> None:
    append(lake, 0, 10)
    assert append(lake, 2, 5) == 0
    assert lake.positions(RAW_LOGS, [TP]) == {TP: Position(10)}


def test_positions_with_open_records_are_kept(lake: Lake, lake_dir: Path) -> None:
    position = Position(10, frozenset({3, 7}))
    lake.append(RAW_LOGS, {TP: position}, fenced(rows(0, 3)))
    assert Lake(str(lake_dir)).positions(RAW_LOGS, [TP]) == {TP: position}
    lake.append(RAW_LOGS, {TP: Position(12, frozenset({7}))}, fenced(rows(3, 4)))
    assert Lake(str(lake_dir)).positions(RAW_LOGS, [TP]) == {TP: Position(12, frozenset({7}))}


def test_two_writers_from_one_snapshot_commit_one_after_the_other(lake: Lake, lake_dir: Path) -> None:
    append(lake, 0, 5)
    other = Lake(str(lake_dir))
    other.positions(RAW_LOGS, [TP])  # it has looked before we commit
    append(lake, 5, 10)
    assert append(other, 5, 12) == 2
    assert offsets(lake) == list(range(12))


def test_a_commit_whose_checkpoint_fails_keeps_its_rows(lake: Lake, lake_dir: Path) -> None:
    """delta-rs writes one after the commit, and raises when that does not succeed."""
    log = lake_dir / RAW_LOGS.path / "_delta_log"
    for end in range(1, 30):
        (log / f"{end:020}.checkpoint.parquet" / "in the way").mkdir(parents=True)
        assert append(lake, end - 1, end) == 1
    assert not list(log.glob("_last_checkpoint"))
    assert offsets(Lake(str(lake_dir))) == list(range(29))


def test_files_stay_when_nobody_can_see_whether_their_commit_is_stored(
    lake: Lake, lake_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(lake, 0, 5)
    commit, update = DeltaTable.create_write_transaction, DeltaTable.update_incremental

    def commit_and_fail(*args: object, **kwargs: object) -> None:
        commit(*args, **kwargs)  # type: ignore[arg-type]
        monkeypatch.setattr(DeltaTable, "update_incremental", fail)
        raise DeltaError("what follows a commit failed")

    def fail(*_: object) -> None:
        raise OSError("too many open files")

    for write in (lake.append, lambda table, upto, rows: lake.append_all(upto, {table: rows})):
        end = len(offsets(Lake(str(lake_dir))))
        monkeypatch.setattr(DeltaTable, "create_write_transaction", commit_and_fail)
        with pytest.raises(LakeError):
            write(RAW_LOGS, {TP: Position(end + 5)}, fenced(rows(end, end + 5)))
        monkeypatch.setattr(DeltaTable, "create_write_transaction", commit)
        monkeypatch.setattr(DeltaTable, "update_incremental", update)
        assert offsets(Lake(str(lake_dir))) == list(range(end + 5))


def test_a_replacement_and_an_append_do_not_disturb_each_other(lake: Lake, lake_dir: Path) -> None:
    append(lake, 0, 5)
    replacement = lake.replacement(RAW_LOGS, HOUR)
    append(Lake(str(lake_dir)), 5, 8)
    replacement.write(rows(0, 5))
    assert replacement.commit()
    assert offsets(Lake(str(lake_dir))) == list(range(8))
    assert lake.positions(RAW_LOGS, [TP]) == {TP: Position(8)}


def test_compaction_keeps_rows_and_fences(lake: Lake) -> None:
    for start in range(0, 50, 5):
        append(lake, start, start + 5)
    before = lake.read(RAW_LOGS).sort("offset")
    assert lake.compact(RAW_LOGS, HOUR, 2**26) == 9
    assert lake.read(RAW_LOGS).sort("offset").equals(before)
    assert lake.positions(RAW_LOGS, [TP]) == {TP: Position(50)}
    assert append(lake, 45, 52) == 2


def test_two_compactions_from_one_snapshot_double_nothing(lake: Lake, lake_dir: Path) -> None:
    """deltalake 1.6.4 to 1.6.6 commit both."""
    for start in range(0, 50, 5):
        append(lake, start, start + 5)
    first, second = (DeltaTable(lake.uri(RAW_LOGS)) for _ in range(2))
    first.optimize.compact()
    with contextlib.suppress(CommitFailedError):
        second.optimize.compact()
    assert offsets(Lake(str(lake_dir))) == list(range(50))


def test_hours_expire_and_files_nobody_needs_are_deleted(lake: Lake) -> None:
    append(lake, 0, 5, "2026-11-24T03")
    append(lake, 5, 8)
    assert lake.hours(RAW_LOGS) == ["2026-11-24T03", HOUR]
    assert lake.expire(RAW_LOGS, before=HOUR) == ["2026-11-24T03"]
    assert offsets(lake) == [5, 6, 7]
    assert lake.vacuum(RAW_LOGS, hours=0) >= 1
    assert offsets(lake) == [5, 6, 7]


def test_only_files_that_may_hold_the_offsets_are_read(lake: Lake) -> None:
    for start in range(0, 20, 5):
        append(lake, start, start + 5)
    assert lake.scan_offsets(RAW_LOGS, TP, 7, 12).collect()["offset"].sort().to_list() == list(range(7, 12))
    assert lake.scan_offsets(RAW_LOGS, TopicPartition("other", 0), 0, 99).collect().is_empty()


def test_a_snapshot_does_not_follow_later_commits(lake: Lake) -> None:
    append(lake, 0, 5)
    frozen = lake.snapshot([RAW_LOGS])
    append(lake, 5, 8)
    assert (frozen.row_count(RAW_LOGS), lake.row_count(RAW_LOGS)) == (5, 8)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.path)
def test_every_table_is_stored_with_its_schema(table: object, lake: Lake) -> None:
    assert lake.read(table).schema == table.schema  # type: ignore[arg-type,attr-defined]
    assert dict(lake.schema(table)) == dict(table.schema)  # type: ignore[arg-type,attr-defined]


def test_numbers_are_kept_beside_the_rows(lake: Lake, lake_dir: Path) -> None:
    assert lake.number(LEDGER, "x") is None
    lake.set_numbers(LEDGER, {"x": 7})
    assert Lake(str(lake_dir)).number(LEDGER, "x") == 7


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from stacklens_pipeline.errors import StorageFullError
from stacklens_pipeline.lake import Lake, fenced
from stacklens_pipeline.position import Position
from stacklens_pipeline.tables import RAW_LOGS
from tests.unit.test_lake import TP, rows
import polars as pl

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
lake = Lake(sys.argv[1])
lake.append(RAW_LOGS, {TP: Position(5)}, fenced(rows(0, 5)))
large = rows(5, 40_000).with_columns(pl.col("offset").hash().cast(pl.String).cast(pl.Binary).alias("value"))
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    lake.append(RAW_LOGS, {TP: Position(40_000)}, fenced(large))
except StorageFullError as error:
    print("refused:", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(lake.positions(RAW_LOGS, [TP])[TP].next, lake.row_count(RAW_LOGS))
lake.append(RAW_LOGS, {TP: Position(40_000)}, fenced(large))
print(lake.row_count(RAW_LOGS))
"""


def test_a_full_disk_is_said_and_loses_nothing(lake_dir: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", FULL, str(lake_dir), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    refused, held, after = done.stdout.strip().splitlines()
    assert refused.startswith("refused: ")
    assert "space" in refused
    assert (held, after) == ("5 5", "40000")


def test_a_table_of_an_earlier_version_gets_the_columns_that_it_lacks(lake: Lake) -> None:
    older = Table("raw", "logs", "", RAW_LOGS.key, {n: c for n, c in RAW_LOGS.columns.items() if n != "tenant"})
    lake.add(older, rows(0, 3).drop("tenant"))
    now = Lake(lake.root)
    assert now.read(RAW_LOGS)["tenant"].to_list() == [None] * 3
    assert now.add_missing_columns(RAW_LOGS) == ["tenant"]
    assert now.add_missing_columns(RAW_LOGS) == []
    now.add(RAW_LOGS, rows(3, 5).with_columns(tenant=pl.lit("a")))
    now.compact(RAW_LOGS, HOUR, 2**20)
    assert now.files(RAW_LOGS).height == 1
    assert now.read(RAW_LOGS).sort("offset")["tenant"].to_list() == [None, None, None, "a", "a"]
    assert schema_differences(now, RAW_LOGS) == []
