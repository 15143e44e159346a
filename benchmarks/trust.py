"""What trust costs: a wheel verified from a cold start, a hundred in one process, a hundred packs admitted, a verified import.

Run:     python benchmarks/trust.py [ROUNDS]      (or `nox -s bench -- benchmarks/trust.py`)
Bars:    1 wheel from a cold process 1.5 times the import of `sigstore.verify`; 100 wheels 3 times one; 100 packs with 2,300
         files admitted in 300 ms; the verified import of 200 modules 1.15 times the plain import from Python's cache.
How:     whole processes, in turn, so that a slow moment hits all of them; the median counts. What counts is the processor's
         time, user and system, so that a busy machine slows nobody. Bytecode is kept in a folder of its own, because an
         installation has it too. Admission writes its audit log. Bundles are real ones, of a sigstore in memory; nothing asks the network.
Ignores: signing, which waits for services; and installing, which is the installer's.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import machine

TESTS = Path(__file__).resolve().parents[1] / "packages/penstock-trust/tests"
sys.path[:0] = [str(TESTS / "attacks"), str(TESTS / "scenes")]

from hostile.archive import wheel_of  # noqa: E402 - after the path
from hostile.case import POLICY  # noqa: E402 - after the path
from hostile.forge import ISSUER, SIGNED, WORKFLOW, Forge, Signing  # noqa: E402 - after the path
from hostile.policies import ROOT_FILE, public_key  # noqa: E402 - after the path
from scene import Scene  # noqa: E402 - after the path

WHEELS, PACKS, MODULES = 100, 100, 200
NOW = SIGNED.strftime("%Y-%m-%dT12:00:00Z")
FUNCTIONS = "".join(
    f"def f{number}(x, y=1):\n    'Do it.'\n    return sorted([x + {number}, y], key=str)\n\n\n" for number in range(25)
)
ADMIT = """
import json, sys, time
began, wall = time.process_time(), time.perf_counter()
folder, names, wanted = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
from datetime import datetime, timezone
from penstock_trust.admission import guard_of
from penstock_trust.loader.case import Asked
from penstock_trust.loader.surroundings import installed_at
from penstock_trust.site import read_site_file
packages = folder + "/site-packages"
guard = guard_of(read_site_file(folder + "/trust.toml"), now=datetime(2026, 6, 1, tzinfo=timezone.utc), path=[packages])
words = [name.replace("-", "_") for name in names]
asked = [Asked(installed_at(f"{packages}/{word}-1.0.dist-info"), word) for word in words]
for each in asked:
    assert guard.admit(each, asked).allowed
started, waited = time.process_time() - began, time.perf_counter() - wall
heavy = sorted({name.partition(".")[0] for name in sys.modules} & {"sigstore", "pydantic", "requests"})
assert not heavy, heavy
began = time.process_time()
__import__(wanted)
print(json.dumps([started, time.process_time() - began, waited]))
"""
PLAIN = """
import json, sys, time
sys.path.insert(0, sys.argv[1] + "/site-packages")
began = time.process_time()
__import__(sys.argv[3])
print(json.dumps([0.0, time.process_time() - began, 0.0]))
"""


def signed_wheels(folder: Path) -> list[str]:
    """A hundred signed wheels and the policy that accepts them."""
    forge = Forge()
    root = forge.trusted_root()
    (folder / ROOT_FILE).write_bytes(root)
    digest = hashlib.sha256(root).hexdigest()
    keys = {name: public_key(name) for name in ("factory", "security")}
    text = POLICY.format(
        root_file=ROOT_FILE, root_digest=digest, **keys, issuer=ISSUER, workflow=WORKFLOW, more="",
        signers='{any = ["release"]}',
    )  # fmt: skip  # what fills the policy
    (folder / "policy.toml").write_text(text.replace('match = "acme-flow"', 'match = "acme-*"'), "utf-8")
    made = []
    for number in range(WHEELS):
        name = f"acme_flow_{number}-1.2.0-py3-none-any.whl"
        wheel = wheel_of(name=f"acme-flow-{number}")
        (folder / name).write_bytes(wheel)
        (folder / f"{name}.sigstore.json").write_text(json.dumps(forge.bundle(Signing(), wheel, name)))
        made.append(str(folder / name))
    return made


def packs(folder: Path) -> Scene:
    """A hundred accepted packs of 23 files, and one of 200 modules."""
    scene = Scene(folder)
    for number in range(PACKS):
        word = f"acme_p{number}"
        modules = {f"{word}/__init__.py": "", f"{word}/penstock-pack.json": "{}\n"}
        modules |= {f"{word}/m{at}.py": FUNCTIONS for at in range(17)}
        scene.install(f"acme-p{number}", "1.0", modules)
    return scene


def large_pack(folder: Path) -> Scene:
    """One accepted pack of 200 modules."""
    scene = Scene(folder)
    modules = {"acme_large/__init__.py": "".join(f"from acme_large import m{at}\n" for at in range(MODULES))}
    modules |= {f"acme_large/m{at}.py": f"AT = {at}\n{FUNCTIONS}" for at in range(MODULES)}
    scene.install("acme-large", "1.0", modules)
    return scene


def spent(words: list[str], environment: dict[str, str]) -> tuple[float, str]:
    """Seconds of the processor that a whole process takes, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(words[:6])} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def verification(folder: Path, rounds: int, environment: dict[str, str]) -> dict[str, float]:
    """Medians of the three cold processes."""
    wheels = signed_wheels(folder)
    verify = [sys.executable, "-m", "penstock_trust", "verify", "--policy", str(folder / "policy.toml"), "--at", NOW]
    commands = {
        "import sigstore.verify": [sys.executable, "-c", "import sigstore.verify"],
        "verify 1 wheel": [*verify, wheels[0]],
        f"verify {WHEELS} wheels": [*verify, *wheels],
    }
    times: dict[str, list[float]] = {what: [] for what in commands}
    for number in range(rounds + 1):
        for what, words in commands.items():
            took, _ = spent(words, environment)
            if number:  # the first time compiles
                times[what].append(took)
    return {what: median(taken) for what, taken in times.items()}


def loading(folder: Path, rounds: int, environment: dict[str, str]) -> dict[str, float]:
    """Medians of the start of the loader, and of the two imports."""
    many, large = folder / "many", folder / "large"
    many.mkdir()
    large.mkdir()
    packs(many)
    large_pack(large)
    for site in (many, large):
        with open(site / "trust.toml", "a", encoding="utf-8") as file:
            file.write('audit = "audit.jsonl"\n')
    hundred = json.dumps([f"acme-p{number}" for number in range(PACKS)])
    plain = {key: value for key, value in environment.items() if key != "PYTHONPYCACHEPREFIX"}
    programs = {
        "start": [sys.executable, "-c", ADMIT, str(many), hundred, "acme_p0"],
        "verified": [sys.executable, "-c", ADMIT, str(large), '["acme-large"]', "acme_large"],
        "plain": [sys.executable, "-c", PLAIN, str(large), "[]", "acme_large"],
    }
    times: dict[str, list[float]] = {what: [] for what in (*programs, "wall")}
    for number in range(rounds + 1):
        for what, words in programs.items():
            started, imported, waited = json.loads(spent(words, plain)[1])
            if number:
                times[what].append(started if what == "start" else imported)
                if what == "start":
                    times["wall"].append(waited)
    return {what: median(taken) for what, taken in times.items()}


def main(rounds: int) -> int:
    machine.print_facts()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "XDG_CONFIG_HOME": str(folder)}
        cold = verification(folder, rounds, environment)
        hot = loading(folder, rounds, environment)
    base, one, hundred = cold.values()
    rows = [
        ("verify 1 wheel, as multiples of the import of sigstore", one / base, 1.5, f"{one * 1e3:.0f} ms / {base * 1e3:.0f} ms"),
        (f"verify {WHEELS} wheels, as multiples of one", hundred / one, 3.0, f"{hundred * 1e3:.0f} ms"),
        (f"admit {PACKS} packs, {PACKS * 23:,} files, in ms", hot["start"] * 1e3, 300.0,
         f"audit log on: one line for each pack, all on the disk; {hot['wall'] * 1e3:.0f} ms on the wall"),
        (f"verified import of {MODULES} modules, as multiples of a cached one", hot["verified"] / hot["plain"], 1.15,
         f"{hot['verified'] * 1e3:.0f} ms / {hot['plain'] * 1e3:.0f} ms"),
    ]  # fmt: skip  # what, figure, bar, how it comes about
    machine.table([
        ["", "figure", "bar", "of"], *([what, f"{figure:.2f}", f"{bar:g}", how] for what, figure, bar, how in rows)
    ])  # fmt: skip  # head and rows
    missed = [what for what, figure, bar, _ in rows if figure > bar]
    print(f"missed: {'; '.join(missed)}" if missed else "all bars are met")
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9))
