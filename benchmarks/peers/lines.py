"""Made lines of the formats that are measured, varied as in the field: many clients, paths, agents, sizes, messages.

Lines are a function of the format, the seed and the count. The maker of a line also says which numbers stand in it, so
that nobody's rows count unless they add up.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
LINES_A_SECOND = 1_000
NEWLINE = b"\n"

Made = tuple[str, int]
"""A line without its end, or several, and the sum of the numbers in it that a parser has to find."""

_TEXT = """
alpine amber basket birch blue boot brass candle canvas cedar chair cloud copper coral cotton desk dune ember fern
field flint glass grain green harbor hat hazel iron ivory jacket kettle lamp lemon linen maple meadow mesa mint moss
north oak ocean olive onyx orchid paper pearl pine plate plum quartz rain reed ridge river rose sage sail salt sand
scarf shell silk silver slate snow socks spruce steel stone straw summit table thorn tile tulip valley velvet violet
walnut wave willow wind wool
"""
WORDS = _TEXT.split()
SERVICES = ("catalog", "cart", "checkout", "payment", "search", "shipping", "accounts", "mailer")
METHODS = ("GET",) * 7 + ("POST", "PUT", "HEAD")
STATUSES = (200,) * 14 + (201, 204, 301, 304, 304, 400, 403, 404, 404, 500, 503)
LEVELS = ("INFO",) * 6 + ("DEBUG", "DEBUG", "WARN", "ERROR")


def apache(random: Random, at: datetime) -> Made:
    """Apache's combined format; status and size are checked."""
    status = random.choice(STATUSES)
    size = 0 if status in (204, 304) else int(random.lognormvariate(8.5, 1.6))
    user = f"u{random.randrange(50_000)}" if random.random() < 0.1 else "-"
    referrer = f"https://shop.example{_path(random)}" if random.random() < 0.3 else "-"
    text = (
        f"{_address(random)} - {user} [{at:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"{random.choice(METHODS)} {_path(random)} HTTP/{random.choice(("1.1", "1.1", "2.0"))}" '
        f'{status} {size or "-"} "{referrer}" "{_agent(random)}"'
    )
    return text, status + size


def rfc3164(random: Random, at: datetime) -> Made:
    """Syslog as BSD wrote it; the process id is checked."""
    pid = random.randrange(300, 32_768)
    text = (
        f"<{random.choice((30, 38, 38, 86, 28, 27))}>{at:%b} {at.day:>2} {at:%H:%M:%S} {_host(random)} "
        f"{random.choice(SERVICES)}[{pid}]: {_words(random, 4)} for u{random.randrange(50_000)} "
        f"from {_address(random)} port {random.randrange(1024, 65_536)}"
    )
    return text, pid


def rfc5424(random: Random, at: datetime) -> Made:
    """Syslog with structured data; the process id is checked."""
    pid = random.randrange(300, 32_768)
    text = (
        f"<{random.choice((134, 134, 134, 132, 131))}>1 {_iso(random, at)} {_host(random)} {random.choice(SERVICES)} "
        f'{pid} ORDER [order@32473 id="{random.randrange(10**7)}" amount="{random.randrange(5, 900)}.90" '
        f'country="{random.choice(("DE", "FR", "IT", "SE"))}"] '
        f"{_words(random, 7)} by u{random.randrange(50_000)} "
        f"from {_address(random)}"
    )
    return text, pid


def json_lines(random: Random, at: datetime) -> Made:
    """A service's JSON of 14 keys; status and size are checked."""
    status, size, service = random.choice(STATUSES), int(random.lognormvariate(8.5, 1.6)), random.choice(SERVICES)
    record = {
        "timestamp": _iso(random, at),
        "level": random.choice(LEVELS),
        "service": service,
        "host": f"{service}-{random.randrange(12)}",
        "message": f"{_words(random, 9)} served",
        "method": random.choice(METHODS),
        "path": _path(random),
        "status": status,
        "bytes": size,
        "duration_ms": round(random.lognormvariate(3.2, 0.8), 1),
        "user_id": f"u{random.randrange(50_000)}",
        "client_ip": _address(random),
        "trace_id": f"{random.getrandbits(128):032x}",
        "region": random.choice(("eu-central", "eu-west", "eu-north")),
    }
    return json.dumps(record, separators=(",", ":")), status + size


def logfmt(random: Random, at: datetime) -> Made:
    """Pairs, which each service writes in an order of its own; the status is checked."""
    status, place = random.choice(STATUSES), random.randrange(len(SERVICES) // 2)
    pairs = [
        f"ts={_iso(random, at)} level={random.choice(LEVELS).lower()} service={SERVICES[place]}",
        f'msg="{_words(random, 4)} done"',
        f"status={status} duration_ms={random.lognormvariate(3.2, 0.8):.1f} method={random.choice(METHODS)}",
        f"path={_path(random)} user={random.randrange(50_000)} trace_id={random.getrandbits(128):032x}",
    ]
    if status >= 500:
        pairs.append('error="no answer from the gateway"')
    return " ".join(pairs[place:] + pairs[:place]), status


def text(random: Random, at: datetime) -> Made:
    """An application's text: an ISO time, a level, a thread, a message."""
    thread, what = f"worker-{random.randrange(16)}", f"{_words(random, 5)} in {random.randrange(900)} ms"
    return f"{at:%Y-%m-%d %H:%M:%S},{random.randrange(1000):03d} {random.choice(LEVELS)} [{thread}] {what}", 0


def nginx_error(random: Random, at: datetime) -> Made:
    """The error log of nginx; the process id is checked."""
    pid = random.randrange(300, 32_768)
    return (
        f"{at:%Y/%m/%d %H:%M:%S} [{random.choice(('error', 'error', 'warn', 'crit'))}] {pid}#{pid}: "
        f"*{random.randrange(10**6)} connect() failed (111: Connection refused) while connecting to upstream, "
        f'client: {_address(random)}, server: shop.example, request: "GET {_path(random)} HTTP/1.1", '
        f'upstream: "http://10.0.0.{random.randrange(2, 250)}:8080/", host: "shop.example"'
    ), pid


def klog(random: Random, at: datetime) -> Made:
    """What Kubernetes' parts write; the process id is checked."""
    pid = random.randrange(1, 32_768)
    return (
        f"{random.choice('IIIIWE')}{at:%m%d %H:%M:%S}.{random.randrange(10**6):06d} {pid:>7} "
        f'{random.choice(WORDS)}.go:{random.randrange(20, 900)}] "{_words(random, 3)}" '
        f'pod="shop/{random.choice(SERVICES)}-{random.randrange(200)}" took="{random.randrange(900)}ms"'
    ), pid


def cef(random: Random, at: datetime) -> Made:
    """The common event format of firewalls and scanners; the severity is checked."""
    severity = random.randrange(11)
    return (
        f"CEF:0|Example|Wall|{random.randrange(3, 6)}.1|{random.randrange(100, 400)}|{_words(random, 2)}|"
        f"{severity}|rt={int(at.timestamp() * 1000)} src={_address(random)} dst={_address(random)} "
        f"spt={random.randrange(1024, 65_536)} dpt=443 proto=TCP act={random.choice(('blocked', 'allowed'))} "
        f"msg={_words(random, 4)}"
    ), severity


def postgresql(random: Random, at: datetime) -> Made:
    """PostgreSQL's own log, with the line prefix that Debian sets; the process id is checked."""
    pid = random.randrange(300, 32_768)
    level = random.choice(("LOG", "LOG", "LOG", "ERROR", "WARNING", "FATAL"))
    return (
        f"{at:%Y-%m-%d %H:%M:%S}.{random.randrange(1000):03d} UTC [{pid}] "
        f"shop@{random.choice(SERVICES)} {level}:  duration: {random.lognormvariate(1, 1):.3f} ms  statement: "
        f"SELECT {random.choice(WORDS)} FROM {random.choice(WORDS)} WHERE id = {random.randrange(10**6)}"
    ), pid


def trace(random: Random, at: datetime) -> Made:
    """A Java stack trace of eight lines, as they come one after another."""
    head = f"{at:%Y-%m-%d %H:%M:%S},{random.randrange(1000):03d} ERROR [main] order {random.randrange(10**6)} failed"
    frames = [
        f"\tat shop.{name}.{random.choice(WORDS)}({name}.java:{random.randrange(20, 900)})"
        for name in (word.title() for word in random.choices(WORDS, k=5))
    ]
    cause = f"Caused by: java.net.SocketTimeoutException: {_words(random, 2)}"
    return "\n".join((head, "java.lang.IllegalStateException: no answer", *frames[:3], cause, *frames[3:])), 0


FORMATS: Mapping[str, Callable[[Random, datetime], Made]] = {
    "apache": apache,
    "rfc3164": rfc3164,
    "rfc5424": rfc5424,
    "json": json_lines,
    "logfmt": logfmt,
    "text": text,
    "nginx_error": nginx_error,
    "klog": klog,
    "cef": cef,
    "postgresql": postgresql,
    "trace": trace,
}
UNCHECKED = ("text", "trace")
"""Formats without numbers that have to add up."""
MIXES = {"six": tuple(FORMATS)[:6], "all": tuple(FORMATS)}
"""Mixes in which every format has about as many lines as any other: the six that are often met, and all."""
WEIGHTS = {"trace": 1 / 8}


@dataclass(frozen=True)
class Sample:
    """Lines of one format or mix in a file, one a line.

    Beside it lies a file with the name of what sent each line (`.sources`). `numbers` are those of each line that a
    parser has to find, summed; empty where nothing is checked.
    """

    format: str
    path: Path
    count: int
    size_bytes: int
    numbers: Sequence[int]

    def lines(self) -> list[bytes]:
        """The lines without their ends."""
        return self.path.read_bytes().split(NEWLINE)[:-1]

    def head(self, count: int) -> "Sample":
        """The first lines alone, in a file beside."""
        lines, path = self.lines()[:count], self.path.with_suffix(f".{count}")
        path.write_bytes(b"".join(line + NEWLINE for line in lines))
        return Sample(self.format, path, len(lines), sum(map(len, lines)), self.numbers[:count])


def sample(format: str, count: int, folder: Path, seed: int = 1) -> Sample:
    """Write lines of a format or mix."""
    made = list(_made(format, count, seed))
    path = folder / f"{format}.lines"
    path.write_text("".join(f"{line}\n" for _, line, _ in made))
    path.with_suffix(".sources").write_text("".join(f"{source}\n" for source, _, _ in made))
    numbers = [] if format in (*UNCHECKED, *MIXES) else [number for *_, number in made]
    return Sample(format, path, len(made), sum(len(line) for _, line, _ in made), numbers)


def _made(format: str, count: int, seed: int) -> Iterator[tuple[str, str, int]]:
    """So many lines, each with its source and its number; the last record may be cut."""
    random, kinds = Random(f"{seed}/{format}"), MIXES.get(format, (format,))
    weights, number = [WEIGHTS.get(kind, 1) for kind in kinds], 0
    while number < count:
        kind = random.choices(kinds, weights)[0]
        made, checked = FORMATS[kind](random, AT + timedelta(milliseconds=number * 1000 // LINES_A_SECOND))
        for line in made.split("\n")[: count - number]:
            yield kind, line, checked
            number += 1


def _path(random: Random) -> str:
    path = f"/{random.choice(WORDS)}/{random.choice(WORDS)}-{random.randrange(10**5)}"
    return f"{path}?page={random.randrange(40)}&ref={random.choice(WORDS)}" if random.random() < 0.3 else path


def _address(random: Random) -> str:
    number = random.getrandbits(24)
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def _agent(random: Random) -> str:
    if random.random() < 0.2:
        program = random.choice(("curl", "okhttp", "shop-app", "python-requests"))
        return f"{program}/{random.randrange(9)}.{random.randrange(30)}"
    system = random.choice(("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7"))
    major, build = random.randrange(90, 135), random.randrange(7000)
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.{build}.0 Safari/537.36"


def _host(random: Random) -> str:
    return f"{random.choice(WORDS)}-{random.randrange(40)}"


def _words(random: Random, count: int) -> str:
    return " ".join(random.choices(WORDS, k=count))


def _iso(random: Random, at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{random.randrange(10**6):06d}Z"
