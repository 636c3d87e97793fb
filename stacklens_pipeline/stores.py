"""The lake and the event log for those who only read: where there is none, none is made."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stacklens_pipeline.errors import LakeError
from stacklens_pipeline.eventlog import open_log
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.lake import Lake
from stacklens_pipeline.settings import Settings


def nothing_yet(settings: Settings) -> str:
    """The sentence that says so, with where it was looked for and what to do."""
    place = settings.lake_uri or settings.data_dir
    return f"there is no data in {place} yet; `make demo` or `stacklens drain` makes some"


def existing_lake(settings: Settings) -> Lake:
    """The lake that the settings name. Raises LakeError when there is none."""
    if not _has_lake(settings):
        raise LakeError(nothing_yet(settings))
    return Lake(settings.lake_root, settings.storage_options)


@contextmanager
def lake_or_empty(settings: Settings) -> Iterator[Lake]:
    """The lake that the settings name, or an empty one that is gone afterwards: lines may wait for a first drain."""
    if _has_lake(settings):
        yield existing_lake(settings)
    else:
        with tempfile.TemporaryDirectory(prefix="stacklens-") as folder:
            yield Lake(folder)


@contextmanager
def existing_log(settings: Settings) -> Iterator[EventLog | None]:
    """The event log that the settings name, or None when it is the embedded one and there is none yet."""
    if not settings.is_kafka and not settings.eventlog_path.exists():
        yield None
        return
    log = open_log(settings)
    try:
        yield log
    finally:
        log.close()


def _has_lake(settings: Settings) -> bool:
    """Whether there is a lake; one on an object store is always taken to be there."""
    return "://" in settings.lake_root or Path(settings.lake_root).is_dir()
