"""What people and scripts hear when they ask the matrix something."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from penstock_compat.cli import main
from penstock_compat.cli.commands import COMMANDS
from penstock_compat.formats import read_plan, read_results
from penstock_compat.run.tools import write_wheel
from penstock_compat.run.uv import find_uv

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def said(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return said


@pytest.fixture
def wheel(tmp_path):
    return write_wheel("depot", "1.0", ["needed>=1"], {"depot.py": ""}, str(tmp_path))


def test_the_help_page_names_every_command(ask):
    code, out, _ = ask("--help")
    assert code == 0
    assert all(f"\n  {command.name} " in out for command in COMMANDS)
    assert out == ask()[1]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_a_help_page(ask, command):
    code, out, _ = ask(command.name, "--help")
    assert code == 0
    assert command.name in out.splitlines()[0]


def test_help_imports_nothing_heavy():
    code = "import sys; from penstock_compat.cli import main; main(['--help']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert not [
        name for name in ("tox", "griffe", "packaging", "jsonschema", "click", "dataclasses") if f"'{name}'" in loaded
    ]


def test_a_plan_lists_cells_and_what_is_left_out(ask, wheel):
    code, out, _ = ask("plan", wheel, "--python", "3.12")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("depot==1.0|core==*|")
    assert "left out: depot==1.0|" in out
    assert lines[-1].startswith("2 cells, ")


def test_a_plan_can_be_written_and_run_later(ask, wheel, tmp_path):
    assert ask("plan", wheel, "--python", HERE, "--output", "plan.json")[0] == 0
    assert {cell.python for cell in read_plan(tmp_path / "plan.json").cells} == {HERE}
    code, out, _ = ask("plan", "plan.json", "--deps", "newest")
    assert code == 0
    assert len([line for line in out.splitlines() if line.startswith("depot")]) == 1


def test_a_ci_job_reads_its_matrix(ask, wheel):
    code, out, _ = ask("plan", wheel, "--github", "--python", "3.12")
    assert code == 0
    assert [row["python"] for row in json.loads(out)["include"]] == ["3.12"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["plan", "gone"], 2, "C105"),
        (["plan", "."], 2, "C105"),
        (["run", "x.json"], 2, "C101"),
        (["plan", "depot-1.0-py3-none-any.whl", "--axes", "gone.toml"], 2, "F101"),
        (["plan", "depot-1.0-py3-none-any.whl", "--interpreter", "here"], 2, "names no interpreter"),
        (["run", "depot-1.0-py3-none-any.whl", "--timeout", "soon"], 2, "is no duration"),
        (["import", "gone.json", "--pack", "depot-1.0-py3-none-any.whl"], 2, "F101"),
        (["import", "gone.json"], 2, "--pack"),
        (["plna"], 2, "write `plan`"),
        (["explain", "C999"], 2, "C901"),
        (["export", "depot-1.0-py3-none-any.whl", "--output", "tox.toml"], 2, "has to be a folder"),
        (["bisect", "depot-1.0-py3-none-any.whl", "--deps", "nobody"], 2, "is left by"),
        (["clean", "--state", "."], 2, "no folder in which runs keep things"),
        (["run", "depot-1.0-py3-none-any.whl", "--axes", "nowhere.toml", "--state", "state"], 2, "cannot read"),
        (["run", "depot-1.0-py3-none-any.whl", "--output", "gone/out.json"], 2, "C104"),
        (["export", "depot-1.0-py3-none-any.whl", "--output", "nowhere.toml/x"], 2, "C104"),
        (["clean", "--older", "long"], 2, "is no duration"),
    ],
)
def test_a_mistake_is_told_and_is_never_a_traceback(ask, wheel, tmp_path, words, code, text):
    (tmp_path / "nowhere.toml").write_text('format = 1\nwheels = ["nowhere"]\n')
    found, out, err = ask(*words)
    assert found == code
    assert text in out + err
    assert "Traceback" not in out + err


def test_every_code_that_is_raised_is_explained(ask):
    import re
    from importlib.resources import files

    package = files("penstock_compat")
    pages = {one.name[:-3] for one in (package / "codes").iterdir() if one.name.endswith(".md")}
    raised = {
        code for one in _modules(package) for code in re.findall(r'"(C[1239]\d\d)"', one.read_text(encoding="utf-8"))
    }
    assert raised
    assert raised <= pages


def _modules(folder):
    for one in folder.iterdir():
        if one.is_dir():
            yield from _modules(one)
        elif one.name.endswith(".py"):
            yield one


@pytest.mark.skipif(not find_uv(), reason="uv is not installed here")
def test_a_run_writes_results_and_says_how_it_went(ask, tmp_path):
    (tmp_path / "wheels").mkdir()
    write_wheel("needed", "1.0", [], {"needed.py": ""}, str(tmp_path / "wheels"))
    wheel = write_wheel("depot", "1.0", ["needed>=1"], {"depot.py": "import needed"}, str(tmp_path))
    (tmp_path / "axes.toml").write_text(
        f'format = 1\npythons = ["{HERE}"]\ndeps = ["newest"]\nwheels = ["wheels"]\noffline = true\n'
        '[test]\ncommand = ["python", "-c", "import depot"]\nrequires = []\n'
    )
    words = ["run", wheel, "--axes", "axes.toml", "--state", "state", "--output", "out.compat.json", "--by", "me"]
    code, _, err = ask(*words)
    assert (code, err.splitlines()[-1].split(": ")[-1]) == (0, "1 passed")
    (one,) = read_results("out.compat.json").results
    assert one.proves
    assert "1 known from before" in ask(*words)[2]
    code, _, err = ask(*words, "--anew", "--offline", "--timeout", "1ms")
    assert (code, "1 timeout" in err) == (1, True)
