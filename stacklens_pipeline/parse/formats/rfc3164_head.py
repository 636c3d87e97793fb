"""What stands before the host of a BSD syslog line: PRI, what routers put there, and the time in its many dialects.

`<PRI>Mmm dd hh:mm:ss`, in RFC 3164. In the field PRI may be missing; the year stands before, between or behind; there
are fractions, zones and a colon; Cisco writes a sequence number, its name and a mark before; ISO 8601 is as common.
"""

import polars as pl

from stacklens_pipeline.parse.formats.rfc3164_times import MONTHS, PARTS, ZONES, times
from stacklens_pipeline.parse.formats.syslog_words import ESXI

LONGEST_HEAD = 256
"""So many characters are searched for a head."""

DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
CLOCK = "[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
_ZONE = rf"{ZONES}|[+-][0-9]{{2}}:?[0-9]{{2}}|TZ[+-][0-9]{{1,2}}"
_BSD = (
    rf"(?:(?:{DAYS}),? )?(?:(?P<year1>[0-9]{{4}}) )?(?P<month1>(?i:{MONTHS})) {{1,2}}(?P<day1>[0-9]{{1,2}})"
    rf"(?: (?P<year2>[0-9]{{4}}))? {{1,2}}(?P<clock1>{CLOCK})(?:[.,](?P<fraction1>[0-9]*))?"
    rf"(?: (?P<year3>(?:19|20)[0-9]{{2}}))?(?: (?P<zone1>{_ZONE}))?"
)
_ISO = (
    rf"(?:(?:{DAYS}) )?(?P<year4>[0-9]{{4}})-(?P<month2>[0-9]{{2}})-(?P<day2>[0-9]{{2}})[Tt ](?P<clock2>{CLOCK})"
    rf"(?:[.,](?P<fraction2>[0-9]*))?(?: ?(?P<zone2>[Zz]|[+-][0-9]{{2}}(?::?[0-9]{{2}})?|{ZONES}))?"
)
_ROUTER = (
    r"(?:: ?)?(?:(?P<sequence1>[0-9]{1,10}): )?(?:(?P<origin>[A-Za-z0-9_./-]*[A-Za-z][A-Za-z0-9_./-]*(?::[0-9]+)?): ?)?"
    r"(?:(?P<sequence2>[0-9]{1,10}): )?(?P<mark>[*.])?"
)
_HEAD = rf"^(?P<head>(?:<(?P<pri>[0-9]{{1,10}})> *)?(?:{_ROUTER}(?P<time>{_BSD}|{_ISO})(?::(?: +|$)| +|$))?)"

_USUAL = r"^(?:<[0-9]+>)?(?P<month>[A-Z][a-z]{2}) +(?P<day>[0-9]+) (?P<clock>[0-9:]+)$"

_ESXI_DAY = rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}) ({ESXI}(?:\[\+\])? [^ ]+ )([0-9]{{2}}:[0-9:.]{{5,16}}[0-9])"
"""Later lines of a message of ESXi have the day before and the time of day, in UTC, behind the name."""


def split_head(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines (`text`) with what stands before the host.

    `pri`, `time` as it stands there, its `PARTS`, `origin`, `sequence` and `mark` of a router, and `rest`.
    """
    lines = lines.with_columns(pl.col("text").str.replace(_ESXI_DAY, "${1}T${3}Z ${2}${3}"))
    groups = pl.col("text").str.head(LONGEST_HEAD).str.extract_groups(_HEAD).alias("groups")
    found = lines.with_columns(groups).unnest("groups")
    names = {part: [name for name in found.columns if name.rstrip("1234") == part] for part in (*PARTS, "sequence")}
    merged = {part: pl.coalesce(columns).alias(part) for part, columns in names.items()}
    rest = pl.col("text").str.slice(pl.col("head").str.len_chars()).alias("rest")
    return found.select(*lines.columns, "pri", "time", "origin", "mark", rest, *merged.values())


def router_data(heads: pl.DataFrame) -> pl.Series:
    """What a router says beside the time, as the structured data that RFC 5424 has for it: JSON, or null.

    The mark says whether the clock is synchronised: `*` it is not, `.` it was.
    """
    synchronised = pl.col("mark").replace_strict({"*": "0", ".": "1"}, default=None, return_dtype=pl.String)
    parts = (
        pl.lit('"meta":{"sequenceId":"') + pl.col("sequence") + pl.lit('"}'),
        pl.lit('"timeQuality":{"isSynced":"') + synchronised + pl.lit('"}'),
    )
    joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return heads.select(pl.when(joined != "").then(pl.lit("{") + joined + pl.lit("}"))).to_series()


def bsd_times(heads: pl.DataFrame, timezone: str) -> pl.Series:
    """The instants of heads (`head`, `observed`) that are `<PRI>`, or nothing, and a time as RFC 3164 has it."""
    parts = heads.select("observed", pl.col("head").str.extract_groups(_USUAL).alias("parts")).unnest("parts")
    missing = [pl.lit(None, pl.String).alias(name) for name in PARTS if name not in parts.columns]
    return times(parts.with_columns(missing), timezone)
