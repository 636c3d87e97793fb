"""`stacklens ship`: one at a time, and it says what it follows and which patterns find nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacklens_pipeline.errors import ConfigurationError
from stacklens_pipeline.ship.commands import follow, say_what_is_followed
from stacklens_pipeline.ship.lock import locked
from tests.unit.ship.shipping import MakeShipper

DIES_WITH_THE_LOCK = """
import os, sys
from pathlib import Path
from stacklens_pipeline.ship.lock import locked
with locked(Path(sys.argv[1])):
    os._exit(9)
"""


def test_a_second_shipper_is_refused_with_the_number_of_the_first(state: Path) -> None:
    with (
        locked(state),
        pytest.raises(ConfigurationError, match=f"follows the files already: pid {os.getpid()}$"),
        locked(state),
    ):
        pass
    with locked(state):
        pass


def test_a_lock_ends_with_its_process(state: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIES_WITH_THE_LOCK, str(state)], check=False, timeout=60)
    assert done.returncode == 9
    with locked(state):
        pass


def test_one_file_of_one_source(shipper: MakeShipper, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.touch()
    say_what_is_followed(shipper(), 1)
    assert capsys.readouterr().err == "following 1 file of 1 source\n"


def test_patterns_that_find_no_file_are_named(
    shipper: MakeShipper, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = file.parent
    file.touch()
    file.with_name("b.log").touch()
    (folder / "sub").mkdir()
    say_what_is_followed(shipper("*.log", "*.jsn", "no.log", "sub", "su*"), 2)
    assert capsys.readouterr().err.splitlines() == [
        f"warning: this pattern matches no file yet: `{folder}/*.jsn`",
        f"warning: this file is not there yet: `{folder}/no.log`",
        f"warning: a folder is named where files are expected; its files are: `{folder}/sub/*`",
        f"warning: this pattern matches folders, not files; their files are: `{folder}/su*/*`",
        "following 2 files of 2 sources",
    ]


def test_a_file_that_appears_later_is_followed(shipper: MakeShipper, file: Path) -> None:
    ours = shipper()
    assert ours.step() == 0
    file.write_bytes(b"one\n")
    assert ours.step() == 1


def test_once_ends_when_all_is_shipped(shipper: MakeShipper, file: Path) -> None:
    file.write_bytes(b"one\ntwo")
    assert follow(shipper(), once=True) == 2
