"""Texts that a pattern matches, made from its tree, and the same with something changed."""

import random

from stacklens_pipeline.parse.grok.charsets import CharSet
from stacklens_pipeline.parse.grok.syntax import Alt, At, Back, Chars, Concat, Look, Node, Repeat

JUNK = "0123456789.:-+ /\\\"'`%[](){}<>=,aAfFzZ_T\t\n;?*@é中"
MOST_REPEATED = 4
LONGEST = 400


def sample(node: Node, chance: random.Random) -> str:
    """A text that the node matches, when conditions in it are forgotten."""
    match node:
        case Chars():
            return _character(node.set, chance)
        case Concat():
            return "".join(sample(part, chance) for part in node.parts)
        case Alt():
            return sample(chance.choice(node.branches), chance) if node.branches else ""
        case Repeat():
            most = node.least + MOST_REPEATED
            times = chance.randint(node.least, most if node.most is None else min(node.most, most))
            return "".join(sample(node.body, chance) for _ in range(times))
        case Look() | At() | Back():
            return ""
    return sample(node.children[0], chance)


def _character(found: CharSet, chance: random.Random) -> str:
    plain = [c for c in (*range(32, 127), 9, 10) if chr(c) in found]
    if plain and chance.random() < 0.97:
        return chr(chance.choice(plain))
    low, high = chance.choice(found.ranges)
    code = chance.randint(low, min(high, low + 500))
    return "x" if 0xD800 <= code <= 0xDFFF else chr(code)


def changed(text: str, chance: random.Random) -> str:
    """The text with up to three characters inserted, removed or replaced, and perhaps something before or after it."""
    letters = list(text)
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
        place = chance.randint(0, len(letters))
        match chance.randrange(3):
            case 0:
                letters.insert(place, chance.choice(JUNK))
            case 1:
                del letters[place : place + 1]
            case _:
                letters[place : place + 1] = [chance.choice(JUNK)]
    around = ["".join(chance.choice(JUNK) for _ in range(chance.choice([0, 0, 0, 1, 5]))) for _ in range(2)]
    return "".join((around[0], *letters, around[1]))[:LONGEST]
