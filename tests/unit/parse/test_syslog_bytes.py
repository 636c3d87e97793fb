"""Messages that are not UTF-8 are text when they are syslog, and only then."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse.characters import utf8
from stacklens_pipeline.parse.formats import BY_NAME
from stacklens_pipeline.parse.formats.rfc5424 import parse_rfc5424
from stacklens_pipeline.parse.formats.syslog_bytes import readable, with_other_encodings

SYSLOG = (BY_NAME["rfc5424"], BY_NAME["rfc3164"])


def read(*values: bytes | None) -> list[str | None]:
    found = pl.Series("text", values, dtype=pl.Binary)
    return with_other_encodings(utf8(found), found, SYSLOG).to_list()


def test_messages_of_syslog_in_other_encodings() -> None:
    assert read(b"<1>1 - - - - - - f\xfcr 5 \x80", b"Oct 11 22:14:15 web app: \xe4\x81") == [
        "<1>1 - - - - - - für 5 €",
        "Oct 11 22:14:15 web app: ä\x81",
    ]


def test_a_message_that_was_cut_within_a_character_keeps_the_others() -> None:
    assert read("<1>app: grüße".encode() + "é".encode()[:1]) == ["<1>app: grüßeÃ"]


def test_other_messages_stay_as_they_are() -> None:
    assert read(b"f\xfcr", b"{\xff}", "<1>für".encode(), None, b"\xff<1>x") == [None, None, "<1>für", None, None]


@given(st.text(max_size=9), st.binary(max_size=9))
def test_all_bytes_are_readable_and_utf8_is_what_it_is(text: str, value: bytes) -> None:
    assert readable(text.encode()) == text
    assert len(readable(value)) <= len(value)
    assert readable(value).encode().decode() == readable(value)


@pytest.mark.parametrize(
    ("value", "invalid"), [(b"\xef\xbb\xbf\xfc", True), (b"\xfc", False), ("\ufeffü".encode(), False)]
)
def test_a_byte_order_mark_before_what_is_not_utf8_is_told(value: bytes, invalid: bool) -> None:
    values = [b"<1>1 - - - - - - " + value, b"<1>1 - - - - - - \xfc"]
    lines = pl.DataFrame({"text": read(*values), "value": values})
    records = parse_rfc5424(lines, "UTC")
    assert records["body"].to_list() == ["ü", "ü"]
    assert records["attributes"].str.contains("MSG has a byte order mark, but is not UTF-8").to_list() == [
        invalid,
        False,
    ]
