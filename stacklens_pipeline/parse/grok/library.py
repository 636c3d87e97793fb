"""Pattern files and directories: names and what they stand for, the bundled set in both namings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from stacklens_pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from stacklens_pipeline.parse.grok.grok import Grok

BUNDLED = Path(__file__).parent / "patterns"
NAMINGS = ("ecs-v1", "legacy")


def definitions_of(text: str) -> dict[str, str]:
    """Names and definitions of a pattern file: a name, blanks, and the rest of the line to its last blank.

    >>> definitions_of("# words\\nYES y(es)?\\nNO n ")
    {'YES': 'y(es)?', 'NO': 'n '}
    """
    found: dict[str, str] = {}
    for line in text.split("\n"):
        name, *rest = line.removesuffix("\r").lstrip().split(None, 1)[:2] or [""]
        if rest and not name.startswith("#"):
            found[name] = rest[0]
    return found


def read_file(path: Path) -> dict[str, str]:
    """The definitions of a file. Raises ConfigurationError."""
    try:
        return definitions_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigurationError(f"a pattern file cannot be read, {reason}: `{path}`") from error


@lru_cache(maxsize=len(NAMINGS))
def _bundled(naming: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for path in sorted((BUNDLED / naming).iterdir()):
        found |= read_file(path)
    return MappingProxyType(found)


@dataclass(frozen=True)
class Library:
    """Definitions by name; each `with_` gives another library, and what comes later counts."""

    definitions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def bundled(cls, naming: str = "ecs-v1") -> "Library":
        """Logstash's own patterns with the field names of `ecs-v1` or `legacy`. Raises ConfigurationError."""
        if naming not in NAMINGS:
            raise ConfigurationError(f"unknown naming of patterns, there are {', '.join(NAMINGS)}: `{naming}`")
        return cls(_bundled(naming))

    def with_directory(self, path: Path | str) -> "Library":
        """With the definitions of a file, or of all files of a folder in the order of their names.

        Raises ConfigurationError when it cannot be read.
        """
        place, found = Path(path), dict[str, str]()
        if not place.exists():
            raise ConfigurationError(f"there is no pattern file or folder: `{path}`")
        for file in sorted(entry for entry in place.iterdir() if entry.is_file()) if place.is_dir() else [place]:
            found |= read_file(file)
        return self.with_definitions(found)

    def with_definitions(self, definitions: Mapping[str, str]) -> "Library":
        """With these definitions too, which count before those of the same name."""
        return Library({**self.definitions, **definitions})

    def compile(
        self, patterns: str | Sequence[str], *, longest_chars: int | None = None, budget_s: float | None = None
    ) -> "Grok":
        """Patterns of which the first that matches counts; what is not given has the defaults of `grok`.

        Raises ConfigurationError naming the pattern and what is wrong with it: an unknown or circular definition, or a
        text that is no regular expression.
        """
        from stacklens_pipeline.parse.grok import grok

        limits = (longest_chars or grok.LONGEST_CHARS, budget_s or grok.BUDGET_S)
        return grok.compile_patterns(patterns, self.definitions, longest_chars=limits[0], budget_s=limits[1])
