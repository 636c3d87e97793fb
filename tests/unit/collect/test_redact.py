"""What is marked `before_log` reaches no event log, whatever else stands in the line."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.collect.counters import Counters
from stacklens_pipeline.collect.envelope import Sender
from stacklens_pipeline.collect.outbox import Outbox
from stacklens_pipeline.collect.redact import Redactor
from stacklens_pipeline.eventlog.base import OffsetRange
from stacklens_pipeline.parse.rules.load import parsers_of
from tests.builders import TOPIC, opened_log

PARSERS = parsers_of(
    (
        (
            "parsers.yaml",
            r"""
sources:
  - source: pay
    redact:
      - {name: tokens, pattern: 'tok_[a-z0-9]+', at: before_log}
      - {name: later, pattern: 'late'}
""",
        ),
    )
)


@given(st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=8)), max_size=6))
def test_a_token_goes_and_all_else_stays(around: list[tuple[bytes, bytes]]) -> None:
    redact = Redactor(PARSERS)
    values = [before + b" tok_s3cret " + after for before, after in around]
    assert list(redact("pay", values)) == [before + b" *** " + after for before, after in around]
    assert redact.redacted["pay: tokens"] == len(values)


def test_other_sources_and_later_redactions_are_left() -> None:
    redact = Redactor(PARSERS)
    values = [b"tok_s3cret", b"late"]
    assert redact("web", values) is values
    assert list(redact("pay", [b"late"])) == [b"late"]
    assert Redactor()("pay", values) is values


def test_a_secret_at_the_cut_of_a_long_line_is_not_left_in_half() -> None:
    value = b"x" * 90 + b" tok_" + b"a" * 50
    assert Redactor(PARSERS)("pay", [value]) == [b"x" * 90 + b" ***"]


@pytest.mark.parametrize("size", [10, 1_000])
def test_the_event_log_never_holds_it(tmp_path: Path, size: int) -> None:
    log, redact = opened_log(tmp_path), Redactor(PARSERS)
    outbox = Outbox(log, TOPIC, size, redact=redact)

    async def send() -> None:
        writer = asyncio.create_task(outbox.run())
        await outbox.put(Sender("pay", "here", "http"), [b"a tok_s3cret, and tok_more"])
        outbox.close()
        await writer

    asyncio.run(send())
    frames = log.read([OffsetRange(TOPIC, 0, 0, 1)])
    (value,) = [value for frame in frames for value in frame["value"]]
    assert value == b"a ***, and ***"[:size]
    assert "stacklens_collect_redacted_total" in Counters(redact.redacted).text()
