"""Structured data for tests of syslog: any objects, and how RFC 5424 writes them."""

import re
import string

from hypothesis import strategies as st

from stacklens_pipeline.parse.formats.structured_one import LONGEST_NAME

PRINTABLE = sorted(set(string.printable) - set(string.whitespace))
names = st.text(st.sampled_from(sorted(set(PRINTABLE) - set('="]'))), min_size=1, max_size=LONGEST_NAME)
cleaned = st.characters(exclude_characters="\0\x1b", exclude_categories=["Cs"])
"""Messages have neither NULs nor colours by the time they are parsed."""
values = st.text(st.sampled_from('\\"]a é\n[=')) | st.text(cleaned, max_size=5)
objects = st.dictionaries(names, st.dictionaries(names, values, max_size=3), min_size=1, max_size=3)

_ESCAPED = re.compile(r'[\\"\]]')


def written(elements: dict[str, dict[str, str]]) -> str:
    return "".join(
        f"[{name}{''.join(_pair(key, value) for key, value in pairs.items())}]" for name, pairs in elements.items()
    )


def _pair(key: str, value: str) -> str:
    escaped = _ESCAPED.sub(lambda found: f"\\{found[0]}", value)
    return f' {key}="{escaped}"'
