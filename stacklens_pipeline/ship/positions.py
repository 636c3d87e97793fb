"""The positions file: how far each file was shipped, by the file's identity and not by its name."""

from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import orjson
import structlog

from stacklens_pipeline.ship.tail import Identity, Mark

LAYOUT = 2
KEPT_NS = 2 * 24 * 3600 * 10**9
"""A mark outlives its file by so much, counted from the last write: the file may be away with its file system."""

logger = structlog.get_logger(__name__)


class Positions:
    """The marks, as they were saved last and set since."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._marks = {mark.identity: mark for mark in _load(state)}
        self._inodes = {mark.inode for mark in self}
        self._has_changed = False

    def __iter__(self) -> Iterator[Mark]:
        return iter(list(self._marks.values()))

    def get(self, identity: Identity, path: Path | None = None) -> Mark | None:
        """The mark of a file. Where the device's number has changed, as it may at a reboot, the path counts instead."""
        if mark := self._marks.get(identity):
            return mark
        same_inode = (mark for mark in self._marks.values() if mark.inode == identity.inode)
        return next((mark for mark in same_inode if mark.device is None or (path and mark.path == str(path))), None)

    def has_inode(self, inode: int) -> bool:
        """Whether a file with this inode has a mark, on whatever device."""
        return inode in self._inodes

    def newest(self) -> dict[str, Mark]:
        """By path, the mark of the file that was written last under it."""
        return {mark.path: mark for mark in sorted(self, key=lambda mark: mark.modified_ns) if mark.path}

    def put(self, mark: Mark) -> None:
        """Set the mark of a file, in the place of one without a device or of another device's number."""
        if old := self.get(mark.identity, Path(mark.path) if mark.path else None):
            self._marks.pop(old.identity)
        self._marks[mark.identity] = mark
        self._inodes.add(mark.inode)
        self._has_changed = True

    def forget(self, mark: Mark) -> None:
        """Drop a mark whose file has been away for long."""
        if time_ns() - mark.modified_ns > KEPT_NS:
            self._marks.pop(mark.identity, None)
            self._has_changed = True

    def save_changes(self) -> None:
        """Write the file anew if a mark has changed: aside, and then in its place."""
        if not self._has_changed:
            return
        self._state.parent.mkdir(parents=True, exist_ok=True)
        aside = self._state.with_suffix(".new")
        aside.write_bytes(orjson.dumps({"layout": LAYOUT, "files": list(self._marks.values())}))
        aside.replace(self._state)
        self._has_changed = False


def _load(state: Path) -> list[Mark]:
    try:
        content = orjson.loads(state.read_bytes())
        if "layout" in content:
            return [Mark(**mark) for mark in content["files"]]
        return [Mark(device=None, modified_ns=time_ns(), **mark) for mark in content.values()]  # release 0.1
    except FileNotFoundError:
        return []
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        logger.warning("positions cannot be read, all lines are sent again", file=str(state), error=str(error))
        return []
