"""What the templates make: installed from its wheel in an environment of its own, tested, typed, linted and run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from penstock_templates.answers import KINDS, checked
from penstock_templates.cli import main
from penstock_templates.making import add, new
from penstock_templates.render import TEMPLATES, filling, printed, version_of


def run(*words: object, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "HYPOTHESIS"))}
    ran = subprocess.run([*map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, f"{words}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def environment_beside(folder: Path) -> Path:
    """A fresh environment that sees what is installed in this one; its Python."""
    venv.create(folder, with_pip=False)
    (site,) = [*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")]
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "here.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in sorted(here)))
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_pack_is_green_without_an_edit(kind, tmp_path):
    answers, findings = checked({"kind": kind, "name": f"acme-made-{kind}"})
    assert not findings
    pack = tmp_path / answers.name
    new(answers, pack)
    if kind == "pack":
        for part, id in (("source", "second"), ("contract", "third")):
            assert add(pack, part, id).findings == []
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        tmp_path,
        pack,
        cwd=tmp_path,
    )
    (wheel,) = tmp_path.glob("*.whl")
    python = environment_beside(tmp_path / "env")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=pack)
    run(python, "-m", "mypy", "--cache-dir", tmp_path / "mypy", cwd=pack)
    run(python, "-m", "ruff", "check", "--no-cache", ".", cwd=pack)
    run(python, "-m", "ruff", "format", "--no-cache", "--check", ".", cwd=pack)
    assert answers.name in run(python, "-m", "penstock", "packs", cwd=tmp_path)
    assert "quality: platinum" in run(python, "-m", "penstock", "pack", "check", pack, cwd=tmp_path)
    run(python, "-m", "penstock", "pack", "check", wheel, cwd=tmp_path)


@pytest.mark.slow
def test_two_commands_are_enough_where_the_tools_of_an_author_are(tmp_path):
    """`pip install -e . && pytest`, word for word, but for where the build backend comes from."""
    answers, _ = checked({"kind": "transform", "name": "acme-two-commands"})
    pack = tmp_path / answers.name
    new(answers, pack)
    python = environment_beside(tmp_path / "env")
    run(python, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-index", "-e", ".", cwd=pack)
    run(python, "-m", "pytest", "-q", cwd=pack)


def test_what_to_do_next_is_what_is_enough_here(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "--name", "acme-next", "--no-input"]) == 0
    assert "  pip install --editable .\n  pytest\n" in capsys.readouterr().out


def test_what_an_installer_has_compiled_is_no_part_of_a_template(tmp_path):
    templates = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    answers, _ = checked({"name": "acme-compiled"})
    before, version = printed(["base"], filling(answers, "compiled"), templates), version_of(templates)
    for path in list(templates.rglob("*.py")):
        (path.parent / "__pycache__").mkdir(exist_ok=True)
        (path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc").write_bytes(b"\xa7\r\r\n")
    assert printed(["base"], filling(answers, "compiled"), templates) == before
    assert version_of(templates) == version
