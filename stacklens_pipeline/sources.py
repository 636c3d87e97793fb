"""`config/sources.yaml`: which files (or topics) a person's own logs come from.

What is wrong in the file is found here, before a line is read, and said in one sentence with the file and the line.
"""

import difflib
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NoReturn

import yaml

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats import BY_NAME


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
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path} ({error.strerror}); `stacklens init` writes one") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(_yaml_problem(path, error)) from error
    return _Reader(path).sources(root)


def _yaml_problem(path: Path, error: yaml.YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    place = f" line {mark.line + 1}" if mark else ""
    return f"{path}{place} is not YAML: {getattr(error, 'problem', None) or error}"


class _Reader:
    """Walks the file's nodes, which know their lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sources(self, root: yaml.Node | None) -> tuple[Source, ...]:
        if root is None:
            return ()
        listed = self._mapping(root, ("sources",)).get("sources")
        items = self._items(listed) if listed else []
        found = [(item, self._source(item)) for item in items]
        seen: set[str] = set()
        for item, source in found:
            if source.name in seen:
                self._refuse(item, f"this name is given twice: `{source.name}`")
            seen.add(source.name)
        return tuple(source for _, source in found)

    def _source(self, item: yaml.Node) -> Source:
        nodes = self._mapping(item, KEYS)
        texts = {key: self._text(node) for key, node in nodes.items() if key != "files"}
        files = self._files(nodes["files"]) if "files" in nodes else ()
        if "name" not in texts:
            self._refuse(item, "a source needs a name")
        if bool(files) == ("topic" in texts):
            self._refuse(item, f"a source has either files or a topic: `{texts['name']}`")
        self._check_format(nodes.get("format"))
        self._check_timezone(nodes.get("timezone"))
        return Source(files=files, **texts)

    def _check_format(self, node: yaml.Node | None) -> None:
        if node and node.value not in BY_NAME:
            self._refuse(node, f"unknown format{_nearest(node.value, BY_NAME)}: `{node.value}`")

    def _check_timezone(self, node: yaml.Node | None) -> None:
        if node and node.value not in zoneinfo.available_timezones():
            near = _nearest(node.value, zoneinfo.available_timezones())
            self._refuse(node, f"unknown timezone{near}: `{node.value}`")

    def _mapping(self, node: yaml.Node, known: Sequence[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._refuse(node, f"expected keys and values ({', '.join(known)})")
        result: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in known:
                self._refuse(key, f"unknown key{_nearest(str(key.value), known)}: `{key.value}`")
            if key.value in result:
                self._refuse(key, f"this key is given twice: `{key.value}`")
            result[key.value] = value
        return result

    def _files(self, node: yaml.Node) -> tuple[str, ...]:
        files = tuple(str(Path(self._text(item)).expanduser()) for item in self._items(node))
        if not files:
            self._refuse(node, "files names none")
        return files

    def _items(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self._refuse(node, "expected a list, each item after a dash")
        return list(node.value)

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value or node.tag == "tag:yaml.org,2002:null":
            self._refuse(node, "expected a text")
        return str(node.value)

    def _refuse(self, node: yaml.Node, problem: str) -> NoReturn:
        raise ConfigurationError(f"{self._path} line {node.start_mark.line + 1}: {problem}")


def _nearest(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f", did you mean {near[0]}?" if near else ""
