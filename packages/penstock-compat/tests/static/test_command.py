"""The command `static`: exit 0, 1 or 3, and findings in every format."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from small_packs import CORE, installed


def said(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "penstock_compat", "static", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def core(tmp_path):
    return installed(tmp_path / "host", "core", CORE)


@pytest.mark.parametrize(
    ("code", "exit_code", "verdict"),
    [
        ("import core\n", 0, "ok"),
        ("from core import missing\n", 1, "broken"),
        ("from core import only_sometimes\n", 3, "unknown"),
    ],
)
def test_the_exit_tells_the_verdict(tmp_path, core, code, exit_code, verdict):
    pack = installed(tmp_path / "pack", "pack", {"pack.py": code})
    done = said(pack, "--core", core, "--python", "3.12")
    assert (done.returncode, done.stderr) == (exit_code, "")
    assert done.stdout.endswith(f"Python 3.12, host: {verdict}\n")


def test_several_pythons_and_releases_are_judged_at_once(tmp_path, core):
    newer = installed(
        tmp_path / "newer", "core", {**CORE, "core/__init__.py": "from core.shapes import Shape\n"}, version="2.0"
    )
    pack = installed(tmp_path / "pack", "pack", {"pack.py": "from core import plain\nimport tomllib\n"})
    done = said(pack, "--core", core, "--core", newer, "--python", "3.10", "--python", "3.12")
    lines = [line for line in done.stdout.splitlines() if line.startswith("Python")]
    assert lines == [
        "Python 3.10, host: broken",
        "Python 3.10, newer: broken",
        "Python 3.12, host: ok",
        "Python 3.12, newer: broken",
    ]


def test_findings_are_printed_as_json(tmp_path, core):
    pack = installed(tmp_path / "pack", "pack", {"pack.py": "from core import missing\n"})
    done = said(pack, "--core", core, "--format", "json")
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["C411"]


@pytest.mark.parametrize("words", [["--python", "three"], ["--python", "3"]])
def test_what_is_no_python_is_a_mistake_of_the_user(tmp_path, words):
    done = said(installed(tmp_path, "pack", {"pack.py": ""}), *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_broken_archive_is_a_finding(tmp_path):
    path = tmp_path / "x-1-py3-none-any.whl"
    path.write_bytes(b"nothing")
    done = said(path)
    assert done.returncode == 2
    assert "C422" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
