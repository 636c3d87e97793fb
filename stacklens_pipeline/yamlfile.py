"""A YAML file that a person writes: read so that what is wrong in it is said with its line.

What is wrong is a ConfigurationError of one sentence, found before a line of a log is read.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import yaml

from stacklens_pipeline.errors import ConfigurationError

_NULL, _TEXT, _INTEGER, _FLAG = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "str", "int", "bool"))


class YamlFile:
    """A file's nodes, which know their lines.

    Every method raises ConfigurationError for what is not as it should be.
    """

    def __init__(self, path: Path, text: str | None = None, others: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.others = dict(others or {})
        """Files that this one names: their paths and texts, as they were when they were read first."""
        self.text = self._read(path) if text is None else text
        self.root = self._compose()

    @staticmethod
    def _read(path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            problem = f"cannot read {path} ({error.strerror}); `stacklens init` writes one"
            raise ConfigurationError(problem) from error
        except UnicodeDecodeError as error:
            raise ConfigurationError(f"{path} is not UTF-8 text at byte {error.start}") from error

    def texts_below(self, folder: str) -> list[str]:
        """The texts of the files of a folder, which is named from this file's own, in the order of their names."""
        place = self.path.parent / folder
        known = [text for path, text in self.others.items() if Path(path).parent == place]
        if known:
            return known
        if not place.is_dir():
            raise ConfigurationError(f"there is no such folder: `{place}`")
        found = {str(path): self._read(path) for path in sorted(place.iterdir()) if path.is_file()}
        self.others |= found
        return [*found.values()]

    def _compose(self) -> yaml.Node | None:
        try:
            return yaml.compose(self.text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            raise ConfigurationError(self._yaml_problem(error)) from error

    def _yaml_problem(self, error: yaml.YAMLError) -> str:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        place = f" line {mark.line + 1}" if mark else ""
        return f"{self.path}{place} is not YAML: {getattr(error, 'problem', None) or error}"

    def mapping(self, node: yaml.Node, known: Sequence[str] = ()) -> dict[str, yaml.Node]:
        """The values by key; of keys, only the `known` ones, or any if there are none."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, " ".join(["expected keys and values", *([f"({', '.join(known)})"] if known else [])]))
        result: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if known and key.value not in known:
                self.refuse(key, f"unknown key{nearest(str(key.value), known)}: `{key.value}`")
            if key.value in result:
                self.refuse(key, f"this key is given twice: `{key.value}`")
            result[str(key.value)] = value
        return result

    def items(self, node: yaml.Node) -> list[yaml.Node]:
        """The items of a list."""
        if not isinstance(node, yaml.SequenceNode):
            self.refuse(node, "expected a list, each item after a dash")
        return list(node.value)

    def text_of(self, node: yaml.Node) -> str:
        """A text, or anything else that stands on one line, as it is written."""
        if not isinstance(node, yaml.ScalarNode) or not node.value or node.tag == _NULL:
            self.refuse(node, "expected a text")
        return str(node.value)

    def mark(self, node: yaml.Node) -> str:
        """A text that may be blank or empty, such as a delimiter."""
        if not isinstance(node, yaml.ScalarNode) or node.tag == _NULL:
            self.refuse(node, "expected a text, in quotation marks")
        return str(node.value)

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        """The texts of a list, or a single one."""
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.text_of(item) for item in node.value)
        return (self.text_of(node),)

    def choice(self, node: yaml.Node, known: Iterable[str], what: str) -> str:
        """A text that is one of the known."""
        text, known = self.text_of(node), list(known)
        if text not in known:
            self.refuse(node, f"unknown {what}{nearest(text, known)}: `{text}`")
        return text

    def flag(self, node: yaml.Node) -> bool:
        """True or false."""
        if not isinstance(node, yaml.ScalarNode) or node.tag != _FLAG:
            self.refuse(node, "expected true or false")
        return str(node.value).lower() in ("true", "yes", "on")

    def number(self, node: yaml.Node) -> float:
        """A number."""
        try:
            return float(self.text_of(node))
        except ValueError:
            self.refuse(node, f"expected a number: `{node.value}`")

    def refuse(self, node: yaml.Node, problem: str) -> NoReturn:
        """Raise ConfigurationError with the node's line."""
        raise ConfigurationError(f"{self.path} line {node.start_mark.line + 1}: {problem}")


def nearest(name: str, known: Iterable[str]) -> str:
    """What somebody may have meant, as the middle of a sentence; empty when nothing is near.

    >>> nearest("formt", ["format", "timezone"]), nearest("x", ["format"])
    (', did you mean format?', '')
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f", did you mean {near[0]}?" if near else ""
