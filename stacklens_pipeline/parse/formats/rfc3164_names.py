"""What stands behind the time of a BSD syslog line: the host, the tag with its process id, and the message.

RFC 3164 ends the tag at the first character that is no letter or digit; nobody keeps to that. A word with a colon
behind it is a tag, and so is one with a number in brackets. A word alone is one when it looks like a name rather than
the beginning of a sentence: it ends the line, has a digit or one of `_./-` in it, or no sentence follows. The shapes
are tried in order. Sources: RFC 3164, section 4.1; how rsyslog, syslog-ng and syslog-loose decide.
"""

from collections.abc import Sequence

import polars as pl

from stacklens_pipeline.parse.formats.syslog_words import ESXI, FACILITY_AND_SEVERITY

NAME = r"[0-9./()%+@#~-]*[A-Za-z_][A-Za-z0-9_./()%+@#~|-]*"
"""A tag: it has a letter, so that it is no number and no address."""
_PID = r"\[(?P<pid>[^\] ]*)\]"
_IPV6 = r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9.]{6,14})?(?:%[A-Za-z0-9_.-]+)?"
_LIKE_A_HOST = rf"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|{_IPV6}"
_HOST = r"(?P<host>[^ \[\]{}=]+|\[[0-9A-Fa-f:.]+\])"
_WORDS = rf"(?:<(?P<words1>{FACILITY_AND_SEVERITY})> +)?"
_MNEMONIC = r"%[A-Z0-9_]+(?:-[A-Za-z0-9_]+)*-[0-7]-[A-Z0-9_]+"
_MESSAGE = r"(?: (?P<body1>.*)|(?P<body2>[^:/ ].*)?)$"
"""What follows a colon: a blank or nothing, as a rule; `::` and `://` end no tag."""
_REST = r"(?: (?P<body1>.*))?$"

REPEATED = r"^(?:(?P<host>[^ ]+) +)?(?P<body1>(?:-+ *)?last message repeated [0-9]+ times?.*)$"
EVENT = r"^(?:(?P<host>[^ ]+) +)?(?P<body1>(?:CEF|LEEF):[0-9].*)$"
FORWARDED = (
    r"^(?:[^ ]+ +)?(?:Message )?forwarded from (?P<host>[^ :]+): *"
    rf"(?:(?P<app>{NAME})(?:{_PID})?:(?: |$))?(?P<body1>.*)$"
)
ON_ESXI = rf"^(?P<esxi>{ESXI})(?:\[\+\])? (?P<app>{NAME})(?:{_PID})?:?{_REST}"
CISCO = rf"^(?:(?P<host>[^ :\[]+) *:? +)?(?:: +)?(?P<app>{_MNEMONIC}) ?:{_MESSAGE}"
TAG = rf"^{_WORDS}(?:(?P<words2>{FACILITY_AND_SEVERITY}) +)?(?P<app>{NAME})(?:{_PID}:|:(?: |$))(?: ?(?P<body1>.*))$"
TAG_WITH_NUMBER = rf"^(?P<app>{NAME})\[(?P<pid>[0-9]+)\]{_REST}"
HOST_AND_TAG = rf"^{_WORDS}{_HOST} +(?:(?P<words2>{FACILITY_AND_SEVERITY}):? +)?(?P<app>{NAME})(?:{_PID})?:{_MESSAGE}"
HOST_AND_TAG_WITH_NUMBER = rf"^{_HOST} +(?P<app>{NAME}){_PID}{_REST}"
HOST_AND_WORDS_WITH_NUMBER = (
    rf"^{_HOST} +(?P<app>(?:-+|[A-Za-z][A-Za-z0-9._()-]*)(?: [A-Za-z0-9._()-]+){{1,3}})\[(?P<pid>[0-9]+)\]:?{_REST}"
)
HOST_AND_NAME = (
    rf"^(?P<host>{_LIKE_A_HOST}) +(?:(?P<app1>{NAME})(?:$|\t(?P<body1>.*))"
    r"|(?P<app2>[A-Za-z][A-Za-z0-9]*[0-9_./()-](?:[A-Za-z0-9_./()%-]*[A-Za-z0-9)])?) (?P<body2>.*)"
    r"|(?P<app3>[a-z][A-Za-z0-9]*) (?P<body3>(?:[A-Z\[({<]|[^ ]*[:=_]).*))$"
)
MARK = rf"^(?P<host>{_LIKE_A_HOST}) +(?P<app>-+) (?P<body1>MARK -+)$"
"""A sign of life of syslogd, which has no tag; all take its first dashes for one."""
TAG_WITHOUT_BLANK = rf"^(?P<app>{NAME}):(?P<body1>[^ :/]+(?: .*)?)$"
HOST_ONLY = rf"^(?P<host>{_LIKE_A_HOST})(?: +(?P<body1>.*))?$"
HOST_AND_NUMBER_BEHIND_PRI = rf"^{_HOST} +(?P<app>{NAME})\[(?P<pid>[0-9]+)\]:{_MESSAGE}"

_LINES = "(?s)"
BEHIND_A_TIME = [
    _LINES + shape
    for shape in (
        REPEATED, EVENT, FORWARDED, ON_ESXI, CISCO, TAG, TAG_WITH_NUMBER, HOST_AND_TAG, HOST_AND_TAG_WITH_NUMBER,
        HOST_AND_WORDS_WITH_NUMBER, HOST_AND_NAME, MARK, TAG_WITHOUT_BLANK, HOST_ONLY,
    )
]  # fmt: skip
BEHIND_PRI = [_LINES + shape for shape in (REPEATED, EVENT, FORWARDED, CISCO, TAG, HOST_AND_NUMBER_BEHIND_PRI)]
"""Without a time, a word is no host: what follows is as likely to be any text."""

COLUMNS = ("host", "app", "pid", "words", "esxi", "body")


def split_names(rests: pl.DataFrame, shapes: Sequence[str]) -> pl.DataFrame:
    """Lines (`index`, `rest`) in the first of the shapes that each has: `index`, `COLUMNS` and `has_shape`.

    The body of a line that has none is its whole rest.
    """
    left, found = rests.select("index", "rest"), list[pl.DataFrame]()
    for shape in shapes:
        has_shape = left["rest"].str.contains(shape)
        if has_shape.any():
            found.append(_merged(left.filter(has_shape).with_columns(pl.col("rest").str.extract_groups(shape))))
            left = left.filter(~has_shape)
    nothing = (pl.lit(None, pl.String).alias(name) for name in COLUMNS[:-1])
    found.append(left.select("index", *nothing, body="rest", has_shape=pl.lit(False)))
    return pl.concat(found)


def _merged(lines: pl.DataFrame) -> pl.DataFrame:
    """The groups of a shape (`rest`) by name, of which one holds where there are several; others are null."""
    groups = lines.unnest("rest")
    names = {column: [name for name in groups.columns if name.rstrip("123") == column] for column in COLUMNS}
    merged = groups.select(
        "index", *(pl.coalesce(*found, pl.lit(None, pl.String)).alias(column) for column, found in names.items())
    )
    host = pl.col("host").str.strip_chars_end(":").str.strip_chars("[]")
    return merged.with_columns(
        pl.when(host != "").then(host).alias("host"),
        pl.when(pl.col("pid") != "").then("pid").alias("pid"),
        pl.col("body").fill_null("").str.strip_chars_start(" "),
        has_shape=pl.lit(True),
    )
