"""Any order of writes, rotations, polls, late writes and restarts: every line comes exactly once."""

from pathlib import Path
from random import Random

import pytest

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.ship import followed
from stacklens_pipeline.ship.folders import LINGER_S
from tests.unit.ship.shipping import MakeShipper, values

ACTIONS = ("write", "write", "rotate", "rotate", "late", "poll", "poll", "wait", "restart")


class World:
    """A file, its writer and logrotate; counts the lines that were written."""

    def __init__(self, file: Path, random: Random) -> None:
        self._file, self._random = file, random
        self.written: list[bytes] = []
        self.now = 0.0
        file.touch()

    def clock(self) -> float:
        return self.now

    def write(self) -> None:
        self._write(self._file)

    def late(self) -> None:
        if (rotated := self._name(1)).exists():
            self._write(rotated)

    def rotate(self) -> None:
        if not self._file.exists():
            return
        for number in range(len(list(self._file.parent.iterdir())), 0, -1):
            if self._name(number).exists():
                self._name(number).rename(self._name(number + 1))
        self._file.rename(self._name(1))
        if self._random.random() < 0.7:
            self._file.touch()

    def wait(self) -> None:
        self.now += LINGER_S

    def _name(self, number: int) -> Path:
        return self._file.with_name(f"{self._file.name}.{number}")

    def _write(self, file: Path) -> None:
        self.written.append(b"line %d" % len(self.written))
        with file.open("ab") as grown:
            grown.write(self.written[-1] + b"\n")


@pytest.fixture(params=[1, 128])
def handles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "MAX_OPEN", request.param)


@pytest.mark.usefixtures("handles")
@pytest.mark.parametrize("pattern", ["app.log", "*.log*"])
@pytest.mark.parametrize("seed", range(8))
def test_every_line_comes_once(log: EventLog, shipper: MakeShipper, file: Path, pattern: str, seed: int) -> None:
    random = Random(seed)
    world = World(file, random)
    ours = shipper(pattern, clock=world.clock)
    ours.step()
    for action in random.choices(ACTIONS, k=60):
        if action == "restart":
            ours = shipper(pattern, clock=world.clock)
        elif action == "poll":
            ours.step()
        else:
            getattr(world, action)()
    for _ in range(2):  # the second finds what came after a file was let go of
        for _ in range(20):
            ours.step()
        ours = shipper(pattern, clock=world.clock)
    ours.step()
    assert sorted(values(log)) == sorted(world.written)
