"""`stacklens init` writes what can be read back, and never what a person wrote away."""

from pathlib import Path

import typer
import yaml
from typer.testing import CliRunner

from stacklens_pipeline.init import NAMES, init, templates
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


def test_only_what_code_reads_is_active() -> None:
    active = {name: yaml.safe_load(text) for name, text in templates().items()}
    assert {name: value for name, value in active.items() if value is not None} == {"sources.yaml": {"sources": []}}


def test_the_example_in_the_comments_is_valid(tmp_path: Path) -> None:
    text = templates()["sources.yaml"]
    example = text[text.index("# sources:") :].replace("sources: []", "").replace("# ", "")
    (tmp_path / "sources.yaml").write_text(example)
    (source,) = load_sources(tmp_path / "sources.yaml")
    assert source.name == "shop"
    assert source.files[0] == "/var/log/shop/*.log"
