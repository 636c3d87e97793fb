"""`stacklens grok`: patterns tried on a file, judged, and measured."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from stacklens_pipeline.errors import ConfigurationError, UsageError
from stacklens_pipeline.filters import Item, Output, Writer, items, opened, sliced

if TYPE_CHECKING:
    from stacklens_pipeline.parse.grok import Grok, Library

grok = typer.Typer(help="Try Logstash's patterns on a file, and judge them.", no_args_is_help=True)

File = Annotated[str, typer.Argument(help="lines to read; - is standard input, .gz and .zst are read")]
Ecs = Annotated[bool, typer.Option("--ecs/--legacy", help="which names the bundled patterns give their fields")]
Definitions = Annotated[
    list[Path] | None, typer.Option(help="a file or folder of definitions; may be given several times, the last counts")
]
Format = Annotated[Output | None, typer.Option(help="ndjson, table or csv")]


@grok.command()
def match(
    pattern: Annotated[str, typer.Argument(help="a Grok pattern; - when each message carries its own")],
    file: File = "-",
    ecs: Ecs = True,
    definitions: Definitions = None,
    messages: Annotated[
        bool, typer.Option("--messages", help="each line is a JSON object with raw or raw_b64")
    ] = False,
    output: Format = None,
) -> None:
    """Match a pattern: one row a line with its fields, and with a reason where the line was given up.

    A message may carry `pattern` (a text or a list of which the first that matches counts), `mode` (`ecs-v1` or
    `legacy`) and `definitions` (an object of names and patterns).
    """
    if pattern in ("", "-") and not messages:
        raise UsageError(f"a pattern is needed, or --messages that carry their own: `{pattern}`")
    asked = Asked((pattern,) if pattern not in ("", "-") else (), _mode(ecs))
    library = library_of(asked.mode, definitions)
    if asked.patterns:
        _compiled(asked.patterns, library)
    writer = Writer(output, shown=("line", "matched", "fields", "reason"))
    with opened(file) as stream:
        for rows in matched_rows(items(stream, messages), asked, definitions):
            writer.write(rows)
    writer.close()


@grok.command()
def lint(
    pattern: Annotated[str, typer.Argument(help="a Grok pattern; left out, the given definitions are judged")] = "",
    ecs: Ecs = True,
    definitions: Definitions = None,
    output: Format = None,
) -> None:
    """Warn of what is slow or likely to be wrong in a pattern, with a reason and a suggestion each; exits with 0."""
    from stacklens_pipeline.parse.grok.lint import lint as judged

    library, own = library_of(_mode(ecs), definitions), own_definitions(definitions)
    if not pattern and not own:
        raise UsageError("a pattern or --definitions are needed: `lint`")
    writer = Writer(output)
    asked = [("", pattern, own)] if pattern else [(name, f"%{{{name}}}", list[str]()) for name in own]
    try:
        for name, text, names in asked:
            found = [vars(finding) for finding in judged(text, library, names)]
            # a definition is a part, and need not begin where a line does
            writer.write(
                {"definition": name or None, **row} for row in found if not name or row["warning"] != "unanchored"
            )
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    writer.close()


@grok.command()
def coverage(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="PATTERN... FILE", help="patterns, of which the first that matches counts, and a file"),
    ],
    ecs: Ecs = True,
    definitions: Definitions = None,
    misses: Annotated[int, typer.Option(help="how many of the most frequent shapes of misses are shown")] = 20,
    output: Format = None,
) -> None:
    """Show how many lines each pattern matches, and what the most frequent lines look like that none does.

    Lines are alike when only their numbers (0) and words (a) differ; each shape comes with its first line.
    """
    from stacklens_pipeline.parse.grok.coverage import Coverage

    *patterns, file = arguments
    if not patterns:
        raise UsageError(f"a pattern and a file are needed: `{file}`")
    compiled = _compiled(patterns, library_of(_mode(ecs), definitions))
    counted = Coverage(patterns)
    writer = Writer(output)
    with opened(file) as stream:
        for part in sliced(items(stream, False)):
            counted.add(compiled, _texts(part))
    writer.write(counted.rows(misses))
    writer.close()


class Asked(NamedTuple):
    """What is asked of a message: patterns, of which the first that matches counts, the naming, and definitions."""

    patterns: tuple[str, ...]
    mode: str
    definitions: tuple[tuple[str, str], ...] = ()


def _mode(ecs: bool) -> str:
    return "ecs-v1" if ecs else "legacy"


def library_of(mode: str, paths: Sequence[Path] | None) -> "Library":
    """The bundled definitions and those of files. Raises UsageError."""
    from stacklens_pipeline.parse.grok import Library

    return _with_files(Library.bundled(mode), paths)


def own_definitions(paths: Sequence[Path] | None) -> list[str]:
    """The names of definitions in files. Raises UsageError."""
    from stacklens_pipeline.parse.grok import Library

    return list(_with_files(Library(), paths).definitions)


def _with_files(library: "Library", paths: Sequence[Path] | None) -> "Library":
    try:
        for path in paths or ():
            library = library.with_directory(path)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    return library


def _compiled(patterns: Sequence[str], library: "Library") -> "Grok":
    try:
        return library.compile(patterns)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error


def matched_rows(
    source: Iterator[Item], default: Asked, paths: Sequence[Path] | None
) -> Iterator[list[dict[str, Any]]]:
    """Rows in the order of the lines, slice by slice; what many messages ask for is compiled once."""

    @lru_cache(maxsize=512)
    def compiled(asked: Asked) -> "Grok | str":
        try:
            library = library_of(asked.mode, paths).with_definitions(dict(asked.definitions))
            return library.compile(asked.patterns)
        except ConfigurationError as error:
            return str(error)

    number = 1
    for part in sliced(source):
        yield _rows(part, number, default, compiled)
        number += len(part)


def _rows(
    part: list[Item], first: int, default: Asked, compiled: Callable[[Asked], "Grok | str"]
) -> list[dict[str, Any]]:
    """Rows of a slice; messages that ask for the same are matched at once."""
    rows: list[dict[str, Any]] = [{} for _ in part]
    alike: dict[Asked, list[int]] = {}
    for place, item in enumerate(part):
        asked = item.problem or _asked(item.extra, default)
        if isinstance(asked, Asked):
            alike.setdefault(asked, []).append(place)
        else:
            rows[place] = _given_up(first + place, "invalid_message", asked)
    for asked, places in alike.items():
        grok = compiled(asked)
        if isinstance(grok, str):
            found = iter([_given_up(first + place, "invalid_pattern", grok) for place in places])
        else:
            found = _matched(grok, [part[place] for place in places], [first + place for place in places])
        for place, row in zip(places, found, strict=True):
            rows[place] = row
    return rows


def _asked(extra: dict[str, Any], default: Asked) -> Asked | str:
    """What a message asks for, or what is wrong with it."""
    if not extra:
        return default if default.patterns else "it carries no pattern"
    pattern, mode, own = extra.get("pattern"), extra.get("mode", default.mode), extra.get("definitions", {})
    patterns = default.patterns if pattern is None else (pattern,) if isinstance(pattern, str) else pattern
    if not isinstance(patterns, list | tuple) or not patterns or not all(isinstance(text, str) for text in patterns):
        return "its pattern is no text" if patterns else "it carries no pattern"
    if mode not in ("ecs-v1", "legacy"):
        return f"its mode is neither ecs-v1 nor legacy: `{mode}`"
    if not isinstance(own, dict) or not all(isinstance(text, str) for text in own.values()):
        return "its definitions are no object of texts"
    return Asked(tuple(patterns), mode, tuple(own.items()))


def _matched(grok: "Grok", part: list[Item], lines: list[int]) -> Iterator[dict[str, Any]]:
    texts = _texts(part)
    found = grok.extract(texts)
    reasons = [
        "invalid_utf8" if text is None else reason for text, reason in zip(texts, found.reason.to_list(), strict=True)
    ]
    for line, is_matched, fields, reason in zip(lines, found.matched, found.nested(), reasons, strict=True):
        yield {"line": line, "matched": is_matched, "fields": fields, "reason": reason}


def _texts(part: list[Item]) -> Any:
    """The texts of items as a column, null where they are not UTF-8."""
    import polars as pl

    from stacklens_pipeline.parse.characters import utf8

    return utf8(pl.Series([item.value for item in part], dtype=pl.Binary))


def _given_up(line: int, reason: str, detail: str) -> dict[str, Any]:
    return {"line": line, "matched": False, "fields": {}, "reason": reason, "detail": detail}
