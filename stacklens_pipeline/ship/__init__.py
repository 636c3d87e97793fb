"""The file shipper: follows log files and sends their lines into the event log, at least once."""

from stacklens_pipeline.ship.shipper import Shipper

__all__ = ["Shipper"]
