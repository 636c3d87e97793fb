"""Our own parsers: `parse_lines` on a frame of `raw/logs`, all columns of `parsed/logs` typed."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.peers.base import Peer, Run, Way, in_child, is_there
from benchmarks.peers.lines import AT, FORMATS, MIXES, NEWLINE, Sample
from stacklens_pipeline.parse import Parsed, parse_lines
from stacklens_pipeline.tables import RAW_LOGS

NAME = "StackLens"
PASSES = 3

_PID = pl.col("attributes").str.json_path_match('$["process.pid"]').cast(pl.Int64)
NUMBERS: Mapping[str, pl.Expr] = {
    "apache": pl.sum_horizontal("http_status", "bytes_sent"),
    "rfc3164": _PID,
    "rfc5424": _PID,
    "json": pl.sum_horizontal("http_status", "bytes_sent"),
    "logfmt": pl.col("http_status"),
}


def run(sample: Sample, threads: int) -> list[Run]:
    """Our parsers with so many threads of Polars."""
    return in_child(__name__, sample, passes=PASSES, env={"POLARS_MAX_THREADS": str(threads)})


PEER = Peer(NAME, (*FORMATS, *MIXES), is_there, partial(run, threads=1))


def ways(format: str, lines: Path) -> list[Way]:
    """The one way."""
    values = lines.read_bytes().split(NEWLINE)[:-1]
    sources = lines.with_suffix(".sources").read_text().splitlines()
    raw = raw_frame(values, sources)
    return [Way(NAME, "all columns typed with time, kept", partial(parse_lines, raw), partial(_found, format))]


def raw_frame(values: Sequence[bytes | None], sources: Sequence[str]) -> pl.DataFrame:
    """Messages of one partition as rows of `raw/logs`."""
    frame = pl.DataFrame({"value": values, "source": sources}, schema={"value": pl.Binary, "source": pl.String})
    frame = frame.with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("offset"),
        pl.lit("raw-logs").alias("topic"),
        pl.lit(0, pl.Int32).alias("partition"),
        pl.lit(AT.strftime("%Y-%m-%dT%H")).alias("ingest_hour"),
        pl.lit(AT).dt.cast_time_unit("us").alias("appended_at"),
    )
    return pl.concat([RAW_LOGS.empty(), frame], how="diagonal")


def _found(format: str, result: Parsed) -> tuple[int, int | None, str]:
    """Lines that are (part of) a record, and what the parsers took most of them for."""
    records = result.parsed
    checked = records.select(NUMBERS[format].sum()).item() if format in NUMBERS else None
    shares = records.group_by("format").agg(pl.sum("raw_messages")).sort("raw_messages", descending=True)
    name, count = shares.row(0)
    return int(records["raw_messages"].sum()), checked, f"{count / result.line_records.height:.0%} read as {name}"
