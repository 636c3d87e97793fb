"""`stacklens ship`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stacklens_pipeline.ship import Shipper

TOPIC = "raw-logs"
POLL_S = 0.5


def ship(
    config: Annotated[Path | None, typer.Option(help="sources.yaml; default: the one in config/")] = None,
    once: Annotated[bool, typer.Option("--once", help="ship what is there and end")] = False,
) -> None:
    """Follow the files of config/sources.yaml and send their lines into the event log, until Ctrl-C."""
    from stacklens_pipeline.collect.redact import Redactor
    from stacklens_pipeline.errors import ConfigurationError
    from stacklens_pipeline.eventlog import open_log
    from stacklens_pipeline.parse.rules.load import load_parsers
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.ship import Shipper
    from stacklens_pipeline.ship.lock import locked
    from stacklens_pipeline.sources import load_sources

    settings = load_settings()
    path = config or settings.config_dir / "sources.yaml"
    files = {source.name: source.files for source in load_sources(path) if source.files}
    if not files:
        raise ConfigurationError(f"no source names files; take the # off the example and put yours in: {path}")
    state = settings.data_dir / "ship" / "positions.json"
    with locked(state):
        log = open_log(settings)
        try:
            log.create_topics([TOPIC])
            shipper = Shipper(log, TOPIC, files, state, redact=Redactor(load_parsers(settings.config_dir)))
            say_what_is_followed(shipper, len(files))
            total = follow(shipper, once=once)
        finally:
            log.close()
    typer.echo(f"shipped {counted(total, 'line')}")


def say_what_is_followed(shipper: "Shipper", sources: int) -> None:
    """Say how many files are followed, and which patterns find none."""
    for problem in shipper.problems:
        typer.echo(f"warning: {problem}", err=True)
    typer.echo(f"following {counted(len(shipper.paths), 'file')} of {counted(sources, 'source')}", err=True)


def follow(shipper: "Shipper", *, once: bool) -> int:
    """Ship until Ctrl-C, or with `once` until nothing is left; returns how many lines."""
    import time

    total = 0
    try:
        while (sent := shipper.step(is_last=once)) or not once:
            total += sent
            if not sent:
                time.sleep(POLL_S)
    except KeyboardInterrupt:
        pass
    finally:
        shipper.close()
    return total


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "file"), counted(2, "file"), counted(0, "line")
    ('1 file', '2 files', '0 lines')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
