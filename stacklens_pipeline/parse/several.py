"""Messages that hold several records: a JSON object on each line, or an array of objects."""

import json
import re

import polars as pl

_IS_ARRAY = r"^\[[ \t\r\n]*\{"
_JSON = json.JSONDecoder()
_NEXT = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")


def apart(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines, those of several records as often as they have records, with `text` and `line_index` of each.

    Past the first of a message `value_bytes` is 0. What is not one object after another is left as it is.
    """
    is_several = _may_be_several(lines["text"]).arg_true()
    if not is_several.len():
        return lines
    texts = pl.Series([objects(text) for text in lines["text"].gather(is_several)], dtype=pl.List(pl.String))
    found = pl.DataFrame({"message": is_several, "object": texts}).filter(pl.col("object").list.len() > 0)
    found = found.with_columns(pl.int_ranges(pl.col("object").list.len(), dtype=pl.Int32).alias("line_index"))
    numbered = lines.drop("line_index").with_row_index("message")
    each = found.explode("object", "line_index")
    every = numbered.join(each, on="message", how="left", maintain_order="left_right").with_columns(
        pl.coalesce("object", "text").alias("text"), pl.col("line_index").fill_null(0)
    )
    is_first = pl.col("line_index") == 0
    return every.with_columns(pl.when(is_first).then("value_bytes").otherwise(0)).select(lines.columns)


def _may_be_several(texts: pl.Series) -> pl.Series:
    is_array = texts.str.starts_with("[") & texts.str.contains(_IS_ARRAY)
    return (is_array | (texts.str.contains("\n", literal=True) & texts.str.starts_with("{"))).fill_null(False)


def objects(text: str) -> list[str]:
    """The texts of the objects that a message holds; none when it is anything else, or one object over many lines.

    >>> objects('{"a":1}\\n{"a":2}\\n'), objects('[{"a":1}, {"a":2}]'), objects('{"a":\\n1}'), objects("[{}, 1]")
    (['{"a":1}', '{"a":2}'], ['{"a":1}', '{"a":2}'], [], [])
    """
    if text.startswith("["):
        return _elements(text)
    lines = [stripped for line in text.split("\n") if (stripped := line.strip(" \t\r"))]
    return lines if all(line[0] == "{" and line[-1] == "}" for line in lines) else []


def _elements(text: str) -> list[str]:
    """The texts of an array's elements, as they stand there; none unless all are objects."""
    found = []
    try:
        at = text.index("{")
        while True:
            item, end = _JSON.raw_decode(text, at)
            found.append(text[at:end])
            between = _NEXT.match(text, end)
            if not isinstance(item, dict) or between is None:
                return []
            if between[1] == "]":
                return found if between.end() == len(text) else []
            at = between.end()
    except (ValueError, RecursionError):
        return []
