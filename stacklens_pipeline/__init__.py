"""The StackLens engine: plain functions and small classes over Polars frames; it knows nothing of Dagster."""

__version__ = "0.1.0"
