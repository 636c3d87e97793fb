"""sources.yaml: what is right is read, what is wrong is said in one sentence with its line."""

from pathlib import Path

import pytest

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.sources import Source, load_sources


@pytest.fixture
def load(in_tmp: Path):
    def load_text(text: str) -> tuple[Source, ...]:
        (in_tmp / "sources.yaml").write_bytes(text.encode("latin-1"))
        return load_sources(Path("sources.yaml"))

    return load_text


def test_all_keys(load):
    text = """
sources:
  - name: shop
    files: [/a/*.log, /b.json]
    format: json
    timezone: Europe/Berlin
  - {name: bus, topic: events}
"""
    assert load(text) == (
        Source("shop", ("/a/*.log", "/b.json"), None, "json", "Europe/Berlin"),
        Source("bus", topic="events"),
    )


def test_home_is_expanded(load, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert load("sources: [{name: a, files: [~/x.log]}]")[0].files == ("/home/me/x.log",)


@pytest.mark.parametrize("text", ["", "# nothing\n", "sources: []", "{}"])
def test_no_sources(load, text):
    assert load(text) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: []", "line 1: unknown key, did you mean sources?: `source`"),
        ("sources:\n  - nam: a", "line 2: unknown key, did you mean name?: `nam`"),
        ("sources:\n  - qqqq: a", "line 2: unknown key: `qqqq`"),
        ("sources:\n  - files: [/x]", "line 2: a source needs a name"),
        ("sources:\n  - name: a", "line 2: a source has either files or a topic: `a`"),
        ("sources:\n  - {name: a, files: [/x], topic: t}", "line 2: a source has either files or a topic: `a`"),
        ("sources:\n  - name: a\n    files: /x", "line 3: expected a list, each item after a dash"),
        ("sources:\n  - name: a\n    files: []", "line 3: files names none"),
        ("sources:\n  - name: a\n    files: [{}]", "line 3: expected a text"),
        ("sources:\n  - name:\n    files: [/x]", "line 2: expected a text"),
        ("sources:\n  - {name: a, topic: t, format: jsn}", "line 2: unknown format, did you mean json?: `jsn`"),
        (
            "sources:\n  - {name: a, topic: t, timezone: Europe/Berln}",
            "line 2: unknown timezone, did you mean Europe/Berlin?: `Europe/Berln`",
        ),
        ("sources:\n  - {name: a, topic: t}\n  - {name: a, topic: u}", "line 3: this name is given twice: `a`"),
        ("sources:\n  - {name: a, name: b, topic: t}", "line 2: this key is given twice: `name`"),
        ("- a", "line 1: expected keys and values (sources)"),
        ("sources: 3", "line 1: expected a list, each item after a dash"),
        ("sources: [", "line 1 is not YAML: "),
        ("caf\xe9", " is not UTF-8 text at byte 3"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(load, text, message):
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert str(caught.value).startswith("sources.yaml" + (message if message[0] == " " else f" {message}"))


def test_a_missing_file_says_what_to_do(in_tmp):
    with pytest.raises(ConfigurationError, match="`stacklens init` writes one"):
        load_sources(Path("sources.yaml"))
