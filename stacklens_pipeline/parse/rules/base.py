"""What a configuration says: for each source how its messages are read, and which rules its records are held to."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from stacklens_pipeline.parse.formats import BY_NAME, Format
from stacklens_pipeline.parse.rules.contract import Promise
from stacklens_pipeline.parse.rules.filters import Filter
from stacklens_pipeline.parse.rules.redaction import Redaction
from stacklens_pipeline.parse.rules.version import version_of


@dataclass(frozen=True)
class MultiLine:
    """Which lines go on with the one before.

    All but those that match `begins`, or those that match `continues`; none when neither is given. An empty line goes
    on with any record that can grow: so what an open record consists of does not change with the rules.
    """

    begins: str | None = None
    continues: str | None = None

    def goes_on(self, text: pl.Expr) -> pl.Expr:
        """Whether a line goes on with the one before it."""
        if self.begins is not None:
            return ~text.str.contains(self.begins) | (text == "")
        return pl.lit(False) if self.continues is None else text.str.contains(self.continues) | (text == "")

    @property
    def can_grow(self) -> bool:
        """Whether any line goes on with another."""
        return self.begins is not None or self.continues is not None


@dataclass(frozen=True)
class Rules:
    """How messages of the sources that `source` names (a pattern with `*` and `?`) are read.

    `format` pins a format instead of detecting it for each line; `timezone` is that of times without one; `encoding`
    that of the bytes. `fields` maps attributes to columns. The rest is done to complete records, in this order.
    """

    source: str = "*"
    format: Format | None = None
    timezone: str = "UTC"
    encoding: str = "utf-8"
    multiline: MultiLine | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    filters: Sequence[Filter] = ()
    contract: Sequence[Promise] = ()
    redactions: Sequence[Redaction] = ()

    def covers(self, name: str) -> bool:
        """Whether a source of this name is read so."""
        return fnmatch.fnmatchcase(name, self.source)


@dataclass(frozen=True)
class Parsers:
    """The rules of all sources, in the order in which they are asked, and the `version` of parsing by them.

    Of several that cover a source the first holds; what none covers is read without rules. `files` are the paths and
    texts that they were read from: another process reads those again, whatever has become of the files.
    """

    rules: tuple[Rules, ...]
    version: str
    files: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __reduce__(self) -> tuple[object, tuple[tuple[tuple[str, str], ...]]]:
        from stacklens_pipeline.parse.rules.load import parsers_of

        return parsers_of, (self.files,)

    def split(self, raw: pl.DataFrame) -> list[tuple[Rules, pl.DataFrame]]:
        """Rows of `raw/logs` by the rules that hold for them; each part in the order of the rows.

        A message's source is its column `source`, or its topic when it has none.
        """
        if not self.rules or not raw.height:
            return [(NONE, raw)]
        sources = raw.select(pl.coalesce("source", "topic")).to_series()
        known = sources.unique()
        if known.len() == 1:
            return [(self.of(known[0]), raw)]
        places = pl.Series([self._place(name) for name in known], dtype=pl.UInt16)
        place = sources.replace_strict(known, places, return_dtype=pl.UInt16)
        return [(self._at(each), raw.filter(place == each)) for each in sorted(set(places))]

    def saying(self, timezone: str | None, format: str | None) -> "Parsers":
        """These, where what is given holds for every source, whatever its rules say."""
        if timezone is None and format is None:
            return self
        told = (
            replace(
                rules,
                timezone=rules.timezone if timezone is None else timezone,
                format=rules.format if format is None else BY_NAME[format],
            )
            for rules in (*self.rules, NONE)
        )
        return replace(self, rules=tuple(told))

    def of(self, source: str) -> Rules:
        """The rules that hold for a source."""
        return self._at(self._place(source))

    def _place(self, source: str) -> int:
        return next((place for place, rules in enumerate(self.rules) if rules.covers(source)), len(self.rules))

    def _at(self, place: int) -> Rules:
        return self.rules[place] if place < len(self.rules) else NONE


NONE = Rules()
"""Nothing is said about a source."""
UNCONFIGURED = Parsers((), version_of())
"""Every line speaks for itself."""


def pinned(*, timezone: str | None = None, format: str | None = None) -> Parsers:
    """Every source read by one format, by its name, and one zone of times without one."""
    return UNCONFIGURED.saying(timezone, format)
