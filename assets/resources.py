"""What assets and sensors are given: objects of the engine, built from the settings when a run needs them."""

from collections.abc import Iterator

import dagster as dg

from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import Settings


def resources(settings: Settings) -> dict[str, dg.ResourceDefinition]:
    """Resources by the name that assets and sensors ask for."""

    @dg.resource
    def eventlog(_: dg.InitResourceContext) -> Iterator[EventLog]:
        log = open_log(settings)
        yield log
        log.close()

    return {
        "lake": dg.ResourceDefinition(lambda _: Lake(settings.lake_root, settings.storage_options)),
        "eventlog": eventlog,
        "settings": dg.ResourceDefinition.hardcoded_resource(settings),
    }
