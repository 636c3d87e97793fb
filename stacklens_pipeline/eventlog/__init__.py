"""The event log: Kafka, or the embedded log when no Kafka is configured, behind one small interface."""

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.settings import Settings

STACKLENS_TOPICS = ("raw-logs", "collected-logs", "parsed-logs", "enriched-logs", "analytics-alerts")
"""The topics that `stacklens topics create` makes."""


def open_log(settings: Settings) -> EventLog:
    """The event log that the settings name."""
    if settings.is_kafka:
        try:
            from stacklens_pipeline.eventlog.kafka import KafkaLog
        except ImportError as error:
            raise ConfigurationError(
                f"Kafka needs the extra `kafka`, as in stacklens-pipeline[kafka]: {error}"
            ) from error
        return KafkaLog(settings.kafka)
    from stacklens_pipeline.eventlog.sqlite import SqliteLog

    return SqliteLog(settings.eventlog_path)
