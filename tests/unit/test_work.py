"""Who works and for how long: leases, shifts, and the decision to start a run."""

import errno
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stacklens_pipeline.errors import ConfigurationError, LakeError, StorageFullError
from stacklens_pipeline.lease import LIFETIME, Holder, Lease
from stacklens_pipeline.settings import Settings, as_environment, load_settings
from stacklens_pipeline.shift import POLL_S, Outcome, Terms, _pause_s, stopped_by_signals, work
from stacklens_pipeline.watch import decide
from tests.builders import Clock

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
HANDOVER = timedelta(seconds=15)


def steps(*results: bool | Exception | None) -> Callable[[], bool | None]:
    """A step that gives these results one after another, then nothing to do."""
    left = list(results)

    def step() -> bool | None:
        result = left.pop(0) if left else None
        if isinstance(result, Exception):
            raise result
        return result

    return step


def terms(**changed: float) -> Terms:
    return Terms(**{"budget_s": 60.0, "interval_s": 0.0, "idle_s": 0.0, "wait_s": 0.0} | changed)


def test_a_lease_has_one_holder_until_it_expires(tmp_path: Path) -> None:
    now = Clock()
    one, other = (Lease(str(tmp_path), "drain", name, now) for name in ("one", "other"))
    assert one.take(now())
    assert not other.take(now())
    assert one.take(now())
    now.forward(seconds=LIFETIME.total_seconds() + 1)
    assert one.current() is None
    assert other.take(now())
    one.release()
    assert other.current() is not None
    other.release()
    assert other.current() is None


def test_a_lease_that_was_half_written_is_none(tmp_path: Path) -> None:
    lease = Lease(str(tmp_path), "drain")
    assert lease.take(NOW)
    next(tmp_path.glob("_leases/drain.held.json")).write_text('{"name"')
    assert lease.current() is None


def test_a_shift_ends_when_nothing_is_left(tmp_path: Path) -> None:
    lease = Lease(str(tmp_path), "drain")
    assert work(lease, terms(), steps(True, False, True), threading.Event()) is Outcome.IDLE
    assert lease.current() is None


def test_a_shift_ends_when_its_time_is_up(tmp_path: Path) -> None:
    outcome = work(Lease(str(tmp_path), "drain"), terms(budget_s=0.05), lambda: True, threading.Event())
    assert outcome is Outcome.BUDGET


def test_a_shift_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    stop = threading.Event()

    def step() -> bool:
        stop.set()
        return True

    assert work(Lease(str(tmp_path), "drain"), terms(), step, stop) is Outcome.STOPPED


def test_who_finds_the_lease_held_is_not_needed(tmp_path: Path) -> None:
    Lease(str(tmp_path), "drain", "other").take(NOW)
    assert work(Lease(str(tmp_path), "drain"), terms(), steps(), threading.Event()) is Outcome.NOT_NEEDED


def test_a_successor_takes_over(tmp_path: Path) -> None:
    first, second = Lease(str(tmp_path), "drain", "first"), Lease(str(tmp_path), "drain", "second")
    outcomes: dict[str, Outcome] = {}
    began = threading.Event()

    def first_step() -> bool:
        began.set()
        return True

    def run() -> None:
        outcomes["first"] = work(first, terms(), first_step, threading.Event())

    thread = threading.Thread(target=run)
    thread.start()
    began.wait()
    outcomes["second"] = work(second, terms(wait_s=30), steps(True), threading.Event())
    thread.join()
    assert outcomes == {"first": Outcome.HANDED_OVER, "second": Outcome.IDLE}


def test_the_wish_of_one_who_was_killed_is_soon_forgotten(tmp_path: Path) -> None:
    now = Clock()
    one, killed = (Lease(str(tmp_path), "drain", name, now) for name in ("one", "killed"))
    assert one.take(now())
    killed.want(now())
    assert one.is_wanted()
    now.forward(seconds=10 * POLL_S + 0.1)
    assert not one.is_wanted()
    assert one.current() is not None


def test_a_shift_makes_a_step_before_it_hands_over(tmp_path: Path) -> None:
    Lease(str(tmp_path), "drain", "killed").want(NOW)
    made = []

    def step() -> bool:
        made.append(1)
        return True

    assert work(Lease(str(tmp_path), "drain"), terms(), step, threading.Event()) is Outcome.HANDED_OVER
    assert made == [1]


def test_a_step_that_fails_is_tried_again(tmp_path: Path) -> None:
    step = steps(LakeError("the storage is away"), True)
    assert work(Lease(str(tmp_path), "drain"), terms(), step, threading.Event()) is Outcome.IDLE


class Impatient(threading.Event):
    """Nobody waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """The disk is full for so many writes, after which they go through; gives the names of all files written."""

    def fill(count: int) -> list[str]:
        written: list[str] = []
        write = Path.write_bytes

        def failing(path: Path, data: bytes) -> int:
            written.append(path.name)
            if len(written) > count:
                return write(path, data)
            path.touch()  # as the system does: the file is there, what should be in it is not
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

        monkeypatch.setattr(Path, "write_bytes", failing)
        return written

    return fill


def test_a_full_disk_leaves_no_half_written_lease(tmp_path: Path, full_disk: Callable[[int], list[str]]) -> None:
    full_disk(1)
    lease = Lease(str(tmp_path), "drain")
    with pytest.raises(StorageFullError, match=r"the lease drain\.held\.json"):
        lease.take(NOW)
    assert list((tmp_path / "_leases").iterdir()) == []
    assert lease.take(NOW)


def test_a_shift_begins_by_itself_when_the_disk_has_space_again(
    tmp_path: Path, full_disk: Callable[[int], list[str]]
) -> None:
    written = full_disk(3)
    assert work(Lease(str(tmp_path), "drain"), terms(), steps(True), Impatient()) is Outcome.IDLE
    assert len(written) == 4
    assert list((tmp_path / "_leases").iterdir()) == []


def test_a_lease_that_cannot_be_written_as_long_as_the_shift_lasts_is_an_error(
    tmp_path: Path, full_disk: Callable[[int], list[str]]
) -> None:
    full_disk(10**9)
    with pytest.raises(StorageFullError):
        work(Lease(str(tmp_path), "drain"), terms(budget_s=0.01), steps(True), Impatient())


def test_a_renewal_that_fails_is_tried_again(
    tmp_path: Path, full_disk: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stacklens_pipeline.shift.LIFETIME", timedelta(milliseconds=5))
    lease, renewed = Lease(str(tmp_path), "drain"), threading.Event()
    take = lease.take

    def taken(ends_at: datetime) -> bool:
        is_ours = take(ends_at)
        if threading.current_thread() is not threading.main_thread() and is_ours:
            renewed.set()
        return is_ours

    def step() -> None:
        full_disk(3)
        renewed.clear()
        assert renewed.wait(10)

    monkeypatch.setattr(lease, "take", taken)
    assert work(lease, terms(), step, threading.Event()) is Outcome.IDLE


def test_the_pause_after_failures_stays_short() -> None:
    assert [_pause_s(failures) for failures in (1, 2, 100, 10_000)] == [0.5, 1.0, 10.0, 10.0]


def holder(ends_in_s: float) -> Holder:
    return Holder("a run", NOW + LIFETIME, NOW + timedelta(seconds=ends_in_s))


@pytest.mark.parametrize(
    ("unread", "held", "successor", "asked_s_ago", "is_start"),
    [
        (0, None, None, None, False),
        (5, None, None, None, True),
        (5, None, None, 10, False),
        (5, None, None, 60, True),
        (5, holder(200), None, 100, False),
        (0, holder(10), None, 200, True),
        (5, holder(10), holder(300), 200, False),
        (5, holder(10), None, 5, False),
    ],
)
def test_when_a_run_is_started(
    unread: int, held: Holder | None, successor: Holder | None, asked_s_ago: float | None, is_start: bool
) -> None:
    asked_at = None if asked_s_ago is None else NOW - timedelta(seconds=asked_s_ago)
    decision = decide(unread, held, successor, asked_at, NOW, HANDOVER)
    assert decision.is_start == is_start
    assert decision.reason


def test_an_unknown_setting_is_refused_with_the_nearest_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKLENS_KAFKA__BOOTSTRAP_SERVER", "x:1")
    with pytest.raises(ConfigurationError, match="did you mean STACKLENS_KAFKA__BOOTSTRAP_SERVERS"):
        load_settings()


def test_a_setting_that_is_like_none_is_refused_with_where_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKLENS_PORT", "1")
    with pytest.raises(ConfigurationError, match=r"unknown setting STACKLENS_PORT; docs/reference/settings.md"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COLLECT__HTTP_PORT", "many"),
        ("KAFKA__SECURITY_PROTOCOL", "SASL_SSL"),
        ("INGEST__MAX_ROWS", "0"),
        ("INGEST__START", "yesterday"),
    ],
)
def test_a_bad_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"STACKLENS_{name}", value)
    with pytest.raises(ConfigurationError, match=f"STACKLENS_{name.split('__')[0]}"):
        load_settings()


def test_settings_survive_the_way_to_a_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path,
            "storage_options": {"region": "here"},
            "ingest": {"topics": ["^shop-.*"], "start": "2026-11-24T04:00:00Z", "max_rows": 7},
            "kafka": {
                "bootstrap_servers": "a:1",
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": "OAUTHBEARER",
                "oauth_token_url": "https://id.example/token",
                "oauth_client_secret": "hush",
            },
        }
    )
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
    assert "hush" not in repr(settings)


def test_signals_end_work_and_their_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopped_by_signals() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
    assert signal.getsignal(signal.SIGTERM) is before


def test_only_the_main_thread_hears_signals() -> None:
    def enter() -> None:
        with stopped_by_signals() as stop:
            heard.append(stop.is_set())

    heard: list[bool] = []
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert heard == [False]
