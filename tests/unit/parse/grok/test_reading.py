"""Grok text is read as Logstash reads it, and what cannot be read is refused with a reason."""

import polars as pl
import pytest

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.grok import Library

LIBRARY = Library.bundled("ecs-v1")


def fields(pattern: str, text: str, **definitions: str) -> dict[str, object] | None:
    """The fields of a text, None when it does not match."""
    found = LIBRARY.with_definitions(definitions).compile(pattern).extract(pl.Series([text]))
    return next(found.nested()) if found.matched[0] else None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("%{WORD:a}", "x", {"a": "x"}),
        ("%{WORD}", "x", {}),
        ("%{WORD:[a][b]}", "x", {"a": {"b": "x"}}),
        ("%{WORD:a.b}", "x", {"a.b": "x"}),
        ("%{POSINT:[a][b]:int}", "7", {"a": {"b": 7}}),
        ("%{POSINT:[a][code]?}", "7", {"a": {"code": "7"}}),
        ("%{WORD:[a][name?]}", "x", {"a": {"name": "x"}}),
        ("%{WORD:[@metadata][a]} %{WORD:b}", "x y", {"b": "y"}),
        ("(?<q>[0-9A-F]{3,4}) (?<[a][b]>.)", "BEEF !", {"q": "BEEF", "a": {"b": "!"}}),
        ("(?'q'x)", "x", {"q": "x"}),
        ("(?<n:int>[0-9]+)", "12", {"n": 12}),
        ("%{MINE=[a-c]+} %{OTHER:o=\\d{2}}", "abc 12", {"o": "12"}),
        ("%{OTHER:o=\\d{2}}", "12", {"o": "12"}),
        ("5%-%{WORD:unit}", "5%-kg", {"unit": "kg"}),
        ("100% %%{INT:n}", "100% %5", {"n": "5"}),
        (r"\%{INT\}", "%{INT}", {}),
        ("a{b}{,x}", "a{b}{,x}", {}),
        ("(?<x>a.b)", "a\nb", {"x": "a\nb"}),
        ("^b$", "a\nb\nc", {}),
        (r"\Ab", "a\nb", None),
        (r"a\Z", "a\n", {}),
        (r"a\z", "a\n", None),
        (r"(?<x>\h+)", "zfFg", {"x": "fF"}),
        (r"(?<x>\w+)", "é1", {"x": "1"}),
        (r"(?<x>[[:alpha:]]+)", "1é", {"x": "é"}),
        (r"(?<x>[[[:alnum:]]_&&[^b]]+)", "ab", {"x": "a"}),
        (r"(?<x>\p{Lu}+)", "aÉ", {"x": "É"}),
        (r"(?<x>\P{Lu}+)", "ÉaÉ", {"x": "a"}),
        (r"(?<x>[^[:space:]]+)", " a ", {"x": "a"}),
        (r"(?<x>[a\-z\]\x41\u00e9]+)", "b-z]Aé", {"x": "-z]Aé"}),
        ("(?i)(?<x>ab|Cd)", "cD", {"x": "cD"}),
        ("(?<x>a(?i)b|c)", "aC", {"x": "aC"}),
        ("(?<x>a(?i:b)c)", "aBc", {"x": "aBc"}),
        ("(?<x>(?-m)a.)", "a\n", None),
        ("(?x) (?<x> a \\  b ) # a comment", "a b", {"x": "a b"}),
        ("a(?#nothing)(?<x>b)", "ab", {"x": "b"}),
        ("(?<x>a{2}?b)", "b", {"x": "b"}),
        ("(?<x>a{1,2}+)b", "aab", {"x": "aa"}),
        ("(?<x>.?*)", "abc", {"x": "abc"}),
        (r"(?<q>['\"]).*?\k<q>(?<x>.)", "'a\"'b", {"q": "'", "x": "b"}),
        (r"(.)\1", "xaab", {}),
        (r"a\Kb(?<x>c)", "abc", {"x": "c"}),
        (r"a\Rb(?<x>c)", "a\r\nbc", {"x": "c"}),
        ("(?>a+)(?<x>b)", "aab", {"x": "b"}),
        ("(?>a+)a(?<x>b)", "aab", None),
        ("a++b(?<x>c)", "aabc", {"x": "c"}),
        ("(?<x>b|)", "a", {}),
    ],
)
def test_patterns(pattern: str, text: str, expected: dict[str, object] | None) -> None:
    assert fields(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("%{NOPE:x}", "there is no definition NOPE"),
        ("%{WORD:x", "is not closed by a }"),
        ("(a", "a ( is not closed"),
        ("a)", "a ) closes nothing"),
        ("[a", "a [ is not closed"),
        ("a\\", "it ends with a backslash"),
        ("*a", "* repeats nothing"),
        ("[b-a]", "the wrong way round"),
        ("a{3,2}", "from 3 to 2"),
        ("a{100001}", "larger than 100000"),
        ("(?<>a)", "an empty name"),
        ("(?<x a", "not closed"),
        ("(?P<x>a)", "there is no group such as (?P<"),
        ("(?~a)", "absence such as (?~a"),
        (r"\p{Nope}", "there is no property Nope"),
        ("[[:nope:]]", "there is no class [:nope:]"),
        (r"\x{110000}", "there is no character 110000"),
        (r"(?<x>a)\1", "by its number while groups have names"),
        (r"\k<nope>", "unknown"),
        ("(?:(?<x>b?|" * 18 + ")+)" * 18, "more than 100000 parts when repetitions are written out"),
        ("(" * 200 + ")" * 200, "more than 40 levels deep"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_pattern(pattern: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        LIBRARY.compile(pattern)
    assert reason in str(refused.value)
    assert str(refused.value).endswith(f"`{pattern}`")


def test_definitions_that_refer_to_each_other_in_a_circle_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="in a circle, A > B > A"):
        LIBRARY.with_definitions({"A": "%{B}", "B": "x%{A}"}).compile("%{A}")


def test_the_definition_that_is_wrong_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"the definition BAD cannot be read.*: `\(`"):
        LIBRARY.with_definitions({"BAD": "("}).compile("%{WORD} %{BAD}")


def test_definitions_that_grow_without_end_are_refused() -> None:
    many = {f"D{n}": f"%{{D{n + 1}}}%{{D{n + 1}}}" for n in range(30)} | {"D30": "x"}
    with pytest.raises(ConfigurationError, match="more than 100000 parts"):
        LIBRARY.with_definitions(many).compile("%{D0}")


def test_without_a_pattern_there_is_nothing_to_compile() -> None:
    with pytest.raises(ConfigurationError):
        LIBRARY.compile([])
