"""The test kit that ships with the platform: a log maker for demos, tests and measurements."""

from stacklens_pipeline.testing.maker import LogMaker
from stacklens_pipeline.testing.player import play

__all__ = ["LogMaker", "play"]
