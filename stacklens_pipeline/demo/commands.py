"""`stacklens demo`."""

from typing import Annotated

import typer


def demo(
    exit: Annotated[bool, typer.Option("--exit", help="stop after the table; exits with 1 unless conserved")] = False,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="start an Apache Kafka and use it (needs java and mvn)")
    ] = False,
    host_logs: Annotated[bool, typer.Option("--host-logs", help="send this host's readable log files too")] = False,
    lines_s: Annotated[float, typer.Option(help="lines a second that the web shop writes")] = 300.0,
    seconds: Annotated[float, typer.Option(help="how long the web shop's story takes, incident included")] = 20.0,
    ui_port: Annotated[int, typer.Option(envvar="DAGSTER_WEBSERVER_PORT", help="port of the Dagster UI")] = 3000,
) -> None:
    """Start the whole platform on this machine, send logs through it, and show what becomes of them."""
    from stacklens_pipeline.demo.show import Show
    from stacklens_pipeline.settings import load_settings

    show = Show(load_settings(), ui_port)
    show.run(lines_s, seconds, is_once=exit, has_kafka=kafka, has_host_logs=host_logs)
