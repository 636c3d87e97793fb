"""Rules in the pipeline: what they leave out, refuse, weigh and redact is in the ledger, and counts are conserved."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stacklens_pipeline.drain import Drain
from stacklens_pipeline.errors import LakeError
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.ledger import summed
from stacklens_pipeline.parse import UNCONFIGURED, Parsers
from stacklens_pipeline.parse.rules.load import parsers_of
from stacklens_pipeline.rebuild import rebuild
from stacklens_pipeline.settings import IngestSettings
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, LEDGER, LOG_METRICS_1M, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import account_of, verify
from tests.builders import TOPIC, Clock, FailingLake, opened_log, send

RULES = parsers_of(
    (
        (
            "parsers.yaml",
            r"""
sources:
  - source: "*"
    drop: [{name: health, when: {url_path: /health}}]
    sample: [{name: debug, when: {level: DEBUG}, keep: 1/4}]
    contract: [{field: id, required: true, on_violation: dead_letter}, {field: id, type: integer, on_violation: warn}]
    redact: [{name: cards, pattern: '[0-9]{16}'}]
""",
        ),
    )
)
KINDS: tuple[dict[str, object], ...] = (
    {"msg": "m", "id": 1, "level": "info"},
    {"msg": "m", "id": 1, "path": "/health"},
    {"msg": "m", "id": 1, "level": "debug"},
    {"msg": "m"},
    {"msg": "m", "id": "x", "level": "warn"},
    {"msg": "4111111111111111", "id": 1, "level": "error"},
)


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return opened_log(tmp_path)


def lines(count: int) -> list[bytes | None]:
    several = b"\n".join(json.dumps(kind).encode() for kind in KINDS)
    return [json.dumps(KINDS[n % len(KINDS)]).encode() for n in range(count)] + [several, b"", None]


@pytest.mark.parametrize("workers", [0, 1])
def test_what_rules_do_is_in_the_ledger_and_counts_are_conserved(tmp_path: Path, log: EventLog, workers: int) -> None:
    send(log, lines(600))
    lake, now = Lake(str(tmp_path / "lake")), Clock()
    ingest = IngestSettings(topics=(TOPIC,), max_rows=100, workers=workers, backlog_rows=1)
    drain = Drain(lake, log, ingest, now, RULES)
    while not drain.step().is_idle:
        pass
    drain.close()
    assert verify(lake) == []
    ledger = summed(lake.scan(LEDGER)).collect().filter(pl.col("stage") == "parsed")
    counts = {(outcome, reason): rows for outcome, reason, rows in ledger.select("outcome", "reason", "rows").rows()}
    debug = counts["filtered", "*: debug"]
    assert 50 < debug < 100
    assert counts["filtered", "*: health"] == 100
    assert counts["dead", "contract"] == 101
    assert counts["violated", "*: id is no integer"] == 100
    assert counts["redacted", "*: cards"] == 100
    assert counts["stored", None] == lake.row_count(PARSED_LOGS) == lake.row_count(ENRICHED_LOGS) == 400 - debug
    weights = lake.read(PARSED_LOGS)["weight"]
    assert lake.read(LOG_METRICS_1M)["count"].sum() == weights.sum()
    account = account_of(lake)
    assert (account.messages, account.dead_letters, account.filtered, account.waiting) == (603, 103, 100 + debug, 0)


def test_an_hour_that_is_rebuilt_by_the_same_rules_is_what_it_was(tmp_path: Path, log: EventLog) -> None:
    send(log, lines(60))
    lake, now = Lake(str(tmp_path / "lake")), Clock()
    drain = Drain(lake, log, IngestSettings(topics=(TOPIC,)), now, RULES)
    while not drain.step().is_idle:
        pass
    before = {table: lake.read(table) for table in (PARSED_LOGS, DEAD_LETTERS, LOG_METRICS_1M)}
    for hour in lake.hours(RAW_LOGS):
        rebuild(lake, hour, parsers=RULES)
    for table, rows in before.items():
        key = ["ingest_hour", *table.key]
        assert lake.read(table).sort(key).equals(rows.sort(key)), table.path
    assert verify(lake) == []


JOINED = [
    parsers_of((("parsers.yaml", f"sources:\n  - source: '*'\n    multiline: {rule}"),))
    for rule in ("none", "{begins: '^a'}", "{continues: '^[b ]'}")
]
LINES = st.lists(st.sampled_from([b"a one", b"b two", b"  three", b"", b'{"n":1}', b"Traceback x"]), max_size=8)


@given(st.lists(st.tuples(st.sampled_from([UNCONFIGURED, *JOINED]), LINES), min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_rules_may_change_while_a_record_is_open(shifts: list[tuple[Parsers, list[bytes]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log, lake, now = opened_log(Path(folder)), Lake(f"{folder}/lake"), Clock(datetime.now(UTC))
        total = 0
        for parsers, lines in shifts:
            send(log, list(lines))
            total += len(lines)
            Drain(lake, log, IngestSettings(topics=(TOPIC,)), now, parsers).step()  # the clock leaves records open
        now.forward(minutes=1)
        drain = Drain(lake, log, IngestSettings(topics=(TOPIC,)), now, shifts[-1][0])
        while not drain.step().is_idle:
            pass
        log.close()
        assert verify(lake) == []
        account = account_of(lake)
        assert (account.messages, account.waiting) == (total, 0)


@pytest.mark.parametrize("allowed", [0, 1, 2, 3, 5, 8])
def test_a_crash_is_healed_by_the_rules_that_it_was_left_by(tmp_path: Path, log: EventLog, allowed: int) -> None:
    send(log, lines(60))
    root, now, ingest = str(tmp_path / "lake"), Clock(), IngestSettings(topics=(TOPIC,))
    Drain(Lake(root), log, ingest, now, RULES).step()
    send(log, lines(60))
    with pytest.raises(LakeError, match="the process died"):
        Drain(FailingLake(root, allowed), log, ingest, now, RULES).step()
    send(log, lines(60))
    lake = Lake(root)
    drain = Drain(lake, log, ingest, now, JOINED[0])
    while not drain.step().is_idle:
        pass
    assert verify(lake) == []
    versions = dict(lake.read(PARSED_LOGS).group_by("parser_version").agg(pl.col("offset").min()).rows())
    assert versions == {RULES.version: 0, JOINED[0].version: 63 if allowed == 0 else 126}


@pytest.mark.parametrize("allowed", range(1, 8))
def test_a_record_that_some_tables_have_closed_is_closed_by_the_same_rules(
    tmp_path: Path, log: EventLog, allowed: int
) -> None:
    send(log, [b'{"level":"debug"}', b"2026-01-02 03:04:05 DEBUG x", b"\tgoes on"])
    root, now, ingest = str(tmp_path / "lake"), Clock(datetime.now(UTC)), IngestSettings(topics=(TOPIC,))
    Drain(Lake(root), log, ingest, now).step()
    now.forward(minutes=1)
    with pytest.raises(LakeError, match="the process died"):
        Drain(FailingLake(root, allowed), log, ingest, now).step()
    lake = Lake(root)
    drain = Drain(lake, log, ingest, now, RULES)  # which would drop what one table has already
    while not drain.step().is_idle:
        pass
    assert verify(lake) == []
    assert account_of(lake).waiting == 0
