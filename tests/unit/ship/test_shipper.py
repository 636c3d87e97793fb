"""The shipper: every line of a followed file, in order, whatever happens to the file in between."""

from pathlib import Path
from typing import Any

import pytest

from stacklens_pipeline.errors import EventLogError
from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.ship import tail
from stacklens_pipeline.ship.positions import Positions
from tests.unit.ship.shipping import MakeShipper, values


def test_lines_are_shipped_once_as_the_file_grows(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    ours = shipper()
    file.write_bytes(b"one\r\ntwo\n\nhal")
    assert (ours.step(), ours.step()) == (2, 0)
    with file.open("ab") as grown:
        grown.write(b"f\nthree\n")
    assert ours.step() == 2
    assert values(log) == [b"one", b"two", b"half", b"three"]


def test_another_process_goes_on_where_the_first_was(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    file.write_bytes(b"one\n")
    shipper().step()
    with file.open("ab") as grown:
        grown.write(b"two\n")
    shipper().step()
    assert values(log) == [b"one", b"two"]


def test_the_last_line_counts_when_nothing_will_follow(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    file.write_bytes(b"one\nlast")
    assert shipper().step(is_last=True) == 2


def test_a_file_that_is_rotated_by_renaming_is_read_anew(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    ours = shipper()
    file.write_bytes(b"old\n")
    ours.step()
    file.rename(file.with_suffix(".1"))
    file.write_bytes(b"new\n")
    ours.step()
    assert values(log) == [b"old", b"new"]


def test_a_file_that_was_emptied_is_read_anew(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    ours = shipper()
    file.write_bytes(b"a long first line\n")
    ours.step()
    file.write_bytes(b"new\n")
    ours.step()
    file.write_bytes(b"other content that is longer\n")
    ours.step()
    assert values(log) == [b"a long first line", b"new", b"other content that is longer"]


def test_no_more_than_allowed_is_sent(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    file.write_bytes(b"x\n" * 1000)
    ours = shipper(max_lines_s=10.0)
    assert ours.step() == 10
    assert ours.step() < 10


def test_what_the_log_refuses_is_sent_again(
    log: EventLog, shipper: MakeShipper, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"one\n")
    ours = shipper()
    with monkeypatch.context() as broken:
        broken.setattr(type(log), "append_values", _refuse)
        with pytest.raises(EventLogError):
            ours.step()
    ours.step()
    assert values(log) == [b"one"]


def _refuse(*_: object, **__: object) -> int:
    raise EventLogError("the disk is away")


def test_a_kill_between_append_and_save_repeats_lines_and_loses_none(
    log: EventLog, shipper: MakeShipper, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"one\n")
    with monkeypatch.context() as killed:
        killed.setattr(Positions, "save_changes", _killed)
        with pytest.raises(KeyboardInterrupt):
            shipper().step()
    shipper().step()
    assert values(log) == [b"one", b"one"]


def _killed(_: object) -> None:
    raise KeyboardInterrupt


def test_positions_are_saved_after_the_log_has_the_lines(
    log: EventLog, shipper: MakeShipper, file: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"one\n")
    with monkeypatch.context() as broken:
        broken.setattr(type(log), "append_values", _refuse)
        with pytest.raises(EventLogError):
            shipper().step()
    assert not state.exists()
    shipper().step()
    assert (values(log), state.exists()) == ([b"one"], True)


def test_long_lines_and_large_files_pass_in_chunks(
    log: EventLog, shipper: MakeShipper, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "READ_BYTES", 64)
    lines = [b"%d " % n + b"x" * n for n in range(0, 200, 7)]
    file.write_bytes(b"\n".join(lines) + b"\n")
    ours = shipper(max_line_bytes=150)
    while ours.step():
        pass
    stored = values(log)
    assert [value[:150] for value in lines] == sorted(stored, key=lambda value: int(value.split()[0]))


def test_a_file_that_cannot_be_read_is_left_out(
    log: EventLog, shipper: MakeShipper, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"secret\n")
    file.with_name("b.log").write_bytes(b"open\n")
    real = tail.open_file

    def refusing(path: Path) -> Any:
        if path == file:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("stacklens_pipeline.ship.followed.open_file", refusing)
    ours = shipper()
    assert (ours.step(), ours.step()) == (1, 0)
    assert values(log) == [b"open"]
