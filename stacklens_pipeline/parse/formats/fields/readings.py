"""How values become columns: each reading takes what fields hold, and gives what it can read of it.

What a reading cannot read is null, so that the record's next field of the same meaning is asked. A value whose column
does not say all of it (a path with a query, `12ms`) stays among the attributes as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl

from stacklens_pipeline.parse.formats.fields import trace_context
from stacklens_pipeline.parse.formats.fields.scales import SCALES, read_levels
from stacklens_pipeline.parse.formats.fields.times import read_times
from stacklens_pipeline.parse.formats.matching import are


@dataclass(frozen=True)
class Reading:
    """What was read, row by row.

    `columns` are all null where the value could not be read; `is_whole` says where they hold all that the value said.
    """

    columns: Mapping[str, pl.Series]
    is_whole: pl.Series | bool = True

    @property
    def is_read(self) -> pl.Series:
        """Where the value could be read."""
        return next(iter(self.columns.values())).is_not_null()


Read = Callable[[pl.Series, bool], dict[str, pl.Series] | pl.Series | tuple[pl.Series, pl.Series | bool]]


def read(column: str, reading: str, values: pl.Series, is_text: bool) -> Reading:
    """The values, texts or else numbers as JSON writes them, as the column; nulls stay."""
    found = READINGS[reading](values, is_text)
    if isinstance(found, dict):
        return Reading(found)
    series, is_whole = found if isinstance(found, tuple) else (found, True)
    return Reading({column: series.alias(column)}, is_whole)


def read_mixed(column: str, reading: str, texts: pl.Series, numbers: pl.Series | None) -> Reading:
    """Values of which some are texts and some are numbers, each null in the other."""
    if numbers is None or not numbers.count():
        return read(column, reading, texts, True)
    if not texts.count():
        return read(column, reading, numbers, False)
    is_text, of_text, of_number = texts.is_not_null(), *(read(column, reading, v, v is texts) for v in (texts, numbers))
    both = {n: series.zip_with(is_text, of_number.columns[n]) for n, series in of_text.columns.items()}
    whole, other = (repeated(one.is_whole, texts.len()) for one in (of_text, of_number))
    return Reading(both, whole.zip_with(is_text, other))


def text(values: pl.Series, is_text: bool) -> pl.Series:
    """Any text that is not empty."""
    return _without(values, values == "") if is_text else values


def name(values: pl.Series, is_text: bool) -> pl.Series:
    """The name or number of something; `-` stands for nothing."""
    return _without(values, (values == "") | (values == "-")) if is_text else values


_PORT = r"^(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\] ,]+))(?::[0-9]{1,5})?$"
_LIST = r"^[^ ,]+(?:, *[^ ,]+)+$"
_STRANGE_SIGNS = [" ", ",", "[", ":", '"']
_ADDRESS = r"^[0-9A-Za-z._%:-]{1,255}$"


def address(values: pl.Series, is_text: bool) -> tuple[pl.Series, pl.Series | bool]:
    """An IP address or host name: without its port, and the first where several are listed."""
    if not is_text:
        return _nothing(values), True
    named = name(values, is_text)
    if not named.str.contains_any(_STRANGE_SIGNS).any():
        return named, True
    first = named.str.extract(r"^([^ ,]+)", 1).zip_with(named.str.contains(_LIST).fill_null(False), named)
    ported = first.str.extract_groups(_PORT).struct.unnest().get_columns()
    host = ported[0].zip_with(ported[0].is_not_null(), ported[1])
    host = host.zip_with(host.is_not_null(), first)
    host = _without(host, ~host.str.contains(_ADDRESS))
    return host, (host == values).fill_null(False)


_METHOD = "^[A-Z]{3,20}$"
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""Those that some write in small letters; RFC 9110 and RFC 5789."""


def method(values: pl.Series, is_text: bool) -> pl.Series:
    """The method of an HTTP request, in capitals."""
    if not is_text or _all(values, _METHOD):
        return values if is_text else _nothing(values)
    upper = values.str.to_uppercase()
    return _without(upper, ~(values.str.contains(_METHOD) | upper.is_in(_METHODS)))


_URL = r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*([^?#]*)"


def path(values: pl.Series, is_text: bool) -> tuple[pl.Series, pl.Series | bool]:
    """The path of a URL, or of a request's target, without its query."""
    if not is_text:
        return _nothing(values), True
    is_path = values.str.starts_with("/")
    if is_path.all(ignore_nulls=True) and not values.str.contains_any(["?", "#"]).any():
        return values, True
    of_url = values.str.extract(_URL, 1)
    paths = values.str.extract(r"^([^?#]*)", 1).zip_with(is_path.fill_null(False), of_url.set(of_url == "", "/"))
    return paths, (paths == values).fill_null(False)


_REQUEST_LINE = r"^([A-Z]{3,20}) ([^ ]+)(?: HTTP/[0-9.]+)?$"


def request_method(values: pl.Series, is_text: bool) -> tuple[pl.Series, bool]:
    """The method of a request line."""
    return (values.str.extract(_REQUEST_LINE, 1) if is_text else _nothing(values)), False


def request_path(values: pl.Series, is_text: bool) -> tuple[pl.Series, bool]:
    """The path of a request line."""
    targets = values.str.extract(_REQUEST_LINE, 2) if is_text else _nothing(values)
    return path(targets, True)[0], False


def request_line(values: pl.Series, is_text: bool) -> pl.Series:
    """A request line as it stands, which is what an access line's body is."""
    return _without(values, ~values.str.contains(_REQUEST_LINE)) if is_text else _nothing(values)


def status(values: pl.Series, is_text: bool) -> pl.Series:
    """An HTTP status, 100 to 999."""
    del is_text
    numbers = values.cast(pl.Float64, strict=False)
    return _without(numbers, ~(numbers.is_between(100, 999) & (numbers == numbers.floor()))).cast(pl.Int32)


def count(values: pl.Series, is_text: bool) -> pl.Series:
    """A whole number that is not negative."""
    del is_text
    whole = values.cast(pl.Int64, strict=False)
    return _without(whole, whole < 0)


def number(values: pl.Series, is_text: bool) -> pl.Series:
    """A number that is neither negative nor endless."""
    del is_text
    numbers = values.cast(pl.Float64, strict=False)
    return _without(numbers, ~(numbers.is_finite() & (numbers >= 0)))


def in_unit(values: pl.Series, is_text: bool, *, unit: str) -> tuple[pl.Series, bool]:
    """A number of another unit, in milliseconds."""
    return _milliseconds(number(values, is_text), unit), False


def _milliseconds(amounts: pl.Series, unit: str) -> pl.Series:
    """To the nanosecond, so that 350 µs is 0.35 and nothing near it."""
    return (amounts * _UNITS[unit]).round(6)


_AMOUNT = r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_UNITS = {"h": 3_600_000.0, "m": 60_000.0, "s": 1_000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_WRITTEN = {"h": "h", "m": "m", "s": "s", "ms": "ms", "us": "[uµμ]s", "ns": "ns"}
_WITH_UNIT = "^" + "".join(rf"(?:{_AMOUNT} ?{written})?" for written in _WRITTEN.values()) + "$"


def with_unit(values: pl.Series, is_text: bool) -> tuple[pl.Series, bool]:
    """Texts such as `12.5ms`, `1m30s` or `0.003 s`, in milliseconds; bare numbers say no unit."""
    if not is_text:
        return _nothing(values).cast(pl.Float64), False
    parts = values.str.extract_groups(_WITH_UNIT).struct.unnest()
    numbers = [part.cast(pl.Float64, strict=False) for part in parts]
    amounts = pl.DataFrame({unit: _milliseconds(part, unit) for unit, part in zip(_WRITTEN, numbers, strict=True)})
    is_any = parts.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    return _without(amounts.sum_horizontal(), ~is_any), False


def _trace(values: pl.Series, is_text: bool, *, ids: trace_context.Read, is_whole: bool) -> tuple[pl.Series, bool]:
    return (ids(values) if is_text else _nothing(values)), is_whole


def _decimal(values: pl.Series, is_text: bool) -> tuple[pl.Series, bool]:
    del is_text
    return trace_context.decimal_id(values), False


READINGS: Mapping[str, Read] = {
    "text": text,
    "name": name,
    "address": address,
    "method": method,
    "path": path,
    "request_line": request_line,
    "request_method": request_method,
    "request_path": request_path,
    "status": status,
    "count": count,
    "ms": number,
    **{unit: partial(in_unit, unit=unit) for unit in ("s", "us", "ns")},
    "unit": with_unit,
    "time": read_times,
    **{scale: partial(read_levels, scale=scale) for scale in ("level", *SCALES)},
    "trace_id": partial(_trace, ids=trace_context.trace_id, is_whole=True),
    "span_id": partial(_trace, ids=trace_context.span_id, is_whole=True),
    **{header: partial(_trace, ids=ids, is_whole=False) for header, ids in trace_context.HEADERS.items()},
    "decimal": _decimal,
}
"""The readings that `names.py` names."""
AS_WRITTEN = ("text", "name")
"""Those that give a number as it is written."""


def _all(values: pl.Series, pattern: str) -> bool:
    """Whether all values match, as far as there are any."""
    return bool(pl.select(are(values, pattern).all(ignore_nulls=True)).item())


def repeated(truth: pl.Series | bool, height: int) -> pl.Series:
    """A truth for each row."""
    return pl.repeat(truth, height, dtype=pl.Boolean, eager=True) if isinstance(truth, bool) else truth


def _without(values: pl.Series, unread: pl.Series) -> pl.Series:
    return values.set(unread.fill_null(True), None) if unread.any() or unread.null_count() else values


def _nothing(values: pl.Series) -> pl.Series:
    return pl.repeat(None, values.len(), dtype=pl.String, eager=True)
