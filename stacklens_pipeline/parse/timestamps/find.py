"""The time that stands in a line: at its beginning, or else the first that is found within its head."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.timestamps.clocks import DAY, Zones
from stacklens_pipeline.parse.timestamps.epochs import epoch
from stacklens_pipeline.parse.timestamps.kinds import KINDS, Found, Kind
from stacklens_pipeline.parse.timestamps.recognise import recognise
from stacklens_pipeline.parse.timestamps.zones import zone_named
from stacklens_pipeline.tables import UTC_TIME

HEAD = 200
"""A time begins among so many characters of a line."""
NEAR_HEAD = 64
"""One that is not so surely a time, such as a time of day, begins among so many: further in it is part of a text."""
LONGEST = 80
"""And ends among so many more."""
MOST_TRIES = 4
"""So many texts of a line that look like a time and are none are passed over, and no more."""

_EDGE = r"(?-u:\b)"
_OPENING = r"(?:<[0-9]{1,3}>)?[ \t]*[\[(<\"'{#*+.]{0,3} ?"
_BEFORE = r"[ \t\[({<\"'=:,;|#*>@]"
_BEFORE_ALONE = r"[ \t\[({\"']"
_BEHIND_ALONE = r"(?:[\s\]),;\"'>|]|$)"


def _any(kinds: Sequence[Kind]) -> str:
    return "(?:" + "|".join(kind.in_line for kind in kinds) + ")"


_ANYWHERE = _any([kind for kind in KINDS if kind.found is Found.ANYWHERE])
_ALONE = [kind for kind in KINDS if kind.found is Found.ALONE]
_DATED_OR_TIME = _any([kind for kind in _ALONE if kind.read is not epoch])
_LETTERED = _any([kind for kind in KINDS if kind.found is Found.LETTERED or kind.name == "compact"])


@dataclass(frozen=True)
class Place:
    """Where in a line a time may stand.

    What `pattern` finds is the time, but for what `lead` and `tail` match at its ends. It has no groups: then Rust's
    regex is ten times as fast. The time begins `within` so many characters. Unless the pattern is anchored, the search
    goes on behind a text that turns out to be no time. Where it `is_sure`, such a line has no time of another place
    but a sure one: half of an impossible time would be a wrong one.
    """

    pattern: str
    lead: str = "(?:<[0-9]{1,3}>)?[^0-9A-Za-z]*"
    tail: str = ""
    within: int = HEAD
    is_sure: bool = False

    @property
    def is_anchored(self) -> bool:
        """Whether it is the beginning of the line."""
        return self.pattern.startswith("^")

    def search(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The `lines` (`text`) in which it stands, with its `start` in characters and its `stamp`."""
        matches = lines["text"].str.extract(self.pattern, 0).alias("match")
        is_found = matches.is_not_null()
        lines = lines.hstack([matches]) if is_found.all() else lines.hstack([matches]).filter(is_found)
        lead = pl.col("match").str.extract(f"^{self.lead}", 0).str.len_chars()
        start = lead if self.is_anchored else lead + _characters_before(self.pattern)
        stamp = pl.col("match").str.slice(lead)
        if self.tail:
            stamp = stamp.str.replace(f"(?:{self.tail})$", "")
        return lines.with_columns(start.alias("start"), stamp.alias("stamp"))


def _characters_before(pattern: str) -> pl.Expr:
    """How many characters stand before the first match."""
    before = pl.col("text").str.find(pattern)
    return pl.col("text").cast(pl.Binary).bin.slice(0, before).cast(pl.String).str.len_chars()


PLACES: Sequence[Place] = (
    Place(f"^{_OPENING}{_ANYWHERE}{_EDGE}", is_sure=True),
    Place(f"^[DIWEF]{_LETTERED}{_EDGE}", lead="[A-Z]"),
    Place(f"^{_OPENING}{_any(_ALONE)}{_BEHIND_ALONE}", tail=_BEHIND_ALONE),
    Place(f"{_BEFORE}{_ANYWHERE}{_EDGE}", is_sure=True),
    Place(
        rf"{_BEFORE_ALONE}{_DATED_OR_TIME}{_BEHIND_ALONE}|[ \t][\[(]1[0-9]{{9}}[\])]"
        rf"|{_BEFORE}1[0-9]{{9}}\.[0-9]{{1,9}}{_EDGE}",
        tail=_BEHIND_ALONE,
        within=NEAR_HEAD,
    ),
    Place(r" 1[0-9]{9} -?[01] ", tail=" -?[01] ", within=NEAR_HEAD),
)
"""In the order in which they are looked at: the beginning of the line, then what is surely a time, then the rest."""

_SURE = 4
"""After so many places the rest is looked at."""
_DATE = rf"^{_OPENING}((?:19|20)[0-9]{{2}}[/.-][0-9]{{2}}[/.-][0-9]{{2}}){_EDGE}"

SCHEMA = pl.Schema({"start": pl.UInt32(), "stop": pl.UInt32(), "timestamp": UTC_TIME, "source": pl.String()})


def find(texts: pl.Series, observed: pl.Series, timezone: str = "UTC") -> pl.DataFrame:
    """`start` and `stop` (characters, half open), `timestamp` (UTC) and `source` of the time in each line, in order.

    All four are null where there is none. Brackets and quotes around it are not part of it. `observed` and `timezone`
    are as for `recognise`, which makes the same of that part of the line; but where a line begins with a date and has
    its time of day further in, the time is on that date, and not on that of the receipt.
    """
    lines = pl.DataFrame({"text": texts.str.head(HEAD + LONGEST), "observed": observed}).with_row_index("row")
    left = lines.filter(pl.col("text").is_not_null()) if texts.null_count() else lines
    found = [pl.DataFrame(schema={"row": pl.UInt32, **SCHEMA})]
    impossible = [found[0].select("row")]
    for number, place in enumerate(PLACES):
        if number == _SURE:
            left = left.join(pl.concat(impossible), on="row", how="anti", maintain_order="left")
            left = left.with_columns(_day_of_line(left, timezone))
        for looked_at in _tries(place, left, timezone):
            is_time = looked_at["timestamp"].is_not_null()
            found.append(looked_at.filter(is_time))
            impossible += [looked_at.filter(~is_time).select("row")] if place.is_sure else []
            left = left.join(found[-1], on="row", how="anti", maintain_order="left")
    return lines.select("row").join(pl.concat(found), on="row", how="left", maintain_order="left").drop("row")


def _tries(place: Place, lines: pl.DataFrame, timezone: str) -> Iterator[pl.DataFrame]:
    """What stands at a place, by `row`, with a null `timestamp` where it is no time: then what stands further on."""
    left, before = lines.with_columns(pl.lit(0, pl.UInt32).alias("before")), pl.col("before")
    for _ in range(1 if place.is_anchored else MOST_TRIES):
        if not left.height:
            return
        looked_at = place.search(left).filter(pl.col("start") + before < place.within)
        times = recognise(looked_at["stamp"], looked_at["observed"], timezone)
        start = pl.col("start") + before
        stop = start + pl.col("stamp").str.len_chars()
        yield looked_at.select("row", start.alias("start"), stop.alias("stop")).hstack(times)
        rest = pl.col("text").str.slice(pl.col("start"))
        left = looked_at.select("row", rest.alias("text"), "observed", start.alias("before"))
        left = left.filter(times["timestamp"].is_null())


def _day_of_line(lines: pl.DataFrame, timezone: str) -> pl.Series:
    """When the lines were observed; of one that begins with a date, the end of that day."""
    date = pl.col("text").str.extract(_DATE, 1).str.replace_all("[/.]", "-").str.to_date("%Y-%m-%d", strict=False)
    last = lines.select(date.cast(pl.Int32).cast(pl.Int64) * DAY + DAY - 1).to_series()
    ends = Zones(None, zone_named(timezone)).instants(last).cast(UTC_TIME)
    return ends.zip_with(ends.is_not_null(), lines["observed"].cast(UTC_TIME)).alias("observed")
