"""However a command ends, its exit code says how, and a user's mistake is never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_findings import Finding, Location, PenstockError
from penstock_findings.ending import ended


def test_a_program_is_called_by_its_name(capsys):
    assert ended(raising(ZeroDivisionError("oh")), "penstock-contracts") == 70
    assert capsys.readouterr().err.startswith("penstock-contracts: this is a bug in Penstock, not in your files: Zero")


def raising(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SystemExit(), 0),
        (SystemExit(None), 0),
        (SystemExit(1), 1),
        (SystemExit("a word"), 1),
        (PenstockError("no"), 2),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
        (ZeroDivisionError("oh"), 70),
        (RecursionError(), 70),
    ],
)
def test_each_way_to_end_has_its_code(error, code, capfd, tmp_path):
    program = (
        "import sys; from penstock_findings.ending import ended\nfrom penstock_findings import PenstockError\n"
        f"def work(): raise {error!r}\nsys.exit(ended(work))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("value", [0, 1, 2, 3, None])
def test_a_code_that_is_returned_is_the_code(value):
    assert ended(lambda: value) == (value or 0)


def test_an_error_of_the_user_is_printed_as_findings(capsys):
    error = PenstockError(
        "two things", findings=[Finding("X1", "first", Location("a.yaml", 3, 5)), Finding("X2", "second", hint="do it")]
    )
    assert ended(raising(error)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["error X2: second", "  hint: do it", "a.yaml:3:5: error X1: first", "2 errors"]


def test_our_own_bug_is_called_one_and_its_traceback_is_kept(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert ended(raising(ZeroDivisionError("division by zero"))) == 70
    first, second = capsys.readouterr().err.splitlines()
    assert first == "penstock: this is a bug in Penstock, not in your files: ZeroDivisionError: division by zero"
    (kept,) = tmp_path.iterdir()
    assert str(kept) in second
    assert "PENSTOCK_DEBUG=1" in second
    assert "Traceback" in kept.read_text()


def test_with_debugging_the_traceback_is_printed(capsys, monkeypatch):
    monkeypatch.setenv("PENSTOCK_DEBUG", "1")
    assert ended(raising(ZeroDivisionError())) == 70
    assert "Traceback" in capsys.readouterr().err


def test_with_debugging_the_cause_of_a_finding_is_printed(capsys, monkeypatch):
    monkeypatch.setenv("PENSTOCK_DEBUG", "1")
    error = PenstockError("x", findings=[Finding("P221", "no", evidence={"cause": "KeyError: 3\n"})])
    assert ended(raising(error)) == 2
    assert "P221 was caused by:\nKeyError: 3\n" in capsys.readouterr().err


def test_a_reader_that_leaves_is_not_complained_about(site):
    site.pack("wordy", *(f"node-{number}" for number in range(3000)))  # more than a pipe holds
    command = f"{sys.executable} -m penstock nodes; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | head -1"],
        capture_output=True,
        text=True,
        env=site.environment(),
        cwd=site.folder,
    )
    assert done.stdout.startswith("NODE")
    assert done.stderr == "code 141\n"


@pytest.mark.parametrize("words", [["--help"], ["nodes"], ["completion", "bash"]])
def test_nobody_to_read_is_not_complained_about_either(site, words):
    site.pack("acme", "zone")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "penstock", *words], stdout=writer, stderr=subprocess.PIPE, env=site.environment()
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_output_that_the_terminal_cannot_show_is_shown_as_escapes(site):
    site.pack("acme", code="", commands=[{"name": "vision", "doc": "Größe → 1", "import_path": "acme:x"}])
    done = site.penstock("--help", environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "Gr\\xf6\\xdfe \\u2192 1" in done.stdout


def test_the_module_and_the_console_script_are_one(site):
    script = Path(sys.executable).parent / "penstock"
    if not script.exists():
        pytest.skip("penstock is not installed here as a script")
    done = subprocess.run([script, "--help"], capture_output=True, text=True, env=site.environment())
    assert done.stdout == site.penstock("--help").stdout
