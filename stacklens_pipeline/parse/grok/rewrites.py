"""Definitions of the bundled files in other words, found by their text, so that a definition of one's own stays.

`EQUAL` matches the same everywhere. `LIGHT` has far fewer states, and matches the same in texts in which `GUARD` finds
nothing: no IPv6 address, no label of a host's name and no local part of an e-mail address beyond what the original
allows. That is nearly every text, and what is left takes the original.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stacklens_pipeline.parse.grok.library import Library

QUOTED = r"""(?>(?<!\\)(?>"(?>\\.|[^\\"]+)+"|""|(?>'(?>\\.|[^\\']+)+')|''|(?>`(?>\\.|[^\\`]+)+`)|``))"""

EQUAL: Mapping[str, str] = {
    # a quoted text ends at the first quote that no backslash stands before: there is one way to match it
    QUOTED: r"""(?<!\\)(?:"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'|`(?:\\.|[^\\`])*`)""",
}


@dataclass(frozen=True)
class Light:
    """Another text for a definition, where the names that it needs mean what they do in the bundled files."""

    text: str
    needs: tuple[str, ...] = field(default=())


LOCAL = r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]"
LABEL = r"[0-9A-Za-z][0-9A-Za-z-]"

_LIGHT_BY_NAME: Mapping[tuple[str, str], Light] = {
    ("legacy", "IPV6"): Light("(?!)"),
    ("legacy", "HOSTNAME"): Light(rf"\b(?:{LABEL}*)(?:\.(?:{LABEL}*))*(\.?|\b)"),
    ("ecs-v1", "EMAILLOCALPART"): Light(rf"{LOCAL}+(?:\.{LOCAL}+)*"),
    # A host that is repeated without anything between would have been matched as one: after an IPv4 address neither a
    # letter nor a digit can begin another, and after a name only what the name could have gone on with.
    ("legacy", "SYSLOGBASE2"): Light(
        r"(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp8601}) (?:%{SYSLOGFACILITY} )?"
        r"%{SYSLOGHOST:logsource}(?: %{SYSLOGPROG}:|)",
        ("SYSLOGHOST", "IPORHOST", "IP", "IPV4", "IPV6", "HOSTNAME"),
    ),
}

GUARD = "|".join(
    (
        r"(?-u)::",
        r"(?:[0-9A-Fa-f]{1,4}:){6}",
        r"[0-9A-Za-z-]{64}",
        r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]{63}@",
    )
)
"""Rust text: what a text holds in which a light definition might match otherwise."""


def equal(text: str) -> str:
    """The definition without what is slow, matching the same everywhere."""
    return EQUAL.get(text, text)


def light(definitions: Mapping[str, str]) -> Callable[[str], str]:
    """What gives a definition in the form for light texts, with `definitions` in use."""
    legacy = Library.bundled("legacy").definitions
    found = {}
    for (naming, name), other in _LIGHT_BY_NAME.items():
        if all(definitions.get(needed) == legacy[needed] for needed in other.needs):
            found[Library.bundled(naming).definitions[name]] = other.text
    return lambda text: found.get(text) or equal(text)
