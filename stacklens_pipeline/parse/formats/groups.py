"""Names that the groups of all patterns share, and what each becomes in a record."""

from collections.abc import Mapping

import polars as pl

from stacklens_pipeline.parse.formats.exceptions import MESSAGE, TYPE
from stacklens_pipeline.parse.formats.members import as_json, json_object, quoted

COLUMNS = (
    *("body", "service_name", "host_name", "trace_id", "user_id", "client_address"),
    *("http_method", "url_path", "http_status", "duration_ms", "bytes_sent"),
)
"""Groups that are columns of a record."""

MEMBERS: Mapping[str, str] = {
    "pid": "process.pid",
    "tid": "thread.id",
    "thread": "thread.name",
    "logger": "log.logger",
    "file": "code.file.path",
    "line": "code.lineno",
    "function": "code.function",
    "context": "log.context",
    "container": "container.name",
    "log_file": "log.file.name",
    **{name: name for name in (TYPE, MESSAGE)},
}
"""Groups that are attributes, and their names there."""

_NUMBERS = frozenset({"pid", "tid", "line"})
"""Groups that are numbers as a rule, beside those whose names end with `_number`."""
ESCAPED = r'["\\\x00-\x1f]'
"""What JSON escapes in a text."""
_NUMBER = r"^(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,9})?$"


def groups_of(texts: pl.Series, pattern: str) -> pl.DataFrame:
    """The groups of the pattern in each text; null where it does not match."""
    return texts.str.extract_groups(pattern).struct.unnest()


def attributes(fields: pl.DataFrame, more: Mapping[str, str] | None = None) -> pl.Series:
    """A JSON object of the fields that are attributes, by `MEMBERS` and `more`, without those that are empty or `-`."""
    names = {group: name for group, name in {**MEMBERS, **(more or {})}.items() if group in fields.columns}
    filled = fields.select(pl.when(~pl.col(group).is_in(["", "-"])).then(pl.col(group)).alias(group) for group in names)
    names = {group: name for group, name in names.items() if filled[group].null_count() < fields.height}
    if not names:
        return pl.repeat(None, fields.height, dtype=pl.String, eager=True)
    if _are_plain(filled.select(*names)):
        return _joined(filled, names)
    members = {name: _number(filled[group]) if _is_number(group) else filled[group] for group, name in names.items()}
    return json_object(members)


def _are_plain(filled: pl.DataFrame) -> bool:
    """Whether every row has all, and nothing needs an escape or turns out not to be a number."""
    return all(
        not values.null_count()
        and (values.str.contains(_NUMBER).all() if _is_number(group) else not values.str.contains(ESCAPED).any())
        for group, values in filled.to_dict().items()
    )


def _joined(filled: pl.DataFrame, names: Mapping[str, str]) -> pl.Series:
    """The objects at once, in a fifth of the time that members one by one take."""
    parts, before = list[pl.Expr](), "{"
    for group, name in names.items():
        quote = "" if _is_number(group) else '"'
        parts += [pl.lit(f'{before}"{name}":{quote}'), pl.col(group)]
        before = f"{quote},"
    return filled.select(pl.concat_str(*parts, pl.lit(before.replace(",", "}")))).to_series()


def _is_number(group: str) -> bool:
    return group in _NUMBERS or group.endswith("_number")


def _number(texts: pl.Series) -> pl.Series:
    """Texts as JSON, those that are numbers as such."""
    texts = texts.str.replace("^0+([0-9])", "$1")
    is_number = texts.str.contains(_NUMBER).fill_null(True)
    return as_json(texts if is_number.all() else quoted(texts).zip_with(~is_number, texts))
