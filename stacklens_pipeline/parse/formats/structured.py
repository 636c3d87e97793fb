"""Structured data of RFC 5424 as JSON, an object of objects, by the column: where many look alike, and are valid.

Data of one application differ in their values only. So the data of one message tell where the values stand; those of
every other are cut at their quotation marks, and are taken if all that stands between the values is the same.
"""

import re
from dataclasses import dataclass

import orjson
import polars as pl

from stacklens_pipeline.parse.formats.structured_one import LONGEST_NAME, NAME

FEWEST = 64
"""So many messages with the same first element make it worth while to take them together."""

ROUNDS = 16
"""So many shapes are sought; what is left then, of a source that writes ever new ones, goes one by one."""

TRIES = 8
"""Messages of a group that are asked for their shape."""

_NAME = f"{NAME}{{1,{LONGEST_NAME}}}"
_PLAIN = re.compile(rf'(?:\[{_NAME}(?: {_NAME}="[^"\\\]\x00-\x1f]*")*\])+(?= |\Z)')
_UNUSUAL = r"[\\\]\x00-\x1f]"
"""What is not plain between quotation marks: escapes, what has to be escaped, and what JSON escapes."""

_ELEMENT = re.compile(r'\[([^ \]]+)((?: [^=]+="[^"]*")*)\]')
_PARAMETER = re.compile(r' ([^=]+)="([^"]*)"')


def usual_data(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines whose structured data are nil or of a common shape, with `json` and `body`.

    `data` of a line is what follows the header up to a blank, and `rest` what follows that blank, or null.
    """
    is_nil = lines["data"] == "-"
    taken = [_with_body(lines.filter(is_nil), pl.lit(None, pl.String), pl.col("rest"))] if is_nil.any() else []
    left = lines.filter(~is_nil) if is_nil.any() else lines
    for _ in range(ROUNDS):
        if left.height < FEWEST:
            break
        is_same = left["data"] == left["data"][0]
        group = left if is_same.all() else left.filter(is_same)
        others = left.clear() if is_same.all() else left.filter(~is_same)
        found, missed = _by_shape(group)
        taken.append(found)
        left = pl.concat([missed, others]) if found.height else others
    return pl.concat(taken) if taken else _with_body(lines.clear(), pl.lit(None, pl.String), pl.col("rest"))


def _with_body(lines: pl.DataFrame, json: pl.Expr, body: pl.Expr) -> pl.DataFrame:
    return lines.with_columns(json.alias("json"), body.fill_null("").alias("body"))


@dataclass(frozen=True)
class _Shape:
    """What stands around the values: in the rest of a message, and in JSON."""

    fixed: list[str]
    """Before the first value, between two, and after the last."""
    json: list[str]


def _by_shape(group: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of the first shape that is found, with `json` and `body`, and the lines that have another."""
    texts = group.head(TRIES).select(pl.concat_str("data", "rest", separator=" ", ignore_nulls=True)).to_series()
    shape = next((shape for shape in map(_shape, texts) if shape), None)
    if shape is None:
        return _with_body(group.clear(), pl.lit(None, pl.String), pl.col("rest")), group
    if len(shape.fixed) == 1:
        return _with_body(group, pl.lit(shape.json[0]), pl.col("rest")), group.clear()
    names = [f"piece{place}" for place in range(2 * len(shape.fixed) - 1)]
    cut = pl.col("rest").str.splitn('"', len(names)).struct.rename_fields(names).alias("pieces")
    pieces = group.with_columns(cut).unnest("pieces")
    is_taken = pieces.select(_holds(shape, names).fill_null(False)).to_series()
    missed = group.clear() if is_taken.all() else group.filter(~is_taken)
    found = pieces if is_taken.all() else pieces.filter(is_taken)
    body = pl.col(names[-1]).str.slice(len(shape.fixed[-1]) + 1)
    return _with_body(found, _json(shape, names), body).drop(names), missed


def _json(shape: _Shape, names: list[str]) -> pl.Expr:
    """The values, which are every other piece, in the shape's JSON."""
    parts = [pl.lit(shape.json[0])]
    for name, fixed in zip(names[1::2], shape.json[1:], strict=True):
        parts += [pl.col(name), pl.lit(fixed)]
    return pl.concat_str(parts)


def _holds(shape: _Shape, names: list[str]) -> pl.Expr:
    """Whether a message is of the shape, and its values are plain."""
    end, last = pl.col(names[-1]), shape.fixed[-1]
    return pl.all_horizontal(
        *(pl.col(name) == fixed for name, fixed in zip(names[:-1:2], shape.fixed[:-1], strict=True)),
        (end == last) | end.str.starts_with(f"{last} "),
        *(~pl.col(name).str.contains(_UNUSUAL) for name in names[1::2]),
    )


def _shape(text: str) -> _Shape | None:
    """The shape of the data that a text begins with; None unless they are plain and name nothing twice."""
    plain = _PLAIN.match(text)
    if plain is None:
        return None
    elements = {name: _PARAMETER.findall(parameters) for name, parameters in _ELEMENT.findall(plain[0])}
    # a plain name holds no control character, so that this one stands for the values alone
    empty = {name: dict.fromkeys((key for key, _ in parameters), "\0") for name, parameters in elements.items()}
    fixed = plain[0].partition(" ")[2].split('"')[::2]
    json = orjson.dumps(empty).decode().split("\\u0000")
    return _Shape(fixed, json) if len(_ELEMENT.findall(plain[0])) == len(empty) and len(json) == len(fixed) else None
