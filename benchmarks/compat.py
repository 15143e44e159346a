"""Three packs, four Pythons, three dependency sets: how long until all 36 environments are tested, beside tox.

    python benchmarks/compat.py                    all of it; takes five minutes on two cores
    python benchmarks/compat.py --without-tox      only ours, against figures of an earlier run

Takes:   uv, and interpreters for Python 3.10 to 3.13. tox and tox-uv are installed into environments of this run's own.
Gives:   seconds and ratios: the first run with nothing kept but downloads, a one-line change of one pack, and nothing changed.
Why so:  every tool has its downloads in its own cache, and nothing else: one round before the clock runs sees to that.
         The tox files are what people write by hand: one for each pack, an environment for each cell, versions pinned by
         a constraints file.  They stay as they are through all rounds.
Measured (2 cores, shared with other work at a load of 8 to 14; seconds, and seconds of processors in brackets): plain tox
         787 (152), again after the change 128 (33), tox-uv -p 2 98 (39); ours 59 (31), after the change 12 (7), unchanged 0.4.
Ignores: the state of the machine beside; read the load that is printed, and run it alone.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from penstock_compat.run.interpreters import find_pythons

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
SETS = ("lowest", "locked", "newest")
PACKS = {
    "alpha": ("click>=8.1.0", "attrs>=22.2"),
    "beta": ("packaging>=22.0", "attrs>=22.2"),
    "gamma": ("click>=8.1.0", "sortedcontainers>=2.3"),
}
LOWEST = {"click": "8.1.0", "attrs": "22.2.0", "packaging": "22.0", "sortedcontainers": "2.3.0"}
LOCKED = {"click": "8.1.7", "attrs": "24.2.0", "packaging": "24.1", "sortedcontainers": "2.4.0", "pytest": "8.3.3"}
BARS = {"first": 8.0, "change": 20.0, "unchanged": 0.5}


def write_packs(root: Path) -> None:
    for name, needs in PACKS.items():
        pack = root / name
        (pack / "src" / name).mkdir(parents=True)
        (pack / "tests").mkdir()
        imports = "\n".join(f"import {need.split('>')[0].replace('attrs', 'attr')}" for need in needs)
        (pack / "src" / name / "__init__.py").write_text(f"{imports}\n\n\ndef double(x):\n    return 2 * x\n")
        tests = "".join(f"\n\ndef test_{n}():\n    assert double({n}) == {2 * n}\n" for n in range(10))
        (pack / "tests" / f"test_{name}.py").write_text(f"from {name} import double\n{tests}")
        quoted = ", ".join(f'"{need}"' for need in needs)
        (pack / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
            f'[project]\nname = "bench-{name}"\nversion = "1.0"\nrequires-python = ">=3.10"\ndependencies = [{quoted}]\n\n'
            '[dependency-groups]\ntest = ["pytest"]\n\n'
            f'[tool.hatch.build.targets.wheel]\npackages = ["src/{name}"]\n'
        )
        mine = [need.split(">")[0] for need in needs]
        (pack / "requirements.lock").write_text("".join(f"{one}=={LOCKED[one]}\n" for one in (*mine, "pytest")))
        (pack / "lowest.txt").write_text("".join(f"{one}=={LOWEST[one]}\n" for one in mine))


def write_tox(root: Path, pythons: dict[str, str]) -> None:
    for name in PACKS:
        lines = ['requires = ["tox>=4.20"]', "env_list = ["]
        cells = [(python, deps) for python in PYTHONS for deps in SETS]
        lines += [f'  "{_env(*cell)}",' for cell in cells]
        lines.append("]")
        for python, deps in cells:
            limits = {"lowest": "lowest.txt", "locked": "requirements.lock"}.get(deps)
            lines += [
                f"[env.{_env(python, deps)}]",
                'package = "wheel"',
                'wheel_build_env = ".pkg"',
                f'base_python = ["{pythons[python]}"]',
                'deps = ["pytest"]',
                'pass_env = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "PIP_CERT"]',
                'commands = [["python", "-m", "pytest", "-q"]]',
            ]
            if limits:
                path = root / name / limits
                lines.append(f'set_env = {{ PIP_CONSTRAINT = "{path}", UV_CONSTRAINT = "{path}" }}')
        (root / name / "tox.toml").write_text("\n".join(lines) + "\n")


def _env(python: str, deps: str) -> str:
    return f"{deps}-py{python.replace('.', '')}"


def tool(root: Path, name: str, *wanted: str) -> Path:
    home = root / name
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    subprocess.run([home / "bin/python", "-m", "pip", "install", "--quiet", *wanted], check=True)
    return home / "bin/tox"


def tox(program: Path, root: Path, *words: str) -> Callable[[], None]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TOX_", "UV_", "VIRTUAL_ENV"))}
    homes = [str(Path(path).parent) for path in find_pythons(PYTHONS).values()]
    env["PATH"] = os.pathsep.join([str(program.parent), *homes, env["PATH"]])  # tox-uv looks for `python3.12` there

    def work() -> None:
        for name in PACKS:
            done = subprocess.run(
                [program, *words, "-c", root / name / "tox.toml"],
                cwd=root / name,
                env=env,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise SystemExit(f"{' '.join(words)} of {name} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    return work


def ours(root: Path, state: Path) -> Callable[[], None]:
    words = [sys.executable, "-m", "penstock_compat", "run", *(str(root / name) for name in PACKS)]
    words += ["--state", str(state), "--engine", "uv", "--quiet", "--output", str(root / "out.compat.json")]

    def work() -> None:
        done = subprocess.run(words, cwd=root, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"our run failed with {done.returncode}:\n{done.stdout}{done.stderr}")

    return work


def change(root: Path, number: int) -> None:
    path = root / "alpha/src/alpha/__init__.py"
    path.write_text(path.read_text() + f"\nCHANGED = {number}\n")


def seconds(name: str, work: Callable[[], None], against: float | None = None) -> float:
    """How long the work takes; printed with what its processes needed of the processors, which no neighbour changes."""
    began, before = time.perf_counter(), _processors()
    work()
    took, used = time.perf_counter() - began, _processors() - before
    ratio = f"{against / took:8.1f} x" if against else ""
    print(f"{name:<54}{took:8.2f} s   of processors {used:7.2f} s{ratio}", flush=True)
    return took


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(root: Path, with_tox: bool, plain: float, parallel: float, again: float) -> None:
    pythons = find_pythons(PYTHONS)
    missing = set(PYTHONS) - set(pythons)
    if missing:
        raise SystemExit(f"no interpreter for Python {', '.join(sorted(missing))}")
    write_packs(root)
    write_tox(root, pythons)
    if with_tox:
        program = tool(root, "plain", "tox")
        quick = tool(root, "quick", "tox", "tox-uv")
        one = ["run", "-e", "lowest-py310,locked-py310,newest-py310"]
        tox(program, root, *one)()  # downloads
        _forget(root)
        plain = seconds("plain tox, 36 environments", tox(program, root, "run"))
        change(root, 1)
        again = seconds("plain tox again, after a one-line change of one pack", tox(program, root, "run"))
        _forget(root)
        tox(quick, root, *one)()
        _forget(root)
        parallel = seconds("tox with tox-uv -p 2", tox(quick, root, "run-parallel", "-p", "2"))
        _forget(root)
    ours(root, root / "warm")()
    shutil.rmtree(root / "warm")
    first = seconds("ours, nothing kept but downloads", ours(root, root / "state"), plain)
    change(root, 2)
    changed = seconds("ours, after a one-line change of one pack", ours(root, root / "state"), plain)
    unchanged = seconds("ours, nothing changed", ours(root, root / "state"), plain)
    print(f"against tox-uv -p 2: {parallel / first:.1f} x; against tox after the same change: {again / changed:.1f} x")
    print(f"load now: {os.getloadavg()[0]:.1f}")
    kept = [
        plain / first >= BARS["first"],
        first < parallel,
        plain / changed >= BARS["change"],
        unchanged <= BARS["unchanged"],
    ]
    raise SystemExit(0 if all(kept) else 1)


def _forget(root: Path) -> None:
    for name in PACKS:
        shutil.rmtree(root / name / ".tox", ignore_errors=True)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--without-tox", action="store_true")
    words.add_argument("--plain", type=float, default=200.0, help="seconds of plain tox in an earlier run")
    words.add_argument("--parallel", type=float, default=43.0, help="seconds of tox-uv -p 2 in an earlier run")
    words.add_argument(
        "--again", type=float, default=100.0, help="seconds of plain tox after a change in an earlier run"
    )
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        measure(Path(folder).resolve(), not given.without_tox, given.plain, given.parallel, given.again)


if __name__ == "__main__":
    main()
