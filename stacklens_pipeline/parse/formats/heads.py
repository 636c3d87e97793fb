"""Heads of application lines: which of the tokens at the beginning are level, thread, logger, process and place.

What a line begins with is a shape: a letter a token (`tokens`), and `T` where the time stands. A grammar over shapes
says where the head ends; then each token of it gets its role. Lines of one logger have one shape, so this is worked out
once for each shape and not for each line. Patterns of log4j and logback, Python's logging, Go's log and zap, Rust's
env_logger and tracing, .NET's console, Serilog, NLog, Ruby's Logger, Monolog and their kin are all of this grammar.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

MOST = 9
"""Tokens of a text that are looked at, and of what stands before its time, `MOST_BEFORE`."""
MOST_BEFORE = 4

# in these, `~` stands for "or the shape ends here": further tokens would tell
_PRE = "(?:[abBeoNznhtdDGfgpPiuM]|[ws](?=m~)|W(?=[WnhgptCN]~)|m)*?"
"""What may stand between the time and the level."""
_ASIDE = "(?:[NbBef]m*|n(?=[mbBe]~)m*|[th](?=[mbBefVD]~)m*|pm*|o(?=m*(?:D|[dGwi](?:m~)~))m*|cm*|zm*)"
"""What may stand behind the level before the logger."""
_LOGGER = (
    r"(?:Dm*|[dG](?:mm*~)|[dG](?=[bBeof]~)|um*|w(?:mm*~)|w(?=[bB](?:D~)~)|g(?:mm*~)|i(?!o)m*|(?<=[bBe])Gm*|(?<=[Mv])W"
    r"|(?<=Mm)W|Pm*)"
)
_BEHIND = "(?:[bBef]m*|o(?:mm*~))*"
"""What may stand behind the logger."""
_POST = f"[mM]*{_ASIDE}*(?:{_LOGGER}{_BEHIND})?"
_BEFORE = "[aFwWdDGbBeoNnghtVkKLCpPim]{0,4}"
"""What may stand before the time, when a level stands behind it."""
_PHP = "H(?:(?P<level>[lES])(?:C~)|w?(?:(?P<other>C)~))"
_AFTER_LEVEL_AND_TIME = f"(?:[cDNbBefg]m*|[dGtn](?:mm*~))*(?:{_LOGGER}{_BEHIND})?"

_GRAMMAR = (
    # the level behind the time
    (f"{_BEFORE}T{_PRE}", f"(?P<level>[LCKkqQjJv]){_POST}"),
    (f"{_BEFORE}T[mM]*", f"(?P<level>l){_POST}"),
    (f"{_BEFORE}T[mM]*[bNnht][mM]*", f"(?P<level>l)(?=[mbBepPDd]~){_POST}"),
    (f"{_BEFORE}Tm*", f"(?P<level>V)(?=[mpPtufhDbB]~|w(?:[bB]~)){_POST}"),
    (f"{_BEFORE}T[mM]*", f"(?P<level>[ES])(?=[mbBepPDdGu]~){_POST}"),
    # a word with which a message may begin as well stays in it
    (f"{_BEFORE}T[mM]*", "(?=(?P<level>S))"),
    (f"{_BEFORE}T[bBeoNm]*", "(?P<level>[Yy])"),
    ("T[nh][dwt]", "(?P<level>V)"),
    ("F?Tm*", _PHP),
    # the level before it
    (f"m*{_PRE}", f"(?P<level>[LCKkqQjJvVlES])[abBedDGwWNtfgnmpP]*T{_AFTER_LEVEL_AND_TIME}"),
    # no level
    ("F?T", "m[iD]n"),
    ("F?T[mM]*", "(?:fm*|[be]*zm*|ii*n?i*|ds?(?:mm*~)|Dm*|[pP]m*|bm*)"),
    ("F?T", ""),
    # no time
    ("[bBeN]*", f"(?P<level>[LCKkqQjR]){_POST}"),
    ("[bBeN]*", "(?P<level>Y)"),
    ("", _PHP),
)
"""The heads, each tried in its turn: up to the level, and from there on."""
_HEADS = tuple(re.compile(f"{before}{rest}".replace("~", "")) for before, rest in _GRAMMAR)
_BEGINNINGS = tuple(
    re.compile(part.replace("~", "|$"))
    for before, rest in _GRAMMAR
    for part in (before.replace("*?", "*"), f"{before}{rest}")
)
"""What whole shapes match that may be no more than the beginning of a head."""

_ROLES: Mapping[str, str] = {
    **dict.fromkeys("LlESCKV", "level"),
    **dict.fromkeys("kqQjJYyzpPgfFvRN", ""),
    **dict.fromkeys("n", "pid"),
    **dict.fromkeys("h", "tid"),
    **dict.fromkeys("btc", "thread"),
    **dict.fromkeys("DGdiBu", "logger"),
    **dict.fromkeys("ewWo", "context"),
    "s": "suffix",
}
"""What a token of a head is as a rule; the empty ones say several things at once."""
_IS_THREAD = re.compile(r"N(?=[mM]*[Ll][^w]*[dDG])")
"""A number in brackets before a level is a thread where a class is named, else a process."""
_IS_CONTAINER = re.compile("[wtdD]mT")
"""A name and a bar before the time, as Docker Compose writes them."""
_NAMES = "ewW"
"""What is a logger where there is no other one, and else a thread."""
_SAYS_LOGGER = "qYzpPg"
_SAYS_THREAD = "jJzk"


Roles = tuple[str, str]
"""The letter of a token, and what it is; empty where it says several things at once."""


@dataclass(frozen=True)
class Head:
    """What the tokens of a shape are.

    `roles` maps a token to its roles: `t1`, `t2` ... are those behind the time, or all where there is none, and `b1`,
    `b2` ... those before it. `count` tokens of the former are in the head.
    """

    roles: Mapping[str, Roles]
    count: int


@lru_cache(maxsize=65_536)
def head_of(shape: str) -> Head | None:
    """The head that tokens of this shape begin with, if any.

    >>> head_of("TLbDww").roles
    {'t1': ('L', 'level'), 't2': ('b', 'thread'), 't3': ('D', 'logger')}
    """
    match = next((found for pattern in _HEADS if (found := pattern.match(shape))), None)
    if match is None:
        return None
    time = shape.find("T")
    level = next((match.start(name) for name in ("level", "other") if match.groupdict().get(name)), None)
    within = match[0] if level is None else shape[: max(match.end(), level + 1)]
    roles = {_token(place, time): roles for place, roles in sorted(_roles(within, level).items())}
    return Head(roles, match.end() - time - 1)


def _token(place: int, time: int) -> str:
    return f"b{place + 1}" if place < time else f"t{place - time}"


def _roles(head: str, level: int | None) -> dict[int, Roles]:
    """The role of each token; of two that could be the same, the one that is nearer to the level or the message."""
    roles = {place: (kind, _ROLES[kind]) for place, kind in enumerate(head) if kind in _ROLES}
    roles = {place: (kind, role) for place, (kind, role) in roles.items() if role != "level" or place == level}
    if thread := _IS_THREAD.search(head):
        roles[thread.start()] = ("Nt", "")
    if container := _IS_CONTAINER.match(head):
        roles[0] = (container[0][0], "container")
    _leave_one(roles, "logger", last=True)
    names = [place for place, (kind, _) in roles.items() if kind in _NAMES]
    if names and not _has(roles, "logger", _SAYS_LOGGER):
        roles[names[-1]] = roles[names[-1]][0], "logger"
    _leave_one(roles, "thread")
    loose = [place for place, (kind, role) in roles.items() if role == "context" and kind in "eB"]
    if loose and not _has(roles, "thread", _SAYS_THREAD):
        roles[loose[0]] = roles[loose[0]][0], "thread"
    _leave_one(roles, "pid")
    return roles


def _has(roles: Mapping[int, Roles], role: str, saying: str) -> bool:
    return any(its == role or kind in saying for kind, its in roles.values())


def _leave_one(roles: dict[int, Roles], role: str, *, last: bool = False) -> None:
    """Leave the role to the first or last of those that have it; the others are context."""
    places = [place for place, (_, its) in roles.items() if its == role]
    for place in places[:-1] if last else places[1:]:
        roles[place] = roles[place][0], "context"


@lru_cache(maxsize=65_536)
def is_settled(shape: str) -> bool:
    """Whether tokens behind those of the shape would change nothing."""
    return not any(beginning.fullmatch(shape) for beginning in _BEGINNINGS)
