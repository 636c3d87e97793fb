"""dbt in this process: the project is parsed once, so that a refresh costs a second and not fifteen."""

from pathlib import Path
from typing import Any

from stacklens_pipeline.errors import LakeError

PROFILE = """\
stacklens:
  target: marts
  outputs:
    marts:
      type: duckdb
      path: '{path}'
      threads: 1
      settings: {{TimeZone: UTC}}
"""


def build(project: Path, database: Path, folder: Path) -> None:
    """Build all marts in the database; `folder` takes what dbt writes beside it.

    Raises LakeError when a model fails, and leaves no connection open.
    """
    _invoke("run", project, database, folder)


def load(project: Path, database: Path, folder: Path) -> None:
    """Import dbt and parse the project, which costs seconds of CPU, so that the first `build` costs what others do."""
    _write_profile(folder, database)
    _runner(project, folder, database)


def check(project: Path, database: Path, folder: Path) -> list[str]:
    """The data tests that do not hold in the database."""
    result = _run("test", project, database, folder)
    return [str(one.node.name) for one in result.result or () if one.status not in ("pass", "warn")]


def _invoke(command: str, project: Path, database: Path, folder: Path) -> None:
    result = _run(command, project, database, folder)
    if result.success:
        return
    failed = [f"{one.node.name}: {one.message}" for one in result.result or () if one.status == "error"]
    raise LakeError(f"dbt {command} failed: {'; '.join(failed) or result.exception}")


def _run(command: str, project: Path, database: Path, folder: Path) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager as Connections

    _write_profile(folder, database)
    try:
        return _runner(project, folder, database).invoke([command, *_arguments(project, folder)])
    finally:
        Connections.close_all_connections()  # type: ignore[no-untyped-call]


_RUNNERS: dict[tuple[Path, str], Any] = {}


def _runner(project: Path, folder: Path, database: Path) -> Any:
    """dbt with the parsed project: once for each name of a database, since that is in every relation."""
    key = project, database.name
    if key not in _RUNNERS:
        _RUNNERS[key] = _parse(project, folder)
    return _RUNNERS[key]


def _parse(project: Path, folder: Path) -> Any:
    from dbt.cli.main import dbtRunner

    parsed = dbtRunner().invoke(["parse", *_arguments(project, folder)])
    if not parsed.success:
        raise LakeError(f"dbt cannot parse the project: {parsed.exception}")
    return dbtRunner(manifest=parsed.result)  # type: ignore[arg-type]  # what `parse` results in


def _arguments(project: Path, folder: Path) -> list[str]:
    places = {"project": project, "profiles": folder, "target": folder / "target", "log": folder / "logs"}
    named = [f"--{'-'.join((name, 'dir' if name in ('project', 'profiles') else 'path'))}" for name in places]
    paths = [text for pair in zip(named, map(str, places.values()), strict=True) for text in pair]
    return [*paths, "--quiet", "--no-write-json", "--no-use-colors", "--log-level-file", "none"]


def _write_profile(folder: Path, database: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = PROFILE.format(path=str(database).replace("'", "''"))
    profile = folder / "profiles.yml"
    if not profile.exists() or profile.read_text() != text:
        profile.write_text(text)
