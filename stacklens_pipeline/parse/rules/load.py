"""`config/parsers.yaml`: how the lines of each source are read, and which rules its records are held to.

What is wrong in the file is found here, before a line is read, and said in one sentence with the file and the line.
"""

import codecs
import zoneinfo
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

import polars as pl
import yaml
from polars.exceptions import PolarsError

from stacklens_pipeline.parse.formats import BY_NAME
from stacklens_pipeline.parse.rules import fieldmap
from stacklens_pipeline.parse.rules.base import UNCONFIGURED, MultiLine, Parsers, Rules
from stacklens_pipeline.parse.rules.conditions import Condition
from stacklens_pipeline.parse.rules.contract import TYPES, Policy, Promise
from stacklens_pipeline.parse.rules.declared import format_of
from stacklens_pipeline.parse.rules.filters import Filter
from stacklens_pipeline.parse.rules.redaction import Redaction
from stacklens_pipeline.parse.rules.version import version_of
from stacklens_pipeline.sources import sources_of
from stacklens_pipeline.yamlfile import YamlFile

KEYS = (
    *("source", "format", "timezone", "encoding", "multiline", "fields"),
    *("redact", "drop", "sample", "contract", "on_violation"),
)
YAML = (".yaml", ".yml")
PARSERS, SOURCES = "parsers.yaml", "sources.yaml"
ACTIONS = ("mask", "hash", "drop")
POLICIES = ("keep", "warn", "dead_letter")


def load_parsers(config_dir: Path) -> Parsers:
    """The parsers that a folder configures: the rules of `parsers.yaml`, then what `sources.yaml` says of its sources.

    A file that does not exist says nothing. Raises ConfigurationError.
    """
    paths = [config_dir / name for name in (PARSERS, SOURCES)]
    return _configured(tuple((str(path), YamlFile(path).text) for path in paths if path.exists()))


def read_parsers(path: Path) -> Parsers:
    """The parsers that a file like `parsers.yaml` configures, whatever its name. Raises ConfigurationError."""
    return _configured(((str(path), YamlFile(path).text),))


@lru_cache(maxsize=16)
def parsers_of(files: tuple[tuple[str, str], ...]) -> Parsers:
    """The parsers that files of these paths and texts configure: YAML, and files of patterns that it names.

    Raises ConfigurationError.
    """
    return _configured(files)


def _configured(files: tuple[tuple[str, str], ...]) -> Parsers:
    """As `parsers_of`, where files that these name are read from disk, as they are now, unless they are among them."""
    rules: list[Rules] = []
    said: list[str] = []
    others = {path: text for path, text in files if Path(path).suffix not in YAML}
    for path, text in files:
        if path in others:
            continue
        file = YamlFile(Path(path), text, others)
        is_sources = file.path.name == SOURCES
        found = _of_sources(file) if is_sources else _Reader(file).rules()
        rules += found
        said.append(repr(found) if is_sources else text)  # of sources, most of the file is not about parsing
        others |= file.others
    said += others.values()
    known = dict(files) | others
    return Parsers(tuple(rules), version_of(*said), tuple(known.items())) if rules else UNCONFIGURED


def _of_sources(file: YamlFile) -> list[Rules]:
    """The formats and zones that a person's sources are known to have."""
    return [
        Rules(
            source=source.name if source.topic is None else source.topic,
            format=BY_NAME[source.format] if source.format else None,
            timezone=source.timezone or "UTC",
        )
        for source in sources_of(file)
        if source.format or source.timezone
    ]


class _Reader:
    """From the file's nodes to rules."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file

    def rules(self) -> tuple[Rules, ...]:
        file = self._file
        if file.root is None:
            return ()
        listed = file.mapping(file.root, ("sources",)).get("sources")
        return tuple(self._rules(item) for item in file.items(listed)) if listed is not None else ()

    def _rules(self, item: yaml.Node) -> Rules:
        file = self._file
        nodes = file.mapping(item, KEYS)
        if "source" not in nodes:
            file.refuse(item, "rules need a source: a name, or a pattern such as payments-*")
        name = file.text_of(nodes["source"])
        found = Rules(source=name)
        if "format" in nodes:
            found = replace(found, format=format_of(file, nodes["format"]))
        if "timezone" in nodes:
            zones = zoneinfo.available_timezones()
            found = replace(found, timezone=file.choice(nodes["timezone"], zones, "timezone"))
        if "encoding" in nodes:
            found = replace(found, encoding=self._encoding(nodes["encoding"]))
        if "multiline" in nodes:
            found = replace(found, multiline=self._multiline(nodes["multiline"]))
        return replace(
            found,
            fields=self._fields(nodes.get("fields")),
            filters=self._filters(name, nodes),
            contract=self._contract(nodes),
            redactions=tuple(self._redaction(name, node) for node in self._listed(nodes, "redact")),
        )

    def _listed(self, nodes: Mapping[str, yaml.Node], key: str) -> list[yaml.Node]:
        return self._file.items(nodes[key]) if key in nodes else []

    def _encoding(self, node: yaml.Node) -> str:
        text = self._file.text_of(node)
        try:
            return codecs.lookup(text).name
        except LookupError:
            self._file.refuse(node, f"unknown encoding: `{text}`")

    def _multiline(self, node: yaml.Node) -> MultiLine:
        file = self._file
        if isinstance(node, yaml.ScalarNode):
            file.choice(node, ("none",), "multiline rule")
            return MultiLine()
        patterns = {key: self._pattern(value) for key, value in file.mapping(node, ("begins", "continues")).items()}
        if len(patterns) != 1:
            file.refuse(node, "multiline is `none`, or has either `begins` or `continues`")
        return MultiLine(**patterns)

    def _pattern(self, node: yaml.Node) -> str:
        """A regular expression that Rust's regex takes: linear, so without look-around and back-references."""
        text = self._file.text_of(node)
        try:
            pl.Series([""]).str.contains(text)
        except PolarsError as error:
            reason = [line for line in str(error).splitlines() if line.startswith("error:")] or str(error).splitlines()
            self._file.refuse(node, f"not a regular expression, {reason[0].removeprefix('error: ')}: `{text}`")
        return text

    def _fields(self, node: yaml.Node | None) -> Mapping[str, str]:
        if node is None:
            return {}
        return {
            field: self._file.choice(column, fieldmap.COLUMNS, "column")
            for field, column in self._file.mapping(node).items()
        }

    def _filters(self, source: str, nodes: Mapping[str, yaml.Node]) -> tuple[Filter, ...]:
        drops = [self._drop(source, node) for node in self._listed(nodes, "drop")]
        return (*drops, *(self._sample(source, node) for node in self._listed(nodes, "sample")))

    def _drop(self, source: str, node: yaml.Node) -> Filter:
        nodes = self._file.mapping(node, ("name", "when"))
        return Filter(self._name(source, node, nodes), self._when(node, nodes))

    def _sample(self, source: str, node: yaml.Node) -> Filter:
        nodes = self._file.mapping(node, ("name", "when", "keep", "by"))
        if "keep" not in nodes:
            self._file.refuse(node, "a sample says how many it keeps, such as `keep: 1/10`")
        text = self._file.text_of(nodes["keep"])
        one, _, of = text.partition("/")
        if one != "1" or not of.isdecimal() or not 2 <= int(of) <= 1_000_000:
            self._file.refuse(nodes["keep"], f"expected one in so many, from 1/2 to 1/1000000: `{text}`")
        by = self._file.text_of(nodes["by"]) if "by" in nodes else None
        return Filter(self._name(source, node, nodes), self._when(node, nodes), int(of), by)

    def _name(self, source: str, node: yaml.Node, nodes: Mapping[str, yaml.Node]) -> str:
        """A rule's name in the ledger."""
        if "name" not in nodes:
            self._file.refuse(node, "a rule needs a name: it is counted under it")
        return f"{source}: {self._file.text_of(nodes['name'])}"

    def _when(self, node: yaml.Node, nodes: Mapping[str, yaml.Node]) -> tuple[Condition, ...]:
        if "when" not in nodes:
            self._file.refuse(node, "a rule says when it holds, such as `when: {level: DEBUG}`")
        found = self._file.mapping(nodes["when"])
        if not found:
            self._file.refuse(nodes["when"], "when names no field")
        return tuple(self._condition(field, value) for field, value in found.items())

    def _condition(self, field: str, node: yaml.Node) -> Condition:
        file = self._file
        if not isinstance(node, yaml.MappingNode):
            return Condition(field, values=file.texts(node))
        nodes = file.mapping(node, ("matches", "least", "most"))
        if "matches" in nodes:
            return Condition(field, pattern=self._pattern(nodes["matches"]))
        return Condition(field, **{name: file.number(value) for name, value in nodes.items()})  # type: ignore[arg-type]

    def _contract(self, nodes: Mapping[str, yaml.Node]) -> tuple[Promise, ...]:
        default = self._policy(nodes["on_violation"]) if "on_violation" in nodes else "warn"
        return tuple(self._promise(node, default) for node in self._listed(nodes, "contract"))

    def _policy(self, node: yaml.Node) -> Policy:
        return cast(Policy, self._file.choice(node, POLICIES, "policy"))

    def _promise(self, node: yaml.Node, default: Policy) -> Promise:
        file = self._file
        nodes = file.mapping(node, ("field", "type", "required", "allowed", "on_violation"))
        if "field" not in nodes:
            file.refuse(node, "a promise is about a field")
        kind = file.choice(nodes["type"], TYPES, "type") if "type" in nodes else None
        return Promise(
            file.text_of(nodes["field"]),
            cast(Literal["string", "integer", "number", "boolean", "time"] | None, kind),
            "required" in nodes and file.flag(nodes["required"]),
            file.texts(nodes["allowed"]) if "allowed" in nodes else (),
            self._policy(nodes["on_violation"]) if "on_violation" in nodes else default,
        )

    def _redaction(self, source: str, node: yaml.Node) -> Redaction:
        file = self._file
        nodes = file.mapping(node, ("name", "pattern", "fields", "with", "at"))
        if ("pattern" in nodes) == ("fields" in nodes):
            file.refuse(node, "a redaction has either a pattern or fields")
        at = file.choice(nodes["at"], ("at_parse", "before_log"), "place") if "at" in nodes else "at_parse"
        if at == "before_log" and "pattern" not in nodes:
            file.refuse(node, "before_log needs a pattern: the collector does not parse lines into fields")
        action = file.choice(nodes["with"], ACTIONS, "action") if "with" in nodes else "mask"
        return Redaction(
            self._name(source, node, nodes),
            cast(Literal["mask", "hash", "drop"], action),
            self._pattern(nodes["pattern"]) if "pattern" in nodes else None,
            file.texts(nodes["fields"]) if "fields" in nodes else (),
            at == "before_log",
        )
