"""What every test may use: a free port, an empty lake's folder, and a skip that is a failure in CI."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from stacklens_pipeline.lake import Lake
from tests.builders import Clock, drained, numbered, opened_log, send

hypothesis.settings.register_profile("local", max_examples=25, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)

IS_CI = os.environ.get("CI") == "true"
hypothesis.settings.register_profile("soak", max_examples=400, deadline=None, derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IS_CI else "local"))


def require(part: str, found: bool, how: str) -> None:
    """Skip the test when a part is missing, saying how to get it; in CI, where all parts belong, fail."""
    if found:
        return
    reason = f"{part} is missing: {how}"
    if IS_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session", name="require")
def _require() -> Callable[[str, bool, str], None]:
    """`require(part, found, how)` without an import."""
    return require


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in [name for name in os.environ if name.upper().startswith("STACKLENS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def free_port() -> int:
    """A TCP port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def lake_dir(tmp_path: Path) -> Path:
    """Where a test's lake may lie; not made yet."""
    return tmp_path / "lake"


@pytest.fixture
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


HOURS = ("2026-11-24T03:10:00Z", "2026-11-24T04:02:00Z", "2026-11-24T04:07:00Z")


@pytest.fixture(scope="session")
def drained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an event log and the lake that it was drained to."""
    folder = tmp_path_factory.mktemp("drained")
    log = opened_log(folder)
    for number, at in enumerate(HOURS):
        send(log, numbered(70, 70 * number, at=at))
    send(log, [b"\xff", b""], source=b"legacy")
    drained(Lake(str(folder / "lake")), log, Clock(), max_rows=50)
    log.close()
    return folder


@pytest.fixture
def copied(drained_once: Path, tmp_path: Path) -> Path:
    """The test's own copy of it."""
    return shutil.copytree(drained_once, tmp_path, dirs_exist_ok=True)
