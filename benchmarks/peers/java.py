"""The Grok engines that run in Java: java-grok and OpenSearch's, the first pass apart from warm ones."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.base import BUILD, Peer, Run, output_of
from benchmarks.peers.lines import Sample
from benchmarks.peers.patterns import GROK, GROK_NUMBERS

SOURCES = Path(__file__).with_name("grok")
BUILT = BUILD / "maven"
JARS = BUILT / "jars"
ENGINES = ("java-grok", "OpenSearch grok")
TOOLS = ("java", "javac", "mvn")
WARM_PASSES = 3


def prepare() -> str | None:
    """Fetch the jars through Maven, and compile what calls them, unless that is done."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not on the path: {', '.join(missing)}"
    compiled = BUILT / "GrokPasses.class"
    if compiled.exists() and compiled.stat().st_mtime > max(path.stat().st_mtime for path in SOURCES.iterdir()):
        return None
    BUILT.mkdir(parents=True, exist_ok=True)
    return _fetched() or _failed(["javac", "-cp", f"{JARS}/*", "-d", BUILT, SOURCES / "GrokPasses.java"], BUILT)


def _fetched() -> str | None:
    shutil.rmtree(JARS, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:  # Maven would write beside the file
        shutil.copyfile(SOURCES / "pom.xml", Path(folder, "pom.xml"))
        command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        return _failed(command, Path(folder))


def _failed(command: Sequence[str | Path], folder: Path) -> str | None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return f"{command[0]} fails: {(done.stdout + done.stderr).strip()[-200:]}" if done.returncode else None


def run(sample: Sample) -> list[Run]:
    """Both engines, in a process each."""
    return [run for engine in ENGINES for run in _runs(engine, sample)]


PEER = Peer("Java Grok", tuple(GROK), prepare, run)


def _runs(engine: str, sample: Sample) -> list[Run]:
    names = GROK_NUMBERS.get(sample.format, ())
    command = ["java", "-XX:+UseSerialGC", "-cp", f"{BUILT}:{JARS}/*", "GrokPasses"]
    said = output_of([*command, engine, GROK[sample.format], str(sample.path), str(1 + WARM_PASSES), *names])
    *passes, (rows, total) = (line.split() for line in said.splitlines())
    first, *warm = ((float(cpu_s), float(wall_s)) for cpu_s, wall_s in passes)
    checked = int(total) if names else None
    return [
        Run(f"{engine}, {name}", "text, dropped", sample.count, sample.size_bytes, cpu_s, wall_s, int(rows), checked)
        for name, (cpu_s, wall_s) in (("first pass", first), ("warm", min(warm)))
    ]
