"""Objects and lists that stand for one value: times of several numbers, and texts as their bytes."""

from collections.abc import Mapping
from typing import Any

from stacklens_pipeline.parse.formats.json_text import Digits

_SECONDS = ("seconds", "_seconds", "epochSecond", "epoch_second", "sec")
_NANOS = ("nanos", "_nanoseconds", "nanoOfSecond", "nanoseconds", "nano", "nsec")
_UTC_NAMES = ("UTC", "Z")


SPECIAL = ("time", "body")
"""The columns that an object or a list may stand for a value of."""


def plain_value(column: str, key: str, value: Any) -> tuple[Any, bool]:
    """What an object or list of a key stands for, None for nothing, and whether that is all that it says."""
    if column == "time" and isinstance(value, dict):
        return _time(value), True
    if column == "body" and isinstance(value, list) and key == "MESSAGE":
        return _text(value)
    return None, False


def _time(value: Mapping[str, Any]) -> Any:
    """A time as Google, log4j, MongoDB and PHP write it; anything more in the object makes it something else."""
    match value:
        case {"$date": {"$numberLong": str(millis)}, **more} if not more and len(value["$date"]) == 1:
            return millis
        case {"$date": str() | int() as date, **more} if not more:
            return date
        case {"date": str(date), "timezone": str(zone), **more} if not more.keys() - {"timezone_type"}:
            return date + ("Z" if zone in _UTC_NAMES else zone) if zone in _UTC_NAMES or zone[:1] in "+-" else None
    seconds = [value[name] for name in _SECONDS if name in value]
    nanos = [value[name] for name in _NANOS if name in value]
    if len(seconds) != 1 or len(seconds) + len(nanos) != len(value):
        return None
    return _number(seconds[0], *nanos)


def _number(seconds: Any, nanos: Any = 0) -> Digits | None:
    try:
        return Digits(f"{int(str(seconds))}.{int(str(nanos)):09d}")
    except ValueError:
        return None


def _text(value: list[Any]) -> tuple[str | None, bool]:
    """A text from its bytes, as systemd's journal writes what is not UTF-8 or not printable."""
    if not all(type(byte) is int and 0 <= byte <= 255 for byte in value):
        return None, False
    written = bytes(value)
    text = written.decode(errors="replace")
    return text, text.encode() == written
