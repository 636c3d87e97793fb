"""Formats that a person declares for a source, since no line tells them: columns, delimiters, fields, patterns."""

from collections.abc import Callable, Mapping, Sequence

import yaml

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats import BY_NAME, Format
from stacklens_pipeline.parse.formats.aws_vpc import vpc_format
from stacklens_pipeline.parse.formats.delimited import csv_format
from stacklens_pipeline.parse.formats.key_value import key_value_format
from stacklens_pipeline.parse.formats.w3c import w3c_format
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


def _names(file: YamlFile, nodes: Nodes, key: str) -> Sequence[str]:
    if key not in nodes:
        raise ConfigurationError(f"this format needs: `{key}`")
    return file.texts(nodes[key])


DECLARED: Mapping[str, tuple[Sequence[str], Callable[[YamlFile, Nodes], Format]]] = {
    "csv": (("columns", "delimiter", "quote"), _csv),
    "key_value": (("pair", "field"), _key_value),
    "aws_vpc": (("fields",), _vpc),
    "w3c": (("fields",), _w3c),
}
"""A declared format -> its keys, and what makes it of their values."""
