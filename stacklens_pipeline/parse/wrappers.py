"""Lines that a container's runtime has wrapped: taken out, with what the wrapper says of them.

Docker's json-file driver writes `{"log":"text\\n","stream":"stdout","time":"..."}` and cuts lines of more than 16 KiB:
all parts but the last lack the line end. CRI-O and containerd write `time stdout F text`, and `P` for a part. Sources:
Docker's `jsonfilelog`; the Kubernetes design proposal on CRI logging.
"""

import orjson
import polars as pl

from stacklens_pipeline.parse.timestamps import from_iso
from stacklens_pipeline.tables import UTC_TIME

_DOCKER = (
    r'^\{"log":"(?P<inner>[^"\\]*(?:\\.[^"\\]*)*)","stream":"(?P<iostream>stdout|stderr)"'
    r'(?:,"attrs":\{[^{}]*\})?,"time":"(?P<at>[^"\\]+)"\}$'
)
_CRI = (
    r"(?s)^(?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9]{2}:[0-9]{2})) (?P<iostream>stdout|stderr)"
    r" (?P<part>[FP])(?::[^ ]*)? (?P<inner>.*)$"
)
_CRI_STREAM = r"^[0-9]{4}-[^ ]{16,32} std(?:out|err) [FP]"
_ESCAPED_END = "\\n"
"""How a line end is written in JSON."""


def unwrapped(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with the text inside their wrapper, `wrapped_at`, `iostream` and `is_cut`; others as they are."""
    lines = lines.with_columns(
        pl.lit(None, UTC_TIME).alias("wrapped_at"),
        pl.lit(None, pl.String).alias("iostream"),
        pl.lit(False).alias("is_cut"),
    )
    text = lines["text"]
    for is_wrapped, inside in (
        (text.str.starts_with('{"log":"'), _inside_docker),
        (text.str.contains(_CRI_STREAM), _inside_cri),
    ):
        places = is_wrapped.arg_true()
        if places.len():
            lines = _put(lines, places, inside(text.gather(places)))
    return lines


def _put(lines: pl.DataFrame, places: pl.Series, found: pl.DataFrame) -> pl.DataFrame:
    """The lines with what was found inside those at the places; nothing was found where the inner text is null."""
    is_found = found["text"].is_not_null()
    places, found = places.filter(is_found), found.filter(is_found)
    return lines.with_columns(lines[name].scatter(places, found[name]) for name in found.columns)


def _inside_docker(texts: pl.Series) -> pl.DataFrame:
    inner = texts.to_frame("text").select(pl.col("text").str.extract_groups(_DOCKER)).unnest("text")
    is_whole = inner["inner"].str.ends_with(_ESCAPED_END)
    return inner.select(
        _unescaped(inner["inner"]).alias("text"),
        from_iso(pl.col("at")).alias("wrapped_at"),
        "iostream",
        is_cut=~is_whole,
    )


def _unescaped(inner: pl.Series) -> pl.Series:
    """Texts as JSON wrote them without quotation marks, as they were; null where they are none."""
    plain = inner.str.strip_suffix(_ESCAPED_END)
    escaped = plain.str.contains("\\", literal=True).fill_null(False).arg_true()
    if not escaped.len():
        return plain
    return plain.scatter(escaped, pl.Series([_loaded(text) for text in plain.gather(escaped)], dtype=pl.String))


def _loaded(text: str) -> str | None:
    try:
        loaded = orjson.loads(f'"{text}"')
    except orjson.JSONDecodeError:
        return None
    return loaded if isinstance(loaded, str) else None


def _inside_cri(texts: pl.Series) -> pl.DataFrame:
    inner = texts.to_frame("text").select(pl.col("text").str.extract_groups(_CRI)).unnest("text")
    return inner.select(
        pl.col("inner").alias("text"),
        from_iso(pl.col("at")).alias("wrapped_at"),
        "iostream",
        is_cut=pl.col("part") == "P",
    )


def with_wrapper(records: pl.DataFrame) -> pl.DataFrame:
    """The records, with the stream that a wrapper names among their attributes."""
    if records["iostream"].null_count() == records.height:
        return records
    member = pl.lit('"log.iostream":"') + pl.col("iostream") + pl.lit('"}')
    others = pl.col("attributes").str.strip_suffix("}")
    added = pl.when(others.str.len_bytes() > 1).then(others + pl.lit(",") + member).otherwise(pl.lit("{") + member)
    return records.with_columns(pl.coalesce(added, "attributes").alias("attributes"))
