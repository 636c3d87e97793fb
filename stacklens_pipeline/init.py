"""`stacklens init`: writes a commented `config/`. What no code reads yet is a comment that says so, never a setting."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from stacklens_pipeline.settings import load_settings

NAMES = ("sources", "parsers", "metrics", "rules", "slos", "retention")


def templates() -> Mapping[str, str]:
    """File names and the text that is written into them."""
    folder = files("stacklens_pipeline") / "config_templates"
    return {f"{name}.yaml": (folder / f"{name}.yaml").read_text(encoding="utf-8") for name in NAMES}


def write_config(folder: Path, *, force: bool = False) -> dict[Path, bool]:
    """Write the templates into the folder, and say of each path whether it was written.

    A file that exists is kept as it is, unless `force`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {folder / name: _write(folder / name, text, force) for name, text in templates().items()}


def _write(path: Path, text: str, force: bool) -> bool:
    if path.exists() and not force:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def init(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to write; default: config, or what STACKLENS_CONFIG_DIR says.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Write a commented config/ to start from."""
    folder = folder or load_settings().config_dir
    for path, is_written in write_config(folder, force=force).items():
        typer.echo(f"wrote {path}" if is_written else f"kept  {path}: it exists (--force overwrites it)")
    typer.echo(f"\nNext: name your log files in {folder / 'sources.yaml'}, then run: stacklens ship")
