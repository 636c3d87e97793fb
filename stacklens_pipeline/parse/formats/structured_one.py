"""Structured data of RFC 5424 read message by message: what they say, where they end, and what is wrong with them.

What is not as the RFC writes it is read all the same where it can be: names that are too long, values without quotation
marks, blanks too many. Source: RFC 5424, section 6.3.
"""

import re
from typing import NamedTuple

import orjson

LONGEST_NAME = 32
"""Characters of an SD-ID or a PARAM-NAME."""

SHOWN = 40
"""Characters of a text that a sentence about it shows."""

NAME = r"[!#-<>-\\^-~]"
"""A character of a name: printable ASCII but for the blank, `=`, `]` and the quotation mark."""

_VALUE = r'"[^"\\\]]*+(?:\\.[^"\\\]]*+)*+"'
_STRICT = re.compile(rf"\[({NAME}++)((?: {NAME}++={_VALUE})*+)\]", re.DOTALL)
_LENIENT = re.compile(
    r'\[ *+([^ =\]"]++)((?: ++[^ =\]"]++=(?: *+"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^ "\]]*+))*+) *+\]', re.DOTALL
)
_PARAMETER = re.compile(r' ([^=]++)="([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_LENIENT_PARAMETER = re.compile(r' ++([^ =\]"]++)=(?: *+"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^ "\]]*+))', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')

Elements = dict[str, dict[str, str]]


class Structured(NamedTuple):
    """What a message holds behind its header.

    `json` is an object of objects, or null; `body` is what follows; `problem` is null for what RFC 5424 calls valid.
    """

    json: str | None
    body: str
    problem: str | None


def read_structured(text: str) -> Structured:
    r"""What structured data, and the message behind them, say; what is no element begins the body.

    >>> read_structured('[a b="1"][c] said')
    Structured(json='{"a":{"b":"1"},"c":{}}', body='said', problem=None)
    >>> read_structured("[a b=1] said").problem
    'an element of STRUCTURED-DATA is not as RFC 5424 writes it: `[a b=1] said`'
    """
    if text == "-" or text.startswith("- "):
        return Structured(None, text[2:], None)
    elements, end, problems = _elements(text)
    if end == 0:
        problems.append(_malformed(text))
    elif text[end : end + 1] not in ("", " "):
        problems.append(f"no blank follows STRUCTURED-DATA: {shown(text[end:])}")
    body = text[end:].removeprefix(" ") if elements else text
    return Structured(orjson.dumps(elements).decode() if elements else None, body, next(iter(problems), None))


def shown(text: str) -> str:
    """The beginning of a text, as it stands at the end of a sentence about it."""
    return f"`{text[:SHOWN]}`"


def _elements(text: str) -> tuple[Elements, int, list[str]]:
    """The elements, where they end, and what is wrong with them."""
    elements: Elements = {}
    end, problems = 0, list[str]()
    while text.startswith("[", end):
        found = _STRICT.match(text, end)
        if found:
            name, pairs = found[1], _PARAMETER.findall(found[2])
        else:
            problems.append(_malformed(text[end:]))
            found = _LENIENT.match(text, end)
            if found is None:
                break
            name = found[1]
            pairs = [(key, quoted or plain) for key, quoted, plain in _LENIENT_PARAMETER.findall(found[2])]
        problems += _wrong(name, pairs, elements)
        elements.setdefault(name, {}).update(pairs)
        end = found.end()
    return _unescaped(elements, problems) if "\\" in text[:end] else elements, end, problems


def _wrong(name: str, pairs: list[tuple[str, str]], before: Elements) -> list[str]:
    """What is wrong with the names of an element."""
    problems = [f"an SD-ID stands twice: {shown(name)}"] if name in before else []
    long = [each for each in (name, *(key for key, _ in pairs)) if len(each) > LONGEST_NAME]
    return problems + [f"a name in STRUCTURED-DATA is longer than {LONGEST_NAME} characters: {shown(n)}" for n in long]


def _unescaped(elements: Elements, problems: list[str]) -> Elements:
    """The elements with what the escapes in their values stand for; a backslash that escapes nothing stays one."""
    values = [value for pairs in elements.values() for value in pairs.values() if "\\" in value]
    stray = [value for value in values if "\\" in _ESCAPED.sub("", value)]
    problems += [f"a backslash in STRUCTURED-DATA escapes nothing: {shown(value)}" for value in stray]
    return {
        name: {key: _ESCAPED.sub(r"\1", value) if "\\" in value else value for key, value in pairs.items()}
        for name, pairs in elements.items()
    }


def _malformed(text: str) -> str:
    return f"an element of STRUCTURED-DATA is not as RFC 5424 writes it: {shown(text)}"
