"""Ways to write a time, one or more for each kind, for tests that write an instant and read it back."""

from collections.abc import Callable, Mapping
from datetime import datetime

Write = Callable[[datetime], str]


def _formatted(format: str) -> Write:
    return lambda at: at.strftime(format)


def _epoch(unit: int) -> Write:
    return lambda at: str(int(at.timestamp()) * unit)


WAYS: Mapping[str, tuple[str, Write]] = {
    "2026-01-02T03:04:05Z": ("iso", _formatted("%Y-%m-%dT%H:%M:%SZ")),
    "2026-01-02 03:04:05,000": ("iso", _formatted("%Y-%m-%d %H:%M:%S,000")),
    "2026-01-02_03:04:05.5": ("iso", _formatted("%Y-%m-%d_%H:%M:%S.0")),
    "2026-01-02 03:04:05 AM": ("iso", _formatted("%Y-%m-%d %I:%M:%S %p")),
    "2026-W01-5T03:04:05": ("iso_week", _formatted("%G-W%V-%uT%H:%M:%S")),
    "2026-002T03:04:05": ("iso_ordinal", _formatted("%Y-%jT%H:%M:%S")),
    "20260102T030405Z": ("iso_basic", _formatted("%Y%m%dT%H%M%SZ")),
    "2026-01-02-03.04.05.000000": ("iso_dots", _formatted("%Y-%m-%d-%H.%M.%S.000000")),
    "20260102 03:04:05": ("compact", _formatted("%Y%m%d %H:%M:%S")),
    "20260102-03:04:05:000": ("compact", _formatted("%Y%m%d-%H:%M:%S:000")),
    "20260102030405": ("compact", _formatted("%Y%m%d%H%M%S")),
    "2026/01/02 03:04:05": ("ymd_slashes", _formatted("%Y/%m/%d %H:%M:%S")),
    "2026.01.02 03:04:05 +0000": ("ymd_dots", _formatted("%Y.%m.%d %H:%M:%S +0000")),
    "2026:01:02 03:04:05": ("ymd_colons", _formatted("%Y:%m:%d %H:%M:%S")),
    "2026 Jan 02 03:04:05": ("ymd_named", _formatted("%Y %b %d %H:%M:%S")),
    "2026年01月02日 03:04:05": ("ymd_chinese", _formatted("%Y年%m月%d日 %H:%M:%S")),
    "02/Jan/2026:03:04:05 +0000": ("clf", _formatted("%d/%b/%Y:%H:%M:%S +0000")),
    "Fri Jan  2 03:04:05 2026": ("ctime", _formatted("%a %b %e %H:%M:%S %Y")),
    "Fri Jan 02 03:04:05.000000 2026": ("ctime", _formatted("%a %b %d %H:%M:%S.000000 %Y")),
    "Fri Jan 02 03:04:05 UTC 2026": ("ctime", _formatted("%a %b %d %H:%M:%S UTC %Y")),
    "Jan 02, 2026 03:04:05 AM": ("mdy_named", _formatted("%b %d, %Y %I:%M:%S %p")),
    "January 02 2026 03:04:05": ("mdy_named", _formatted("%B %d %Y %H:%M:%S")),
    "Fri, 02 Jan 2026 03:04:05 GMT": ("dmy_named", _formatted("%a, %d %b %Y %H:%M:%S GMT")),
    "Friday, 02-Jan-26 03:04:05 GMT": ("dmy_named", _formatted("%A, %d-%b-%y %H:%M:%S GMT")),
    "02 Jan 2026 03:04:05.000": ("dmy_named", _formatted("%d %b %Y %H:%M:%S.000")),
    "01/02/2026 03:04:05": ("mdy_slashes", _formatted("%m/%d/%Y %H:%M:%S")),
    "01-02-2026 03:04:05 AM": ("mdy_dashes", _formatted("%m-%d-%Y %I:%M:%S %p")),
    "02.01.2026 03:04:05": ("dmy_dots", _formatted("%d.%m.%Y %H:%M:%S")),
    "260102 030405": ("yymmdd", _formatted("%y%m%d %H%M%S")),
    "260102 03:04:05": ("yymmdd", _formatted("%y%m%d %H:%M:%S")),
    "1767323045": ("epoch", _epoch(1)),
    "1767323045000": ("epoch", _epoch(10**3)),
    "1767323045000000": ("epoch", _epoch(10**6)),
    "1767323045000000000": ("epoch", _epoch(10**9)),
}
"""What it looks like -> the kind, and how to write an instant (UTC, whole seconds) so."""

WITHOUT_YEAR: Mapping[str, tuple[str, Write]] = {
    "Jan  2 03:04:05": ("syslog", _formatted("%b %e %H:%M:%S")),
    "Fri Jan 02 03:04:05": ("syslog", _formatted("%a %b %d %H:%M:%S")),
    "02 Jan 03:04:05.000": ("dm_named", _formatted("%d %b %H:%M:%S.000")),
    "0102 03:04:05.000000": ("klog", _formatted("%m%d %H:%M:%S.000000")),
    "01-02 03:04:05.000": ("md_dashes", _formatted("%m-%d %H:%M:%S.000")),
    "01.02 03:04:05": ("md_dots", _formatted("%m.%d %H:%M:%S")),
    "01/02 03:04:05": ("md_slashes", _formatted("%m/%d %H:%M:%S")),
}
"""The same without a year."""
