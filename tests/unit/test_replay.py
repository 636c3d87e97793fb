"""Replays: what new parsers change is put in place everywhere, whatever happens in between, and counts hold always."""

import itertools
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from stacklens_pipeline import rebuild
from stacklens_pipeline.cli import main
from stacklens_pipeline.drain import DRAIN_LEASE, Drain
from stacklens_pipeline.errors import (
    ConfigurationError,
    IncompletePartitionError,
    LeaseHeldError,
    StackLensError,
    UsageError,
)
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.lease import Lease
from stacklens_pipeline.parse import UNCONFIGURED, Parsers
from stacklens_pipeline.parse.rules.load import parsers_of
from stacklens_pipeline.replay import journal, promote
from stacklens_pipeline.replay.difference import difference
from stacklens_pipeline.replay.hours import chosen_hours
from stacklens_pipeline.replay.promote import finish_abandoned, finish_unfinished
from stacklens_pipeline.replay.promote import promote as promote_hours
from stacklens_pipeline.replay.rebuilding import made_by, rebuild_hour
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, LEDGER, LOG_METRICS_1M, PARSED_LOGS, RAW_LOGS, TABLES
from stacklens_pipeline.verify import account_of, verify
from stacklens_pipeline.written import Written
from tests.builders import TOPIC, Clock, opened_log, send

INGEST = IngestSettings(topics=(TOPIC,), max_rows=40)


def rules(text: str) -> Parsers:
    return parsers_of((("new.yaml", f"sources:\n  - source: '*'\n    {text}"),))


LATIN = rules("encoding: latin-1")
OTHER = rules("drop: [{name: debug, when: {level: DEBUG}}]\n    multiline: none")


def lines() -> list[bytes | None]:
    kinds: list[bytes | None] = [
        json.dumps({"level": "debug", "msg": "x"}).encode(),
        "Größe".encode("latin-1"),
        b"2026-01-02 03:04:05 ERROR it failed",
        b"\tat a.B.c(D.java:1)",
        b'{"level":"info"}\n{"level":"debug"}',
        None,
    ]
    return kinds * 20


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    log = opened_log(tmp_path)
    send(log, lines())
    return log


@pytest.fixture
def lake(tmp_path: Path, log: EventLog) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    drain(lake, log, UNCONFIGURED)
    return lake


def drain(lake: Lake, log: EventLog, parsers: Parsers, now: Clock | None = None) -> None:
    drain = Drain(lake, log, INGEST, now or Clock(), parsers)
    while not drain.step().is_idle:
        pass


def hours(lake: Lake) -> list[str]:
    return lake.hours(RAW_LOGS)


def content(lake: Lake) -> dict[str, pl.DataFrame]:
    """What tables hold, but for when it was written."""
    found = {}
    for table in (PARSED_LOGS, DEAD_LETTERS, ENRICHED_LOGS, LOG_METRICS_1M, LEDGER):
        rows = lake.read(table).drop("committed_at", strict=False)
        if table is LEDGER:
            rows = rows.group_by("ingest_hour", "stage", "outcome", "reason").agg(pl.col("rows", "messages").sum())
        if table is LOG_METRICS_1M:
            rows = rows.group_by("ingest_hour", "window_start", "source").agg(pl.col("count", "count_debug").sum())
        found[table.path] = rows.sort(rows.columns[:6])
    return found


@pytest.mark.parametrize("parsers", [LATIN, OTHER, UNCONFIGURED], ids=["latin", "other", "same"])
def test_promoted_hours_are_what_the_new_parsers_would_have_made(
    tmp_path: Path, lake: Lake, log: EventLog, parsers: Parsers
) -> None:
    promote_hours(lake, hours(lake), parsers)
    assert verify(lake) == []
    fresh = Lake(str(tmp_path / "fresh"))
    drain(fresh, log, parsers)
    expected = content(fresh)
    for path, rows in content(lake).items():
        assert rows.equals(expected[path].select(rows.columns)), path
    assert journal.unfinished(lake).is_empty()


def test_dead_letters_drain_to_zero_without_a_duplicate(lake: Lake) -> None:
    before = lake.read(DEAD_LETTERS)
    assert before.filter(pl.col("reason") == "invalid_utf8").height == 20
    done = promote_hours(lake, hours(lake), LATIN)
    assert set(lake.read(DEAD_LETTERS)["reason"]) == {"tombstone"}
    assert lake.read(PARSED_LOGS).filter(pl.col("body") == "Größe").height == 20
    assert (done.before[DEAD_LETTERS], done.after[DEAD_LETTERS]) == (40, 20)
    assert account_of(lake).waiting == 0
    assert verify(lake) == []


def test_lines_that_come_later_follow(lake: Lake, log: EventLog) -> None:
    promote_hours(lake, hours(lake), OTHER)
    send(log, lines())
    drain(lake, log, OTHER)
    assert verify(lake) == []
    assert account_of(lake).messages == 240


class Killed(BaseException):
    """As if the process ended."""


def promote_and_die(lake: Lake, parsers: Parsers, monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """Promote all hours, and end the process, as it were, at a commit."""
    counter, commit = itertools.count(), Written.commit

    def counted(self: Written, *args: object, **options: object) -> bool:
        if next(counter) == commits:
            raise Killed
        return commit(self, *args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Written, "commit", counted)
        with pytest.raises(Killed):
            promote_hours(lake, hours(lake), parsers)


@pytest.mark.parametrize("commits", [0, 1, 3, 6, 9])
def test_a_promotion_that_is_killed_anywhere_holds_and_is_finished(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    before = content(lake)
    promote_and_die(lake, OTHER, monkeypatch, commits)
    again = Lake(lake.root)
    assert verify(again) == []
    if commits == 0:
        assert all(rows.equals(before[path]) for path, rows in content(again).items())
    assert finish_unfinished(again) == (hours(lake) if commits else [])
    promote_hours(again, hours(lake), OTHER)
    assert verify(again) == []
    assert account_of(again).filtered == 20
    assert journal.unfinished(again).is_empty()


def test_other_software_finishes_what_was_begun(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    promote_and_die(lake, LATIN, monkeypatch, 4)
    monkeypatch.setattr(journal, "parsers_in", lambda rows: OTHER)  # as later software would read the same files
    assert finish_unfinished(Lake(lake.root)) == hours(lake)
    assert verify(lake) == []
    assert account_of(lake).filtered == 20


def test_an_interrupted_promotion_of_a_wrong_table_is_noticed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    promote_and_die(lake, OTHER, monkeypatch, 3)
    replacement = lake.replacement(PARSED_LOGS, hours(lake)[0])
    replacement.write(replacement.replaced.head(7).collect())
    assert replacement.commit()
    laws = {violation.law for violation in verify(lake)}
    assert f"{PARSED_LOGS.path} holds what is before or after a replay" in laws


def test_hours_whose_edge_would_be_cut_otherwise_are_refused(tmp_path: Path) -> None:
    log, lake = opened_log(tmp_path), Lake(str(tmp_path / "lake"))
    now = Clock(datetime(2026, 11, 24, 4, 59, 59, tzinfo=UTC))
    send(log, [b"2026-11-24 04:59:59 ERROR x"])
    Drain(lake, log, INGEST, now).step()  # the record stays open over the turn of the hour
    now.forward(seconds=1)
    send(log, [b"\tat a.B.c(D.java:1)"])
    Drain(lake, log, INGEST, now).step()
    now.forward(days=2)
    drain(lake, log, UNCONFIGURED, now)
    first, second = hours(lake)
    before = content(lake)
    with pytest.raises(IncompletePartitionError, match="lie on both sides of their edge"):
        promote_hours(lake, [first], OTHER, now)
    assert all(rows.equals(before[path]) for path, rows in content(lake).items())
    promote_hours(lake, [first, second], OTHER, now)
    assert verify(lake) == []
    assert lake.read(PARSED_LOGS)["raw_messages"].to_list() == [1, 1]


def test_two_promotions_do_not_meet(lake: Lake) -> None:
    other = Lease(lake.root, promote.REPLAY_LEASE, "other")
    assert other.take(datetime.max.replace(tzinfo=UTC))
    with pytest.raises(LeaseHeldError, match="another promotion is under way; try again later: `other`"):
        promote_hours(lake, hours(lake), OTHER)


def test_a_drain_that_does_not_give_way_is_named(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promote, "WAIT_S", 0.0)
    assert Lease(lake.root, DRAIN_LEASE, "drain 7").take(datetime.max.replace(tzinfo=UTC))
    with pytest.raises(LeaseHeldError, match="is being written to by a drain; try again later: `drain 7`"):
        promote_hours(lake, hours(lake), OTHER)
    assert Lease(lake.root, promote.REPLAY_LEASE).current() is None


def test_hours_are_chosen_by_their_ends(lake: Lake) -> None:
    (hour, *_) = hours(lake)
    assert chosen_hours(lake, hour) == [hour]
    assert chosen_hours(lake, f"2020-01-01T00..{hour}") == [hour]
    for wrong in ("2020-01-01T00..2020-01-01T05", "yesterday", "2020-01-01T00"):
        with pytest.raises(UsageError):
            chosen_hours(lake, wrong)


def test_the_journal_is_a_table_like_others(lake: Lake) -> None:
    promote_hours(lake, hours(lake), OTHER)
    rows = lake.read(journal.REPLAYS)
    assert set(rows["phase"]) == {"used", "begun", "done"}
    assert set(rows["parser_version"].drop_nulls()) == {UNCONFIGURED.version, OTHER.version}
    assert journal.parsers_in(rows.filter(pl.col("phase") == "begun")).version == OTHER.version
    assert journal.REPLAYS in TABLES
    assert issubclass(LeaseHeldError, StackLensError)


def test_the_difference_is_what_a_promotion_changes(lake: Lake) -> None:
    before = content(lake)
    found = difference(lake, hours(lake), LATIN)
    assert (found.dead_before, found.dead_after, found.drained, found.buried) == (40, 20, 20, 0)
    assert (found.rows_before, found.rows_after, found.appeared, found.vanished) == (80, 100, 20, 0)
    assert (found.unchanged, found.changed) == (80, 0)
    assert found.examples["appeared"][0]["body"] == "Größe"
    assert len(found.examples["drained"]) == 3
    assert all(rows.equals(before[path]) for path, rows in content(lake).items())
    promote_hours(lake, hours(lake), LATIN)
    assert difference(lake, hours(lake), LATIN).is_nothing
    assert difference(lake, hours(lake), UNCONFIGURED).drained == 0


def test_fields_that_are_gained_lost_and_changed_are_counted(lake: Lake) -> None:
    found = difference(lake, hours(lake), rules("redact: [{name: x, fields: [body], with: hash}]"))
    assert found.changed == 80
    assert found.fields["body", "changed"] == 80
    mapped = difference(lake, hours(lake), rules("fields: {level: user_id}"))
    assert not mapped.fields
    other = difference(lake, hours(lake), OTHER)
    assert (other.filtered_before, other.filtered_after) == (0, 20)
    assert other.fields["raw_messages", "changed"] == other.appeared == 20
    assert not other.is_nothing


@pytest.mark.parametrize("max_rows", [7, 50])
def test_the_difference_does_not_depend_on_batches(lake: Lake, monkeypatch: pytest.MonkeyPatch, max_rows: int) -> None:
    expected = difference(lake, hours(lake), OTHER)
    monkeypatch.setattr(
        "stacklens_pipeline.replay.difference.hour_batches", partial(rebuild.hour_batches, max_rows=max_rows)
    )
    found = difference(lake, hours(lake), OTHER)
    assert replace(found, examples={}) == replace(expected, examples={})


def test_the_command_shows_the_difference_and_promotes(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STACKLENS_DATA_DIR", str(tmp_path))
    new = tmp_path / "new.yaml"
    new.write_text("sources:\n  - source: '*'\n    encoding: latin-1\n")
    (hour,) = hours(lake)
    command = ["stacklens", "replay", "--hours", hour, "--parsers", str(new), "--output", "ndjson"]
    for promoted in (False, True):
        monkeypatch.setattr(sys, "argv", [*command, *(["--promote"] if promoted else [])])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {"what": "dead letters drained", "count": 20} in rows
        left = Lake(lake.root).read(DEAD_LETTERS).height
        assert left == (20 if promoted else 40)


def test_a_rebuild_by_other_parsers_is_of_the_whole_hour_or_refused(lake: Lake) -> None:
    (hour,) = hours(lake)
    with pytest.raises(ConfigurationError, match=f"have to be rebuilt together: `{hour}`"):
        rebuild_hour(lake, hour, [PARSED_LOGS], OTHER)
    assert rebuild_hour(lake, hour, [PARSED_LOGS, RAW_LOGS], UNCONFIGURED) == {PARSED_LOGS: 80, RAW_LOGS: 120}
    rows = rebuild_hour(lake, hour, [*rebuild.REBUILT], OTHER)
    assert rows[PARSED_LOGS] == lake.row_count(PARSED_LOGS)
    assert made_by(lake, hour) == {OTHER.version}
    assert verify(lake) == []


def test_upkeep_finishes_what_a_crashed_promotion_has_begun(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    promote_and_die(lake, OTHER, monkeypatch, 4)
    again = Lake(lake.root)
    assert finish_abandoned(again) == 1
    assert finish_abandoned(again) == 0
    assert verify(again) == []
