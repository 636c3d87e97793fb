"""Writes docs/reference from the code, and checks every link of the documentation. `--check` writes nothing.

A page that would change (with `--check`) or a link that leads nowhere is an error.
"""

import importlib.util
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def main(arguments: Iterable[str]) -> int:
    """Write or check the pages; the number of problems, 0 when all is well."""
    sys.path.insert(0, str(ROOT))
    pages = {REFERENCE / name: make() for name, make in generators().items()}
    problems = list(_differences(pages)) if "--check" in arguments else _write(pages)
    problems += broken_links(documents())
    print("\n".join(problems) or f"{len(pages)} reference pages and all links are right.")
    return len(problems)


def generators() -> Mapping[str, Callable[[], str]]:
    """The reference pages and what makes them; assets only where Dagster is installed."""
    pages = {"tables.md": tables, "settings.md": settings, "commands.md": commands}
    if importlib.util.find_spec("dagster") and importlib.util.find_spec("definitions"):
        return {**pages, "assets.md": assets}
    return pages


def tables() -> str:
    """Every table of the lake with its key and columns."""
    from stacklens_pipeline.tables import TABLES

    parts = ["# Tables\n\nAll times are UTC in microseconds. Each table is a Delta table under the lake's root.\n"]
    for table in TABLES:
        rows = [(f"`{name}`", str(dtype), text) for name, (dtype, text) in table.columns.items()]
        key = ", ".join(f"`{name}`" for name in table.key)
        parts.append(f"## {table.path}\n\n{table.description} Key: {key}.\n\n{_grid(('column', 'type', 'what'), rows)}")
    return "\n".join(parts)


def settings() -> str:
    """Every variable of the environment with its default."""
    from stacklens_pipeline.settings import variables

    rows = [(f"`{name}`", _default(default), text) for name, default, text in variables()]
    intro = (
        "Settings are variables of the environment; one with an unknown name is refused, with the nearest known name."
    )
    return f"# Settings\n\n{intro}\n\n{_grid(('variable', 'default', 'what'), rows)}"


def commands() -> str:
    """Every command with its arguments and options."""
    import typer

    from stacklens_pipeline.cli import app

    parts = ["# Commands\n"]
    parts += [_command(name, command) for name, command in _walk("stacklens", typer.main.get_command(app))]
    return "\n".join(parts)


def assets() -> str:
    """Every asset of both code locations, by group; what one only reads from the other stands once."""
    import definitions
    import marts_definitions
    from stacklens_pipeline.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        locations = [definitions.build(settings), marts_definitions.build(settings)]
    found = [spec for location in locations for spec in location.resolve_all_asset_specs() if spec.owners]
    specs = sorted(found, key=lambda spec: (spec.group_name or "", spec.key))
    rows = [
        (
            f"`{spec.key.to_user_string()}`",
            spec.group_name or "",
            ", ".join(sorted(f"`{dep.asset_key.to_user_string()}`" for dep in spec.deps)),
            spec.description or "",
        )
        for spec in specs
    ]
    return f"# Assets\n\n{_grid(('asset', 'group', 'made from', 'what'), rows)}"


def _walk(name: str, command: object) -> Iterator[tuple[str, object]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child in sorted(children):
        yield from _walk(f"{name} {child}", children[child])


def _command(name: str, command: object) -> str:
    parameters = [p for p in command.params if p.name != "help" and not getattr(p, "hidden", False)]
    rows = [(_names(p), "" if p.required else _default(p.default), getattr(p, "help", None) or "") for p in parameters]
    grid = _grid(("argument or option", "default", "what"), rows) if rows else ""
    return f"## {name}\n\n{_prose(command.help)}\n\n{grid}".rstrip() + "\n"


def _names(parameter: object) -> str:
    if parameter.param_type_name == "argument":
        return f"`{(parameter.metavar or parameter.name).upper()}`"
    return ", ".join(f"`{name}`" for name in parameter.opts)


def _prose(text: str | None) -> str:
    return " ".join((text or "").replace("\b", "").split())


def _default(value: object) -> str:
    if value is None or value in ("", (), {}) or callable(value):
        return ""
    return f"`{','.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _grid(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return "".join("| " + " | ".join(_prose(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _write(pages: Mapping[Path, str]) -> list[str]:
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return []


def _differences(pages: Mapping[Path, str]) -> Iterator[str]:
    for path, text in pages.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path.relative_to(ROOT)} is not what the code says; `make docs` writes it"


def documents() -> list[Path]:
    """All pages that people read."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def broken_links(pages: Iterable[Path]) -> list[str]:
    """Links into the checkout that lead to no file or to no heading."""
    return [
        f"{page.name}: broken link {target}" for page in pages for target in _targets(page) if not _leads(page, target)
    ]


def _targets(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = [link or image for link, image in LINK.findall(text)]
    return [target for target in found if "://" not in target and not target.startswith("mailto:")]


def _leads(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    goal = (page.parent / name).resolve() if name else page
    return goal.exists() and (not anchor or goal.suffix != ".md" or anchor in _anchors(goal))


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ +(.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
