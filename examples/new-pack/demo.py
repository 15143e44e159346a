"""Make a pack, test it, build its wheel, run its graph, bring a newer template to it, and catch bad nodes.

Takes:   nothing; everything goes into `work/` beside this file.
Gives:   what each command prints, and exit code 1 when one of them does not do what it should.
Ignores: how it is done; `penstock pack` and the test kit do it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = HERE / "work"
PACK = WORK / "acme-thresholds"
ZOO = ROOT / "packages/penstock-testkit/tests"
PYTHON = sys.executable


def run(*words: object, cwd: Path = PACK, expected: int = 0, shown: bool = True, **environment: str) -> str:
    """Run a command as a user would, and print it with what it says."""
    told = " ".join("python" if word == PYTHON else str(word) for word in words)
    print(f"\n$ {told.replace('python -m penstock', 'penstock').replace('python -m pytest', 'pytest')}")
    ran = subprocess.run(
        [*map(str, words)], cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if shown or ran.returncode != expected:
        print(ran.stdout + ran.stderr, end="")
    if ran.returncode != expected:
        raise SystemExit(f"that should have ended with exit code {expected}, and ended with {ran.returncode}")
    return ran.stdout + ran.stderr


def newer_templates() -> Path:
    """What the next version of the templates might bring: another first line of the changelog, a word in the README."""
    folder = Path(shutil.copytree(ROOT / "templates", WORK / "templates"))
    base = folder / "base" / "{{cookiecutter.name}}"
    (base / "CHANGELOG.md").write_text("# What has changed\n\n## 0.1.0\n\n* First version.\n")
    readme = base / "README.md"
    readme.write_text(readme.read_text().replace("graphs find what it offers.", "graphs find what it offers, at once."))
    return folder


def spoilt_in_places() -> None:
    """The same pack with three faults that a reviewer would see: what `pack check` says of a copy of it."""
    copy = Path(shutil.copytree(PACK, WORK / "spoilt"))
    project, node = copy / "pyproject.toml", copy / "src/acme_thresholds/nodes/thresholds.py"
    project.write_text(project.read_text().replace(',<0.2"]\n\n', '"]\n\n', 1))
    node.write_text(
        node.read_text() + '\n\nimport urllib.request\n\nLATEST = urllib.request.Request("https://example.org")\n'
    )
    (copy / "src" / "acme_thresholds" / ".env").write_text("TOKEN=1\n")
    print("\na copy of it: the SDK range has lost its upper end, the node uses the network, and a secret lies about")
    run(*(PYTHON, "-m", "penstock"), "pack", "check", copy, "--static", cwd=WORK, expected=1)


def bad_nodes() -> None:
    """The table: each bad node of the zoo with the check that catches it."""
    program = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/zoo/src']\n"
        "from planted import PLANTED\nfrom penstock_testkit import all_checks\n"
        "titles = {one.code: one.title for one in all_checks()}\n"
        "for planted in PLANTED:\n"
        "    print(f'{planted.code}  {titles[planted.code]:<42}  {planted.node.__name__}')\n"
    )
    rows = subprocess.run([PYTHON, "-c", program, str(ZOO)], capture_output=True, text=True, check=True).stdout
    print(
        f"\nthe bad nodes of the zoo ({len(rows.splitlines())}), each with the promise that it breaks\n\n{rows}", end=""
    )
    print("\neach of them is put to all questions, and caught by that one and by no other:")
    words = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", ZOO / "test_bad_plugins.py")
    last = run(*words, cwd=ROOT, shown=False).strip().splitlines()[-1]
    print(last)


def main() -> None:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    began = time.monotonic()
    penstock = (PYTHON, "-m", "penstock")
    run(*penstock, "pack", "new", "transform", "--name", "acme-thresholds", "--no-input", cwd=WORK)
    run(
        PYTHON,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        WORK / "site",
        PACK,
        cwd=WORK,
    )
    here = {"PYTHONPATH": str(WORK / "site")}
    run(PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", **here)
    print(f"\nfrom an empty folder to a green test run: {time.monotonic() - began:.1f} s, 3 commands, 0 edits")

    run(
        PYTHON,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        WORK / "dist",
        PACK,
        cwd=WORK,
    )
    run(*penstock, "pack", "check", PACK, "--at-least", "platinum", "--badge", WORK / "badge.json", cwd=WORK)
    print((WORK / "badge.json").read_text(), end="")
    (wheel,) = (WORK / "dist").glob("*.whl")
    run(*penstock, "pack", "check", wheel, "--against", wheel, cwd=WORK)
    spoilt_in_places()
    run(*penstock, "run", "examples/thresholds.graph.yaml", "--store", WORK / "store", "--until-idle", **here)

    readme = PACK / "README.md"
    readme.write_text(readme.read_text() + "\nWritten by the author.\n")
    changelog = PACK / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("# Changelog", "# History"))
    print("\nthe author writes a line into the README, and calls the changelog History; then comes a newer template")
    run(*penstock, "pack", "update", PACK, "--templates", newer_templates(), cwd=WORK, expected=1)
    print("\n" + (PACK / "CHANGELOG.md.conflict").read_text(), end="")
    kept = "at once." in readme.read_text() and "Written by the author." in readme.read_text()
    if not kept or not changelog.read_text().startswith("# History"):
        raise SystemExit("the update has not kept what the author wrote")
    print("\nthe README has both; the changelog is the author's, and what the template wants lies beside it")

    bad_nodes()


if __name__ == "__main__":
    main()
