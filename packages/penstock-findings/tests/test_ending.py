"""However a command ends, its exit code says how, and a user's mistake is never a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

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
        (OSError(errno.ENOSPC, "No space left on device"), 3),
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


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no disk here that is always full")
def test_output_for_which_there_is_no_room_is_no_bug():
    program = "import sys; from penstock_findings.ending import ended; sys.exit(ended(lambda: print('x' * 100_000)))"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (3, "penstock: cannot write everything: no space left on device\n")


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


@pytest.mark.skipif(sys.platform == "win32", reason="the shell there does not close streams")
@pytest.mark.parametrize(("closed", "open_one"), [("1", "2"), ("2", "1")])
def test_a_stream_that_is_closed_from_the_beginning_is_as_good_as_one_that_nobody_reads(closed, open_one, tmp_path):
    program = (
        "import sys; from penstock_findings.ending import ended\n"
        "def work():\n"
        "    sys.stderr.isatty(); print('words'); print('words', file=sys.stderr); return 1\n"
        "sys.exit(ended(work))"
    )
    (tmp_path / "program.py").write_text(program)
    shell = f"exec '{sys.executable}' program.py {closed}>&-"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, cwd=tmp_path)
    said = {"1": done.stdout, "2": done.stderr}
    assert (done.returncode, said) == (1, {closed: "", open_one: "words\n"})
