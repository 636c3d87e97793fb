"""What a demo says while it goes on: a line for everything that begins, and the figures of the moment below."""

import os
from time import monotonic
from typing import IO, Self

from rich.console import Console
from rich.status import Status

from stacklens_pipeline.demo.figures import Figures
from stacklens_pipeline.testing.player import INCIDENT


class Narrator:
    """Says each thing once, with the seconds since the start; the line below is there where it disturbs nobody."""

    def __init__(self, console: Console) -> None:
        self._console, self._began = console, monotonic()
        self._said: set[str] = set()
        self._status: Status | None = console.status("") if is_in_front(console.file) else None

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def say(self, text: str) -> None:
        """Print a line, unless it was said before."""
        if text not in self._said:
            self._said.add(text)
            self._console.print(f"{monotonic() - self._began:5.1f} s  {text}", highlight=False, soft_wrap=True)

    def show(self, text: str) -> None:
        """Put a line below all others, until the next."""
        if self._status:
            self._status.update(text)

    def tell_figures(self, now: Figures, before: Figures, sent: int) -> None:
        """Say what has come true since before, and show the figures."""
        is_draining, has_marts = now.raw > before.raw, now.mart_records > before.mart_records
        if is_draining:
            self.say("Dagster's first drain has brought lines into the lake")
        if has_marts:
            self.say("Dagster's first refresh has brought records into the marts")
        doing = "making the marts" if is_draining else "Dagster is starting, lines wait in the event log"
        self.show(
            f"{'draining' if has_marts else doing} · {sent:,} lines sent · {now.raw:,} in the lake · "
            f"{now.parsed:,} parsed · {now.dead_letters:,} dead letters · {now.mart_records:,} in the marts"
        )

    def tell_story(self, fraction: float) -> None:
        """Say where the web shop's story is, of which so much is told."""
        began, ended = INCIDENT
        if fraction >= began:
            self.say("An incident in the web shop: payments fail, checkouts are slow")
        if fraction >= ended:
            self.say("The incident is over")


def is_in_front(file: IO[str]) -> bool:
    """Whether a file is a terminal, and this process its foreground: anywhere else a line that moves is a nuisance."""
    try:
        return file.isatty() and os.tcgetpgrp(file.fileno()) == os.getpgrp()
    except OSError:  # a terminal, but not that of this session
        return False
