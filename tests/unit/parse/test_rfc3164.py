"""BSD syslog in the dialects of the field: times, hosts, tags, priorities, and what is hardly syslog any more."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklens_pipeline.parse import parse_lines, pinned
from stacklens_pipeline.parse.detect import formats
from stacklens_pipeline.parse.formats.rfc3164_times import ZONES
from tests.unit.parse.lines import RECEIVED, raw

IN_OCTOBER = datetime(2025, 10, 11, 22, 14, 15, tzinfo=UTC)
"""`Oct 11 22:14:15`, nearest before `RECEIVED`."""


def record(text: str, received: datetime = RECEIVED, **options: Any) -> dict[str, Any]:
    """The record of a line, its attributes among the rest."""
    parsed = parse_lines(raw([text.encode()], received), pinned(**options)).parsed
    assert parsed.height == 1
    found = parsed.row(0, named=True)
    return found | json.loads(found["attributes"] or "{}")


TIMES = {
    "Oct 11 22:14:15": IN_OCTOBER,
    "OCT 11 22:14:15": IN_OCTOBER,
    " Oct 11 22:14:15": IN_OCTOBER,
    "Oct 11 22:14:15:": IN_OCTOBER,
    "Oct 11 22:14:15.": IN_OCTOBER,
    "Oct 11 22:14:15.25": IN_OCTOBER + timedelta(seconds=0.25),
    "Oct 11 22:14:15,123456789": IN_OCTOBER + timedelta(microseconds=123_456),
    "Oct  1 22:14:15": IN_OCTOBER - timedelta(days=10),
    "Oct 1 22:14:15": IN_OCTOBER - timedelta(days=10),
    "Oct 01 2:14:15": IN_OCTOBER - timedelta(days=10, hours=20),
    "Oct 11 2007 22:14:15": IN_OCTOBER.replace(year=2007),
    "Oct 11 2007 22:14:15:": IN_OCTOBER.replace(year=2007),
    "Oct 11 22:14:15 2007": IN_OCTOBER.replace(year=2007),
    "2007 Oct 11 22:14:15": IN_OCTOBER.replace(year=2007),
    "Oct 11 22:14:15 CEST": IN_OCTOBER - timedelta(hours=2),
    "Oct 11 22:14:15.5 EST:": IN_OCTOBER + timedelta(hours=5, seconds=0.5),
    "Oct 11 22:14:15 +0530": IN_OCTOBER - timedelta(hours=5, minutes=30),
    "2007-10-11T22:14:15Z": IN_OCTOBER.replace(year=2007),
    "2007-10-11T22:14:15.123456+01:00": IN_OCTOBER.replace(year=2007, hour=21, microsecond=123_456),
    "2007-10-11 22:14:15.5 -0100": IN_OCTOBER.replace(year=2007, hour=23, microsecond=500_000),
    "2007-10-11T22:14:15": IN_OCTOBER.replace(year=2007),
    "Oct 11 22:14:60": IN_OCTOBER + timedelta(seconds=45),
}


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("behind", [" web app[1]: it is said", " web app said"])
def test_times(time: str, behind: str) -> None:
    found = record(f"<34>{time}{behind}")
    assert (found["timestamp"], found["timestamp_source"]) == (TIMES[time], "syslog_rfc3164")
    assert (found["format"], found["host_name"], found["level"]) == ("rfc3164", "web", "CRITICAL")
    assert "syslog.invalid" not in found


@pytest.mark.parametrize("time", [time for time in TIMES if time[0] in "O2" and time != "2007-10-11T22:14:15"])
def test_times_without_pri(time: str) -> None:
    found = record(f"{time.replace('OCT', 'Oct')} web app[1]: it is said")
    assert (found["format"], found["timestamp"], found["body"]) == ("rfc3164", TIMES[time], "it is said")
    assert found["level"] == "UNKNOWN"


def test_times_are_of_the_zone_that_is_given_unless_they_say_theirs() -> None:
    hour = {time: record(f"<1>{time} web a: m", timezone="Asia/Tokyo")["timestamp"].hour for time in TIMES}
    assert hour["Oct 11 22:14:15"] == hour["Oct 11 2007 22:14:15"] == hour["2007-10-11T22:14:15"] == 13
    assert hour["Oct 11 22:14:15 CEST"] == 20


@pytest.mark.parametrize("end", [": web a[1]: m", " web a[1]: m", ": %SYS-5-X: m"])
def test_all_zones_are_known(end: str) -> None:
    texts = [f"<1>Oct 11 22:14:15 {zone}{end}" for zone in ZONES.split("|")]
    parsed = parse_lines(raw([text.encode() for text in texts])).parsed
    assert set(parsed["host_name"]) <= {"web", None}
    assert (parsed["timestamp"].dt.minute() % 15 == IN_OCTOBER.minute % 15).all()
    assert parsed["timestamp"].n_unique() > 20


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1)), st.integers(-360 * 86_400, 86_400))
def test_the_year_is_that_of_the_nearest_time_before_the_receipt_or_a_day_after(received: datetime, later: int) -> None:
    received = received.replace(microsecond=0, tzinfo=UTC)
    at = received + timedelta(seconds=later)
    found = record(f"{at:%b} {at.day:2} {at:%H:%M:%S} web app: said", received)["timestamp"]
    assert found == at or (at.month, at.day) == (2, 29)


@pytest.mark.parametrize(
    ("received", "year"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 2024),
        (datetime(2024, 2, 29, 1, tzinfo=UTC), 2024),
        (datetime(2024, 2, 27, tzinfo=UTC), 2020),
        (datetime(1904, 2, 1, tzinfo=UTC), 1896),
        (datetime(2001, 1, 1, tzinfo=UTC), 2000),
    ],
)
@pytest.mark.parametrize("behind", ["web app: said", "web said"])
def test_the_29_february_belongs_to_the_latest_leap_year(received: datetime, year: int, behind: str) -> None:
    assert record(f"Feb 29 01:02:03 {behind}", received)["timestamp"] == datetime(year, 2, 29, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("time", ["Feb 30 22:14:15", "Oct 11 25:00:00", "Feb 29 2007 22:14:15", "2007-13-01T00:00:00Z"])
def test_a_time_that_does_not_exist_is_told(time: str) -> None:
    found = record(f"<30>{time} web app: said")
    assert (found["timestamp"], found["host_name"], found["body"]) == (RECEIVED, "web", "said")
    assert found["syslog.invalid"] == f"the time does not exist: `{time}`"


NAMES = {
    "web app: m": ("web", "app", None, "m"),
    "web app[1]: m": ("web", "app", 1, "m"),
    "web app[abc]: m": ("web", "app", "abc", "m"),
    "web app[]: m": ("web", "app", None, "m"),
    "web app:m": ("web", "app", None, "m"),
    "web app:": ("web", "app", None, ""),
    "web app[1]": ("web", "app", 1, ""),
    "web app[1] m": ("web", "app", 1, "m"),
    "app: m": (None, "app", None, "m"),
    "app[1]: m": (None, "app", 1, "m"),
    "app:m n": (None, "app", None, "m n"),
    "web  app:  m": ("web", "app", None, "m"),
    "- app: m": (None, "app", None, "m"),
    "web sshd(pam_unix)[1]: m": ("web", "sshd(pam_unix)", 1, "m"),
    "web postfix/smtpd[1]: m": ("web", "postfix/smtpd", 1, "m"),
    "web com.apple.launchd[1] (com.apple.x[2]): m": ("web", "com.apple.launchd", 1, "(com.apple.x[2]): m"),
    "web Microsoft Word[1]: m": ("web", "Microsoft Word", 1, "m"),
    "fe80::1 app: m": ("fe80::1", "app", None, "m"),
    "2001:db8::1 app[1]: m": ("2001:db8::1", "app", 1, "m"),
    "[::1] app: m": ("::1", "app", None, "m"),
    "U7LT,f09f,v3.9: hostapd: m": ("U7LT,f09f,v3.9", "hostapd", None, "m"),
    '("U7LT,f09f,v3.9") kernel: m': ('("U7LT,f09f,v3.9")', "kernel", None, "m"),
    "10.1.2.3 %PIX-7-710005: m": ("10.1.2.3", "%PIX-7-710005", None, "m"),
    "%ASA-6-302013: m": (None, "%ASA-6-302013", None, "m"),
    "asa : %ASA-6-302013: m": ("asa", "%ASA-6-302013", None, "m"),
    "switch: %SYS-5-CONFIG_I: m": ("switch", "%SYS-5-CONFIG_I", None, "m"),
    "web %%01IFNET/4/LINK_STATE(l)[0]:m": ("web", "%%01IFNET/4/LINK_STATE(l)", 0, "m"),
    "ifmgr[1]: %PKT-3-UPDOWN : m": (None, "ifmgr", 1, "%PKT-3-UPDOWN : m"),
    "Message forwarded from aix: sshd[1]: m": ("aix", "sshd", 1, "m"),
    "aix Message forwarded from aix2: m n": ("aix2", None, None, "m n"),
    "web last message repeated 3 times": ("web", None, None, "last message repeated 3 times"),
    "last message repeated 3 times": (None, None, None, "last message repeated 3 times"),
    "web syslogd: last message repeated 3 times": ("web", "syslogd", None, "last message repeated 3 times"),
    "web -- MARK --": ("web", "--", None, "MARK --"),
    "web -- root[1]: m": ("web", "-- root", 1, "m"),
    "web -- said": ("web", None, None, "-- said"),
    "web kernel: [123.456] usb 1-1: new": ("web", "kernel", None, "[123.456] usb 1-1: new"),
    'web app: @cee: {"a":1}': ("web", "app", None, '@cee: {"a":1}'),
    "web app: a=1 level=error": ("web", "app", None, "a=1 level=error"),
    "web CEF:0|a|b|1|2": ("web", None, None, "CEF:0|a|b|1|2"),
    "web EvtLog\t1\tSecurity": ("web", "EvtLog", None, "1\tSecurity"),
    "web app": ("web", "app", None, ""),
    "web": ("web", None, None, ""),
    "web apache_error [Tue Jun 08] m": ("web", "apache_error", None, "[Tue Jun 08] m"),
    "web tag This is it": ("web", "tag", None, "This is it"),
    "web tag number:7": ("web", "tag", None, "number:7"),
    "web Some message here": ("web", None, None, "Some message here"),
    "web Link up on port 1": ("web", None, None, "Link up on port 1"),
    "web said so": ("web", None, None, "said so"),
    "web 127.0.0.1[1]: m": ("web", None, None, "127.0.0.1[1]: m"),
    "web program![1]: m": ("web", None, None, "program![1]: m"),
    "web a::b failed": ("web", None, None, "a::b failed"),
    "web http://a.b is down": ("web", None, None, "http://a.b is down"),
    "web 1,2007/10/11 22:14:15,TRAFFIC": ("web", None, None, "1,2007/10/11 22:14:15,TRAFFIC"),
    "[audit] user=[x]": (None, None, None, "[audit] user=[x]"),
    "web app: x\ny": ("web", "app", None, "x\ny"),
}


@cache
def named(head: str) -> dict[str, dict[str, Any]]:
    """The records of all of `NAMES` behind the same head, parsed together."""
    parsed = parse_lines(raw([f"{head} {text}".encode() for text in NAMES])).parsed.sort("offset")
    assert parsed["format"].unique().to_list() == ["rfc3164"]
    rows = parsed.iter_rows(named=True)
    return {text: row | json.loads(row["attributes"] or "{}") for text, row in zip(NAMES, rows, strict=True)}


@pytest.mark.parametrize("text", NAMES)
@pytest.mark.parametrize("head", ["<30>Oct 11 22:14:15", "Oct 11 22:14:15.5", "<30>2007-10-11T22:14:15Z"])
def test_hosts_tags_and_messages(head: str, text: str) -> None:
    found = named(head)[text]
    app = NAMES[text][1] or "unit"  # the service is the source where nothing names it
    expected = (NAMES[text][0], app, *NAMES[text][2:])
    assert (found["host_name"], found["service_name"], found.get("process.pid"), found["body"]) == expected
    assert "syslog.invalid" not in found


@pytest.mark.parametrize(
    ("text", "host", "data"),
    [
        (
            "<189>45: *Oct 11 22:14:15.5 UTC: %SYS-5-X: m",
            None,
            {"meta": {"sequenceId": "45"}, "timeQuality": {"isSynced": "0"}},
        ),
        ("<189>.Oct 11 22:14:15: %SYS-5-X: m", None, {"timeQuality": {"isSynced": "1"}}),
        ("<189>45: router: Oct 11 22:14:15: %SYS-5-X: m", "router", {"meta": {"sequenceId": "45"}}),
        ("<189>router: 45: Oct 11 22:14:15: %SYS-5-X: m", "router", {"meta": {"sequenceId": "45"}}),
        ("<189>7: RP/0/RSP0/CPU0:Oct 11 22:14:15 UTC: %SYS-5-X: m", "RP/0/RSP0/CPU0", {"meta": {"sequenceId": "7"}}),
        ("<189>: 2025 Oct 11 22:14:15 UTC: %SYS-5-X: m", None, None),
        ("*Oct 11 22:14:15: %SYS-5-X: m", None, {"timeQuality": {"isSynced": "0"}}),
        ("000045: Oct 11 22:14:15: %SYS-5-X: m", None, {"meta": {"sequenceId": "000045"}}),
    ],
)
def test_routers(text: str, host: str | None, data: dict[str, Any] | None) -> None:
    found = record(text)
    assert (found["host_name"], found["service_name"], found["body"]) == (host, "%SYS-5-X", "m")
    assert (found["syslog.severity"], found.get("syslog.structured_data")) == (5, data)
    assert found["timestamp"].replace(microsecond=0) == IN_OCTOBER


@pytest.mark.parametrize(
    ("text", "host", "facility", "severity"),
    [
        ("Oct 11 22:14:15 wrt user.warn kernel: m", "wrt", 1, 4),
        ("Oct 11 22:14:15 user.warn kernel: m", None, 1, 4),
        ("Oct 11 22:14:15 <user.warn> wrt kernel: m", "wrt", 1, 4),
        ("Sat Oct 11 22:14:15 2025 user.warn kernel: m", None, 1, 4),
        ("Oct 11 22:14:15 aix auth|security:info kernel: m", "aix", 4, 6),
        ("<34>Oct 11 22:14:15 wrt user.warn kernel: m", "wrt", 4, 2),
        ("2025-10-11T22:14:15Z In(14) kernel[1]: m", None, 1, 6),
        ("2025-10-11T22:14:15Z Wa(180)[+] kernel: m", None, 22, 4),
    ],
)
def test_priorities_in_words(text: str, host: str | None, facility: int, severity: int) -> None:
    found = record(text)
    assert (found["host_name"], found["service_name"], found["body"]) == (host, "kernel", "m")
    assert (found["syslog.facility"], found["syslog.severity"], found["timestamp"]) == (facility, severity, IN_OCTOBER)


def test_what_solaris_writes_before_the_message_says_its_priority() -> None:
    found = record("Oct 11 22:14:15 sun sshd[1]: [ID 800047 auth.info] m")
    assert (found["syslog.facility"], found["syslog.severity"], found["syslog.msgid"]) == (4, 6, "800047")
    assert found["body"] == "[ID 800047 auth.info] m"


def test_a_later_line_of_esxi_has_its_time_behind_the_name() -> None:
    found = record("2025-10-11 In(14) kernel[1]: 22:14:15.000 m")
    assert (found["timestamp"], found["body"]) == (IN_OCTOBER, "22:14:15.000 m")


@pytest.mark.parametrize(
    ("body", "data", "rest"),
    [
        ('[origin software="rsyslogd" x-pid="1"] start', {"origin": {"software": "rsyslogd", "x-pid": "1"}}, "start"),
        ('[software="rsyslogd"] start', None, '[software="rsyslogd"] start'),
        ('[a b="c] start', None, '[a b="c] start'),
        ("[audit] start", None, "[audit] start"),
    ],
)
def test_structured_data_behind_the_tag(body: str, data: dict[str, Any] | None, rest: str) -> None:
    found = record(f"<46>Oct 11 22:14:15 web rsyslogd:  {body}")
    assert (found.get("syslog.structured_data"), found["body"]) == (data, rest)


@pytest.mark.parametrize(
    ("text", "app", "body", "invalid"),
    [
        ("<27>xapi: [error] died", "xapi", "[error] died", None),
        ("<15> openvpn[1]: up", "openvpn", "up", None),
        ("<164>%ASA-4-106023: Deny", "%ASA-4-106023", "Deny", None),
        ("<13>last message repeated 3 times", "unit", "last message repeated 3 times", None),
        ("<34>neither", "unit", "neither", "neither VERSION, a time nor a TAG follows PRI: `neither`"),
        ("<34>", "unit", "", "neither VERSION, a time nor a TAG follows PRI: ``"),
        (
            "<13>abc 2018-11-22",
            "unit",
            "abc 2018-11-22",
            "neither VERSION, a time nor a TAG follows PRI: `abc 2018-11-22`",
        ),
        ("<192>app: m", "app", "m", "PRI is no number from 0 to 191 without leading zeros: `192`"),
        ("<013>app: m", "app", "m", "PRI is no number from 0 to 191 without leading zeros: `013`"),
    ],
)
def test_what_has_nothing_but_a_pri(text: str, app: str, body: str, invalid: str | None) -> None:
    found = record(text)
    assert (found["format"], found["service_name"], found["body"]) == ("rfc3164", app, body)
    assert found.get("syslog.invalid") == invalid
    assert (found["level"] == "UNKNOWN") == text.startswith("<192>")
    assert found["timestamp"] == RECEIVED


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z INFO main: started",
        "2026-01-02T03:04:05Z info main: started",
        "2026-01-02T03:04:05.678Z Warning: it: failed",
        "2026-01-02 03:04:05,678 ERROR [main] it failed",
        "2026-01-02 03:04:05.678 UTC [12] LOG:  checkpoint",
        "2026-01-02T03:04:05.678+0000 I NETWORK  [listener] accepted",
        "2026-01-02T03:04:05.678Z [WARN] agent: it failed",
        "Jan 02 03:04:05.678 [INFO] raft: m",
        "Jan  2 03:04:05 ERROR it failed",
        "Jan 2, 2026 3:04:05 AM com.x.Y",
        "12 <34> m",
        "<a>1</a>",
        "<>m",
        "Octopus 11 22:14:15 m",
    ],
)
def test_lines_of_applications_are_none_of_syslog(text: str) -> None:
    assert pl.DataFrame({"text": [text]}).select(formats(pl.col("text"))).item() not in ("rfc3164", "rfc5424")


@given(st.text(st.sampled_from('<>1 9Oct:[]-."=%@\n2026T'), max_size=40))
def test_whatever_follows_pri_is_a_record_that_loses_nothing(text: str) -> None:
    found = record(f"<13>{text}")
    assert found["format"] in ("rfc3164", "rfc5424")
    assert (found["syslog.facility"], found["syslog.severity"]) == (1, 5)
    assert text.rstrip("\r\n").endswith(found["body"])
