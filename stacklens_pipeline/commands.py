"""Commands over the lake and the event log that the settings name."""

from typing import Annotated

import typer

from stacklens_pipeline.filters import Output, Writer


def drain(
    seconds: Annotated[
        float,
        typer.Option(
            help="begin nothing after so long; 0: until nothing is left, which is never while lines keep coming"
        ),
    ] = 0.0,
) -> None:
    """Drain unread messages into the lake without Dagster; a backlog starts workers. The marts follow with Dagster."""
    from contextlib import closing

    from stacklens_pipeline.drain import DRAIN_LEASE, Drain
    from stacklens_pipeline.eventlog import open_log
    from stacklens_pipeline.lake import Lake
    from stacklens_pipeline.lease import Lease
    from stacklens_pipeline.parse.rules.load import load_parsers
    from stacklens_pipeline.progress import Progress, Report
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.shift import Terms, stopped_by_signals, work

    def report(done: Report) -> None:
        typer.echo(f"{done.messages} messages in {done.microbatches} microbatches, {done.dead_letters} dead letters")

    settings = load_settings()
    ingest = settings.ingest
    terms = Terms(seconds or 1e9, ingest.interval_s, ingest.idle_s if seconds else 0.0, wait_s=ingest.handover_s)
    lake, log = Lake(settings.lake_root, settings.storage_options), open_log(settings)
    drain_of = Drain(lake, log, ingest, parsers=load_parsers(settings.config_dir))
    with stopped_by_signals() as stop, closing(drain_of) as drain:
        progress = Progress(drain, report)
        outcome = work(Lease(settings.lake_root, DRAIN_LEASE), terms, progress.step, stop)
        progress.flush()
    log.close()
    typer.echo(f"the drain ended because {outcome.value}")


def status(output: Annotated[Output | None, typer.Option(help="ndjson, table or csv")] = None) -> None:
    """Offsets, lag, freshness, counts and gaps, one row a partition.

    `lag` counts messages of the event log that raw/logs does not hold yet, `behind` those in raw/logs that are not in
    every table yet, and `open` records that may still grow.
    """
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.status import partition_rows
    from stacklens_pipeline.stores import existing_log, lake_or_empty, nothing_yet

    settings = load_settings()
    with existing_log(settings) as log, lake_or_empty(settings) as lake:
        rows = [] if log is None else list(partition_rows(lake, log, settings.ingest))
    if not rows:
        typer.echo(nothing_yet(settings), err=True)
        return
    writer = Writer(output)
    writer.write(rows)
    writer.close()


def verify() -> None:
    """Recompute conservation from the tables and the ledger; exits with 1 and the offending ranges if it is broken."""
    from stacklens_pipeline.errors import ConservationError
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.stores import lake_or_empty, nothing_yet
    from stacklens_pipeline.verify import account_of
    from stacklens_pipeline.verify import verify as violations_of

    settings = load_settings()
    with lake_or_empty(settings) as lake:
        violations, account = violations_of(lake), account_of(lake)
    for violation in violations:
        typer.echo(str(violation))
    if violations:
        raise ConservationError(f"counts are not conserved, violations: {len(violations)}")
    typer.echo(f"conserved: {account}" if account.messages else nothing_yet(settings), err=not account.messages)


def rebuild(hour: Annotated[str, typer.Argument(help="an ingest hour, such as 2026-11-24T04 (UTC)")]) -> None:
    """Rebuild an hour of all tables from raw, by the parsers that are configured now."""
    from stacklens_pipeline.parse.rules.load import load_parsers
    from stacklens_pipeline.rebuild import REBUILT, refuse_no_hour, refuse_unknown_hour
    from stacklens_pipeline.replay.rebuilding import rebuild_hour
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.stores import existing_lake

    refuse_no_hour(hour)
    settings = load_settings()
    lake = existing_lake(settings)
    refuse_unknown_hour(lake, hour)
    parsers = load_parsers(settings.config_dir)
    for table, rows in rebuild_hour(lake, hour, REBUILT, parsers).items():
        typer.echo(f"{table.path}: {rows} rows")


def sql(
    query: Annotated[str, typer.Argument(help="a query over enriched.logs, mart.NAME ...; SHOW TABLES lists them")],
    output: Annotated[Output | None, typer.Option(help="ndjson, table or csv")] = None,
) -> None:
    """Ask DuckDB about the lake's tables and the marts, while the pipeline goes on writing."""
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.sql import ask
    from stacklens_pipeline.stores import existing_lake

    settings = load_settings()
    writer = Writer(output)
    writer.write(ask(existing_lake(settings), query, settings.marts_path))
    writer.close()


def create_topics(
    partitions: Annotated[int, typer.Option(help="partitions of each topic at least")] = 1,
) -> None:
    """Make the five topics of StackLens where they do not exist yet."""
    from stacklens_pipeline.eventlog import STACKLENS_TOPICS, open_log
    from stacklens_pipeline.settings import load_settings

    log = open_log(load_settings())
    log.create_topics(STACKLENS_TOPICS, partitions)
    log.close()
    typer.echo(f"topics: {', '.join(STACKLENS_TOPICS)}")


def list_topics() -> None:
    """Topics with their partitions."""
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.stores import existing_log, nothing_yet

    settings = load_settings()
    with existing_log(settings) as log:
        topics = {} if log is None else log.topics()
    for info in sorted(topics.values(), key=lambda topic: topic.name):
        typer.echo(f"{info.name}: {info.partitions} partitions")
    if not topics:
        typer.echo(nothing_yet(settings), err=True)
