"""`stacklens ship`."""

from pathlib import Path
from typing import Annotated

import typer

TOPIC = "raw-logs"
POLL_S = 0.5


def ship(
    config: Annotated[Path | None, typer.Option(help="sources.yaml; default: the one in config/")] = None,
    once: Annotated[bool, typer.Option("--once", help="ship what is there and end")] = False,
) -> None:
    """Follow the files of config/sources.yaml and send their lines into the event log, until Ctrl-C."""
    import time

    from stacklens_pipeline.errors import ConfigurationError
    from stacklens_pipeline.eventlog import open_log
    from stacklens_pipeline.settings import load_settings
    from stacklens_pipeline.ship import Shipper
    from stacklens_pipeline.sources import load_sources

    settings = load_settings()
    path = config or settings.config_dir / "sources.yaml"
    files = {source.name: source.files for source in load_sources(path) if source.files}
    if not files:
        raise ConfigurationError(f"no source names files; take the # off the example and put yours in: {path}")
    log = open_log(settings)
    log.create_topics([TOPIC])
    shipper = Shipper(log, TOPIC, files, settings.data_dir / "ship" / "positions.json")
    typer.echo(f"following {len(shipper.paths)} files of {len(files)} sources", err=True)
    total = 0
    try:
        while (sent := shipper.step(is_last=once)) or not once:
            total += sent
            if not sent:
                time.sleep(POLL_S)
    except KeyboardInterrupt:
        pass
    finally:
        log.close()
    typer.echo(f"shipped {total} lines")
