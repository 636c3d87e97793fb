"""What is likely to be wrong with a pattern, or slow, and what to write instead.

Definitions of the bundled files are taken as they are: a warning is about what a person wrote.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stacklens_pipeline.parse.grok.charsets import ALL
from stacklens_pipeline.parse.grok.compiler import Pattern, compiled
from stacklens_pipeline.parse.grok.fields import columns_of
from stacklens_pipeline.parse.grok.library import NAMINGS, Library
from stacklens_pipeline.parse.grok.syntax import (
    Alt,
    Around,
    At,
    Capture,
    Chars,
    Concat,
    Greed,
    Named,
    Node,
    Place,
    Repeat,
    Type,
    first_of,
)
from stacklens_pipeline.parse.grok.writing import Dialect, write

LONGEST_EXCERPT = 60
MANY = 40
"""Characters: where so many may come next, what comes next tells hardly where a text ends."""


@dataclass(frozen=True)
class Finding:
    """One thing to look at: its kind, where it is, why it matters, and what to do."""

    warning: str
    where: str
    reason: str
    suggestion: str


def lint(text: str, library: Library, own: Iterable[str] = ()) -> list[Finding]:
    """The warnings about a pattern; `own` are names of definitions that are there for it.

    Raises ConfigurationError when the pattern cannot be read.
    """
    pattern = compiled(text, library.definitions)
    known = _bundled(library.definitions)
    found = [
        *_of_start(pattern.tree),
        *_of_everything(pattern.tree, known),
        *_of_repetitions(pattern.tree, known),
        *_of_branches(pattern.tree, known),
        *_of_fields(pattern),
        *_of_types(pattern),
        *_of_engine(pattern),
    ]
    unused = sorted(set(own) - pattern.reading.used)
    return list(dict.fromkeys(found)) + [_unused(name) for name in unused]


def _bundled(definitions: Mapping[str, str]) -> set[str]:
    """The names that mean what they mean in the bundled files."""
    bundled = [Library.bundled(naming).definitions for naming in NAMINGS]
    return {name for name, text in definitions.items() if any(other.get(name) == text for other in bundled)}


def _unused(name: str) -> Finding:
    return Finding("unused_definition", name, "the pattern does not use it", "remove it, or use it")


def _inside(node: Node, known: set[str]) -> Iterator[Node]:
    """The node and its parts, but nothing of bundled definitions."""
    yield node
    if not (isinstance(node, Named) and node.name in known):
        for child in node.children:
            yield from _inside(child, known)


def _excerpt(node: Node) -> str:
    if isinstance(node, Named):
        return f"%{{{node.name}}}"
    if isinstance(node, Capture):
        return f"{_excerpt(node.body)} as {'.'.join(node.field.path)}"
    text = write(node, Dialect.PYTHON).text
    return text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT]}..."


def _bare(node: Node) -> Node:
    """Without captures and names around it."""
    while isinstance(node, Around):
        node = node.body
    return node


def _is_everything(node: Node) -> bool:
    bare = _bare(node)
    return isinstance(bare, Repeat) and bare.most is None and isinstance(bare.body, Chars) and bare.body.set == ALL


def _of_start(tree: Node) -> Iterator[Finding]:
    first = _leading(tree)
    if isinstance(first, At) and first.place in (Place.LINE_START, Place.TEXT_START):
        return
    yield Finding(
        "unanchored",
        _excerpt(first),
        "a text that does not match is searched from each of its characters on",
        "begin the pattern with ^ when it describes whole lines",
    )


def _leading(node: Node) -> Node:
    bare = _bare(node)
    return _leading(bare.parts[0]) if isinstance(bare, Concat) and bare.parts else node


def _of_everything(tree: Node, known: set[str]) -> Iterator[Finding]:
    """What matches everything, where it is not the end."""
    greedy = 0
    for node, rest in _followed(tree, (), known):
        bare = _bare(node)
        assert isinstance(bare, Repeat)
        is_lazy = bare.greed is Greed.LAZY
        greedy += not is_lazy
        if not rest or all(part.free for part in rest):
            continue
        if not is_lazy:
            yield Finding(
                "greedy_in_the_middle",
                _excerpt(node),
                "it takes all of the rest, and gives back one character after the other until what follows it fits",
                "use NOTSPACE, or a class without the character that ends it, such as [^,]*",
            )
        elif len(_next(rest)) > MANY:
            yield Finding(
                "data_without_end",
                _excerpt(node),
                "what follows it may begin with nearly anything, so that it ends at once, or anywhere",
                "put the character that ends it after it",
            )
    if greedy > 1:
        yield Finding(
            "several_greedy",
            f"{greedy} times",
            "each of them is tried with every length of the others",
            "keep one at the end, and name what the others hold",
        )


def _next(rest: Sequence[Node]) -> set[int]:
    """The ASCII characters that may come next."""
    return {code for low, high in first_of(rest).ranges for code in range(low, min(high, 127) + 1)}


def _followed(node: Node, rest: tuple[Node, ...], known: set[str]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Each part that matches everything, with what follows it."""
    if _is_everything(node):
        yield node, rest
        return
    if isinstance(node, Named) and node.name in known:
        return
    if isinstance(node, Concat):
        for place, part in enumerate(node.parts):
            yield from _followed(part, (*node.parts[place + 1 :], *rest), known)
        return
    for child in node.children:
        yield from _followed(child, rest, known)


def _of_repetitions(tree: Node, known: set[str]) -> Iterator[Finding]:
    for node in _inside(tree, known):
        if isinstance(node, Repeat) and node.most is None and _repeats_endlessly(node.body):
            yield Finding(
                "nested_repetition",
                _excerpt(node),
                "the same text can be divided among the repetitions in very many ways, all of which may be tried",
                "repeat once, or put a character between that the inner part cannot match",
            )


def _repeats_endlessly(body: Node) -> bool:
    """Whether a body is a run, with nothing beside it that has to be there."""
    bare = _bare(body)
    if isinstance(bare, Alt):
        return any(_repeats_endlessly(branch) for branch in bare.branches)
    parts = bare.parts if isinstance(bare, Concat) else (bare,)
    runs = [part for part in parts if isinstance(_bare(part), Repeat) and _unbounded(_bare(part))]
    return bool(runs) and all(part.nullable or part in runs[:1] for part in parts)


def _unbounded(node: Node) -> bool:
    return isinstance(node, Repeat) and node.most is None


def _of_branches(tree: Node, known: set[str]) -> Iterator[Finding]:
    for node in _inside(tree, known):
        if isinstance(node, Alt):
            yield from _of_alternatives(node)


def _of_alternatives(node: Alt) -> Iterator[Finding]:
    texts = [write(branch, Dialect.PYTHON).text for branch in node.branches]
    for place, (branch, text) in enumerate(zip(node.branches, texts, strict=True)):
        if branch.free and place + 1 < len(texts):
            yield Finding(
                "empty_alternative",
                _excerpt(node),
                "a branch that matches nothing at all is taken before those after it",
                "put it last, or write (?:...)?",
            )
        elif text in texts[:place]:
            yield Finding("repeated_alternative", _excerpt(branch), "it stands there twice", "remove one")
        elif earlier := next((other for other in node.branches[:place] if _begins(branch, other)), None):
            yield Finding(
                "shadowed_alternative",
                f"{_excerpt(earlier)} before {_excerpt(branch)}",
                "the first is how the second begins, and is taken wherever the second would match",
                "put the longer one first",
            )


def _begins(branch: Node, other: Node) -> bool:
    """Whether plain texts begin with each other."""
    mine, theirs = _plain(branch), _plain(other)
    return bool(theirs) and mine is not None and theirs is not None and mine.startswith(theirs)


def _plain(node: Node) -> str | None:
    """The one text that a node matches, None when there are others."""
    parts = _bare(node)
    chars = parts.parts if isinstance(parts, Concat) else (parts,)
    if not all(isinstance(part, Chars) and _is_one(part) for part in chars):
        return None
    return "".join(chr(part.first.ranges[0][0]) for part in chars)


def _is_one(node: Chars) -> bool:
    return len(node.set.ranges) == 1 and node.set.ranges[0][0] == node.set.ranges[0][1]


def _of_fields(pattern: Pattern) -> Iterator[Finding]:
    columns = columns_of([pattern.tree])
    types: dict[tuple[str, ...], set[Type]] = {}
    for node in pattern.tree.walk():
        if isinstance(node, Capture):
            types.setdefault(node.field.path, set()).add(node.field.type)
    paths = {column.path for column in columns}
    for column in columns:
        if column.is_list:
            yield Finding(
                "captured_twice",
                column.name,
                "a text may give it twice, and its value is a list then",
                "give the captures names of their own",
            )
        if len(types[column.path]) > 1:
            names = ", ".join(sorted(types[column.path]))
            yield Finding("typed_differently", column.name, f"it is {names}, so that it is text", "give it one type")
        if any(column.path[:length] in paths for length in range(1, len(column.path))):
            yield Finding(
                "field_within_field",
                column.name,
                "a field that it would be in is a value itself",
                "rename one of the two",
            )


def _of_types(pattern: Pattern) -> Iterator[Finding]:
    for name in sorted(pattern.reading.unknown_types):
        yield Finding("unknown_type", name, "the text is left as it is", "use int, float, boolean or string")


def _of_engine(pattern: Pattern) -> Iterator[Finding]:
    if pattern.why_slow is None:
        return
    which = "texts with IPv6 addresses or very long names are" if pattern.light else "each text is"
    yield Finding(
        "slow_path",
        pattern.text if len(pattern.text) <= LONGEST_EXCERPT else f"{pattern.text[:LONGEST_EXCERPT]}...",
        f"{which} matched by itself, some ten times slower: {pattern.why_slow}",
        "write it without looking around, back-references and atomic groups",
    )
