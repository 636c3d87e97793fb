"""`config/sources.yaml`: which files (or topics) a person's own logs come from.

What is wrong in the file is found here, before a line is read, and said in one sentence with the file and the line.
"""

import zoneinfo
from dataclasses import dataclass, field, fields
from pathlib import Path

import yaml

from stacklens_pipeline.parse.formats import BY_NAME
from stacklens_pipeline.yamlfile import YamlFile


@dataclass(frozen=True)
class Source:
    """Logs under one name: either files, by paths and patterns, or a topic of the event log.

    `format` and `timezone` are what the lines are known to be; without them each line speaks for itself.
    """

    name: str
    files: tuple[str, ...] = field(default=())
    topic: str | None = None
    format: str | None = None
    timezone: str | None = None


KEYS = tuple(item.name for item in fields(Source))


def load_sources(path: Path) -> tuple[Source, ...]:
    """The sources that the file lists, in its order.

    Raises ConfigurationError when the file cannot be read or anything in it is not as it should be.
    """
    return sources_of(YamlFile(path))


def sources_of(file: YamlFile) -> tuple[Source, ...]:
    """The sources that a file lists. Raises ConfigurationError."""
    return _Reader(file).sources()


class _Reader:
    def __init__(self, file: YamlFile) -> None:
        self._file = file

    def sources(self) -> tuple[Source, ...]:
        file = self._file
        if file.root is None:
            return ()
        listed = file.mapping(file.root, ("sources",)).get("sources")
        items = [] if listed is None else file.items(listed)
        found = [(item, self._source(item)) for item in items]
        seen: set[str] = set()
        for item, source in found:
            if source.name in seen:
                file.refuse(item, f"this name is given twice: `{source.name}`")
            seen.add(source.name)
        return tuple(source for _, source in found)

    def _source(self, item: yaml.Node) -> Source:
        file = self._file
        nodes = file.mapping(item, KEYS)
        texts = {key: file.text_of(node) for key, node in nodes.items() if key != "files"}
        files = self._files(nodes["files"]) if "files" in nodes else ()
        if "name" not in texts:
            file.refuse(item, "a source needs a name")
        if bool(files) == ("topic" in texts):
            file.refuse(item, f"a source has either files or a topic: `{texts['name']}`")
        if "format" in nodes:
            file.choice(nodes["format"], BY_NAME, "format")
        if "timezone" in nodes:
            file.choice(nodes["timezone"], zoneinfo.available_timezones(), "timezone")
        return Source(files=files, **texts)

    def _files(self, node: yaml.Node) -> tuple[str, ...]:
        file = self._file
        files = tuple(str(Path(file.text_of(item)).expanduser()) for item in file.items(node))
        if not files:
            file.refuse(node, "files names none")
        return files
