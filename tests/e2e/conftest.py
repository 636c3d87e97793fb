"""Real parts for these tests."""

from tests.kafka_broker import _broker, _broker_kit

__all__ = ["_broker", "_broker_kit"]
