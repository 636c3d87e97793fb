"""Measurements run seldom: at least what they import has to be there."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_a_measurement_can_be_loaded(path: Path) -> None:
    assert importlib.import_module(f"benchmarks.{path.stem}").__doc__
