"""`stacklens init` writes what can be read back, and never what a person wrote away."""

from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from stacklens_pipeline.init import NAMES, init, templates
from stacklens_pipeline.parse import UNCONFIGURED
from stacklens_pipeline.parse.rules.load import read_parsers
from stacklens_pipeline.sources import load_sources

app = typer.Typer()
app.command()(init)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_it_writes_every_file_and_says_what_is_next(in_tmp: Path) -> None:
    output = run()
    assert sorted(path.stem for path in (in_tmp / "config").iterdir()) == sorted(NAMES)
    assert "wrote config/sources.yaml" in output
    assert "Next: name your log files in config/sources.yaml" in output


def test_the_folder_can_be_chosen_by_setting_or_argument(in_tmp: Path, monkeypatch) -> None:
    monkeypatch.setenv("STACKLENS_CONFIG_DIR", str(in_tmp / "etc"))
    run()
    run("elsewhere")
    assert (in_tmp / "etc/rules.yaml").exists()
    assert (in_tmp / "elsewhere/rules.yaml").exists()


def test_what_exists_is_kept_unless_forced(in_tmp: Path) -> None:
    mine = in_tmp / "config/sources.yaml"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert "kept  config/sources.yaml" in run()
    assert mine.read_text() == "mine"
    run("--force")
    assert mine.read_text() == templates()["sources.yaml"]


def test_nothing_is_active_before_a_person_writes_it(tmp_path: Path) -> None:
    assert [name for name, text in templates().items() if yaml.safe_load(text) is not None] == []
    (tmp_path / "sources.yaml").write_text(templates()["sources.yaml"])
    assert load_sources(tmp_path / "sources.yaml") == ()


@pytest.mark.parametrize("mark", ["# ", "#"])
def test_the_example_works_when_its_marks_are_removed_and_nothing_else(tmp_path: Path, mark: str) -> None:
    text = templates()["sources.yaml"]
    place = text.index("# sources:")
    example = "".join(line.removeprefix(mark) for line in text[place:].splitlines(keepends=True))
    (tmp_path / "sources.yaml").write_text(text[:place] + example)
    (source,) = load_sources(tmp_path / "sources.yaml")
    assert source.name == "shop"
    assert source.files == ("/var/log/shop/*.log", str(Path("~/shop/logs/**/*.json").expanduser()))


def test_the_example_of_parsers_is_one(tmp_path: Path) -> None:
    text = templates()["parsers.yaml"]
    path = tmp_path / "parsers.yaml"
    path.write_text(text)
    assert read_parsers(path) is UNCONFIGURED
    example = text[text.index("# sources:") :]
    path.write_text("\n".join(line.removeprefix("# ") for line in example.splitlines()))
    (rules,) = read_parsers(path).rules
    assert rules.source == "payments-*"
    assert len(rules.filters) == len(rules.contract) == 2
    assert [each.before_log for each in rules.redactions] == [False, False, True]
