"""Lines of fields in a fixed order, with blanks between and quotation marks around some of them: what AWS writes.

Most lines stand exactly as their layout says: those are cut at quotation marks and blanks. All others are taken apart
token by token, which takes five times as long and gives the same fields.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.parse.formats.members import as_json, quoted

_TOKEN = r'"(?:[^"\\]|\\.)*"|[^ ]+'
_NUMBER = r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?$"
REST = "rest"
"""What stands behind the last field of a layout."""


@dataclass(frozen=True)
class Layout:
    """Names of fields in their order; `quoted` are those that stand in quotation marks."""

    names: tuple[str, ...]
    quoted: frozenset[str] = frozenset()


def layout(text: str) -> Layout:
    """The layout that a line of names shows.

    >>> layout('time "request" status')
    Layout(names=('time', 'request', 'status'), quoted=frozenset({'request'}))
    """
    tokens = text.split()
    return Layout(tuple(token.strip('"') for token in tokens), frozenset(t.strip('"') for t in tokens if t[0] == '"'))


def declared_layout(names: Sequence[str]) -> Layout:
    """The layout of fields that somebody has declared; ConfigurationError when one stands twice or cannot be named."""
    for place, name in enumerate(names):
        if name in names[:place] or name in ("", REST):
            raise ConfigurationError(f"a field is named twice, or has a name that is taken: `{name}`")
    return Layout(tuple(names))


def laid_out(texts: pl.Series, layout: Layout) -> pl.DataFrame:
    """The fields of each text by name and what stands behind them as `rest`; null where it is `-` or not there."""
    every = pl.DataFrame({"text": texts}).with_row_index("index")
    cut, is_usual = _cut(every, layout)
    names = {str(place): name for place, name in enumerate(layout.names)} | {REST: REST}
    if not is_usual.all():
        others = every.filter(~is_usual)
        cut = pl.concat([cut.filter(is_usual), others.select("index").hstack(_tokens(others["text"], layout))])
        cut = cut.sort("index")
    return cut.select(pl.when(pl.col(place) != "-").then(pl.col(place)).alias(name) for place, name in names.items())


def decimal_or_text(texts: pl.Series) -> pl.Series:
    """Texts as JSON, plain decimal numbers as numbers: a member of `json_object`; nulls stay."""
    is_number = texts.str.contains(_NUMBER).fill_null(True)
    return as_json(texts if is_number.all() else quoted(texts).zip_with(~is_number, texts))


def as_list(texts: pl.Series) -> pl.Series:
    """Texts with blanks between as a JSON list of texts, a member of `json_object`; nulls stay."""
    plain = texts.str.replace_all(r'["\\\x00-\x1f]', "")
    return as_json('["' + plain.str.replace_all(" ", '","', literal=True) + '"]')


def _tokens(texts: pl.Series, layout: Layout) -> pl.DataFrame:
    """The fields token by token; a quotation mark inside one has a backslash before it."""
    names = [str(place) for place in range(len(layout.names))]
    tokens = texts.str.extract_all(_TOKEN)
    fields = tokens.list.head(len(names)).list.to_struct(fields=names).struct.unnest()
    rest = tokens.list.slice(len(names)).list.join(" ").alias(REST)
    return fields.select(_unquoted(pl.col(name)).alias(name) for name in names).with_columns(
        pl.when(rest != "").then(rest).alias(REST)
    )


def _unquoted(token: pl.Expr) -> pl.Expr:
    inside = token.str.slice(1).str.strip_suffix('"').str.replace_all('\\"', '"', literal=True)
    return pl.when(token.str.starts_with('"')).then(inside).otherwise(token)


def _cut(lines: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.Series]:
    """The fields by cutting, named by their places, and where that holds; a line may end before the layout does."""
    runs = list(_runs(layout))
    places = [f"p{n}" for n in range(len(runs) + 1)]
    parts = lines.select("index", "text", _split(pl.col("text"), '"', places)).unnest("parts")
    holds, fields = [~pl.col("text").str.contains("\\", literal=True)], list[pl.Expr]()
    for n, names in enumerate(runs):
        if n % 2:
            fields.append(pl.col(places[n]))
            holds.append(pl.col(places[n + 1]).is_not_null() | pl.col(places[n]).is_null())
            continue
        blank = [f"p{n}.start"] if n else []
        tokens = [*blank, *names, f"p{n}.end"]
        parts = parts.with_columns(_split(pl.col(places[n]), " ", tokens)).unnest("parts")
        fields += [pl.col(name) for name in names]
        goes_on = (pl.col(tokens[-1]) == "") & (n + 1 < len(runs))
        holds.append(goes_on | _ends(tokens[-1], places, n))
        holds += [(pl.col(name) == "") | pl.col(places[n]).is_null() for name in blank]
        holds += [pl.col(token).ne_missing("") for token in tokens[len(blank) : -1]]
    is_usual = parts.select(pl.all_horizontal(holds).fill_null(False)).to_series()
    named = (field.alias(str(place)) for place, field in enumerate(fields))
    return parts.select("index", *named, pl.lit(None, pl.String).alias(REST)), is_usual


def _ends(token: str, places: Sequence[str], n: int) -> pl.Expr:
    """Whether a line ends in this run of tokens: nothing follows, and no further quotation mark."""
    return pl.col(token).is_null() & pl.col(places[n + 1]).is_null()


def _runs(layout: Layout) -> Iterator[list[str]]:
    """Fields between two quotation marks: by turns outside and inside, beginning outside; none between two inside."""
    run: list[str] = []
    for place, name in enumerate(layout.names):
        if name not in layout.quoted:
            run.append(f"f{place}")
            continue
        yield run
        yield [f"f{place}"]
        run = []
    yield run


def _split(text: pl.Expr, by: str, names: list[str]) -> pl.Expr:
    return text.str.splitn(by, len(names)).struct.rename_fields(names).alias("parts")
