"""Measurements run seldom: what they import has to be there, and what they say about others has to be true."""

import importlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import fuzz, parsers
from benchmarks.peers import duckdb, liblognorm, ours, python
from benchmarks.peers.base import Run
from benchmarks.peers.lines import FORMATS, MIXES, Sample, sample
from benchmarks.peers.patterns import GROUPS, REGEXPS
from stacklens_pipeline.parse import parse_lines

ROOT = Path(__file__).resolve().parents[2]
MODULES = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / "benchmarks").rglob("[a-z]*.py")]
COUNT = 120
EVERY = (*FORMATS, *MIXES)


@pytest.mark.parametrize("module", sorted(".".join(path.parts) for path in MODULES))
def test_a_measurement_can_be_loaded(module: str) -> None:
    assert importlib.import_module(module).__doc__


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    folder = tmp_path_factory.mktemp("lines")
    return {format: sample(format, COUNT, folder) for format in EVERY}


def run(name: str, found: Sample, **changes: object) -> Run:
    right = Run(name, "", found.count, found.size_bytes, 1.0, 1.0, found.count, sum(found.numbers) or None)
    return replace(right, **changes)  # type: ignore[arg-type]


def assert_all_found(found: Sample, runs: Sequence[tuple[int, int | None]]) -> None:
    for rows, checked in runs:
        assert parsers._problem(run("", found, rows=rows, checked=checked), found) is None


@pytest.mark.parametrize("format", EVERY)
def test_lines_are_a_function_of_format_count_and_seed(format: str, samples: dict[str, Sample], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    again, other = sample(format, COUNT, tmp_path), sample(format, COUNT, tmp_path / "other", seed=2)
    assert again.path.read_bytes() != other.path.read_bytes()
    assert again.lines() == samples[format].lines()
    assert again.size_bytes == sum(map(len, again.lines()))
    assert len(again.lines()) == len(again.path.with_suffix(".sources").read_text().splitlines()) == COUNT


@pytest.mark.parametrize("format", ours.PEER.formats)
def test_our_parsers_find_every_made_line_and_its_numbers(format: str, samples: dict[str, Sample]) -> None:
    (way,) = ours.ways(format, samples[format].path)
    rows, checked, remark = way.found(way.run())
    assert_all_found(samples[format], [(rows, checked)])
    assert (checked is None) == (format not in ours.NUMBERS)
    assert "read as" in remark


@pytest.mark.parametrize("format", python.PEER.formats)
def test_python_finds_every_made_line_and_its_numbers(format: str, samples: dict[str, Sample]) -> None:
    (way,) = python.ways(format, samples[format].path)
    assert_all_found(samples[format], [way.found(way.run())[:2]])


@pytest.mark.parametrize("format", duckdb.PEER.formats)
def test_duckdb_finds_every_made_line_and_its_numbers(format: str, samples: dict[str, Sample]) -> None:
    assert_all_found(samples[format], [w.found(w.run())[:2] for w in duckdb.ways(format, samples[format].path)])


@pytest.mark.skipif(liblognorm.prepare() is not None, reason="lognormalizer of liblognorm-utils is not installed")
@pytest.mark.parametrize("format", liblognorm.PEER.formats)
def test_liblognorm_finds_every_made_line_and_its_numbers(format: str, samples: dict[str, Sample]) -> None:
    assert_all_found(samples[format], [(found.rows, found.checked) for found in liblognorm.run(samples[format])])


@pytest.mark.parametrize("format", REGEXPS)
def test_every_group_of_a_pattern_has_a_name(format: str) -> None:
    assert len(GROUPS[format].split()) == python._COMPILED[format].groups


def test_figures_of_rows_that_are_wrong_do_not_count(samples: dict[str, Sample]) -> None:
    lines = samples["apache"]
    right = run("liblognorm", lines, cpu_s=6.0)
    missed, miscounted = replace(right, rows=COUNT - 1), replace(right, checked=1)
    figures = parsers.Figures(lines, run("StackLens", lines), run("StackLens", lines), [right, missed, miscounted], {})
    assert [figures.times(peer) for peer in figures.peers] == [6.0, None, None]
    assert list(figures.wrong()) == [
        f"apache, liblognorm: it found fields in {COUNT - 1} lines of {COUNT}",
        f"apache, liblognorm: its numbers add up to 1, not to {sum(lines.numbers):,}",
    ]
    assert [row["ours_over_it"] for row in figures.rows()] == [None, None, 6.0, None, None]


def test_nothing_counts_when_our_own_rows_are_wrong(samples: dict[str, Sample]) -> None:
    lines = samples["apache"]
    mine, peer = run("StackLens", lines, checked=1), run("liblognorm", lines)
    figures = parsers.Figures(lines, mine, mine, [peer], {"DuckDB": "it is out of memory"})
    assert figures.times(peer) is None
    assert list(figures.wrong())[-1] == "apache, DuckDB: it is out of memory"


def test_formats_that_we_only_take_for_text_have_no_ratio(samples: dict[str, Sample]) -> None:
    lines = samples["cef"]
    unread, peer = run("StackLens", lines, checked=None), run("liblognorm", lines)
    figures = parsers.Figures(lines, unread, unread, [peer], {})
    assert figures.times(peer) is None
    assert not list(figures.wrong())


def test_what_is_to_be_reached_is_said_to_hold_or_to_be_missed(samples: dict[str, Sample]) -> None:
    lines = samples["apache"]
    mine = run("StackLens", lines, cpu_s=COUNT / 1_300_000)
    slow = run("java-grok, warm", lines, cpu_s=COUNT / 260_000)
    quick = run("liblognorm", lines, cpu_s=COUNT / 1_000_000)
    assert list(parsers.reached([parsers.Figures(lines, mine, mine, [quick, slow], {})])) == [
        "holds   apache, lines/s per core: 1,300,000 (at least 1,300,000)",
        "MISSED  apache, times liblognorm: 1.3 (at least 4)",
        "holds   apache, times java-grok, warm: 5.0 (at least 5)",
    ]


@pytest.fixture(scope="module")
def pool() -> list[bytes]:
    return fuzz._pool(1, [])


def test_a_fuzzed_batch_depends_on_the_seed_and_its_number_alone(pool: list[bytes]) -> None:
    first, again, other = (fuzz.messages(1, number, pool, 400) for number in (7, 7, 8))
    assert first.equals(again)
    assert not first.equals(other)


def test_fuzzed_lines_are_conserved(pool: list[bytes]) -> None:
    found = fuzz.ran(1, 0, pool, 600)
    assert found.records > 300
    assert found.dead_letters > 20
    assert found.problems == []


def test_a_lost_or_doubled_line_is_noticed(pool: list[bytes]) -> None:
    raw = fuzz.messages(1, 0, pool, 400)
    result = parse_lines(raw)
    assert not list(fuzz.violations(raw, result))
    lost = replace(result, parsed=result.parsed[1:])
    doubled = replace(result, rejected=result.rejected[[0, *range(result.rejected.height)]])
    uncovered = replace(result, line_records=result.line_records[1:])
    assert len(list(fuzz.violations(raw, lost))) == 2
    assert len(list(fuzz.violations(raw, doubled))) == 2
    assert len(list(fuzz.violations(raw, uncovered))) == 2


def test_few_messages_are_named_when_parsers_raise(pool: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(raw: object) -> object:
        if b"needle" in raw["value"].to_list():  # type: ignore[index]
            raise ValueError("a needle")
        return parse_lines(raw)  # type: ignore[arg-type]

    monkeypatch.setattr(fuzz, "parse_lines", raising)
    (problem,) = fuzz.ran(1, 0, [b"needle"], 200).problems
    assert problem == "it raises ValueError('a needle'), as over [b'needle']"
