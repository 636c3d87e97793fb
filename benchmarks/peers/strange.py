"""Messages that nobody has thought of: mutated lines, arbitrary bytes and marks, and lines that go on for ever."""

from collections.abc import Callable, Sequence
from random import Random

_MARKS = rb"""" \ ' [ ] { } < > = | : , % - 0 . \" "" \u0000 \ud800 \x41 <999> <0>1 CEF:0| I1124 at Traceback null NaN
-Infinity 1e999 99999999999999999999 -9223372036854775808 0000-00-00T00:00:00Z 9999-12-31T23:59:60+14:00
31/Feb/2026:25:61:61 Feb T24:00:00 2026-11-24T04:00:00,123 {"a":{"a":{"a":[ "ts":"""
_STRANGE = "\t \n \r\n \0 \x1b[31m \x7f \x85 \ufeff \u2028 \u0301 \u0130 \u0663 \uff11 \U0001f525"
TEXTS = (b" ", b"\t", b"\n", *_MARKS.split(), *(text.encode() for text in _STRANGE.split(" ")), b"Caused by: ")
"""What parsers trip over: marks of the formats, strange characters, numbers and times beyond all bounds."""

BYTES = (b"\xff", b"\x80", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\xe2\x82")
"""What is no UTF-8."""

PIECES = TEXTS * 3 + BYTES

LONG = (*(rb"""( [ { " \ a a= a=" 1 = <1> | {"a":""".split()), b" ", b"a ", b"[a ", b"\t", b"\n")
"""What stands in hostile lines a thousand times and more."""

Mutation = Callable[[Random, bytes, bytes], bytes]
"""From a line and another one to a changed line."""


def value_of(random: Random, pool: Sequence[bytes]) -> bytes | None:
    """A message: mostly a mutated line, else one as it is, arbitrary bytes or marks, a hostile one, or none."""
    kind = random.random()
    if kind < 0.6:
        return _mutated(random, pool)
    if kind < 0.75:
        return random.choice(pool)
    if kind < 0.86:
        return random.randbytes(int(random.paretovariate(1)) % 400)
    if kind < 0.998:
        return b"".join(random.choices(TEXTS, k=random.randrange(1, 30)))
    return hostile(random, pool) if kind < 0.9999 else None


def hostile(random: Random, pool: Sequence[bytes]) -> bytes:
    """A line that goes on and on: what patterns that backtrack, and parsers that recurse, would choke on."""
    times = int(10 ** random.uniform(3, 5)) if random.random() < 0.99 else 2**20
    beginning = random.choice(pool)[: random.randrange(60)] if random.random() < 0.7 else b""
    return beginning + random.choice(LONG) * times + random.choice((b"", b"!", *PIECES))


def _mutated(random: Random, pool: Sequence[bytes]) -> bytes:
    line = random.choice(pool)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 6))):
        line = random.choice(MUTATIONS)(random, line, random.choice(pool))
    return line


def _span(random: Random, line: bytes) -> tuple[int, int]:
    start = random.randrange(len(line) + 1)
    return start, min(len(line), start + random.choice((1, 1, 2, 4, 16, 64)))


def _inserted(random: Random, line: bytes, other: bytes) -> bytes:
    at = random.randrange(len(line) + 1)
    return line[:at] + random.choice(PIECES) + line[at:]


def _replaced(random: Random, line: bytes, other: bytes) -> bytes:
    start, end = _span(random, line)
    return line[:start] + random.choice(PIECES) + line[end:]


def _deleted(random: Random, line: bytes, other: bytes) -> bytes:
    start, end = _span(random, line)
    return line[:start] + line[end:]


def _doubled(random: Random, line: bytes, other: bytes) -> bytes:
    start, end = _span(random, line)
    return line[:start] + line[start:end] * random.choice((2, 2, 3, 50)) + line[end:]


def _cut(random: Random, line: bytes, other: bytes) -> bytes:
    return line[: random.randrange(len(line) + 1)]


def _spliced(random: Random, line: bytes, other: bytes) -> bytes:
    return line[: random.randrange(len(line) + 1)] + other[random.randrange(len(other) + 1) :]


def _flipped(random: Random, line: bytes, other: bytes) -> bytes:
    changed = bytearray(line or b" ")
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _renumbered(random: Random, line: bytes, other: bytes) -> bytes:
    digits = bytes(random.choices(b"0123456789", k=10))
    return line.translate(bytes.maketrans(b"0123456789", digits))


def _recased(random: Random, line: bytes, other: bytes) -> bytes:
    return line.swapcase()


MUTATIONS: Sequence[Mutation] = (
    _inserted,
    _replaced,
    _deleted,
    _doubled,
    _cut,
    _spliced,
    _flipped,
    _renumbered,
    _recased,
)
