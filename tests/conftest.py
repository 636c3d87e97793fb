"""What every test may use: a free port, an empty lake's folder, and a skip that is a failure in CI."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("local", max_examples=25, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)

IS_CI = os.environ.get("CI") == "true"
hypothesis.settings.load_profile("ci" if IS_CI else "local")


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
