"""Golden files: one for each kind of message, JSON that is written so that a change of it is a small diff."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.filters import as_time
from stacklens_pipeline.values import rfc3339

_WRITTEN = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
SUFFIX = ".json"


@dataclass(frozen=True)
class Message:
    """A message as the event log had it: its bytes, when it was appended, and who sent it."""

    value: bytes | None
    received: datetime
    source: str | None


@dataclass(frozen=True)
class Case:
    """Messages that belong together, and the rows that they have to become: records and dead letters."""

    messages: Sequence[Message]
    rows: Sequence[Mapping[str, Any]]


def write_cases(path: Path, cases: Iterable[Case]) -> None:
    """Write a golden file."""
    content = [{"messages": [_said(message) for message in case.messages], "rows": case.rows} for case in cases]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(content, option=_WRITTEN))


def read_cases(path: Path) -> list[Case]:
    """The cases of a golden file. Raises ConfigurationError when it is none."""
    try:
        content = orjson.loads(path.read_bytes())
        return [Case([_message(said) for said in case["messages"]], case["rows"]) for case in content]
    except (OSError, KeyError, TypeError, ValueError, ConfigurationError) as error:
        raise ConfigurationError(f"not a golden file, `stacklens sample` writes them ({error}): `{path}`") from error


def golden_files(folder: Path) -> list[Path]:
    """The golden files of a folder, and of those in it. Raises ConfigurationError when there is none."""
    found = sorted(folder.rglob(f"*{SUFFIX}"))
    if not found:
        raise ConfigurationError(f"there are no golden files, `stacklens sample` writes them: `{folder}`")
    return found


def _said(message: Message) -> dict[str, Any]:
    about = {"received": rfc3339(message.received), "source": message.source}
    return {**_bytes(message.value), **{name: value for name, value in about.items() if value is not None}}


def _bytes(value: bytes | None) -> dict[str, str | None]:
    try:
        return {"raw": None if value is None else value.decode()}
    except UnicodeDecodeError:
        return {"raw_b64": base64.b64encode(value or b"").decode()}


def _message(said: Mapping[str, Any]) -> Message:
    raw = said.get("raw")
    value = base64.b64decode(said["raw_b64"]) if "raw_b64" in said else None if raw is None else raw.encode()
    return Message(value, as_time(said["received"]), said.get("source"))
