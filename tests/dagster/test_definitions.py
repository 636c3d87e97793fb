"""The code locations as Dagster sees them: the graph, the jobs, what a run records, what the sensors decide."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

import definitions
import marts_definitions
from assets.drained import SPECS
from assets.upkeep import prune
from sensors.changed_tables import changed_tables
from sensors.unread_logs import fail_stuck, unread_logs
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.eventlog.sqlite import SqliteLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.lease import Lease
from stacklens_pipeline.microbatch import Microbatch
from stacklens_pipeline.planner import utc_now
from stacklens_pipeline.settings import IngestSettings, Settings
from stacklens_pipeline.tables import DEAD_LETTERS, ENRICHED_LOGS, PARSED_LOGS, RAW_LOGS
from stacklens_pipeline.verify import verify
from tests.builders import TOPIC, numbered, send

Ask = Callable[..., Any]

ROOT = Path(__file__).resolve().parents[2]

STREAMING = {
    "aggregated/log_metrics_1h": {"enriched/logs"},
    "aggregated/log_metrics_1m": {"enriched/logs"},
    "aggregated/log_metrics_5m": {"enriched/logs"},
    "aggregated/request_failures_5m": {"enriched/logs"},
    "compacted_tables": {
        "raw/logs",
        "raw/offset_gaps",
        "raw/ledger",
        "parsed/logs",
        "parsed/dead_letters",
        "parsed/replays",
        "enriched/logs",
        "aggregated/log_metrics_1m",
        "aggregated/log_metrics_5m",
        "aggregated/log_metrics_1h",
        "aggregated/request_failures_5m",
    },
    "enriched/logs": {"parsed/logs"},
    "eventlog/messages": set(),
    "parsed/dead_letters": {"raw/logs"},
    "parsed/logs": {"raw/logs"},
    "parsed/replays": {"raw/logs"},
    "pruned_history": set(),
    "raw/ledger": {"raw/logs", "parsed/dead_letters", "enriched/logs"},
    "raw/logs": {"eventlog/messages"},
    "raw/offset_gaps": {"eventlog/messages"},
    "trimmed_eventlog": {"raw/logs"},
}
MARTS = {
    "mart/dead_letter_reasons_1h": {"parsed/dead_letters"},
    "mart/ingestion_quality_1h": {"aggregated/log_metrics_1h", "parsed/dead_letters"},
    "mart/pipeline_freshness": {"raw/ledger"},
    "mart/service_error_ratio_1h": {"aggregated/log_metrics_1h"},
    "mart/service_health_5m": {"aggregated/log_metrics_5m"},
    "mart/top_failing_paths": {"aggregated/request_failures_5m"},
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    ingest = IngestSettings(topics=(TOPIC,), idle_s=0, interval_s=0.01, handover_s=0.1)
    return Settings(data_dir=tmp_path, ingest=ingest)


@pytest.fixture
def log(settings: Settings) -> Iterator[EventLog]:
    opened = SqliteLog(settings.eventlog_path)
    opened.create_topics([TOPIC])
    yield opened
    opened.close()


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings.lake_root)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as made:
        yield made


def graph(location: dg.Definitions) -> dict[str, set[str]]:
    assets = location.resolve_asset_graph()
    return {
        key.to_user_string(): {parent.to_user_string() for parent in assets.get(key).parent_keys}
        for key in assets.get_all_asset_keys()
        if assets.get(key).owners
    }


def run(
    location: dg.Definitions, job: str, instance: dg.DagsterInstance, **options: object
) -> dg.ExecuteInProcessResult:
    return location.resolve_job_def(job).execute_in_process(instance=instance, **options)  # type: ignore[arg-type]


def test_the_streaming_graph(settings: Settings) -> None:
    assert graph(definitions.build(settings)) == STREAMING


def test_the_graph_of_the_marts_goes_on_from_the_streaming_one(settings: Settings) -> None:
    assert graph(marts_definitions.build(settings)) == MARTS
    assert set().union(*MARTS.values()) <= set(STREAMING)


@pytest.mark.parametrize("location", [definitions, marts_definitions])
def test_every_asset_says_what_it_is(location: object, settings: Settings) -> None:
    assets = location.build(settings).resolve_asset_graph()  # type: ignore[attr-defined]
    for key in graph(location.build(settings)):  # type: ignore[attr-defined]
        node = assets.get(dg.AssetKey(key.split("/")))
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert node.group_name != "default", key
        if "/" in key:
            columns = node.metadata["dagster/column_schema"].columns
            assert columns, key
            assert all(column.description for column in columns), key


@pytest.mark.parametrize("location", [definitions, marts_definitions])
def test_no_job_is_empty(location: object, settings: Settings) -> None:
    built = location.build(settings)  # type: ignore[attr-defined]
    for job in built.jobs:
        assert built.resolve_job_def(job.name).nodes, job.name


def test_a_drain_records_rows_and_offsets_of_each_table(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance
) -> None:
    send(log, numbered(100))
    result = run(definitions.build(settings), "drain_logs", instance)
    assert result.success
    recorded = {e.asset_key.to_user_string(): e for e in result.get_asset_materialization_events() if e.asset_key}
    assert recorded.keys() >= {"raw/logs", "parsed/logs", "enriched/logs", "raw/ledger", "aggregated/log_metrics_1m"}
    materialization = recorded["enriched/logs"].step_materialization_data.materialization
    assert materialization.partition == lake.hours(ENRICHED_LOGS)[0]
    assert materialization.metadata["dagster/row_count"].value == 100
    assert materialization.metadata["offsets"].value == {f"{TOPIC}/0": 100}
    (observed,) = result.get_asset_observation_events()
    assert observed.asset_observation_data.asset_observation.asset_key == dg.AssetKey(["eventlog", "messages"])
    assert observed.asset_observation_data.asset_observation.metadata["offsets"].value == {f"{TOPIC}/0": 100}


def test_the_partitions_begin_with_the_first_message(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance
) -> None:
    def hours() -> list[str]:
        graph = definitions.build(settings).resolve_asset_graph()
        partitions = graph.get(dg.AssetKey(["parsed", "logs"])).partitions_def
        assert partitions is not None
        return list(partitions.get_partition_keys())

    assert len(hours()) == 1
    send(log, numbered(1))
    run(definitions.build(settings), "drain_logs", instance)
    assert hours()[0] == lake.hours(RAW_LOGS)[0]


def test_groups_follow_each_other_without_a_circle(settings: Settings) -> None:
    """The UI shows groups first, and draws a circle between two as a tangle."""
    nodes = [definitions.build(settings), marts_definitions.build(settings)]
    group = {
        key: a.get(key).group_name for a in (n.resolve_asset_graph() for n in nodes) for key in a.get_all_asset_keys()
    }
    edges = {
        (group[dg.AssetKey(p.split("/"))], group[dg.AssetKey(k.split("/"))])
        for k, ps in (STREAMING | MARTS).items()
        for p in ps
    }
    TopologicalSorter({g: [a for a, b in edges if b == g and a != g] for _, g in edges}).prepare()


def test_an_hour_is_back_filled_through_the_same_assets(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance
) -> None:
    send(log, numbered(100))
    location = definitions.build(settings)
    run(location, "drain_logs", instance)
    (hour,) = lake.hours(RAW_LOGS)
    lake.expire(PARSED_LOGS, before="9999")
    assert lake.row_count(PARSED_LOGS) == 0
    result = run(location, "drain_logs", instance, partition_key=hour)
    assert result.success
    assert (lake.row_count(PARSED_LOGS), lake.row_count(ENRICHED_LOGS)) == (100, 100)


def test_a_back_fill_of_the_ui_rebuilds_and_does_not_drain(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance
) -> None:
    """It gives a run a range of partitions instead of one, even for one hour."""
    send(log, numbered(100))
    location = definitions.build(settings)
    run(location, "drain_logs", instance)
    (hour,) = lake.hours(RAW_LOGS)
    lake.expire(PARSED_LOGS, before="9999")
    send(log, numbered(1, 100))
    ends = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    result = run(location, "drain_logs", instance, tags=dict.fromkeys(ends, hour))
    assert {e.partition for e in result.get_asset_materialization_events()} == {hour}
    assert (lake.row_count(PARSED_LOGS), lake.row_count(RAW_LOGS)) == (100, 100)


def test_a_back_fill_that_breaks_conservation_fails(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the job that the UI back-fills assets with, which has their checks."""
    send(log, numbered(100))
    location = definitions.build(settings)
    run(location, "drain_logs", instance)
    ends = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    options: dict[str, Any] = {
        "asset_selection": [spec.key for spec in SPECS],
        "tags": dict.fromkeys(ends, lake.hours(RAW_LOGS)[0]),
    }
    job = location.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, **options).success
    of_hour = Microbatch.of_hour
    monkeypatch.setattr(Microbatch, "of_hour", lambda *arguments: of_hour(*arguments).head(50))
    broken = job.execute_in_process(instance=instance, raise_on_error=False, **options)
    assert not broken.success
    assert [e.check_name for e in broken.get_asset_check_evaluations() if not e.passed] == ["conservation"]


def test_an_hour_that_raw_does_not_hold_any_more_is_not_back_filled(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance
) -> None:
    send(log, numbered(10))
    location = definitions.build(settings)
    run(location, "drain_logs", instance)
    (hour,) = lake.hours(RAW_LOGS)
    lake.expire(RAW_LOGS, before="9999")
    result = run(location, "drain_logs", instance, partition_key=hour, raise_on_error=False)
    assert not result.success
    assert lake.row_count(ENRICHED_LOGS) == 10


def test_the_checks_pass_over_a_sound_lake_and_fail_over_a_broken_one(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance
) -> None:
    send(log, numbered(50))
    location = definitions.build(settings)
    run(location, "drain_logs", instance)
    result = run(location, "check_tables", instance)
    assert {e.check_name: e.passed for e in result.get_asset_check_evaluations()} == {
        "conservation": True,
        "freshness": True,
        "dead_letters_rare": True,
        "no_offset_gaps": True,
        "schemas": True,
    }
    lake.expire(ENRICHED_LOGS, before="9999")
    send(log, [b"\xff"] * 60)
    log.delete_topic(TOPIC)
    broken = run(location, "check_tables", instance, raise_on_error=False)
    assert {e.check_name for e in broken.get_asset_check_evaluations() if not e.passed} == {"conservation"}


def test_upkeep_compacts_and_prunes(settings: Settings, log: EventLog, instance: dg.DagsterInstance) -> None:
    location = definitions.build(settings)
    for start in range(0, 50, 10):
        send(log, numbered(10, start))
        run(location, "drain_logs", instance)
    assert run(location, "keep_up_lake", instance).success
    assert prune(instance, hours=0) == 6
    assert instance.get_runs() == []


@pytest.fixture(name="asked")
def _asked(settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance) -> Ask:
    """Evaluates a sensor, with a cursor where there is one."""

    def ask(sensor: dg.SensorDefinition, cursor: str | None = None) -> Any:
        resources = {"settings": settings, "lake": lake, "eventlog": log}
        context = dg.build_sensor_context(instance=instance, resources=resources, cursor=cursor)
        return sensor.evaluate_tick(context)

    return ask


def test_the_sensor_waits_for_lines_and_asks_once(asked: Ask, log: EventLog) -> None:
    assert asked(unread_logs).skip_message == "no messages are unread"
    send(log, numbered(7))
    tick = asked(unread_logs)
    assert [request.tags["stacklens/reason"] for request in tick.run_requests] == ["7 messages are unread"]
    again = asked(unread_logs, tick.cursor)
    assert again.run_requests == []
    assert "is starting" in again.skip_message


def test_the_sensor_starts_the_successor_before_a_drain_ends(asked: Ask, settings: Settings) -> None:
    lease = Lease(settings.lake_root, "drain", "a run")
    assert lease.take(utc_now() + timedelta(minutes=4))
    assert "a run works until" in asked(unread_logs).skip_message
    assert lease.take(utc_now())
    assert len(asked(unread_logs).run_requests) == 1
    lease.want(utc_now() + timedelta(minutes=1))
    assert asked(unread_logs).run_requests == []


def test_a_run_that_holds_no_lease_any_more_is_marked_as_failed(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = definitions.build(settings).resolve_job_def("drain_logs")
    dead, alive = (instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED) for _ in range(2))
    monkeypatch.setattr("sensors.unread_logs.LIFETIME", timedelta(seconds=-15))
    fail_stuck(instance, "drain_logs", {alive.run_id})
    statuses = {run_.run_id: run_.status for run_ in instance.get_runs()}
    assert statuses == {dead.run_id: dg.DagsterRunStatus.FAILURE, alive.run_id: dg.DagsterRunStatus.STARTED}


def test_the_marts_are_refreshed_when_tables_changed(
    asked: Ask, settings: Settings, log: EventLog, instance: dg.DagsterInstance
) -> None:
    location = marts_definitions.build(settings)
    send(log, numbered(30))
    run(definitions.build(settings), "drain_logs", instance)
    assert len(asked(changed_tables).run_requests) == 1
    result = run(location, "refresh_marts", instance)
    recorded = {e.asset_key.to_user_string() for e in result.get_asset_materialization_events() if e.asset_key}
    assert recorded == set(MARTS)
    assert asked(changed_tables).run_requests == []
    assert all(e.passed for e in run(location, "test_marts", instance).get_asset_check_evaluations())


def test_missing_marts_are_made_before_the_first_line_comes(asked: Ask) -> None:
    tick = asked(changed_tables)
    assert [request.tags["stacklens/reason"] for request in tick.run_requests] == ["1 marts file has to be made"]


def test_loading_the_locations_imports_no_model_library_and_no_dbt() -> None:
    heavy = ["sklearn", "statsmodels", "prophet", "pandas", "dbt", "scipy", "confluent_kafka"]
    code = f"import sys, definitions; print([m for m in {heavy} if m in sys.modules])"
    both = code.replace("definitions;", "definitions, marts_definitions;")
    for asked_for in (code, both):
        done = subprocess.run([sys.executable, "-c", asked_for], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


def test_a_replay_shows_the_difference_and_puts_it_in_place(
    settings: Settings, log: EventLog, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    send(log, [b"\xff no text", *numbered(20)])
    location = definitions.build(settings)
    run(location, "drain_logs", instance)
    new = tmp_path / "new.yaml"
    new.write_text("sources:\n  - source: '*'\n    encoding: latin-1\n")
    (hour,) = lake.hours(RAW_LOGS)
    for promote, left in ((False, 1), (True, 0)):
        config = {"ops": {"parsed__replays": {"config": {"hours": hour, "parsers": str(new), "promote": promote}}}}
        result = run(location, "replay_hours", instance, run_config=config)
        (made,) = result.asset_materializations_for_node("parsed__replays")
        assert made.metadata["dead letters drained"].value == 1
        assert lake.row_count(DEAD_LETTERS) == left
    assert verify(lake) == []
