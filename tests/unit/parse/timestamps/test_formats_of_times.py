"""Formats of strptime and Joda, and Logstash's names."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import pytest

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.timestamps import recognise
from stacklens_pipeline.parse.timestamps.formats import kinds_of_format
from stacklens_pipeline.parse.timestamps.pieces import MONTH_WORDS
from stacklens_pipeline.tables import UTC_TIME

OBSERVED = datetime(2026, 6, 15, 12, tzinfo=UTC)


def read(text: str, *formats: str, timezone: str = "UTC") -> tuple[datetime | None, str | None]:
    row = recognise(pl.Series([text]), pl.Series([OBSERVED], dtype=UTC_TIME), timezone, formats).row(0)
    return row[0], row[1]


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ("16/10/2026:12:00:00", "%d/%m/%Y:%H:%M:%S", "2026-10-16 12:00:00"),
        ("10-Oct-2025 16:00+00:00", "%v %R %:z", "2025-10-10 16:00"),
        ("2025-10-10T20:55:36.5-01:00", "%+", "2025-10-10 21:55:36.5"),
        ("Fri Oct  3 10:11:12 2025", "%c", "2025-10-03 10:11:12"),
        ("Oct  3 10:11:12", "%b %d %T", "2025-10-03 10:11:12"),
        ("10/03/25 10:11:12 PM", "%D %r", "2025-10-03 22:11:12"),
        ("2025-10-03 10:11:12.1234 -0600", "%F %H:%M:%S.%L %z", "2025-10-03 16:11:12.1234"),
        ("2025-10-03 10:11:12", "%F %T%.f", "2025-10-03 10:11:12"),
        ("20251003101112", "%Y%m%d%H%M%S", "2025-10-03 10:11:12"),
        ("20251003101112123", "%Y%m%d%H%M%S%f", "2025-10-03 10:11:12.123"),
        ("2025-276", "%Y-%j", "2025-10-03"),
        ("2025-W40-5", "%G-W%V-%u", "2025-10-03"),
        ("1759486272.5", "%s.%L", "2025-10-03 10:11:12.5"),
        ("100% 2025", "100%% %Y", "2025-01-01"),
        ("10:11", "%H:%M", "2026-06-15 10:11"),
        ("2025-10-03 10:11:12,123 +0200", "yyyy-MM-dd HH:mm:ss,SSS Z", "2025-10-03 08:11:12.123"),
        ("03/Oct/2025:10:11:12 -0700", "dd/MMM/yyyy:HH:mm:ss Z", "2025-10-03 17:11:12"),
        ("Oct 3 10:11:12", "MMM d HH:mm:ss", "2025-10-03 10:11:12"),
        ("Fri, 3 October 25 1:11 pm", "EEE, d MMMM yy h:mm a", "2025-10-03 13:11"),
        ("20251003101112123", "yyyyMMddHHmmssSSS", "2025-10-03 10:11:12.123"),
        ("2025-10-03T10:11:12Z", "yyyy-MM-dd'T'HH:mm:ssX", "2025-10-03 10:11:12"),
        ("2025-10-03T10:11:12+02:00", "yyyy-MM-dd'T'HH:mm:ssxxx", "2025-10-03 08:11:12"),
        ("2025-W40-5", "xxxx-'W'ww-e", "2025-10-03"),
        ("1 o'clock on 2025 276", "h 'o''clock on' yyyy D", "2025-10-03 01:00"),
        ("[03/Oct/2025]", "[dd/MMM/yyyy]", "2025-10-03"),
        ("2025-10-03", "yyyy-MM-dd[ HH:mm]", "2025-10-03"),
        ("2025-10-03 10:11", "yyyy-MM-dd[ HH:mm]", "2025-10-03 10:11"),
        ("14 juillet 1789", "dd MMMM yyyy", "1789-07-14"),
        ("14 März 1789", "%d %B %Y", "1789-03-14"),
        ("2025-10", "yyyy-MM", "2025-10-01"),
        ("2025-10-03 10:11:12 Europe/Berlin", "yyyy-MM-dd HH:mm:ss VV", "2025-10-03 08:11:12"),
        ("2025-10-03T10:11:12", "ISO8601", "2025-10-03 10:11:12"),
        ("0", "UNIX", "1970-01-01"),
        ("1759486272.123456", "UNIX", "2025-10-03 10:11:12.123456"),
        ("1759486272123", "UNIX_MS", "2025-10-03 10:11:12.123"),
        ("@4000000050d506482dbdf024", "TAI64N", "2012-12-22 01:00:46.767422"),
    ],
)
def test_what_a_format_reads(text: str, format: str, expected: str) -> None:
    assert read(text, format) == (datetime.fromisoformat(expected).replace(tzinfo=UTC), format)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("16/13/2026", "%d/%m/%Y"),
        ("31/04/2026", "%d/%m/%Y"),
        ("16/10/2026 and more", "%d/%m/%Y"),
        ("x16/10/2026", "%d/%m/%Y"),
        ("2026-10-16", "%d/%m/%Y"),
        ("16 Nonsense 2026", "dd MMMM yyyy"),
        ("2026101", "yyyyMMdd HH"),
        ("not a number", "UNIX"),
        ("1759486272.", "UNIX"),
        ("16/10/2026", "ISO8601"),
    ],
)
def test_what_a_format_does_not_read(text: str, format: str) -> None:
    assert read(text, format) == (None, None)


def test_formats_are_tried_in_their_order_and_nothing_else_is() -> None:
    assert read("01/02/2026", "%d/%m/%Y", "%m/%d/%Y")[0] == datetime(2026, 2, 1, tzinfo=UTC)
    assert read("01/02/2026", "%m/%d/%Y", "%d/%m/%Y")[0] == datetime(2026, 1, 2, tzinfo=UTC)
    assert read("01/13/2026", "%d/%m/%Y", "MM/dd/yyyy") == (datetime(2026, 1, 13, tzinfo=UTC), "MM/dd/yyyy")
    assert read("2026-01-13", "%d/%m/%Y", "MM/dd/yyyy") == (None, None)
    assert read("2026-07-01 12:00", "%F %R", timezone="Europe/Berlin")[0] == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "format", ["%Q", "%", "%Y-%", "yyyy-qq", "yyyy 'T", "'no fields'", "", "%%", "EEE", "%j", "w", "%d %H", "yyyy d"]
)
def test_a_format_that_is_none_is_refused(format: str) -> None:
    with pytest.raises(ConfigurationError, match=f"time format.*: `{format}`$"):
        kinds_of_format(format)


@pytest.mark.parametrize(
    "formats",
    [("%Y%m%d %d/%m/%Y",), ("yyyy yyyy MM",), ("%H %I %H:%M",), ("zzz Z HH",)],
)
def test_a_field_that_comes_twice_counts_once(formats: Sequence[str]) -> None:
    assert read("x", *formats) == (None, None)


def test_every_month_has_words() -> None:
    assert set(MONTH_WORDS.values()) == set(range(1, 13))
