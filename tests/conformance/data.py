"""Real cases of others' parsers, which lie beside the checkout and are never committed; tests skip without them.

Each test counts what it got right and says so, and fails below the share that is to be reached.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

DATA = Path(os.environ.get("LOG_CASES", Path(__file__).parents[3] / "shared" / "data"))


def path(name: str) -> Path:
    """A file or folder of the data; skips the test that asks for it when it is not there."""
    found = DATA / name
    if not found.exists():
        pytest.skip(f"no real data beside the checkout: shared/data/{name}", allow_module_level=True)
    return found


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file of JSON lines."""
    return [json.loads(line) for line in path(name).read_text(encoding="utf-8").splitlines()]


def reached(what: str, wrong: Iterable[object], total: int, share: float) -> None:
    """Print how many of the cases are right, and fail with those that are wrong below the share."""
    failures = list(wrong)
    right = total - len(failures)
    print(f"{what}: {right} of {total} right ({right / total:.1%}, wanted {share:.1%})")
    assert right >= share * total, "\n".join(_shown(failures))


def _shown(failures: list[object], most: int = 20) -> Iterator[str]:
    yield f"{len(failures)} are wrong, such as"
    yield from (str(failure) for failure in failures[:most])
