"""Named values of many records as long columns: from them columns and JSON objects, without an object per row.

What `key=value` lists become that look alike too seldom to be taken by their shape, or whose values may hold anything.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.parse.formats.members import quoted

_SEPARATOR = "\x1f"
_ESCAPED = r'["\\\x00-\x1f]'


@dataclass(frozen=True)
class Pairs:
    """Pairs of `height` records: of each pair the record's number, the name and the value, in order."""

    height: int
    frame: pl.DataFrame

    def only(self, names: Collection[str]) -> "Pairs":
        """Those of the names, which are not empty: to look for several among few."""
        return Pairs(self.height, self.frame.filter(pl.col("name").is_in(names) & (pl.col("value") != "")))

    def first(self, *names: str) -> pl.Series:
        """The value of each record under the first of the names that it has; null without."""
        values = pl.repeat(None, self.height, dtype=pl.String, eager=True)
        for name in reversed(names):
            own = self.frame.filter(pl.col("name") == name).reverse()
            # of a name that stands twice the first is written last
            values = values.scatter(own["row"], own["value"]) if own.height else values
        return values

    def with_more(self, frame: pl.DataFrame) -> "Pairs":
        """These pairs and, behind those of each record, more."""
        both = pl.concat([self.frame, frame.select(self.frame.columns)])
        return Pairs(self.height, both.sort("row", maintain_order=True))

    def apart_from(self, names: Sequence[str], prefix: str) -> "Pairs":
        """These pairs, those with one of the names under that name with a prefix."""
        name, is_taken = pl.col("name"), self.frame["name"].is_in(names)
        if not is_taken.any():
            return self
        renamed = pl.when(is_taken).then(prefix + name).otherwise(name)
        return Pairs(self.height, self.frame.with_columns(renamed.alias("name")))

    def objects(self) -> pl.Series:
        """A JSON object of each record; null without pairs. Of a name that stands twice the first value counts."""
        grouped = self._grouped(self.frame)
        shapes = grouped["names"].unique()
        twice = [shape for shape in shapes if shape and not _is_distinct(shape.split(_SEPARATOR))]
        if twice:
            rows = grouped.filter(pl.col("names").is_in(twice))["row"].implode()
            is_twice = pl.col("row").is_in(rows)
            single = self.frame.filter(is_twice).unique(["row", "name"], keep="first", maintain_order=True)
            grouped = pl.concat([grouped.filter(~is_twice), self._grouped(single)])
        objects = pl.repeat(None, self.height, dtype=pl.String, eager=True)
        return objects.scatter(grouped["row"], "{" + grouped["members"] + "}")

    def _grouped(self, frame: pl.DataFrame) -> pl.DataFrame:
        parts = pl.DataFrame([frame["row"].set_sorted(), frame["name"], _members(frame)])
        grouped = parts.group_by("row", maintain_order=True).agg("name", "member")
        names, members = (pl.col(name).list.join(mark) for name, mark in (("name", _SEPARATOR), ("member", ",")))
        return grouped.select("row", names.alias("names"), members.alias("members"))


def joined(first: pl.Series, second: pl.Series) -> pl.Series:
    """Two JSON objects of each row as one; of nulls the other."""
    both = first.str.head(-1) + "," + second.str.slice(1)
    return pl.select(pl.coalesce(pl.lit(both), pl.lit(first), pl.lit(second))).to_series()


def texts_as_json(texts: pl.Series) -> pl.Series:
    """Texts as JSON strings, nulls as `null`."""
    return pl.select(('"' + pl.lit(_inside(texts)) + '"').fill_null(pl.lit("null"))).to_series()


def _members(frame: pl.DataFrame) -> pl.Series:
    names, values = _inside(frame["name"]), _inside(frame["value"])
    parts = (pl.lit('"'), names, pl.lit('":"'), values, pl.lit('"'))
    return pl.select(pl.concat_str(parts).alias("member")).to_series()


def _inside(texts: pl.Series) -> pl.Series:
    """Texts as they stand in JSON strings: only those that need it are looked at one by one."""
    is_odd = texts.str.contains(_ESCAPED)
    if not is_odd.any():
        return texts
    return texts.scatter(is_odd.arg_true(), quoted(texts.filter(is_odd)).str.slice(1).str.head(-1))


def _is_distinct(names: Iterable[str]) -> bool:
    known = list(names)
    return len(set(known)) == len(known)
