"""RFC 5424: what it says of each column, strictly; and what is still read of messages that break its rules."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse import parse_lines, pinned
from tests.unit.parse.lines import RECEIVED, raw
from tests.unit.parse.structured_data import PRINTABLE, objects, written

COLUMNS = {"pri": "<34>", "version": "1", "time": "2003-10-11T22:14:15.003Z", "host": "web", "app": "su", "pid": "77",
           "msgid": "ID47", "data": '[a@1 b="c"]'}  # fmt: skip


def message(**changed: str) -> str:
    columns = COLUMNS | changed
    head, *others = columns.pop("pri") + columns.pop("version"), *columns.values()
    return f"{' '.join([head, *others])} it is said"


def record(text: str | bytes, **options: Any) -> dict[str, Any]:
    """The record of a message, its attributes among the rest."""
    parsed = parse_lines(raw([text.encode() if isinstance(text, str) else text]), pinned(**options)).parsed
    assert parsed.height == 1
    found = parsed.row(0, named=True)
    return found | json.loads(found["attributes"] or "{}")


def fields(text: str) -> tuple[object, ...]:
    found = record(text)
    names = ("host_name", "service_name", "process.pid", "syslog.msgid", "syslog.structured_data", "body")
    return tuple(found.get(name) for name in names)


ALL = ("web", "su", 77, "ID47", {"a@1": {"b": "c"}}, "it is said")


def test_a_valid_message() -> None:
    found = record(message())
    assert fields(message()) == ALL
    assert (found["format"], found["timestamp"]) == ("rfc5424", datetime(2003, 10, 11, 22, 14, 15, 3000, tzinfo=UTC))
    assert (found["syslog.facility"], found["syslog.severity"], found["syslog.version"]) == (4, 2, 1)
    assert (found["level"], found["level_source"], found["timestamp_source"]) == (
        "CRITICAL",
        "syslog",
        "syslog_rfc5424",
    )
    assert "syslog.invalid" not in found


@pytest.mark.parametrize(
    "text", ["<0>1 - - - - - -", "<0>1 - - - - - - ", "<191>999 - - - - - - -", "<1>1 - - - - - [a]"]
)
def test_messages_that_say_little_are_valid(text: str) -> None:
    found = record(text)
    assert (found["format"], found["host_name"], found["timestamp_source"]) == ("rfc5424", None, "observed")
    assert "syslog.invalid" not in found
    assert (found["timestamp"], found["body"]) == (RECEIVED, "-" if text.endswith("- -") and "999" in text else "")


token = {
    name: st.text(st.sampled_from(PRINTABLE), min_size=1, max_size=longest)
    for name, longest in {"host": 255, "app": 48, "pid": 128, "msgid": 32}.items()
}
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30), timezones=offsets)


@given(st.fixed_dictionaries(token), times, st.integers(0, 191), st.integers(1, 999), objects)
def test_every_valid_message_is_read_as_it_was_meant(
    tokens: dict[str, str], at: datetime, pri: int, version: int, data: dict[str, dict[str, str]]
) -> None:
    text = message(pri=f"<{pri}>", version=str(version), time=at.isoformat(), data=written(data), **tokens)
    found = record(text)
    assert "syslog.invalid" not in found
    host, app, pid, msgid = (None if tokens[name] == "-" else tokens[name] for name in token)
    assert (found["host_name"], found.get("syslog.msgid"), found["service_name"]) == (host, msgid, app or "unit")
    assert str(found.get("process.pid")) == str(pid)
    assert (found["syslog.facility"] * 8 + found["syslog.severity"], found["syslog.version"]) == (pri, version)
    assert found["timestamp"] == at
    assert found["syslog.structured_data"] == data


INVALID = {
    "pri": ["<192>", "<1000>", "<00>", "<034>", "<999999999>"],
    "version": ["0", "01", "1000"],
    "time": [
        "2003-10-11T22:14:15", "2003-10-11t22:14:15Z", "2003-10-11T22:14:15z", "2003-10-11T22:14:60Z",
        "2003-10-11T24:00:00Z", "2003-02-29T22:14:15Z", "2003-10-11T22:14:15.1234567Z", "2003-10-11T22:14:15.Z",
        "2003-10-11T22:14:15,5Z", "2003-10-11T22:14:15+0100", "2003-10-11T22:14:15+24:00", "2003-13-11T22:14:15Z",
        "2003-10-11", "2003-10-11T22:14Z",
    ],
    "host": ["w" * 256, "wéb"],
    "app": ["a" * 49, "ä"],
    "pid": ["7" * 129],
    "msgid": ["I" * 33],
}  # fmt: skip
CASES = [(name, value) for name, values in INVALID.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_column_that_breaks_a_rule_is_told_and_the_others_hold(name: str, value: str) -> None:
    found = record(message(**{name: value}))
    assert found["format"] == "rfc5424"
    assert found["syslog.invalid"].endswith(f": `{value.strip('<>')[:40]}`")
    place = {"host": 0, "app": 1, "pid": 2, "msgid": 3}.get(name, -1)
    expected = [value if index == place else each for index, each in enumerate(ALL)]
    if name == "pid":
        expected[2] = value  # too long for a number
    assert list(fields(message(**{name: value}))) == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2003-10-11t22:14:15.5z", datetime(2003, 10, 11, 22, 14, 15, 500_000, tzinfo=UTC)),
        ("2003-10-11T22:14:15.123456789Z", datetime(2003, 10, 11, 22, 14, 15, 123_456, tzinfo=UTC)),
        ("2003-10-11T22:14:15,5+0100", datetime(2003, 10, 11, 21, 14, 15, 500_000, tzinfo=UTC)),
        ("2003-10-11T22:14:15", datetime(2003, 10, 11, 20, 14, 15, tzinfo=UTC)),
        ("2003-10-11T22:14:60Z", datetime(2003, 10, 11, 22, 15, tzinfo=UTC)),
        ("2003-02-29T22:14:15Z", RECEIVED),
    ],
)
def test_a_time_that_breaks_a_rule_counts_where_it_can_be_read(time: str, expected: datetime) -> None:
    found = record(message(time=time), timezone="Europe/Berlin")
    assert found["timestamp"] == expected
    assert found["syslog.invalid"].startswith("TIMESTAMP is no time as RFC 5424 writes it")


@pytest.mark.parametrize(
    ("text", "problem", "host", "app", "body"),
    [
        ("<34>1", "TIMESTAMP is missing", None, "unit", "1"),
        ("<34>1 ", "TIMESTAMP is missing", None, "unit", "1 "),
        (
            "<34>3 devices found",
            "TIMESTAMP is no time as RFC 5424 writes it: `devices`",
            None,
            "unit",
            "3 devices found",
        ),
        ("<34>1 - ", "HOSTNAME is missing", None, "unit", ""),
        ("<34>1 - web", "APP-NAME is missing", "web", "unit", ""),
        ("<34>1 - web su   - -", "PROCID is missing", "web", "su", "  - -"),
        ("<34>1 - web su - -", "STRUCTURED-DATA is missing", "web", "su", ""),
        ("<34>1 - web su - - ", "STRUCTURED-DATA is missing", "web", "su", ""),
        (
            "<34>1 - web s\nu - - -",
            "APP-NAME has other characters than printable ASCII: `s\nu`",
            "web",
            "unit",
            "s\nu - - -",
        ),
        (
            "<34>1 - web su - - started up",
            "STRUCTURED-DATA is neither - nor an element: `started`",
            "web",
            "su",
            "started up",
        ),
        ("1 2003-10-11T22:14:15Z web su - - - said", "PRI is missing", "web", "su", "said"),
    ],
)
def test_a_header_that_ends_early_holds_as_far_as_it_goes(
    text: str, problem: str, host: str | None, app: str, body: str
) -> None:
    found = record(text)
    assert (found["syslog.invalid"], found["host_name"], found["service_name"]) == (problem, host, app)
    assert (found["format"], found["body"]) == ("rfc5424", body)


@pytest.mark.parametrize(
    "data", ["[]", '[a b="]"]', '[a b=""c"]', "[a b=c]", "[a", '[a b="c"]x', f"[{'a' * 33}]", "[a][a]"]
)
def test_structured_data_that_break_a_rule_are_told(data: str) -> None:
    found = record(message(data=data))
    assert "STRUCTURED-DATA" in found["syslog.invalid"] or "SD-ID" in found["syslog.invalid"]
    assert found["body"].endswith("it is said")


def test_a_byte_order_mark_is_no_part_of_the_message() -> None:
    found = record("<34>1 - - - - - - \ufeffgrüße")
    assert (found["body"], found.get("syslog.invalid")) == ("grüße", None)


def test_a_message_may_go_on_over_lines() -> None:
    assert record("<34>1 - - - - - - x\ny")["body"] == "x\ny"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("16 <1>1 - - - - - -", None),
        ("17 <1>1 - - - - - -", None),
        ("15 <1>1 - - - - - -", "the octet count is not the length of the message: `15`"),
        ("16<1>1 - - - - - -", "no blank follows the octet count: `16`"),
        ("12 <1>1 - - - x", "MSGID is missing"),
    ],
)
def test_an_octet_count_may_stand_before_it(text: str, problem: str | None) -> None:
    found = record(text)
    assert (found["format"], found["syslog.severity"], found.get("syslog.invalid")) == ("rfc5424", 1, problem)


def test_what_is_pinned_and_something_else_is_a_record_with_its_whole_text() -> None:
    found = record("it is\nsaid", format="rfc5424")
    assert (found["body"], found["syslog.invalid"]) == ("it is\nsaid", "PRI is missing")
