"""The command `bisect`: from a folder of wheels to the version that broke a pack."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = "{}.{}".format(*sys.version_info[:2])
AXES = """format = 1
pythons = ["{here}"]
deps = ["newest"]
[test]
command = ["python", "-m", "pack_check"]
"""


def load_wheels():
    """The zoo's maker of wheels, which is in no package."""
    spec = importlib.util.spec_from_file_location("zoo_wheels", Path(__file__).parents[1] / "zoo/zoo_wheels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.wheel


@pytest.fixture
def shelf(tmp_path):
    wheel = load_wheels()
    for minor in range(6):
        has = "def speak(): return 1\n" if minor < 4 else "pass\n"
        wheel(tmp_path / "wheels", "lib", f"1.{minor}", {"lib.py": has})
    files = {"pack.py": "", "pack_check.py": "import lib\nassert lib.speak() == 1\n"}
    wheel(tmp_path, "pack", files=files, requires=["lib>=1.0"])
    (tmp_path / "axes.toml").write_text(AXES.format(here=HERE), encoding="utf-8")
    return tmp_path


def said(shelf, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "penstock_compat", "bisect", str(shelf / "pack-1.0-py3-none-any.whl"), *words]
    command += ["--axes", str(shelf / "axes.toml"), "--wheels", str(shelf / "wheels"), "--offline"]
    command += ["--interpreter", f"{HERE}={sys.executable}", "--state", str(shelf / "state")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_planted_version_is_found(shelf):
    done = said(shelf)
    assert done.returncode == 1, done.stderr
    assert "C430: lib 1.4 breaks pack, 1.3 does not" in done.stdout
    assert "write" not in done.stderr
    assert "as it is: failed" in done.stderr


def test_the_lowest_that_works_is_told(shelf):
    done = said(shelf, "--lowest", "--dependency", "lib", "--quiet")
    assert done.returncode == 0
    assert "the lowest lib that pack works with is 1.0; there is none below it" in done.stdout
    assert "the newest that can be tried, 1.5, does not work either" in done.stdout


@pytest.mark.parametrize(("words", "exit_code"), [(["--cell", "nobody==*"], 2), (["--lowest"], 2)])
def test_a_mistake_of_the_user_is_no_traceback(shelf, words, exit_code):
    done = said(shelf, *words)
    assert done.returncode == exit_code
    assert "Traceback" not in done.stderr
