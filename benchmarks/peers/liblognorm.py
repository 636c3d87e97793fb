"""liblognorm, the parser of rsyslog: `lognormalizer` reads the file and writes JSON to where nobody reads it."""

import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import orjson

from benchmarks.peers.base import LONGEST_S, Peer, PeerError, Run
from benchmarks.peers.lines import Sample
from benchmarks.peers.patterns import NUMBERS

PASSES = 3
_STATUS = '%{"name":"status","type":"number","format":"number"}%'
_BYTES = '%{"name":"bytes","type":"number","format":"number"}%'
_PID = '%{"name":"pid","type":"number","format":"number"}%'
_PRI = '%{"name":"pri","type":"number","format":"number"}%'
_REQUEST = (
    '%client:word% %ident:word% %user:word% [%time:char-to:]%] "%method:word% %path:word% HTTP/%version:char-to:"%"'
)
_AGENT = '"%referrer:char-to:"%" "%agent:char-to:"%"'

RULES: Mapping[str, tuple[str, ...]] = {
    "apache": (f"{_REQUEST} {_STATUS} {_BYTES} {_AGENT}", f"{_REQUEST} {_STATUS} - {_AGENT}"),
    "rfc3164": (f"<{_PRI}>%time:date-rfc3164% %host:word% %app:char-to:[%[{_PID}]: %body:rest%",),
    "rfc5424": (
        f"<{_PRI}>%version:number% %time:date-rfc5424% %host:word% %app:word% {_PID} %msgid:word%"
        " [%data:char-to:]%] %body:rest%",
    ),
    "json": ("%.:json%",),
    "nginx_error": (
        f"%day:word% %time:time-24hr% [%level:char-to:]%] {_PID}#%tid:number%: *%connection:number% %body:char-to:,%, "
        'client: %client:char-to:,%, server: %server:char-to:,%, request: "%request:char-to:"%", '
        'upstream: "%upstream:char-to:"%", host: "%host:char-to:"%"',
    ),
    "klog": (
        f"%level:alpha%%date:number% %time:time-24hr%.%micros:number%%-:whitespace%{_PID} %file:char-to::%:%at:number%]"
        " %body:rest%",
    ),
    "cef": ("%f:cef%",),
    "postgresql": (
        f"%date:date-iso% %time:time-24hr%.%ms:number% UTC [{_PID}] %user:char-to:@%@%database:word% %level:char-to::%:"
        "  %body:rest%",
    ),
    "text": ("%date:date-iso% %time:time-24hr%,%ms:number% %level:word% [%thread:char-to:]%] %body:rest%",),
}


def prepare() -> str | None:
    """It is a program of the system."""
    return None if shutil.which("lognormalizer") else "no lognormalizer; as root: apt-get install liblognorm-utils"


def run(sample: Sample) -> list[Run]:
    """The cheapest pass, less what it takes to start."""
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "rules")
        rules.write_text("version=2\n" + "".join(f"rule=:{rule}\n" for rule in RULES[sample.format]))
        start_s, _ = min(_pass(rules, Path("/dev/null")) for _ in range(PASSES))
        cpu_s, wall_s = min(_pass(rules, sample.path) for _ in range(PASSES))
        rows, checked = _found(rules, sample)
    does = "numbers typed, time as text, written as JSON"
    return [Run("liblognorm", does, sample.count, sample.size_bytes, cpu_s - start_s, wall_s, rows, checked)]


PEER = Peer("liblognorm", tuple(RULES), prepare, run)


def _pass(rules: Path, lines: Path) -> tuple[float, float]:
    """CPU and wall seconds of the program over a file."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    _normalized(rules, lines, subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu_s, time.perf_counter() - wall


def _normalized(rules: Path, lines: Path, output: int) -> bytes:
    command = ["lognormalizer", f"-r{rules}", "-ejson"]
    with lines.open("rb") as file:
        try:
            done = subprocess.run(
                command, stdin=file, stdout=output, stderr=subprocess.PIPE, timeout=LONGEST_S, check=True
            )
        except subprocess.SubprocessError as error:
            raise PeerError(str(error)) from error
    return done.stdout or b""


def _found(rules: Path, sample: Sample) -> tuple[int, int | None]:
    """Lines that a rule has matched, and what their numbers add up to."""
    written = _normalized(rules, sample.path, subprocess.PIPE).splitlines()
    rows = [fields for fields in map(orjson.loads, written) if "unparsed-data" not in fields]
    if sample.format == "cef":
        return len(rows), sum(int(fields["f"]["Severity"]) for fields in rows)
    names = NUMBERS.get(sample.format, ())
    return len(rows), sum(fields.get(name, 0) for fields in rows for name in names) if names else None
