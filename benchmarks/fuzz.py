"""Fuzzing: a million seeded lines, of arbitrary bytes and of mutated lines of every format, through the parsers.

Nothing may raise or stand still, and every line has to end in exactly one place. A batch depends on the seed and on
its number alone: `--batch N` runs one again.
"""

import argparse
import faulthandler
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import orjson
import polars as pl
from structlog.testing import capture_logs

from benchmarks.harness import Spent, measured, publish
from benchmarks.peers.lines import FORMATS, sample
from benchmarks.peers.ours import raw_frame
from benchmarks.peers.strange import value_of
from stacklens_pipeline.parse import Parsed, parse_lines
from stacklens_pipeline.tables import DEAD_LETTERS, LEVELS, PARSED_LOGS

LINES = 1_000_000
BATCH = 50_000
POOL = 1_000
"""Lines of each format that are mutated."""

STANDS_STILL_S = 120
"""A batch that takes longer ends everything, with a trace of where it stands."""

SHOWN = 20
"""So many problems are printed."""

SOURCES = ("nginx", "syslog", "app", "legacy", "firewall")


@dataclass(frozen=True)
class Ran:
    """A batch: what it took and became, and what did not hold, a sentence each.

    `fallbacks` counts lines that their format's parser could not cope with.
    """

    number: int
    spent: Spent
    records: int = 0
    dead_letters: int = 0
    fallbacks: int = 0
    problems: Sequence[str] = ()


def main() -> None:
    """Parse all batches, and publish; exits with what did not hold."""
    options = _options()
    faulthandler.enable()
    pool = _pool(options.seed, options.lines_from)
    numbers = range(-(-options.lines // BATCH)) if options.batch is None else [options.batch]
    runs = [ran(options.seed, number, pool) for number in numbers]
    publish("fuzz", [_row(options.seed, runs)])
    problems = [f"batch {run.number}: {problem}" for run in runs for problem in run.problems]
    if problems:
        sys.exit("\n".join(problems[:SHOWN]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES, help="rounded up to whole batches")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, help="this one alone")
    parser.add_argument("--lines-from", type=Path, nargs="*", default=[], help="files of lines to be mutated too")
    return parser.parse_args()


def _row(seed: int, runs: Sequence[Ran]) -> dict[str, object]:
    slowest = max(runs, key=lambda run: run.spent.cpu_s)
    lines = len(runs) * BATCH
    return {
        "seed": seed,
        "lines": lines,
        "records": sum(run.records for run in runs),
        "dead_letters": sum(run.dead_letters for run in runs),
        "fallbacks": sum(run.fallbacks for run in runs),
        "problems": sum(len(run.problems) for run in runs),
        "lines_s": int(lines / sum(run.spent.wall_s for run in runs)),
        "lines_s_per_core": int(lines / sum(run.spent.cpu_s for run in runs)),
        "slowest_batch": slowest.number,
        "slowest_batch_cpu_s": round(slowest.spent.cpu_s, 2),
    }


def ran(seed: int, number: int, pool: Sequence[bytes], count: int = BATCH) -> Ran:
    """Parse a batch and look at everything that has to hold."""
    raw = messages(seed, number, pool, count)
    faulthandler.dump_traceback_later(STANDS_STILL_S, exit=True)
    try:
        with capture_logs() as said, measured() as spent:
            result = parse_lines(raw)
    except Exception as error:
        return Ran(number, spent, problems=[f"it raises {error!r:.300}, as over {_fewest(raw)!r:.300}"])
    finally:
        faulthandler.cancel_dump_traceback_later()
    fallbacks = sum(event["log_level"] == "warning" for event in said)
    problems = list(violations(raw, result))
    return Ran(number, spent, result.parsed.height, result.rejected.height, fallbacks, problems)


def messages(seed: int, number: int, pool: Sequence[bytes], count: int = BATCH) -> pl.DataFrame:
    """The batch of this number, rows of `raw/logs`."""
    random = Random(f"{seed}/{number}")
    return raw_frame([value_of(random, pool) for _ in range(count)], random.choices(SOURCES, k=count))


def _fewest(raw: pl.DataFrame) -> list[bytes | None]:
    """Few messages over which the parsers raise, found by halving."""
    while raw.height > 1:
        middle = raw.height // 2
        half = next((half for half in (raw[:middle], raw[middle:]) if _raises(half)), None)
        if half is None:
            break
        raw = half
    return raw["value"].to_list()


def _raises(raw: pl.DataFrame) -> bool:
    try:
        parse_lines(raw)
    except Exception:
        return True
    return False


def violations(raw: pl.DataFrame, result: Parsed) -> Iterator[str]:
    """What does not hold: a message is in one record or in one dead letter, and columns are as they should be."""
    parsed, rejected, lines = result.parsed, result.rejected, result.line_records
    if parsed.schema != PARSED_LOGS.schema or rejected.schema != DEAD_LETTERS.schema:
        yield "the columns are not those of the tables"
    messages = int(parsed["raw_messages"].sum())
    if messages + rejected.height != raw.height:
        yield f"{messages} messages in records and {rejected.height} dead letters are not {raw.height}"
    if not pl.concat([lines["offset"], rejected["offset"]]).sort().equals(raw["offset"]):
        yield "an offset is nowhere, or twice"
    counted = lines.group_by("record_offset").len().sort("record_offset")
    records = parsed.select("offset", pl.col("raw_messages").cast(pl.UInt32)).sort("offset")
    if not (counted["record_offset"].equals(records["offset"]) and counted["len"].equals(records["raw_messages"])):
        yield "the records are not those of the lines"
    for column in ("timestamp", "level", "format", "body"):
        if parsed[column].null_count():
            yield f"a record has no {column}"
    if strange := set(parsed["level"]) - set(LEVELS):
        yield f"unknown levels: {strange}"
    for (format,), records in parsed.filter(pl.col("attributes").is_not_null()).group_by("format", maintain_order=True):
        if broken := [text for text in records["attributes"] if not _is_object(text)]:
            yield f"attributes of {len(broken)} records of {format} are no JSON object, such as {broken[0]!r:.300}"


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _pool(seed: int, files: Sequence[Path]) -> list[bytes]:
    """Lines to start from."""
    pool = [line for path in files for line in path.read_bytes().splitlines()]
    with TemporaryDirectory() as folder:
        for format in FORMATS:
            pool += sample(format, POOL, Path(folder), seed).lines()
    return pool


if __name__ == "__main__":
    main()
