"""lnav's sample lines: a time in every line that has one, and the level where the sample states it."""

from typing import Any

import polars as pl

from stacklens_pipeline.parse import parse_lines
from tests.conformance.data import cases, reached
from tests.unit.parse.lines import raw

NO_TIME = {"tcsh_history", "fsck_hfs_log", "strace_log"}
"""Formats whose lines need not have a time of their own."""
LEVELS = {"trace": "DEBUG", "notice": "INFO", "fatal": "CRITICAL"}


def records() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each sample beside the record of its line, which nothing joins with another."""
    samples = cases("lnav-samples/samples.jsonl")
    frame = raw([sample["input"].encode() for sample in samples])
    alone = frame.with_columns(pl.Series("key", [str(n).encode() for n in range(len(samples))]))
    found = parse_lines(alone).parsed.sort("offset").rows(named=True)
    return list(zip(samples, found, strict=True))


def test_every_line_has_its_time() -> None:
    dated = [(sample, found) for sample, found in records() if sample["format"] not in NO_TIME]
    wrong = [sample["input"] for sample, found in dated if found["timestamp_source"] == "observed"]
    reached("times of lnav's samples", wrong, len(dated), 1)


def test_levels_are_right_where_they_are_stated() -> None:
    levelled = [(sample, found) for sample, found in records() if sample.get("level")]
    wrong = [
        (sample["level"], found["level"], sample["input"])
        for sample, found in levelled
        if LEVELS.get(sample["level"], sample["level"].upper()) != found["level"]
    ]
    # lnav takes a status of 404 for an error, which is a warning here
    reached("levels of lnav's samples", wrong, len(levelled), 0.95)
