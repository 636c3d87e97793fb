"""The time in a line: where it stands, and what is none."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.timestamps import find, recognise
from stacklens_pipeline.parse.timestamps.find import HEAD, MOST_TRIES, NEAR_HEAD, SCHEMA
from stacklens_pipeline.parse.timestamps.kinds import KINDS, Found
from stacklens_pipeline.tables import UTC_TIME
from tests.unit.parse.timestamps.written import WAYS, WITHOUT_YEAR

OBSERVED = datetime(2026, 6, 15, 12, tzinfo=UTC)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOWHERE = {kind.name for kind in KINDS} - {kind.name for kind in KINDS if kind.found is not Found.NOWHERE}

words = st.text("aé01:-/. [](){}#\t\"'=,", max_size=12)
lines = st.builds(
    lambda before, way, at, after: before + way[1](datetime.fromtimestamp(at, UTC)) + after,
    words,
    st.sampled_from([*WAYS.values(), *WITHOUT_YEAR.values()]),
    st.integers(1_000_080_000, 1_988_150_400),
    words | st.just(""),
)


def found(*texts: str | None, timezone: str = "UTC") -> pl.DataFrame:
    times = find(pl.Series(texts, dtype=pl.String), pl.Series([OBSERVED] * len(texts), dtype=UTC_TIME), timezone)
    assert times.schema == SCHEMA
    return times


def stamp(line: str) -> str | None:
    start, stop, *_ = found(line).row(0)
    return None if start is None else line[start:stop]


@pytest.mark.parametrize(("source", "write"), WAYS.values(), ids=WAYS)
def test_at_the_beginning_and_further_in(source: str, write) -> None:  # type: ignore[no-untyped-def]
    text = write(AT)
    if source in NOWHERE:
        assert stamp(f"{text} began") is None
        return
    for line in (f"{text} began", text, f"[{text}] began", f'<13>"{text}" began', f"({text}): began"):
        start = line.index(text)
        assert found(line).row(0) == (start, start + len(text), AT, source), line
    if source != "epoch":
        assert stamp(f"ERROR [{text}] began") == text
        assert stamp(f"größer: {text} began") == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("I0102 03:04:05.678901   28133 server.go:70] began", "0102 03:04:05.678901"),
        ("E20260102 03:04:05.678901 1 server.cc:70] began", "20260102 03:04:05.678901"),
        ("478760 03:04:05.359506 openat(AT_FDCWD)", "03:04:05.359506"),
        ("10000 1767323045.000561 arch_prctl(ARCH_SET_FS)", "1767323045.000561"),
        ("type=SYSCALL msg=audit(1767323045.243:24287): arch=c000003e", "1767323045.243"),
        ("1:signal-handler (1767323045) Received SIGTERM", "1767323045"),
        ("[1767323045] SERVICE ALERT: host", "1767323045"),
        ("#1767323045", "1767323045"),
        ("- 1767323045 2026.01.02 node-1 Jan 2 03:04:05 node-1/node-1 crond: closed", "1767323045 2026.01.02"),
        ("134681 node-246 unix.hw state_change.unavailable 1767323045 1 Component", "1767323045"),
        ("2287804 full partition status 1767323045 -1 running", "1767323045"),
        ("nova.log.1.2026-01-01_13:53:08 2026-01-02 03:04:05.008 25746 INFO", "2026-01-02 03:04:05.008"),
        ("Jan  2 03:04:05 2026 is one", "Jan  2 03:04:05 2026"),
        ("Jan  2 03:04:05 host is another", "Jan  2 03:04:05"),
        ("at Wed Jan  7 23:01:18 UTC 2026 it began", "Wed Jan  7 23:01:18 UTC 2026"),
        ("2026-01-02 03:04:05 MSK [608647-3]", "2026-01-02 03:04:05 MSK"),
        ("2026-01-02 03:04:05 CET::@:[12760]:LOG", "2026-01-02 03:04:05 CET"),
        ("2026-01-02 03:04:05 GET /index.html", "2026-01-02 03:04:05"),
        ("2026-01-02 03:04:05 AM UTC [1670]DEBUG", "2026-01-02 03:04:05 AM UTC"),
        ("20260102-3:4:5:6|Step|7", "20260102-3:4:5:6"),
        ("[01.02 03:04:05] chrome.exe - proxy", "01.02 03:04:05"),
        ("# Time: 260102 3:04:05", "260102 3:04:05"),
        ("@4000000050d506482dbdf024 began", "4000000050d506482dbdf024"),
        ("[pid 99:99:99] 2026-02-30 10:00:00 then 2026-02-28 10:00:00", "2026-02-28 10:00:00"),
        ("10:00:00 says the clock, not 2026-01-02 03:04:05", "10:00:00"),
        ("it was 10:00:00 then, and is 2026-01-02 03:04:05", "2026-01-02 03:04:05"),
    ],
)
def test_what_stands_in_a_line(line: str, expected: str) -> None:
    assert stamp(line) == expected
    assert found(line)["timestamp"][0] is not None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no time at all",
        "2026-01-02 is a date alone",
        "version 1.2.3 of 2026",
        "[  979.679369] usb 1-1: new device",
        "hostprofile[1001430319]: a process has a large number",
        "session 1767323045 closed",
        "12345 bottles",
        "4767323045 at the beginning is no time soon",
        "00:16:76:aa:bb:cc is an address of a card",
        "10.1.2.3:10:20:30 is none",
        "/var/log/app-2026-01-02_10:00:00.log rotated",
        "5f2b1c1e4a7d4b0012345678 is an identifier",
        "2026-04-31 10:00:00 is no day, and half a time would be a wrong one",
        "x" * HEAD + " 2026-01-02 03:04:05",
        "x" * NEAR_HEAD + " 03:04:05 is far in for a time of day",
        "2026-13-02 03:04:05 " * (MOST_TRIES + 2) + " 2026-01-02 03:04:05",
    ],
)
def test_what_holds_no_time(line: str) -> None:
    assert found(line).row(0) == (None, None, None, None)


def test_a_line_that_begins_with_a_date_has_its_time_of_day_further_in() -> None:
    line = "2022-06-02 In(14) hostprofile[1001430319]: 05:34:23.666 begun"
    assert found(line)["timestamp"][0] == datetime(2022, 6, 2, 5, 34, 23, 666000, tzinfo=UTC)
    assert found(line, timezone="America/New_York")["timestamp"][0].hour == 9
    assert stamp(line) == "05:34:23.666"


def test_what_is_said_beside_the_line() -> None:
    assert found("[2026-07-01 12:00:00] x", timezone="Europe/Berlin")["timestamp"][0].hour == 10
    assert found("07-01 12:00:00.000 x")["timestamp"][0].year == 2025
    assert found(None, "x", None, "2026-07-01 12:00:00")["source"].to_list() == [None, None, None, "iso"]
    assert found().height == 0


@settings(max_examples=30)
@given(st.lists(st.none() | lines | words, max_size=12), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_the_part_of_the_line_is_the_time_in_whatever_company(texts: list[str | None], timezone: str) -> None:
    together = found(*texts, timezone=timezone)
    assert_frame_equal(together, pl.concat([found(), *(found(text, timezone=timezone) for text in texts)]))
    assert_frame_equal(together, found(*texts[::-1], timezone=timezone).reverse())
    for text, (start, stop, timestamp, source) in zip(texts, together.rows(), strict=True):
        if start is not None and not (source == "time" and start):
            assert text
            part = recognise(pl.Series([text[start:stop]]), pl.Series([OBSERVED], dtype=UTC_TIME), timezone)
            assert part.row(0) == (timestamp, source)
