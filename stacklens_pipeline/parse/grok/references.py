"""What `%{NAME:field:type}` says, and what is kept in mind while a pattern and its definitions are read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stacklens_pipeline.parse.grok.syntax import Field, Node, Type

DEEPEST = 40
"""Groups and definitions within each other."""
LARGEST = 100_000
"""Nodes of one pattern, all definitions written out."""

REFERENCE = re.compile(r"%\{(\w+)(?::([@\[\]\w.:?-]+))?(=)?", re.ASCII)
"""`%{NAME`, its field and type, and whether a definition of its own follows."""
LONGEST_REPEAT = 100_000
"""Onigmo's own limit for `{n,m}`."""
TYPES = {
    "int": Type.INT,
    "integer": Type.INT,
    "long": Type.INT,
    "float": Type.FLOAT,
    "double": Type.FLOAT,
    "string": Type.TEXT,
    "boolean": Type.BOOLEAN,
    "bool": Type.BOOLEAN,
}
"""What may stand after the field; another name leaves the text as it is, as Logstash does."""


@dataclass(frozen=True)
class Options:
    """What `(?imx)` switch; `.` matches newlines from the start."""

    ignores_case: bool = False
    dot_matches_newline: bool = True
    is_extended: bool = False
    is_unicode: bool = False


@dataclass
class Reading:
    """What is found out on the way: sizes, the groups that may be referred to, names that are in use."""

    definitions: Mapping[str, str]
    instead: Callable[[str], str] = str
    nodes: int = 0
    used: set[str] = field(default_factory=set)
    unknown_types: set[str] = field(default_factory=set)
    read: dict[str, Node] = field(default_factory=dict)


def field_of(reference: str) -> Field:
    """The field that `name`, `[a][b]` or either with `:type` means.

    >>> field_of("[http][status]:int").path, field_of("clientip").path
    (('http', 'status'), ('clientip',))
    """
    name, _, type = reference.replace("?", "").partition(":")
    path = tuple(part for part in re.findall(r"[^\[\]]+", name)) if name.startswith("[") else (name,)
    return Field(path or (name,), TYPES.get(type, Type.TEXT))
