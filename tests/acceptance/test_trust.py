"""The main job of trust, from the shell: sign, verify, install, load, audit; then five attacks, refused with five codes.

Every process of the story is watched: one that looks for anybody outside of this machine is ended on the spot.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/trust"
LIMIT = 10.0  # seconds
WATCH = """\
import os, sys

def inside(host):
    name = host.decode() if isinstance(host, bytes) else host
    return name in (None, "", "localhost", "::1") or str(name).startswith("127.")

def look(event, details):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(details[1], tuple):
        host = details[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = details[0]
    else:
        return
    if not inside(host):
        say(f"{event} {host}")
        os._exit(99)

def say(text):
    with open(os.environ["LOOPBACK_ONLY"], "a") as file:
        file.write(text + "\\n")

if "LOOPBACK_ONLY" in os.environ:
    sys.addaudithook(look)
    say("watched")
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def demo() -> Iterator[ModuleType]:
    """The program of the example, as a module."""
    spec = importlib.util.spec_from_file_location("trust_demo", EXAMPLE / "demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["trust_demo"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["trust_demo"]


def watched(folder: Path) -> dict[str, str]:
    """What a process needs in its environment to be watched."""
    (folder / "watch").mkdir(exist_ok=True)
    (folder / "watch/sitecustomize.py").write_text(WATCH)
    return {"LOOPBACK_ONLY": str(folder / "seen.txt"), "PYTHONPATH": str(folder / "watch")}


def watch_inside(python: Path, folder: Path) -> None:
    """Watch an environment in whose processes PYTHONPATH does not count, such as an installer's."""
    root = str(python.parents[1])
    purelib = Path(sysconfig.get_path("purelib", vars={"base": root, "platbase": root}))
    (purelib / "sitecustomize.py").write_text(WATCH)


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    ],
)
def test_whoever_looks_outside_is_ended(program: str, tmp_path: Path):
    environment = {**os.environ, **watched(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False, timeout=30)
    assert done.returncode == 99
    assert len((tmp_path / "seen.txt").read_text().splitlines()) == 2


def test_the_story_takes_less_than_ten_seconds_and_never_leaves_this_machine(
    demo: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    work = tmp_path / "work"
    work.mkdir()
    proof = demo.Proof()
    wheels = demo.built(work)
    python = demo.scratch(work / "site")
    watch_inside(python, tmp_path)
    began, before = time.monotonic(), spent()
    with demo.LocalSigstore() as local:
        machine = demo.Machine(work, local, **watched(tmp_path))
        demo.prepared(machine)
        demo.signed(machine, wheels, proof)
        demo.installed(machine, wheels, python, proof)
        demo.ran(machine, python, proof)
        demo.audited(machine, proof)
    took, cost = time.monotonic() - began, spent() - before
    told = capsys.readouterr().out
    seen = (tmp_path / "seen.txt").read_text().splitlines()
    with capsys.disabled():
        print(f"\nthe story: {cost:.1f} s of the processor, {took:.1f} s by the clock, {len(seen)} processes watched")
    assert proof.failed == 0, told
    assert set(seen) == {"watched"}
    assert len(seen) >= told.count("\n$ penstock trust ")
    assert cost < LIMIT  # of the processor, so that a machine that is busy with something else does not fail it


def spent() -> float:
    """Seconds of the processor, ours and those of our children."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def test_the_demo_shows_five_refusals_with_five_codes(tmp_path: Path):
    command = [sys.executable, str(EXAMPLE / "demo.py"), "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NO " not in done.stdout
    assert done.stdout.rstrip().endswith("all of it holds")
    refused = [line for line in done.stdout.splitlines() if line.startswith("  yes  ") and " is refused as T" in line]
    assert [line.partition(" is refused as ")[2][:4] for line in refused] == ["T411", "T215", "T142", "T320", "T352"]
