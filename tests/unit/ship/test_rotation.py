"""Rotation: however files are renamed, copied, emptied, deleted and compressed, no line is lost and none sent twice."""

import gzip
import os
import shutil
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from stacklens_pipeline.eventlog.base import EventLog
from stacklens_pipeline.ship import Shipper, followed
from stacklens_pipeline.ship.folders import LINGER_S
from stacklens_pipeline.ship.tail import Mark, mark_at
from tests.unit.ship.shipping import MakeShipper, values

LONG = b"".join(b"a line of some length, the %d. of its file\n" % n for n in range(20))


class Watch:
    """A clock that moves when it is told to."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def write(file: Path, content: bytes) -> None:
    with file.open("ab") as grown:
        grown.write(content)


def rotate(file: Path) -> None:
    """As logrotate does: a.log.1 becomes a.log.2, and a.log becomes a.log.1."""
    for number in range(8, 0, -1):
        if (old := file.with_name(f"{file.name}.{number}")).exists():
            old.rename(file.with_name(f"{file.name}.{number + 1}"))
    file.rename(file.with_name(f"{file.name}.1"))


def all_sent(ours: Shipper) -> Shipper:
    while ours.step():
        pass
    return ours


def older(file: Path) -> None:
    """Give the file's last write a time before all others."""
    os.utime(file, ns=(10**18, 10**18))


def test_lines_before_a_rename_between_two_polls_are_shipped(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\n")
    ours = all_sent(shipper())
    write(file, b"last\n")
    rotate(file)
    write(file, b"first\n")
    all_sent(ours)
    assert values(log) == [b"one", b"last", b"first"]


def test_a_file_that_is_renamed_and_not_made_anew_is_read_to_its_end(
    log: EventLog, shipper: MakeShipper, file: Path
) -> None:
    write(file, b"one\n")
    ours = all_sent(shipper())
    write(file, b"last\n")
    rotate(file)
    all_sent(ours)
    write(file, b"first\n")
    all_sent(ours)
    assert values(log) == [b"one", b"last", b"first"]


def test_a_file_that_came_and_went_within_one_poll_is_shipped(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\n")
    ours = all_sent(shipper())
    write(file, b"two\n")
    rotate(file)
    write(file, b"between\n")
    rotate(file)
    write(file, b"now\n")
    all_sent(ours)
    assert sorted(values(log)) == sorted([b"one", b"two", b"between", b"now"])


@pytest.mark.parametrize("pattern", ["app.log", "app.log*"])
def test_several_rotations_while_no_shipper_runs(log: EventLog, shipper: MakeShipper, file: Path, pattern: str) -> None:
    write(file, b"1\n")
    all_sent(shipper(pattern))
    for line in (b"2\n", b"3\n", b"4\n"):
        write(file, line)
        rotate(file)
    write(file, b"5\n")
    all_sent(shipper(pattern))
    all_sent(shipper(pattern))
    assert sorted(values(log)) == [b"1", b"2", b"3", b"4", b"5"]


def test_once_after_once_reads_what_was_rotated_in_between(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\n")
    shipper().step(is_last=True)
    write(file, b"last")
    file.rename(file.with_name("under any name"))
    write(file, b"first\n")
    for _ in range(2):
        ours = shipper()
        while ours.step(is_last=True):
            pass
    assert values(log) == [b"one", b"last", b"first"]


def test_an_empty_file_is_known_too(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    file.touch()
    all_sent(shipper())
    write(file, b"only\n")
    rotate(file)
    all_sent(shipper())
    assert values(log) == [b"only"]


def test_a_file_renamed_while_no_shipper_runs_is_followed_for_a_time(
    log: EventLog, shipper: MakeShipper, file: Path
) -> None:
    write(file, b"one\n")
    all_sent(shipper())
    rotate(file)
    write(file, b"new\n")
    ours = all_sent(shipper())
    write(file.with_name("app.log.1"), b"late\n")
    all_sent(ours)
    assert values(log) == [b"one", b"new", b"late"]


def test_an_empty_file_that_came_and_went_within_one_poll_is_known(
    log: EventLog, shipper: MakeShipper, file: Path
) -> None:
    file.touch()
    ours = all_sent(shipper())
    rotate(file)
    file.touch()
    rotate(file)
    write(file, b"new\n")
    all_sent(ours)
    ours = all_sent(shipper())
    write(file.with_name("app.log.1"), b"late\n")
    all_sent(ours)
    assert values(log) == [b"new", b"late"]


def test_rotated_files_from_before_are_left_alone(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file.with_name("app.log.1"), b"long ago\n")
    older(file.with_name("app.log.1"))
    write(file, b"one\n")
    ours = all_sent(shipper())
    rotate(file)
    write(file, b"two\n")
    all_sent(ours)
    assert values(log) == [b"one", b"two"]


def test_other_files_of_the_folder_are_left_alone(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\n")
    ours = all_sent(shipper())
    rotate(file)
    write(file, b"two\n")
    write(file.with_name("app.log.notes"), b"mine\n")
    write(file.with_name("other.1"), b"mine\n")
    all_sent(ours)
    assert values(log) == [b"one", b"two"]


def test_a_writer_goes_on_in_the_renamed_file_for_a_time(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    watch = Watch()
    write(file, b"one\n")
    ours = all_sent(shipper(clock=watch))
    rotated = file.with_name("app.log.1")
    rotate(file)
    write(file, b"new\n")
    ours.step()
    watch.at += LINGER_S / 2
    write(rotated, b"late\n")
    assert ours.step() == 1
    watch.at += LINGER_S * 0.9
    ours.step()
    rotated.unlink()
    assert len(deleted_handles()) == 1
    watch.at += LINGER_S * 0.2
    ours.step()
    assert (values(log), deleted_handles()) == ([b"one", b"new", b"late"], [])


def deleted_handles() -> list[str]:
    """The rotated file, if this process holds it open though it was deleted."""
    held = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [name for name in held if name.endswith("app.log.1 (deleted)")]


@pytest.mark.parametrize("pattern", ["app.log", "app.log*"])
def test_a_last_line_without_newline_is_complete_when_the_file_is_let_go(
    log: EventLog, shipper: MakeShipper, file: Path, pattern: str
) -> None:
    watch = Watch()
    write(file, b"one\nunfini")
    ours = all_sent(shipper(pattern, clock=watch))
    rotate(file)
    write(file, b"new\nopen")
    all_sent(ours)
    write(file.with_name("app.log.1"), b"shed")
    all_sent(ours)
    assert values(log) == [b"one", b"new"]
    watch.at += LINGER_S
    all_sent(ours)
    assert values(log) == [b"one", b"new", b"unfinished"]


def test_what_comes_after_the_file_was_let_go_is_still_found(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    watch = Watch()
    write(file, b"one\n")
    ours = all_sent(shipper(clock=watch))
    rotate(file)
    all_sent(ours)
    watch.at += LINGER_S
    all_sent(ours)
    write(file.with_name("app.log.1"), b"late\n")
    write(file, b"new\n")
    all_sent(ours)
    assert values(log) == [b"one", b"late", b"new"]


def test_a_file_copied_and_emptied_begins_anew(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\ntwo\n")
    ours = all_sent(shipper())
    os.truncate(file, 0)
    write(file, b"new\n")
    all_sent(ours)
    assert values(log) == [b"one", b"two", b"new"]


@pytest.mark.parametrize("is_seen_before", [True, False])
@pytest.mark.parametrize("pattern", ["app.log", "app.log*"])
def test_the_copy_has_the_lines_that_were_not_read_before_the_file_was_emptied(
    log: EventLog, shipper: MakeShipper, file: Path, pattern: str, is_seen_before: bool
) -> None:
    write(file, LONG)
    ours = all_sent(shipper(pattern))
    if not is_seen_before:
        write(file, b"last\n")
    shutil.copy(file, file.with_name("app.log.1"))
    if is_seen_before:
        all_sent(ours)
    os.truncate(file, 0)
    write(file, b"new\n")
    all_sent(ours)
    all_sent(shipper(pattern))
    expected = [*LONG.splitlines(), b"new"] + ([] if is_seen_before else [b"last"])
    assert sorted(values(log)) == sorted(expected)


def test_a_deleted_file_is_read_to_its_end(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\n")
    ours = all_sent(shipper())
    write(file, b"last\n")
    file.unlink()
    all_sent(ours)
    write(file, b"new\n")
    all_sent(ours)
    assert values(log) == [b"one", b"last", b"new"]


def test_a_reused_inode_is_another_file(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\n")
    all_sent(shipper())
    with file.open("r+b") as same_inode:
        same_inode.write(b"another file's first line\n")
    all_sent(shipper())
    assert values(log) == [b"one", b"another file's first line"]


def test_a_reused_inode_under_a_foreign_name_is_left_alone(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    write(file, b"one\n")
    all_sent(shipper())
    file.rename(file.with_name("private"))
    with file.with_name("private").open("r+b") as same_inode:
        same_inode.write(b"not a log\n")
    all_sent(shipper())
    assert values(log) == [b"one"]


def test_a_reused_inode_with_the_same_head_is_seen_by_what_comes_before_the_mark(
    log: EventLog, shipper: MakeShipper, file: Path
) -> None:
    head = b"#" * 300 + b"\n"
    write(file, head + b"one\n")
    all_sent(shipper())
    file.write_bytes(head + b"two\nthree\n")
    all_sent(shipper())
    assert values(log) == [head[:-1], b"one", head[:-1], b"two", b"three"]


@pytest.mark.parametrize("pattern", ["*.log", "*"])
def test_a_rotated_and_compressed_file_is_not_read_again(
    log: EventLog, shipper: MakeShipper, file: Path, pattern: str
) -> None:
    watch = Watch()
    write(file, b"one\n")
    ours = all_sent(shipper(pattern, clock=watch))
    rotate(file)
    write(file, b"two\n")
    all_sent(ours)
    watch.at += LINGER_S
    all_sent(ours)
    file.with_name("app.log.1.gz").write_bytes(gzip.compress(b"one\n"))
    file.with_name("app.log.1").unlink()
    all_sent(ours)
    with capture_logs() as said:
        all_sent(shipper(pattern))
    assert values(log) == [b"one", b"two"]
    assert not [event for event in said if event["log_level"] == "warning"]


def test_a_file_that_vanished_while_no_shipper_ran_is_named_once(
    log: EventLog, shipper: MakeShipper, file: Path
) -> None:
    write(file, b"one\n")
    all_sent(shipper())
    file.unlink()
    file.with_name("other").write_bytes(b"holds the inode\n")
    write(file, b"two\n")
    with capture_logs() as said:
        all_sent(shipper())
        all_sent(shipper())
    warnings = [(event["file"], event["read"]) for event in said if event["log_level"] == "warning"]
    assert (warnings, values(log)) == ([(str(file), 4)], [b"one", b"two"])


def test_a_followed_link_leads_to_the_rotated_file(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    target = file.parent.parent / "pods" / "0.log"
    target.parent.mkdir()
    write(target, b"one\n")
    file.symlink_to(target)
    all_sent(shipper())
    write(target, b"last\n")
    target.rename(target.with_name("0.log.20261124-040000"))
    write(target, b"first\n")
    all_sent(shipper())
    assert values(log) == [b"one", b"last", b"first"]


def test_lines_of_renamed_files_keep_the_name_they_were_written_under(
    log: EventLog, shipper: MakeShipper, file: Path
) -> None:
    write(file, b"one\n")
    all_sent(shipper())
    write(file, b"last\n")
    rotate(file)
    all_sent(shipper())
    assert [mark.get("path") for mark in marks(file)] == [str(file)]


def marks(file: Path) -> list[dict[str, object]]:
    return orjson.loads((file.parent.parent / "state" / "positions.json").read_bytes())["files"]


def test_more_files_than_handles(
    log: EventLog, shipper: MakeShipper, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "MAX_OPEN", 2)
    files = [file.with_name(f"{name}.log") for name in "abcdef"]
    for one in files:
        write(one, b"1 %s\n" % one.stem.encode())
    ours = all_sent(shipper())
    for one in files:
        write(one, b"2 %s\n" % one.stem.encode())
        rotate(one)
        write(one, b"3 %s\n" % one.stem.encode())
    all_sent(ours)
    assert sorted(values(log)) == sorted(b"%d %s" % (n, one.stem.encode()) for n in (1, 2, 3) for one in files)


@pytest.mark.parametrize("is_rotated", [True, False])
def test_positions_of_the_earlier_layout_are_read(
    log: EventLog, shipper: MakeShipper, file: Path, state: Path, is_rotated: bool
) -> None:
    write(file, b"sent before\n")
    keep_as_earlier(file, state)
    write(file, b"last\n")
    if is_rotated:
        rotate(file)
    write(file, b"first\n")
    all_sent(shipper())
    all_sent(shipper())
    assert values(log) == [b"last", b"first"]
    assert {mark["device"] for mark in marks(file)} == {file.stat().st_dev}


def keep_as_earlier(file: Path, state: Path) -> None:
    """Positions as release 0.1 wrote them: by inode, no more than the head's checksum."""
    mark = mark_of(file)
    state.parent.mkdir()
    old = {"inode": mark.inode, "offset": mark.offset, "length": mark.length, "checksum": mark.checksum}
    state.write_bytes(orjson.dumps({f"{mark.inode}": old}))


def mark_of(file: Path) -> Mark:
    with file.open("rb", buffering=0) as handle:
        return mark_at(handle, file.stat().st_size)


def test_another_device_number_after_a_reboot_is_the_same_file(
    log: EventLog, shipper: MakeShipper, file: Path, state: Path
) -> None:
    write(file, b"one\n")
    all_sent(shipper())
    content = orjson.loads(state.read_bytes())
    content["files"][0]["device"] += 1
    state.write_bytes(orjson.dumps(content))
    write(file, b"two\n")
    all_sent(shipper())
    assert (values(log), len(marks(file))) == ([b"one", b"two"], 1)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"layout":2}', b'{"1":{"a":1}}'])
def test_positions_that_cannot_be_read_are_named(
    log: EventLog, shipper: MakeShipper, file: Path, state: Path, content: bytes
) -> None:
    state.parent.mkdir()
    state.write_bytes(content)
    write(file, b"one\n")
    with capture_logs() as said:
        ours = shipper()
    assert [event["file"] for event in said] == [str(state)]
    assert ours.step() == 1


def test_marks_of_files_that_are_long_gone_are_forgotten(log: EventLog, shipper: MakeShipper, file: Path) -> None:
    gone = file.with_name("gone.log")
    write(gone, b"one\n")
    older(gone)
    all_sent(shipper())
    gone.unlink()
    write(file, b"two\n")
    all_sent(shipper())
    write(file.with_name("b.log"), b"three\n")
    all_sent(shipper())
    assert str(gone) not in {mark["path"] for mark in marks(file)}
