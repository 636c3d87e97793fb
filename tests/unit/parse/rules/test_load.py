"""`parsers.yaml`: what is in it is what holds, and what is wrong in it is said with its line."""

import pickle
from pathlib import Path

import pytest

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.rules import UNCONFIGURED, MultiLine
from stacklens_pipeline.parse.rules.conditions import Condition
from stacklens_pipeline.parse.rules.contract import Promise
from stacklens_pipeline.parse.rules.filters import Filter
from stacklens_pipeline.parse.rules.load import load_parsers, read_parsers
from stacklens_pipeline.parse.rules.redaction import Redaction

ALL = r"""
sources:
  - source: pay-*
    format: json
    timezone: Europe/Berlin
    encoding: latin1
    multiline: {begins: '^[0-9]{4}-'}
    fields: {uid: user_id, took: duration_ms}
    drop:
      - {name: health, when: {url_path: [/health, /ready], level: INFO}}
    sample:
      - {name: debug, when: {level: DEBUG, body: {matches: '^x'}, duration_ms: {most: 5}}, keep: 1/10, by: trace_id}
    on_violation: dead_letter
    contract:
      - {field: order_id, type: integer, required: true}
      - {field: currency, allowed: [EUR, USD], on_violation: keep}
    redact:
      - {name: cards, pattern: '\b[0-9]{16}\b', with: hash}
      - {name: passwords, fields: [password, user.secret], with: drop}
      - {name: tokens, pattern: 'tok_[a-z]+', at: before_log}
  - source: "*"
    multiline: none
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "parsers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    first, last = read_parsers(write(tmp_path, ALL)).rules
    assert first.source == "pay-*"
    assert first.format is not None
    assert (first.format.name, first.timezone, first.encoding) == ("json", "Europe/Berlin", "iso8859-1")
    assert first.multiline == MultiLine(begins="^[0-9]{4}-")
    assert first.fields == {"uid": "user_id", "took": "duration_ms"}
    health = (Condition("url_path", ("/health", "/ready")), Condition("level", ("INFO",)))
    debug = (Condition("level", ("DEBUG",)), Condition("body", pattern="^x"), Condition("duration_ms", most=5.0))
    assert first.filters == (Filter("pay-*: health", health), Filter("pay-*: debug", debug, 10, "trace_id"))
    assert first.contract == (
        Promise("order_id", "integer", True, (), "dead_letter"),
        Promise("currency", None, False, ("EUR", "USD"), "keep"),
    )
    assert first.redactions == (
        Redaction("pay-*: cards", "hash", r"\b[0-9]{16}\b"),
        Redaction("pay-*: passwords", "drop", None, ("password", "user.secret")),
        Redaction("pay-*: tokens", "mask", "tok_[a-z]+", (), True),
    )
    assert last.multiline == MultiLine()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sources:\n  - format: json", "line 2: rules need a source: a name, or a pattern such as payments-*"),
        ("sources:\n  - source: a\n    formt: json", "line 3: unknown key, did you mean format?: `formt`"),
        ("sources:\n  - source: a\n    format: jsn", "line 3: unknown format, did you mean json?: `jsn`"),
        ("sources:\n  - source: a\n    timezone: Mars", "line 3: unknown timezone: `Mars`"),
        ("sources:\n  - source: a\n    encoding: utf-9", "line 3: unknown encoding: `utf-9`"),
        ("sources:\n  - source: a\n    multiline: all", "line 3: unknown multiline rule: `all`"),
        ("sources:\n  - source: a\n    multiline: {}", "multiline is `none`, or has either `begins` or `continues`"),
        (
            "sources:\n  - source: a\n    multiline:\n      begins: '(?=x)'",
            "line 4: not a regular expression, look-around",
        ),
        ("sources:\n  - source: a\n    fields: {x: user}", "line 3: unknown column, did you mean user_id?: `user`"),
        ("sources:\n  - source: a\n    drop: [{when: {a: b}}]", "a rule needs a name: it is counted under it"),
        ("sources:\n  - source: a\n    drop: [{name: b}]", "a rule says when it holds, such as `when: {level: DEBUG}`"),
        ("sources:\n  - source: a\n    drop: [{name: b, when: {}}]", "when names no field"),
        ("sources:\n  - source: a\n    sample: [{name: b, when: {a: b}}]", "a sample says how many it keeps"),
        ("sources:\n  - source: a\n    sample: [{name: b, when: {a: b}, keep: 2/3}]", "from 1/2 to 1/1000000: `2/3`"),
        ("sources:\n  - source: a\n    drop: [{name: b, when: {a: {least: x}}}]", "expected a number: `x`"),
        ("sources:\n  - source: a\n    contract: [{type: integer}]", "a promise is about a field"),
        ("sources:\n  - source: a\n    contract: [{field: a, type: int}]", "did you mean integer?: `int`"),
        ("sources:\n  - source: a\n    contract: [{field: a, required: 1}]", "expected true or false"),
        ("sources:\n  - source: a\n    redact: [{name: b}]", "a redaction has either a pattern or fields"),
        ("sources:\n  - source: a\n    redact: [{name: b, fields: [a], at: before_log}]", "before_log needs a pattern"),
        ("sources:\n  - source: a\n    redact: [{name: b, pattern: a, with: msk}]", "did you mean mask?: `msk`"),
        ("sources:\n  - source: a\n    format: {csv: {}}", "line 3: this format needs: `columns`"),
        ("sources:\n  - source: a\n    format: {csv: {columns: [a, a]}}", "line 3: a column is named twice"),
        ("sources:\n  - source: a\n    format: {cvs: {}}", "line 3: unknown key, did you mean csv?: `cvs`"),
        ("sources:\n  - source: a\n    format: {csv: {colums: [a]}}", "did you mean columns?: `colums`"),
        ("sources:\n  - source: a\n    format: {csv: {columns: [a], delimiter: xx}}", "one character, and no line end"),
        ("sources: {}", "line 1: expected a list, each item after a dash"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_parsers(write(tmp_path, text))
    assert problem in str(raised.value)
    assert str(tmp_path) in str(raised.value)


def test_without_files_or_rules_every_line_speaks_for_itself(tmp_path: Path) -> None:
    assert load_parsers(tmp_path) is UNCONFIGURED
    write(tmp_path, "# nothing\n")
    assert load_parsers(tmp_path) is UNCONFIGURED


def test_the_version_is_that_of_the_content(tmp_path: Path) -> None:
    first = read_parsers(write(tmp_path, ALL))
    (tmp_path / "again").mkdir()
    assert read_parsers(write(tmp_path / "again", ALL)).version == first.version
    assert read_parsers(write(tmp_path, ALL.replace("1/10", "1/20"))).version != first.version
    assert len({first.version, UNCONFIGURED.version}) == 2


def test_sources_that_no_rule_covers_have_their_own_format_and_zone(tmp_path: Path) -> None:
    write(tmp_path, "sources:\n  - {source: web, format: access}\n")
    sources = (
        "sources:\n  - {name: web, files: [/w], format: json}\n  - {name: app, files: [/a], timezone: Asia/Tokyo}\n"
    )
    (tmp_path / "sources.yaml").write_text(sources)
    parsers = load_parsers(tmp_path)
    web, app, other = (parsers.of(name) for name in ("web", "app", "other"))
    assert web.format is not None
    assert (web.format.name, app.format, app.timezone) == ("access", None, "Asia/Tokyo")
    assert (other.format, other.timezone) == (None, "UTC")


def test_another_process_reads_the_same_whatever_has_become_of_the_files(tmp_path: Path) -> None:
    parsers = read_parsers(write(tmp_path, ALL))
    sent = pickle.dumps(parsers)
    write(tmp_path, "sources: []\n")
    assert pickle.loads(sent).version == parsers.version
    assert [rules.source for rules in pickle.loads(sent).rules] == ["pay-*", "*"]
