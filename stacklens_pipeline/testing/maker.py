"""A log maker: the lines that a web shop's services write, in the formats that are met together in the field.

Lines are a function of the seed, of a running number and of the time they are made for: the same call gives the same
bytes. Each carries its number, so that whoever counts can tell a lost line from a doubled one.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

SERVICES = ("catalog", "cart", "checkout", "payment", "search", "shipping")
FAILING = "payment"
"""The service that an incident hits; what calls it grows slow."""

PATHS = ("/", "/api/products", "/api/products/{n}", "/api/cart", "/api/checkout", "/api/search", "/static/app.js")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "curl/8.9.1",
)
BROKEN = (b'{"service":"cart","message":"cut in the mid', b"\xff\xfe\x00broken\x9f", b"", b"\x00\x00\x00")


class Line(NamedTuple):
    """One line and the name of what wrote it."""

    source: str
    value: bytes


class LogMaker:
    """Makes lines of the web shop."""

    def __init__(self, seed: int = 1, *, has_broken: bool = True) -> None:
        self._random = random.Random(seed)
        self._number = 0
        kinds = {
            self._service: 38,
            self._access: 34,
            self._rfc3164: 9,
            self._rfc5424: 9,
            self._logfmt: 5,
            self._text: 4,
            self._trace: 0.4,
            self._broken: 0.2 if has_broken else 0,
        }
        self._kinds, self._weights = list(kinds), list(kinds.values())

    def lines(self, count: int, at: datetime, *, spread: timedelta = timedelta(), incident: bool = False) -> list[Line]:
        """At least `count` lines (a stack trace is several) of the time from `at` on, evenly over `spread`."""
        made: list[Line] = []
        for make in self._random.choices(self._kinds, self._weights, k=count):
            made.extend(make(at + spread * (len(made) / count), incident))
            if len(made) >= count:
                break
        return made

    @property
    def made(self) -> int:
        """How many numbers were given out: each is in exactly one line, but broken lines have none."""
        return self._number

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _request(self, service: str, incident: bool) -> tuple[int, float]:
        """Status and duration in milliseconds: log-normal, and far worse for what an incident hits."""
        is_hit = incident and service in (FAILING, "checkout")
        status = self._random.choices((200, 201, 404, 500, 503), (20, 1, 1, 30, 20) if is_hit else (90, 5, 3, 0.3, 0.1))
        return status[0], round(self._random.lognormvariate(6.5 if is_hit else 3.2, 0.8), 1)

    def _path(self) -> str:
        return self._random.choice(PATHS).replace("{n}", str(self._random.randrange(500)))

    def _address(self) -> str:
        return f"198.51.100.{self._random.randrange(1, 250)}"

    def _service(self, at: datetime, incident: bool) -> Iterator[Line]:
        service = self._random.choice(SERVICES)
        status, duration = self._request(service, incident)
        record = {
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "level": "ERROR" if status >= 500 else "WARN" if status == 404 else "INFO",
            "service": service,
            "host": f"{service}-{self._random.randrange(3)}",
            "message": f"upstream {FAILING} did not answer" if status >= 500 else "request served",
            "method": self._random.choice(("GET", "GET", "GET", "POST")),
            "path": self._path(),
            "status": status,
            "duration_ms": duration,
            "user_id": f"u{self._random.randrange(20_000)}",
            "trace_id": f"{self._random.getrandbits(128):032x}",
            "region": self._random.choice(("eu-central", "eu-west")),
            "seq": self._next(),
        }
        yield Line(service, orjson.dumps(record))

    def _access(self, at: datetime, incident: bool) -> Iterator[Line]:
        status, duration = self._request("checkout" if self._random.random() < 0.2 else "catalog", incident)
        size, agent = self._random.randrange(120, 40_000), self._random.choice(AGENTS)
        text = (
            f'{self._address()} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {self._path()}?seq={self._next()} HTTP/1.1" '
            f'{status} {size} "https://shop.example/" "{agent}" {duration / 1000:.3f}'
        )
        yield Line("nginx", text.encode())

    def _rfc3164(self, at: datetime, incident: bool) -> Iterator[Line]:
        service, pid = self._random.choice(SERVICES), self._random.randrange(300, 9999)
        text = f"<30>{at:%b} {at.day:>2} {at:%H:%M:%S} web-1 {service}[{pid}]: health check ok, seq={self._next()}"
        yield Line("syslog", text.encode())

    def _rfc5424(self, at: datetime, incident: bool) -> Iterator[Line]:
        service = self._random.choice(SERVICES)
        is_bad = incident and service == FAILING
        text = (
            f"<{131 if is_bad else 134}>1 {at:%Y-%m-%dT%H:%M:%S.%f}Z web-2 {service} {self._random.randrange(9999)} "
            f'ORDER [order@32473 seq="{self._next()}" amount="{self._random.randrange(5, 900)}"] '
            f"{'card declined by gateway' if is_bad else 'order accepted'}"
        )
        yield Line("syslog", text.encode())

    def _logfmt(self, at: datetime, incident: bool) -> Iterator[Line]:
        status, duration = self._request("search", incident)
        text = (
            f'ts={at:%Y-%m-%dT%H:%M:%S.%f}Z level=info service=search msg="query answered" status={status} '
            f"duration_ms={duration} hits={self._random.randrange(500)} seq={self._next()}"
        )
        yield Line("search", text.encode())

    def _text(self, at: datetime, incident: bool) -> Iterator[Line]:
        level = "ERROR" if incident else self._random.choice(("INFO", "INFO", "WARN", "DEBUG"))
        text = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} {level} [worker-3] batch {self._next()} shipped"
        yield Line("shipping", text.encode())

    def _trace(self, at: datetime, incident: bool) -> Iterator[Line]:
        head = f"{at:%Y-%m-%d %H:%M:%S},000 ERROR [main] order {self._next()} failed"
        frames = [f"\tat shop.Checkout.pay(Checkout.java:{line})" for line in self._random.sample(range(20, 400), 3)]
        for text in (head, "java.lang.IllegalStateException: no answer from the gateway", *frames):
            yield Line("checkout-java", text.encode())

    def _broken(self, at: datetime, incident: bool) -> Iterator[Line]:
        yield Line("legacy", self._random.choice(BROKEN))
