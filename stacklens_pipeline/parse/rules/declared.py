"""Formats that a person declares for a source, since no line tells them: columns, delimiters, fields, patterns."""

from collections.abc import Callable, Mapping, Sequence

import yaml

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats import BY_NAME, Format
from stacklens_pipeline.parse.formats.aws_vpc import vpc_format
from stacklens_pipeline.parse.formats.delimited import csv_format
from stacklens_pipeline.parse.formats.grok import grok_format
from stacklens_pipeline.parse.formats.key_value import key_value_format
from stacklens_pipeline.parse.formats.w3c import w3c_format
from stacklens_pipeline.parse.grok.library import NAMINGS, Library, definitions_of
from stacklens_pipeline.yamlfile import YamlFile


def format_of(file: YamlFile, node: yaml.Node) -> Format:
    """A format by its name, or one that is declared: `csv: {columns: [a, b], delimiter: ";"}`.

    Raises ConfigurationError with the line.
    """
    if not isinstance(node, yaml.MappingNode):
        return BY_NAME[file.choice(node, BY_NAME, "format")]
    kinds = file.mapping(node, tuple(DECLARED))
    if len(kinds) != 1:
        file.refuse(node, f"one format is declared, of: {', '.join(DECLARED)}")
    ((kind, inner),) = kinds.items()
    keys, make = DECLARED[kind]
    try:
        return make(file, file.mapping(inner, keys))
    except ConfigurationError as error:
        if str(error).startswith(str(file.path)):
            raise
        file.refuse(inner, str(error))


Nodes = Mapping[str, yaml.Node]


def _csv(file: YamlFile, nodes: Nodes) -> Format:
    marks = {name: file.mark(nodes[name]) for name in ("delimiter", "quote") if name in nodes}
    return csv_format("csv", _names(file, nodes, "columns"), **marks)


def _key_value(file: YamlFile, nodes: Nodes) -> Format:
    pair, field = (
        file.mark(nodes[name]) if name in nodes else usual for name, usual in (("pair", "="), ("field", " "))
    )
    return key_value_format("key_value", pair=pair, field=field)


def _vpc(file: YamlFile, nodes: Nodes) -> Format:
    return vpc_format("aws_vpc", _names(file, nodes, "fields"))


def _w3c(file: YamlFile, nodes: Nodes) -> Format:
    return w3c_format("w3c", _names(file, nodes, "fields"))


def _grok(file: YamlFile, nodes: Nodes) -> Format:
    naming = file.choice(nodes["naming"], NAMINGS, "naming") if "naming" in nodes else NAMINGS[0]
    library = Library.bundled(naming)
    if "directory" in nodes:
        for text in file.texts_below(file.text_of(nodes["directory"])):
            library = library.with_definitions(definitions_of(text))
    if "definitions" in nodes:
        own = file.mapping(nodes["definitions"])
        library = library.with_definitions({name: file.text_of(node) for name, node in own.items()})
    longest = int(file.number(nodes["longest_chars"])) if "longest_chars" in nodes else None
    budget_s = file.number(nodes["budget_ms"]) / 1000 if "budget_ms" in nodes else None
    return grok_format(library.compile(_names(file, nodes, "patterns"), longest_chars=longest, budget_s=budget_s))


def _names(file: YamlFile, nodes: Nodes, key: str) -> Sequence[str]:
    if key not in nodes:
        raise ConfigurationError(f"this format needs: `{key}`")
    return file.texts(nodes[key])


DECLARED: Mapping[str, tuple[Sequence[str], Callable[[YamlFile, Nodes], Format]]] = {
    "csv": (("columns", "delimiter", "quote"), _csv),
    "key_value": (("pair", "field"), _key_value),
    "aws_vpc": (("fields",), _vpc),
    "w3c": (("fields",), _w3c),
    "grok": (("patterns", "naming", "definitions", "directory", "longest_chars", "budget_ms"), _grok),
}
"""A declared format -> its keys, and what makes it of their values."""
