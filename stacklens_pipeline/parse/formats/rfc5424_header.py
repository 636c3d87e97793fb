"""The header of RFC 5424, column by column: what it says, how far it holds, and what is wrong with it.

`<PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG`, one blank between two. A column that only
breaks a rule (it is too long, it is not ASCII) is kept. One that is missing, or cannot be what should stand there, ends
the header: it and what follows are the body. Source: RFC 5424, section 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.formats.matching import are
from stacklens_pipeline.parse.formats.rfc5424_times import lenient_times, strict_times
from stacklens_pipeline.parse.formats.structured_one import SHOWN
from stacklens_pipeline.parse.formats.syslog_records import IS_PRI, NO_PRI
from stacklens_pipeline.tables import UTC_TIME

COLUMNS = ("head", "time", "host", "app", "pid", "msgid", "data", "rest")
"""What stands between the blanks; `head` is `<PRI>VERSION`, and `rest` what follows the blank behind `data`."""

_VERSION = r">[1-9][0-9]{0,2}$"
_HEAD = f"{IS_PRI}{_VERSION[1:]}"
_BEHIND_PRI = "(?s)^(?:<[0-9]*>)?(.*)$"
_IS_DATA = r"^(?:-$|\[)"
_NEARLY_A_TIME = r"^[0-9]{2,4}-[0-9]"


@dataclass(frozen=True)
class Token:
    """A column of printable ASCII: its name in the RFC, and how many characters it may have."""

    name: str
    longest: int

    @property
    def pattern(self) -> str:
        """What the RFC lets stand here."""
        return f"^[!-~]{{1,{self.longest}}}$"


TOKENS = {
    "host": Token("HOSTNAME", 255),
    "app": Token("APP-NAME", 48),
    "pid": Token("PROCID", 128),
    "msgid": Token("MSGID", 32),
}


def split_header(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (`index`, `text`) at their blanks: `index`, `COLUMNS` and `timestamp`, which is null unless it is valid."""
    split = pl.col("text").str.splitn(" ", len(COLUMNS)).struct.rename_fields(list(COLUMNS)).alias("parts")
    parts = lines.select("index", split).unnest("parts")
    return parts.with_columns(strict_times(parts["time"]).alias("timestamp"))


def is_valid(parts: pl.DataFrame) -> pl.Series:
    """Whether each header is as the RFC says, and structured data begin behind it."""
    tokens = (are(parts[column], token.pattern) for column, token in TOKENS.items())
    has_time = pl.col("timestamp").is_not_null() | (pl.col("time") == "-")
    has_data = (pl.col("data") == "-") | pl.col("data").str.starts_with("[")
    holds = pl.all_horizontal(are(parts["head"], _HEAD), has_time, *tokens, has_data)
    return parts.select(holds.fill_null(False)).to_series()


def recovered(parts: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Any headers as far as they hold: `index`, the columns, `timestamp`, and `problem`, a sentence or null.

    Where a header ends early, the columns from there on are null, and `data` is null while `rest` is all that is left.
    """
    lenient = lenient_times(parts["time"], timezone)
    parts = parts.with_columns(pl.coalesce("timestamp", pl.lit(lenient)).alias("lenient"))
    end = parts.select(_end()).to_series()
    problem = pl.coalesce(_head_problem(), _time_problem(), *(_token_problem(name) for name in TOKENS), _data_problem())
    kept = {name: pl.when(pl.lit(end) > place).then(name).alias(name) for place, name in enumerate(COLUMNS[:-1])}
    time = pl.when(pl.lit(end) > COLUMNS.index("time")).then("lenient").cast(UTC_TIME).alias("timestamp")
    return parts.select("index", *kept.values(), _left(end).alias("rest"), time, problem.alias("problem"))


def _end() -> pl.Expr:
    """The place in `COLUMNS` of the first column that ends the header, or of `rest`."""
    time = pl.col("time")
    holds = {
        "time": (time == "-") | time.str.contains(_NEARLY_A_TIME),
        **{name: (pl.col(name) != "") & ~pl.col(name).str.contains(r"[\x00-\x1f]") for name in TOKENS},
        "data": pl.col("data").str.contains(_IS_DATA),
    }
    ends = (
        pl.when(~is_held.fill_null(False)).then(pl.lit(COLUMNS.index(name), pl.Int8)) for name, is_held in holds.items()
    )
    return pl.coalesce(*ends, pl.lit(COLUMNS.index("rest"), pl.Int8))


def _left(end: pl.Series) -> pl.Expr:
    """What the header, which ends there, leaves for the body; from PRI on when there is not even a timestamp."""
    place = COLUMNS.index("time")
    version = pl.col("head").str.extract(_BEHIND_PRI, 1)
    texts = {place: pl.concat_str(version, *COLUMNS[place:], separator=" ", ignore_nulls=True)}
    for later in range(place + 1, len(COLUMNS)):
        texts[later] = pl.concat_str(COLUMNS[later:], separator=" ", ignore_nulls=True)
    texts[COLUMNS.index("rest")] = pl.col("rest")
    return pl.coalesce(pl.when(pl.lit(end) == place).then(text) for place, text in texts.items())


def _head_problem() -> pl.Expr:
    head = pl.col("head")
    pri, version = head.str.extract(r"^<([0-9]*)>", 1), head.str.extract(_BEHIND_PRI, 1)
    return (
        pl.when(pri.is_null())
        .then(pl.lit("PRI is missing"))
        .when(~head.str.contains(IS_PRI))
        .then(_said(NO_PRI, pri))
        .when(~head.str.contains(_VERSION))
        .then(_said("VERSION is no number from 1 to 999", version))
    )


def _time_problem() -> pl.Expr:
    time = pl.col("time")
    is_wrong = pl.col("timestamp").is_null() & (time != "-")
    return _problem("TIMESTAMP", time, {"is no time as RFC 5424 writes it": is_wrong})


def _token_problem(name: str) -> pl.Expr:
    column, token = pl.col(name), TOKENS[name]
    wrong = {
        "has other characters than printable ASCII": ~column.str.contains("^[!-~]*$"),
        f"is longer than {token.longest} characters": ~column.str.contains(token.pattern),
    }
    return _problem(token.name, column, wrong)


def _data_problem() -> pl.Expr:
    data = pl.col("data")
    return _problem("STRUCTURED-DATA", data, {"is neither - nor an element": ~data.str.contains(_IS_DATA)})


def _problem(name: str, column: pl.Expr, wrong: Mapping[str, pl.Expr]) -> pl.Expr:
    """That the column is missing, or the first thing that is wrong with it; null when nothing is."""
    is_missing = column.fill_null("") == ""
    missing = pl.when(is_missing).then(pl.lit(f"{name} is missing"))
    return pl.coalesce(
        missing, *(pl.when(is_so).then(_said(f"{name} {what}", column)) for what, is_so in wrong.items())
    )


def _said(sentence: str, value: pl.Expr) -> pl.Expr:
    return pl.format(f"{sentence}: `{{}}`", value.str.head(SHOWN))
