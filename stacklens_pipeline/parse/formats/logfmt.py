"""logfmt: lines of `key=value key="quoted value"`, by the column where many look alike, else one by one.

Lines that one logger writes differ in their values only. So one line tells where names and values stand; every other
one is cut at its quotation marks and blanks, and is taken if it has the same names with the same quotation marks. What
is not taken (escapes, other blanks, words that are no pairs) is left to a pattern. Both ways give the same fields.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.fields import ALIASES, columns, in_order_of_index, no_columns
from stacklens_pipeline.parse.formats.key_value import Value, pair_fields, pair_records, unescaped

FEWEST = 64
"""So many lines that are left make it worth while to take those together that look alike."""

ROUNDS = 16
"""So many shapes are sought; what is left then, of a source that writes ever new ones, goes one by one."""

SAMPLE = 64
"""Lines that are asked for their shape in a round."""
ALIKE = 2
"""So many of them have to be alike."""

_QUOTED = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_PAIR = re.compile(
    rf"(?:([^\s=\"][^\s=]*+)|{_QUOTED})="  # a name
    rf"(?:([^\s\"']\S*+|(?!\S))|{_QUOTED}(?!\S)|'((?:[^'\\]|\\.)*)'(?!\S)|\"((?:[^\"\\]|\\.)*)\\?\Z|('\S*+))"
    r"|(\S++)",  # the value, which may be cut off; or a word by itself
    re.DOTALL,
)
_TOKEN = re.compile(r"([^\s=\"']+=)([^\s\"']*)|([^\s=\"']+)")
_UNUSUAL = r"[\x00-\x1f]"
_UNUSUAL_OUTSIDE = r"""[[\s\x00-\x1f"']--[ ]]"""
"""What plain values do not hold, and what JSON escapes."""


def parse_logfmt(lines: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Records of `key=value key="quoted value" word` lines; a line that is none becomes text."""
    alike = alike_pairs(lines["text"])
    if alike.height == lines.height:
        return pair_records(lines, in_order_of_index(alike), [], timezone)
    left = lines.select("text").with_row_index("index").join(alike, on="index", how="anti")
    others, none = pair_fields(left, read_logfmt)
    return pair_records(lines, in_order_of_index(alike, others), none, timezone)


def read_logfmt(text: str) -> list[tuple[str, Value]] | None:
    """The pairs of a line; None when there are none, or when text follows a closing quotation mark."""
    found = _PAIR.findall(text)
    words = [word for *_, word in found if word]
    if len(words) == len(found) or any('="' in word for word in words):
        return None
    if "\\" not in text:
        return [
            (word or name or key, True if word else a or b or c or d or e) for name, key, a, b, c, d, e, word in found
        ]
    return [_pair(*groups) for groups in found]


def _pair(
    name: str, quoted: str, plain: str, double: str, single: str, cut: str, tick: str, word: str
) -> tuple[str, Value]:
    if word:
        return word, True
    value = plain or tick or unescaped(double or cut, '"') or unescaped(single, "'")
    return name or unescaped(quoted, '"'), value


def alike_pairs(texts: pl.Series) -> pl.DataFrame:
    """Fields of those texts that look like many others: `index`, and the columns of `Shapes.frame`."""
    left = pl.DataFrame({"text": texts}).with_row_index("index")
    has_escapes = texts.str.contains("\\", literal=True)
    if has_escapes.any():
        left = left.filter(~has_escapes)
    taken = []
    for _ in range(ROUNDS):
        shape = _usual_shape(left["text"]) if left.height >= FEWEST else None
        if shape is None:
            break
        pieces = _cut(left, shape)
        is_taken = pieces.select(pl.all_horizontal(_holds(shape)).fill_null(False)).to_series()
        taken.append(_columns(pieces if is_taken.all() else pieces.filter(is_taken), shape))
        left = left.clear() if is_taken.all() else left.filter(~is_taken)
    return pl.concat(taken) if taken else no_columns()


def _usual_shape(texts: pl.Series) -> "_Shape | None":
    """The shape that most of a sample of lines have; None when hardly any two are alike."""
    sample = texts.gather_every(max(1, texts.len() // SAMPLE))
    shapes = [shape for shape in map(_shape, sample) if shape]
    counted = Counter(str(shape) for shape in shapes)
    ((usual, count),) = counted.most_common(1) or [("", 0)]
    return next(shape for shape in shapes if str(shape) == usual) if count >= ALIKE else None


_Shape = Sequence[Sequence[str]]
"""What stands in the pieces of a line outside quotation marks: `name=` of each pair, and words without a value.

A piece that another follows ends with the name of a value in quotation marks."""


def _shape(text: str) -> _Shape | None:
    """The shape of a line without escapes; None unless it is pairs with single blanks between, and no name twice."""
    pieces = text.split('"')
    if len(pieces) % 2 == 0 or re.search(_UNUSUAL, text):
        return None
    last = len(pieces) // 2
    shape = [_names(piece, place == 0, place == last) for place, piece in enumerate(pieces[::2])]
    known = [names for names in shape if names is not None]
    every = [name for names in known for name in names]
    has_pair = any(name.endswith("=") for name in every)
    is_distinct = len({name.removesuffix("=") for name in every}) == len(every)
    return known if len(known) == len(shape) and has_pair and is_distinct else None


def _names(piece: str, is_first: bool, is_last: bool) -> Sequence[str] | None:
    if is_last and not is_first and not piece:
        return ()
    if not is_first and not piece.startswith(" "):
        return None
    tokens = piece.split(" ") if is_first else piece.split(" ")[1:]
    pairs = [pair for token in tokens if (pair := _TOKEN.fullmatch(token))]
    names = [pair[1] or pair[3] for pair in pairs]
    is_whole = is_last or (names and names[-1].endswith("=") and not pairs[-1][2])
    return names if len(pairs) == len(tokens) and is_whole else None


def _cut(lines: pl.DataFrame, shape: _Shape) -> pl.DataFrame:
    """Lines as columns: `o0`, `q0`, `o1` ... outside and in quotation marks, and `o0.0`, `o0.1` ... the pairs."""
    names = [f"{kind}{place}" for place in range(len(shape)) for kind in "oq"][:-1]
    pieces = lines.select("index", _split(pl.col("text"), '"', names)).unnest("pieces")
    tokens = {
        f"t{place}": _split(pl.col(f"o{place}"), " ", [f"o{place}.{n}" for n in range(int(place == 0), len(found) + 1)])
        for place, found in enumerate(shape)
        if found
    }
    return pieces.with_columns(**tokens).unnest(*tokens)


def _split(text: pl.Expr, by: str, names: list[str]) -> pl.Expr:
    return text.str.splitn(by, len(names)).struct.rename_fields(names).alias("pieces")


def _holds(shape: _Shape) -> Iterator[pl.Expr]:
    """What lines of a shape have, and nothing that would need an escape."""
    for place, names in enumerate(shape):
        is_last = place == len(shape) - 1
        outside = pl.col(f"o{place}")
        if not names:
            yield outside == ""
            continue
        if place:
            yield pl.col(f"o{place}.0") == ""
        plain = names if is_last else names[:-1]
        for n, name in enumerate(plain, 1):
            token = pl.col(f"o{place}.{n}")
            yield token.str.starts_with(name) if name.endswith("=") else token == name
        if is_last:
            yield ~pl.col(f"o{place}.{len(names)}").str.contains(" ", literal=True)
        else:
            yield pl.col(f"o{place}.{len(names)}") == names[-1]
            yield ~pl.col(f"q{place}").str.contains(_UNUSUAL)
        if plain:
            yield ~outside.str.contains(_UNUSUAL_OUTSIDE)


def _columns(pieces: pl.DataFrame, shape: _Shape) -> pl.DataFrame:
    values: dict[str, pl.Expr] = {}
    for place, names in enumerate(shape):
        for n, name in enumerate(names, 1):
            is_quoted = n == len(names) and place < len(shape) - 1
            token = pl.col(f"o{place}.{n}").str.slice(len(name))
            value = pl.col(f"q{place}") if is_quoted else token
            values[name] = value if name.endswith("=") else pl.lit("true")
    texts = pieces.select(value.alias(name) for name, value in values.items())
    jsons = {name.removesuffix("="): partial(_json, texts[name]) for name in values}
    known = {name.removesuffix("="): texts[name] for name in values if name.removesuffix("=") in ALIASES}
    return columns(pieces["index"], known, jsons)


def _json(texts: pl.Series) -> pl.Series:
    return _quoted(texts) if texts.name.endswith("=") else texts


def _quoted(texts: pl.Series) -> pl.Series:
    return pl.select(pl.concat_str(pl.lit('"'), pl.lit(texts), pl.lit('"'))).to_series()


_KEY = r"[A-Za-z_@][A-Za-z0-9_.@/#-]*"
_IS_LOGFMT = (
    rf'^(?:(?:{_KEY}|"[^"\\=]{{1,80}}")=(?:"(?:[^"\\]|\\.)*"|[^ \t"]*)'
    r'(?:[ \t]*$|[ \t](?s:.*[ \t])?["A-Za-z_@][^ \t=]*=)|(?:level|lvl|severity|ts)=["A-Za-z0-9])'
)
LOGFMT = Format("logfmt", parse_logfmt, pl.col("text").str.contains(_IS_LOGFMT))
