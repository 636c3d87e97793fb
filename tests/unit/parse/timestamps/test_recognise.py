"""Texts that are times: their instants, what they are recognised as, and what is none."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.timestamps import is_skewed, recognise
from stacklens_pipeline.parse.timestamps.clocks import Zones
from stacklens_pipeline.parse.timestamps.kinds import KINDS
from stacklens_pipeline.parse.timestamps.recognise import LONGEST, SAMPLE
from stacklens_pipeline.parse.timestamps.zones import zone_named
from stacklens_pipeline.tables import UTC_TIME
from tests.unit.parse.timestamps.written import WAYS, WITHOUT_YEAR

OBSERVED = datetime(2026, 6, 15, 12, tzinfo=UTC)

EVERY = [*WAYS.values(), *WITHOUT_YEAR.values()]

seconds = st.integers(1_000_080_000, 1_988_150_400).map(lambda second: datetime.fromtimestamp(second, UTC))
texts = st.one_of(
    st.builds(lambda way, at: way[1](at), st.sampled_from(EVERY), seconds),
    st.sampled_from(["2026-02-30 10:00:00", "25:00:00", "", "x" * (LONGEST + 1), "10:20", "31.12.1999", "2026-01-02"]),
    st.text(max_size=30),
)
changed = st.builds(
    lambda text, at, piece: text[: at % (len(text) + 1)] + piece + text[at % (len(text) + 1) + 1 :],
    texts,
    st.integers(0, 60),
    st.sampled_from(["0", "9", "-", ":", " ", ".", "T", "PM", "é", ""]),
)


def read(text: str, timezone: str = "UTC", observed: datetime = OBSERVED, formats: Sequence[str] = ()) -> object:
    found = recognise(pl.Series([text]), pl.Series([observed], dtype=UTC_TIME), timezone, formats)
    assert found.schema == {"timestamp": UTC_TIME, "source": pl.String}
    return found["timestamp"][0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("source", "write"), WAYS.values(), ids=WAYS)
@settings(max_examples=15)
@given(written=st.lists(seconds, min_size=1, max_size=20))
def test_what_is_written_is_read(source: str, write, written: list[datetime]) -> None:  # type: ignore[no-untyped-def]
    found = recognise(pl.Series(map(write, written)), pl.Series([OBSERVED] * len(written), dtype=UTC_TIME))
    assert found["timestamp"].to_list() == written
    assert set(found["source"]) == {source}


@pytest.mark.parametrize(("source", "write"), WITHOUT_YEAR.values(), ids=WITHOUT_YEAR)
@settings(max_examples=25)
@given(written=seconds, later=st.timedeltas(timedelta(hours=-24), timedelta(days=363)))
def test_a_year_comes_from_the_receipt(source: str, write, written: datetime, later: timedelta) -> None:  # type: ignore[no-untyped-def]
    found = recognise(pl.Series([write(written)]), pl.Series([written + later], dtype=UTC_TIME))
    assert found.row(0) == (written, source)


@settings(max_examples=40)
@given(st.lists(texts | changed, max_size=90), st.sampled_from(["UTC", "Europe/Berlin", "-06:30"]))
def test_a_text_is_read_alike_in_whatever_company(found: list[str], timezone: str) -> None:
    observed = pl.Series([OBSERVED] * len(found), dtype=UTC_TIME)
    together = recognise(pl.Series(found, dtype=pl.String), observed, timezone)
    alone = [recognise(pl.Series([text]), observed.head(1), timezone) for text in found]
    assert_frame_equal(together, pl.concat([together.clear(), *alone]))
    backwards = recognise(pl.Series(found[::-1], dtype=pl.String), observed, timezone)
    assert_frame_equal(together, backwards.reverse())
    often = recognise(pl.Series(found * 3, dtype=pl.String), pl.concat([observed] * 3), timezone)
    assert_frame_equal(pl.concat([together] * 3), often)


@settings(max_examples=15)
@given(st.lists(texts | changed, min_size=1, max_size=200))
def test_no_text_is_of_two_kinds_and_a_layout_reads_as_its_kind(found: list[str]) -> None:
    column = pl.Series(found, dtype=pl.String)
    observed = pl.Series([OBSERVED] * len(found), dtype=UTC_TIME).to_physical()
    by_row: dict[int, str] = {}
    for kind in KINDS:
        rows = column.str.contains(kind.anchored).arg_true()
        instants = kind.instants(column.gather(rows), observed.gather(rows), zone_named("Europe/Berlin"))
        for row, instant in zip(rows, instants, strict=True):
            assert kind.compiled.fullmatch(found[row])
            assert instant is None or by_row.setdefault(row, kind.pattern) == kind.pattern, found[row]
        for layout in kind.layouts:
            of = column.str.contains(layout.anchored).arg_true()
            quick = layout.instants(column.gather(of), observed.gather(of), zone_named("Europe/Berlin"))
            known = dict(zip(rows, instants, strict=True))
            assert all(q is None or q == known[row] for row, q in zip(of, quick, strict=True)), column.gather(of)


def test_many_texts_of_many_kinds_in_order() -> None:
    written = [OBSERVED - timedelta(minutes=number) for number in range(SAMPLE * 10)]
    column = [EVERY[number % len(EVERY)][1](instant) for number, instant in enumerate(written)]
    found = recognise(pl.Series([None, *column]), pl.Series([OBSERVED] * (len(column) + 1), dtype=UTC_TIME))
    assert found["timestamp"].to_list() == [None, *written]
    assert found["source"].to_list() == [None, *(EVERY[number % len(EVERY)][0] for number in range(len(written)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-1-2 3:4:5", "2026-01-02 03:04:05"),
        ("2026-01-02T03:04:05,123456789", "2026-01-02 03:04:05.123456"),
        ("2026-01-02T03:04", "2026-01-02 03:04"),
        ("2026-01-02T03", "2026-01-02 03:00"),
        ("2026-01-02", "2026-01-02"),
        ("2026-01", "2026-01-01"),
        ("20260102", "2026-01-02"),
        ("20260102T0304-0530", "2026-01-02 08:34"),
        ("2026-W01", "2025-12-29"),
        ("20260102-3:4:5:6", "2026-01-02 03:04:05.006"),
        ("Jan 2nd, 2026 at 3:04pm", "2026-01-02 15:04"),
        ("sept. 2, '99", "1999-09-02"),
        ("  March   4 ,  2026   12:01:02   am  ", "2026-03-04 00:01:02"),
        ("2nd of January 2026", "2026-01-02"),
        ("13JAN2026", "2026-01-13"),
        ("Fri Jan 2 03:04:05:123456 2026", "2026-01-02 03:04:05.123456"),
        ("Fri Jan 2 03:04:05 2026 -0700", "2026-01-02 10:04:05"),
        ("*Jan  2 2026 03:04:05.678:", "2026-01-02 03:04:05.678"),
        ("3:04:05 pm on July 4, 2026", "2026-07-04 15:04:05"),
        ("4000000050d506482dbdf024", "2012-12-22 01:00:46.767422"),
        ("@4000000050d506482dbdf024", "2012-12-22 01:00:46.767422"),
        ("1767323045.678", "2026-01-02 03:04:05.678"),
        ("1767323045678.25", "2026-01-02 03:04:05.678250"),
        ("1767323045 2026.01.02", "2026-01-02 03:04:05"),
    ],
)
def test_variants(text: str, expected: str) -> None:
    assert read(text) == at(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01/02/2026 03:04:05", "2026-01-02 03:04:05"),
        ("13/02/2026 03:04:05", "2026-02-13 03:04:05"),
        ("17/06/09 20:10:40", "2017-06-09 20:10:40"),
        ("12/31/99 20:10:40", "1999-12-31 20:10:40"),
        ("25/09/03", "2003-09-25"),
        ("01.02.2026 03:04:05", "2026-02-01 03:04:05"),
        ("01.13.2026 03:04:05", "2026-01-13 03:04:05"),
        ("01.02.2026", "2026-01-02"),
        ("10/09/68", "2068-10-09"),
        ("10/09/69", "1969-10-09"),
    ],
)
def test_which_number_is_the_month_and_which_the_year(text: str, expected: str) -> None:
    assert read(text) == at(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "3",
        "hello",
        " 2026-01-02 03:04:05",
        "2026-01-02 03:04:05 and more",
        "x 2026-01-02 03:04:05",
        "2026-13-02 03:04:05",
        "2026-04-31 03:04:05",
        "2026-02-29",
        "2026-01-02 25:00:00",
        "2026-01-02 24:00:01",
        "2026-01-02 03:60:00",
        "2026-01-02 03:04:61",
        "2026-01-02 13:04:05 PM",
        "2026-01-02T03:04-047",
        "2026-01-02 03:04:05 +2400",
        "2026-01-02 03:04:05 XYZ",
        "2026-01-02 03:04:05 Europe/Nowhere",
        "2026-W54",
        "2025-W53",
        "2026-366",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "10000-01-01T00:00:00Z",
        "septe. 7, 1970",
        "Feb 30 03:04:05",
        "4000000050d506483b9aca00",
        "99999999999999999999",
        "2026-01-02\n",
        "٢٠٢٦-٠١-٠٢",
        "ſun Jan  2 03:04:05 2026",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert read(text) is None


def test_the_end_of_a_day_and_a_leap_second_are_the_next_second() -> None:
    assert read("2025-12-31T24:00:00Z") == read("2026-01-01T00:00:00Z")
    assert read("Dec 31 24:00:00 2025") == at("2026-01-01")
    assert read("2016-12-31T23:59:60Z") == read("2017-01-01T00:00:00Z")
    assert read("31/Dec/2016:23:59:60.25 +0000") == at("2017-01-01 00:00:00.25")


@pytest.mark.parametrize(
    ("text", "observed", "expected"),
    [
        ("Jun 16 11:59:59", "2026-06-15 12:00", "2026-06-16 11:59:59"),
        ("Jun 16 12:00:01", "2026-06-15 12:00", "2025-06-16 12:00:01"),
        ("Dec 31 23:59:59", "2026-01-01 00:00", "2025-12-31 23:59:59"),
        ("Jan  1 00:00:01", "2025-12-31 23:59", "2026-01-01 00:00:01"),
        ("Feb 29 10:00:00", "2026-06-15 12:00", "2024-02-29 10:00:00"),
        ("Feb 29 10:00:00", "2024-02-28 11:00", "2024-02-29 10:00:00"),
        ("Feb 29 10:00:00", "2024-02-28 09:00", "2020-02-29 10:00:00"),
        ("29 Feb 10:00:00", "1901-03-01 00:00", "1896-02-29 10:00:00"),
        ("Jan  1 00:30:00 +0200", "2025-12-31 20:00", "2025-12-31 22:30:00"),
        ("10:00:00", "2026-06-15 12:00", "2026-06-15 10:00:00"),
        ("23:59:59", "2026-06-15 00:00", "2026-06-14 23:59:59"),
        ("12:21:46.386512", "2026-06-15 00:00", "2026-06-15 12:21:46.386512"),
        ("23:00 +0100", "2026-06-15 23:30", "2026-06-15 22:00"),
    ],
)
def test_what_a_text_does_not_say_comes_from_its_receipt(text: str, observed: str, expected: str) -> None:
    assert read(text, observed=at(observed)) == at(expected)


def test_without_a_receipt_there_is_no_year() -> None:
    found = recognise(pl.Series(["Jun 16 11:59:59", "2026-06-16 11:59:59"]), pl.Series([None, None], dtype=UTC_TIME))
    assert found["timestamp"].to_list() == [None, at("2026-06-16 11:59:59")]


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Z", 0),
        ("UTC", 0),
        ("GMT", 0),
        ("+02", 2),
        ("-0330", -3.5),
        ("+05:45", 5.75),
        ("CEST", 2),
        ("PST", -8),
        ("MSK", 3),
        ("UTC+2", 2),
        ("GMT-05:00", -5),
        ("CEST+0200", 2),
        ("+0000 UTC", 0),
        ("-0600 MST", -6),
        ("+0300 MSK m=+0.000000001", 3),
        ("GMT+0100 (British Summer Time)", 1),
        ("+0800 (GMT+08:00)", 8),
        ("(CET)", 1),
        ("Europe/Berlin", 2),
        ("[Europe/Berlin]", 2),
        ("+02:00[Europe/Berlin]", 2),
        ("Etc/GMT+5", -5),
        ("America/Argentina/Buenos_Aires", -3),
        ("IST", 9),
        ("", 9),
    ],
)
def test_zones(zone: str, hours: float) -> None:
    """Those of no name that is known, or of one that countries share, are of the zone that is given."""
    expected = at("2026-07-02 03:04:05") - timedelta(hours=hours)
    assert read(f"2026-07-02 03:04:05 {zone}".strip(), "Asia/Tokyo") == expected
    assert read(f"Thu Jul  2 03:04:05 {zone}".strip(), "+09:00", at("2026-07-03")) == expected


def test_a_name_means_what_the_given_zone_calls_so() -> None:
    assert read("2026-01-02 03:04:05 IST", "Asia/Kolkata") == at("2026-01-01 21:34:05")
    assert read("2026-01-02 03:04:05 IST", "Asia/Jerusalem") == at("2026-01-02 01:04:05")
    assert read("2026-01-02 03:04:05 CST", "Asia/Shanghai") == at("2026-01-01 19:04:05")
    assert read("2026-01-02 03:04:05 CST") == at("2026-01-02 09:04:05")


def test_an_hour_that_is_skipped_and_one_that_is_doubled() -> None:
    assert read("2018-03-25 01:59:59", "Europe/Berlin") == at("2018-03-25 00:59:59")
    assert read("2018-03-25 02:59:59", "Europe/Berlin") == at("2018-03-25 00:59:59")
    assert read("2018-03-25 03:00:00", "Europe/Berlin") == at("2018-03-25 01:00:00")
    assert read("2018-10-28 02:30:00", "Europe/Berlin") == at("2018-10-28 00:30:00")
    assert read("Mar 25 02:30:00 2018", "Europe/Berlin") == at("2018-03-25 00:30:00")
    assert read("2018-03-25 02:59:59+01:00", "Europe/Berlin") == at("2018-03-25 01:59:59")


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["Europe/Berlin", "America/New_York"]))
def test_what_a_clock_shows_is_read_as_that_instant(naive: datetime, timezone: str) -> None:
    zones = Zones(None, zone_named(timezone))
    instants = pl.Series([naive.replace(tzinfo=UTC)], dtype=UTC_TIME).to_physical()
    local = zones.local(instants)
    again = zones.instants(local)
    assert again[0] == instants[0] or zones.local(again)[0] == local[0]  # in a doubled hour it is the first


@pytest.mark.parametrize("timezone", ["", "Nowhere", "Europe/Nowhere", "+25:00", "CEST"])
def test_an_unknown_zone_is_refused(timezone: str) -> None:
    with pytest.raises(ConfigurationError, match="unknown time zone: `"):
        read("2026-01-02", timezone)


def test_what_is_far_ahead_of_its_receipt_is_skewed() -> None:
    times = pl.DataFrame(
        {"at": [OBSERVED + timedelta(hours=hours) for hours in (-1000, 24, 25)], "seen": [OBSERVED] * 3}
    )
    assert times.select(is_skewed(pl.col("at"), pl.col("seen"))).to_series().to_list() == [False, False, True]
    allowed = times.select(is_skewed(pl.col("at"), pl.col("seen"), timedelta(hours=25))).to_series()
    assert allowed.to_list() == [False, False, False]
