"""What a demo says while it goes on: a line for everything that begins, and the figures of the moment below."""

from time import monotonic
from typing import Self

from rich.console import Console
from rich.status import Status

from stacklens_pipeline.demo.figures import Figures
from stacklens_pipeline.testing.player import INCIDENT


class Narrator:
    """Says each thing once, with the seconds since the start."""

    def __init__(self, console: Console) -> None:
        self._console, self._began = console, monotonic()
        self._said: set[str] = set()
        self._status: Status = console.status("")

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def say(self, text: str) -> None:
        """Print a line, unless it was said before."""
        if text not in self._said:
            self._said.add(text)
            self._console.print(f"{monotonic() - self._began:5.1f} s  {text}", highlight=False, soft_wrap=True)

    def show(self, text: str) -> None:
        """Put a line below all others, until the next."""
        self._status.update(text)

    def tell_figures(self, now: Figures, sent: int) -> None:
        """Say what has come true, and show the figures."""
        if now.raw:
            self.say("Dagster's first drain has brought lines into the lake")
        if now.marts and not now.mart_records:
            self.say("Dagster's first refresh has made the marts, still empty")
        if now.mart_records:
            self.say("The marts have the first records")
        doing = "draining" if now.raw else "Dagster is starting, the lines wait in the event log"
        if now.raw and not now.mart_records:
            doing = "draining, and making the marts"
        self.show(
            f"{doing} · {sent:,} lines sent · {now.raw:,} in the lake · {now.parsed:,} parsed · "
            f"{now.dead_letters:,} dead letters · {now.mart_records:,} in the marts"
        )

    def tell_story(self, fraction: float) -> None:
        """Say where the web shop's story is, of which so much is told."""
        began, ended = INCIDENT
        if fraction >= began:
            self.say("An incident in the web shop: payments fail, checkouts are slow")
        if fraction >= ended:
            self.say("The incident is over")
