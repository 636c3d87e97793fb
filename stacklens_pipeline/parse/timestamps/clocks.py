"""What clocks show and which instants that is: naive times of zones, and times in UTC."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from stacklens_pipeline.parse.timestamps.zones import Zone, zone_named, zone_of
from stacklens_pipeline.tables import UTC_TIME

SECOND = 1_000_000
DAY = 86_400 * SECOND
"""In microseconds, as which times are worked with."""


@dataclass(frozen=True)
class Zones:
    """The zone of each row of a column: what its text says, and `default` where that is empty or there are no texts."""

    texts: pl.Series | None
    default: Zone

    def instants(self, naive: pl.Series) -> pl.Series:
        """UTC microseconds of naive ones; null where a text is no zone.

        Of a doubled hour it is the first. A skipped hour counts by the offset after the change, as syslog-ng has it:
        02:59:59 of a night in which 02:00 became 03:00 is the last second before the change.
        """
        return self._moved(naive, -1)

    def local(self, instants: pl.Series) -> pl.Series:
        """Naive microseconds: what a clock of each row's zone shows."""
        return self._moved(instants, 1)

    def _moved(self, times: pl.Series, sign: int) -> pl.Series:
        if self.texts is None:
            return _moved(times, self.default, sign)
        known = self.texts.unique().drop_nulls()
        zones = {text: zone_of(text, self.default) if text else self.default for text in known}
        fixed = {text: zone.seconds * sign * SECOND for text, zone in zones.items() if zone and zone.name is None}
        moved = times + self.texts.replace_strict(fixed, default=None, return_dtype=pl.Int64)
        for zone in {zone for zone in zones.values() if zone and zone.name}:
            rows = self.texts.is_in([text for text, its in zones.items() if its == zone]).arg_true()
            moved = moved.scatter(rows, _moved(times.gather(rows), zone, sign))
        return moved


def _moved(times: pl.Series, zone: Zone, sign: int) -> pl.Series:
    """From naive to UTC (-1), or from UTC to naive (1)."""
    if zone.name is None:
        return times + sign * zone.seconds * SECOND if zone.seconds else times
    clock = times.cast(pl.Datetime("us"))
    if sign > 0:
        there = clock.dt.replace_time_zone("UTC").dt.convert_time_zone(zone.name)
        return there.dt.replace_time_zone(None).to_physical()
    instants = _first(clock, zone.name)
    skipped = (instants.is_null() & times.is_not_null()).arg_true()
    if not len(skipped):
        return instants
    # the offset after the change is that of a day later
    return instants.scatter(skipped, _first(clock.gather(skipped) + timedelta(days=1), zone.name) - DAY)


def _first(clock: pl.Series, name: str) -> pl.Series:
    return clock.dt.replace_time_zone(name, ambiguous="earliest", non_existent="null").to_physical()


def in_zone(naive: pl.Expr, timezone: str) -> pl.Expr:
    """A naive time as a UTC instant; of a doubled hour the first, and a skipped hour as `Zones.instants` has it."""
    if timezone == "UTC":
        return naive.dt.replace_time_zone("UTC")
    zones = Zones(None, zone_named(timezone))
    return naive.map_batches(lambda times: zones.instants(times.to_physical()).cast(UTC_TIME), return_dtype=UTC_TIME)


def minutes_east(zones: pl.Series) -> pl.Series:
    """Minutes east of UTC of `Z`, `UTC`, `+01:00`, `-0700`, worked out once for each of them; 0 of others."""
    known = zones.unique()
    minutes = known.to_frame("zone").select(_minutes(pl.col("zone"))).to_series()
    if len(known) <= 1:
        return pl.repeat(minutes.sum(), zones.len(), dtype=pl.Int64, eager=True)
    return zones.replace_strict(known, minutes, return_dtype=pl.Int64)


def _minutes(zone: pl.Expr) -> pl.Expr:
    digits = zone.str.replace_all("[^0-9]", "")
    minutes = digits.str.head(2).cast(pl.Int64, strict=False) * 60 + digits.str.slice(2, 2).cast(pl.Int64, strict=False)
    return pl.when(zone.str.starts_with("-")).then(-minutes).otherwise(minutes).fill_null(0)
