"""Both engines give the same, for patterns made up of everything that there is and for every bundled definition."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.grok import Library
from stacklens_pipeline.parse.grok.compiler import Form, compiled
from stacklens_pipeline.parse.grok.fallback import python_expression
from tests.unit.parse.grok.engines import assert_alike
from tests.unit.parse.grok.samples import changed, sample

LIBRARIES = {naming: Library.bundled(naming) for naming in ("ecs-v1", "legacy")}

NOT_VECTORISED = {
    ("ecs-v1", "ZEEK_FILES_TX_HOSTS"),  # only by themselves: in ZEEK_FILES a tab follows them
    ("ecs-v1", "ZEEK_FILES_RX_HOSTS"),
    ("legacy", "SYSLOGBASE2"),  # only texts with IPv6 addresses or names beyond what is allowed
    ("legacy", "SYSLOGLINE"),
}


@pytest.mark.parametrize("naming", LIBRARIES)
def test_every_bundled_definition_is_taken_by_both_engines(naming: str) -> None:
    definitions = LIBRARIES[naming].definitions
    patterns = {name: compiled(f"%{{{name}}}", definitions) for name in definitions}
    slow = {(naming, name) for name, pattern in patterns.items() if not isinstance(pattern.full, Form)}
    assert slow == {name for name in NOT_VECTORISED if name[0] == naming}
    used = set().union(*(pattern.reading.used - {name} for name, pattern in patterns.items()))
    for name in patterns.keys() - used:  # the others are parts of these
        python_expression(patterns[name])


LOOKING = (
    "BASE10NUM BASE16NUM BASE16FLOAT IPV4 IPORHOST QUOTEDSTRING WINPATH YEAR TIME HAPROXYTIME IPTABLES4_PART "
    "MONGO_QUERY MONGO_SLOWQUERY SYSLOGPAMSESSION SYSLOGLINE COMBINEDAPACHELOG URI HAPROXYHTTP SFW2 RAILS3 EXIM IPV6 "
    "HOSTNAME EMAILADDRESS UNIXPATH MONTH TIMESTAMP_ISO8601 CISCOFW302013_302014_302015_302016 ZEEK_FILES"
)
CHOICES = [(naming, name) for naming in LIBRARIES for name in LOOKING.split() if name in LIBRARIES[naming].definitions]
AROUND = (
    "%{{{0}:x}}",
    "%{{{0}}}",
    "a%{{{0}:x}}b",
    "^%{{{0}:x}}$",
    "%{{DATA:d}} %{{{0}:x}} %{{GREEDYDATA:r}}",
    "%{{NOTSPACE:n}}%{{{0}:x}}[.,]?",
    "%{{{0}:x}}%{{GREEDYDATA:r}}",
    "(?<y>%{{{0}}})?%{{{0}:z}}",
)


@given(choice=st.sampled_from(CHOICES), around=st.sampled_from(AROUND), seed=st.integers(0, 2**32))
def test_definitions_that_look_around_match_in_other_words_what_they_did(
    choice: tuple[str, str], around: str, seed: int
) -> None:
    chance = random.Random(seed)
    pattern = compiled(around.format(choice[1]), LIBRARIES[choice[0]].definitions)
    assert_alike(pattern, [changed(sample(pattern.tree, chance), chance) for _ in range(25)])


BOUNDARIES = {
    "BASE10NUM": ["12.5.6", "-12", "+.5", "1.", ".5.", "--1", "a1.5b", "1..2", "1-2", "v1.2", "1e5", ""],
    "BASE16NUM": ["0x1F", "-0xff", "xyz", "1G", "0x", "g12", "+a-b"],
    "BASE16FLOAT": ["0x1.8", "1.8.2", "-.f", "a.b.c", "0x1F.", "é1.5"],
    "IPV4": ["1.2.3.4.5", "256.1.1.1", "1.1.1.256", "11.2.3.45", "1.2.3.4567", "01.02.003.4", "x1.2.3.4x", "1.2.3"],
    "YEAR": ["1", "12", "123", "1234", "12345", "2026-1"],
    "TIME": [
        "24:00:00",
        "1:2:3",
        "01:02:03.5",
        "01:02:034",
        "01:02:60",
        "<1:02:03",
        "1:02",
        "23:59:59,9999",
        "123:45:56",
    ],
    "HAPROXYTIME": ["12:34:56", "12:34:567", "<12:34:56"],
    "QUOTEDSTRING": ['""', '"a"', "'a'", "`a`", '\\"a"', '"a\\"b"', '"a', "''''", '"a\nb"', '"a\'b"', '"\\', "x`y`z"],
    "WINPATH": [r"C:\a\b", r"\\host\share", r"C:", r"a\b", r"C:\a?b", r"\a", r"ab:\c d\e*"],
    "MONGO_QUERY": ["{ a } ntoreturn:", "{ } ntoreturn:1", "{ a } b", "{ { a } } ntoreturn:"],
    "MONTH": ["May", "Maya", "mär", "Märzé", "éMay", "OctNov", "Sept"],
    "WORD": ["café", "a b", "é", "_1", "", "x\u0301y"],
}
SUFFIXES = ("", "%{GREEDYDATA:r}", r"\.", "[0-9.]*$", " x", "(?<t>.)")


@pytest.mark.parametrize("name", BOUNDARIES)
def test_boundaries_of_definitions(name: str) -> None:
    texts = [
        before + text + after
        for text in BOUNDARIES[name]
        for before in ("", " ", "1", ".")
        for after in ("", ".", "7 x")
    ]
    for suffix in SUFFIXES:
        for prefix in ("", "%{DATA:d}", "[0-9. ]*?", "^"):
            assert_alike(compiled(f"{prefix}%{{{name}:x}}{suffix}", LIBRARIES["legacy"].definitions), texts)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """Regular expressions of all kinds over few characters, with fields f, g and h."""
    branches = draw(st.lists(sequences(depth), min_size=1, max_size=2))
    return "|".join(branches)


CLASSES = ["a", "b", "1", " ", "-", "[ab]", "[a1]", "[^a]", ".", r"\d", r"\w", r"\s", "[^ ]"]
POSITIONS = [r"\b", r"\B", "^", "$", r"\A", r"\z", r"\Z"]
TIMES = ["", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "*+", "++", "?+"]


@st.composite
def sequences(draw: st.DrawFn, depth: int) -> str:
    return "".join(draw(st.lists(pieces(depth), max_size=3)))


@st.composite
def pieces(draw: st.DrawFn, depth: int) -> str:
    kinds = ["class", "class", "class", "look", "position"] + ["group", "field", "field", "atomic"] * (depth > 0)
    match draw(st.sampled_from(kinds)):
        case "class":
            return draw(st.sampled_from(CLASSES)) + draw(st.sampled_from(TIMES))
        case "look":
            one = draw(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2))
            return draw(st.sampled_from(["(?=", "(?!", "(?<=", "(?<!"])) + "".join(one) + ")"
        case "position":
            return draw(st.sampled_from(POSITIONS))
        case "field":
            start = f"(?<{draw(st.sampled_from('fgh'))}>"
        case "atomic":
            start = "(?>"
        case _:
            start = "(?:"
    return start + draw(expressions(depth - 1)) + ")" + draw(st.sampled_from(TIMES))


@given(text=expressions(), texts=st.lists(st.text("ab1 -\n", max_size=8), min_size=1, max_size=40))
def test_any_pattern_gives_the_same_in_both_engines(text: str, texts: list[str]) -> None:
    assert_alike(compiled(f"(?<f>{text})", {}), texts)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        # what is tried first counts: a condition that moves must not move what was tried before it
        (r"(?<x>a.*?(?: %{IPV4:ip})?)", ["a b 1.2.3.4", "a 1.2.3.45 c", "a 1.2.3.4567"]),
        (r"(?<g>(?<!b)\b(?!1)|(?<f>[^ ]+?))[^ ](?>-{0,2}\s)", ["-a -a ", "ba 1 ", "-1 "]),
        # a text after an empty one in a loop
        (r"(?<f>[^a](?<g>b?+|1).)*a", [" - b 1b1a", "b1b1a"]),
        (r"[a1]{0,2}.?+(?<!1)", ["1", "a1", "a1b"]),
        (r"(?<f>^a|-?)", ["-ab", "b", "a-"]),
        (r"(?<f>(?:[ab1]|[ab1]*?[^a] )*(?<![a1])(?<g>b\d*?.|)|)", ["bb 1bb", "b1 b"]),
        # what comes after a part counts while what stands before it is found out
        (r"(?<f>\d?(?<h>(?<!.)(?>b+|))?? {0,2})\B[^ ]", ["bb b1-1", "bbb"]),
        (r"[a1](?:[^ ]|[^a])+?[a1]", ["a a", "aaa", "a1"]),
    ],
)
def test_what_once_was_different(pattern: str, texts: list[str]) -> None:
    assert_alike(compiled(pattern, LIBRARIES["legacy"].definitions), texts)


def test_lines_of_the_usual_kind_take_the_direct_form() -> None:
    line = '10.0.0.1 - bob [10/Oct/2026:13:55:36 +0000] "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8"'
    for library in LIBRARIES.values():
        pattern = compiled("%{COMBINEDAPACHELOG}", library.definitions)
        assert pattern.direct is not None
        expression, is_for_light = pattern.direct
        assert not is_for_light
        assert_alike(
            pattern, [line, line.replace("10.0.0.1", "::1"), line.replace("bob", "b@c.d"), line[:-1], "x" + line]
        )
        assert _count(expression.text, [line, line[1:], line[:-1]]) == 2


def _count(text: str, lines: list[str]) -> int:
    import polars as pl

    return int(pl.Series(lines).str.contains(text).sum())
