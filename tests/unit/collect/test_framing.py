"""Framing of syslog over TCP: whatever the network does to the bytes, the messages come out whole."""

from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.collect.syslog import split_frames

MESSAGES = st.lists(
    st.tuples(
        st.booleans(), st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20).map(str.encode)
    ),
    max_size=8,
)


def framed(messages: list[tuple[bool, bytes]]) -> tuple[bytes, list[bytes]]:
    bodies = [b"<13>" + text for _, text in messages]
    sent = [
        b"%d %s" % (len(body), body) if is_counted else body + b"\n"
        for (is_counted, _), body in zip(messages, bodies, strict=True)
    ]
    return b"".join(sent), bodies


@given(MESSAGES, st.data())
def test_messages_come_out_whole_wherever_the_bytes_are_cut(
    messages: list[tuple[bool, bytes]], data: st.DataObject
) -> None:
    sent, expected = framed(messages)
    found: list[bytes] = []
    rest = b""
    while sent:
        size = data.draw(st.integers(1, len(sent)))
        frames, rest = split_frames(rest + sent[:size])
        found += frames
        sent = sent[size:]
    assert found == expected
    assert rest == b""


def test_a_counted_message_may_hold_newlines() -> None:
    assert split_frames(b"12 <1>two\nlines<2>x\n") == ([b"<1>two\nlines", b"<2>x"], b"")


def test_empty_lines_and_carriage_returns_are_framing() -> None:
    assert split_frames(b"\n\r\n<1>a\r\n\n<2>b\n<3>rest") == ([b"<1>a", b"<2>b"], b"<3>rest")


def test_a_line_that_begins_with_a_number_is_a_line() -> None:
    assert split_frames(b"2026 is a year\n12 monkeys\n") == ([b"2026 is a year", b"12 monkeys"], b"")
