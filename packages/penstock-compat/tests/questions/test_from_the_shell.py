"""The commands about results, as people and jobs type them: what they print, and their exit codes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from penstock_compat.cli import main
from penstock_compat.facts import Cause, Cell, Evidence, Failure, Result, Results, Rung, State
from penstock_compat.formats import read_results, write_results

AT = "2026-11-22T12:00:00+00:00"
AS_OF = ("--as-of", "2026-11-23")


def result(state=State.PASSED, *, version="1.0", python="3.12", digest="a"):
    """What is known of one cell."""
    cell = Cell("site", version, "0.1.0", "linux", "x86_64", python, "newest")
    proof = Evidence((), {}, f"sha256:{digest * 64}", "", {}, 1.0, "", "E  boom", AT, "ann")
    failure = None if state is State.PASSED else Failure("test", "boom")
    return Result(cell, state, Cause.NONE if failure is None else Cause.PACK, Rung.TESTED, proof, failure)


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Type a command in a folder of its own: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)  # where commands look for results is the folder that they are typed in

    def type_(*words):
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    type_.folder = tmp_path
    return type_


def put(typed, name, *results):
    write_results(Results("by hand", results), typed.folder / f"{name}.compat.json")


def test_results_of_two_jobs_become_one_file_that_names_both(typed):
    put(typed, "linux", result())
    put(typed, "mac", result(python="3.13"))
    code, _, err = typed("merge", "linux.compat.json", "mac.compat.json", "--output", "all.compat.json")
    assert (code, err) == (0, "2 results of 2 cells, from 2 files: all.compat.json\n")
    assert {one.origin for one in read_results("all.compat.json").results} == {"linux", "mac"}


def test_a_contradiction_is_refused_and_nothing_is_written(typed):
    put(typed, "linux", result())
    put(typed, "mac", result(State.FAILED))
    code, _, err = typed("merge", ".", "--output", "all.compat.json")
    assert code == 1
    assert "C301" in err
    assert not (typed.folder / "all.compat.json").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 9}', '{"format": 1, "made_by": "x", "results": [{}]}', "\0"]
)
def test_a_file_at_fault_is_a_finding_in_every_command(typed, text):
    (typed.folder / "x.compat.json").write_text(text)
    for words in (("merge", "x.compat.json"), ("report", "x.compat.json"), ("can-i-run", "x.compat.json")):
        code, _, err = typed(*words)
        assert code == 2
        assert "error" in err
        assert "bug" not in err


def test_nothing_to_look_at_is_no_success(typed):
    for words in (("report",), ("can-i-run",), ("what-blocks",), ("best", "site")):
        code, _, err = typed(*words)
        assert code == 3
        assert "C304" in err


def test_can_i_run_answers_scripts_by_its_exit_code(typed):
    put(typed, "all", result(), result(State.FAILED, python="3.13"))
    assert typed("can-i-run", "--python", "3.12", *AS_OF)[0] == 0
    assert typed("can-i-run", "--python", "3.13", *AS_OF)[0] == 1
    assert typed("can-i-run", "--python", "3.14", *AS_OF)[0] == 3
    code, out, _ = typed("can-i-run", *AS_OF)
    assert (code, out) == (1, "everywhere\npartly: site 1.0 (2 cells)\n  broken: boom\n")


def test_old_evidence_answers_nothing(typed):
    put(typed, "all", result())
    assert typed("can-i-run", "--as-of", "2027-11-22")[0] == 3
    assert typed("can-i-run", "--as-of", "2027-11-22", "--stale-after", "400d")[0] == 0
    code, out, _ = typed("can-i-run", *AS_OF, "--build", f"site==1.0=sha256:{'b' * 64}")
    assert code == 3
    assert "proven once" in out


def test_answers_for_programs_are_json(typed):
    put(typed, "all", result(), result(State.FAILED, version="2.0"))
    told = json.loads(typed("can-i-run", "--json", *AS_OF)[1])
    assert [(one["version"], one["verdict"]) for one in told["answers"]] == [("2.0", "no")]
    told = json.loads(typed("what-blocks", "--json", *AS_OF)[1])
    assert told["obstacles"][0]["summary"] == "boom"
    told = json.loads(typed("best", "site", "--json", *AS_OF)[1])
    assert told["version"] == "1.0"


def test_best_prints_the_version_alone(typed):
    put(typed, "all", result(), result(State.FAILED, version="2.0"))
    code, out, err = typed("best", "site", *AS_OF)
    assert (code, out) == (0, "1.0\n")
    assert "no: site 2.0" in err
    put(typed, "all", result(State.FAILED))
    assert typed("best", "site", *AS_OF)[0] == 1
    assert typed("best", "other", *AS_OF)[0] == 3


def test_what_blocks_a_python(typed):
    put(typed, "all", result(), result(State.FAILED, python="3.13"))
    code, out, _ = typed("what-blocks", "--python", "3.13", *AS_OF)
    assert (code, out) == (1, "Python 3.13\nbroken: boom [pack], 1 cell\n  site\n")
    code, out, _ = typed("what-blocks", "--python", "3.12", *AS_OF)
    assert (code, out) == (0, "Python 3.12\nnothing stands in the way\n")


def test_a_report_tells_what_broke_since_the_last_one(typed):
    put(typed, "old", result())
    put(typed, "new", result(State.FAILED, digest="b"))
    assert typed("report", "old.compat.json", "--report", "json=r1.json", "--label", "v1")[0] == 0
    code, _, _ = typed(
        "report", "new.compat.json", "--since", "r1.json", "--report", "json=r2.json", "--report", "html=site/index.html",
        "--label", "v2", "--fail-on", "regression",
    )  # fmt: skip
    assert code == 1
    assert (typed.folder / "site/index.html").read_text("utf-8").startswith("<!doctype html>")
    code, out, _ = typed("changes", "r1.json", "r2.json")
    assert code == 1
    assert out == "broke: site==1.0|core==0.1.0|linux|x86_64|3.12|newest: proven -> broken\n"
    assert typed("changes", "r2.json", "new.compat.json")[:2] == (0, "nothing changed\n")
    assert typed("can-i-run", "r1.json", *AS_OF)[0] == 0  # a report holds results too


def test_a_report_fails_on_what_is_asked_for(typed):
    put(typed, "all", result(), result(State.FAILED, python="3.13"))
    assert typed("report", "all.compat.json")[0] == 0
    assert typed("report", "all.compat.json", "--fail-on", "broken")[0] == 1
    put(typed, "all", result())
    assert typed("report", "all.compat.json", "--fail-on", "unproven")[0] == 0


@pytest.mark.parametrize("words", [("--as-of", "soon"), ("--stale-after", "long"), ("--build", "site"), ("--os",)])
def test_a_flag_that_makes_no_sense_is_misuse(typed, words):
    put(typed, "all", result())
    assert typed("can-i-run", *words)[0] == 2


# -- signatures

ACCEPTS = f"{sys.executable} -c 'import sys; sys.exit(0)'"
REFUSES = f"{sys.executable} -c \"import sys; print('by nobody we know'); sys.exit(1)\""
CANNOT = f"{sys.executable} -c 'import sys; sys.exit(3)'"


def test_only_results_that_are_accepted_are_merged(typed):
    put(typed, "all", result())
    assert typed("merge", "all.compat.json", "--output", "x.json", "--verify-with", ACCEPTS)[0] == 0
    code, _, err = typed("merge", "all.compat.json", "--output", "y.json", "--verify-with", REFUSES)
    assert code == 1
    assert "C302" in err
    assert "by nobody we know" in err
    assert not (typed.folder / "y.json").exists()


@pytest.mark.parametrize("command", [CANNOT, "no-such-program-anywhere {file}"])
def test_what_nobody_could_check_is_not_accepted(typed, command):
    put(typed, "all", result())
    code, _, err = typed("report", "all.compat.json", "--verify-with", command)
    assert code == 3
    assert "C305" in err


def test_the_file_is_named_where_the_command_says(typed):
    put(typed, "all", result())
    check = f"{sys.executable} -c 'import sys; sys.exit(not sys.argv[1].endswith(\"all.compat.json\"))'"
    for words in (check, check + " {file}"):
        assert typed("report", "all.compat.json", "--verify-with", words)[0] == 0


@pytest.fixture
def keys(typed):
    """Two private keys, and the public one of the first."""
    made = pytest.importorskip("penstock_trust.keys", reason="the trust tools are not installed")
    first, second = made.PrivateKey.from_seed(b"1" * 32), made.PrivateKey.from_seed(b"2" * 32)
    for name, key in (("job", first), ("other", second)):
        (typed.folder / f"{name}.pem").write_text(key.pem())
    return str(first.public)


def test_what_a_trusted_key_has_signed_is_taken(typed, keys):
    put(typed, "all", result())
    assert typed("sign", "all.compat.json", "--key", "job.pem")[:2] == (0, "all.compat.json.dsse.json\n")
    assert typed("merge", "all.compat.json", "--trusted-key", keys, "--output", "x.json")[0] == 0
    assert typed("report", "all.compat.json", "--trusted-key", keys)[0] == 0


@pytest.mark.parametrize("trouble", ["unsigned", "changed", "by another key", "of another file", "no signature"])
def test_what_no_trusted_key_has_signed_is_refused(typed, keys, trouble):
    put(typed, "all", result())
    put(typed, "older", result(version="0.9"))
    signature = typed.folder / "all.compat.json.dsse.json"
    if trouble != "unsigned":
        typed("sign", "all.compat.json", "older.compat.json", "--key", "other.pem" if "key" in trouble else "job.pem")
    if trouble == "changed":
        put(typed, "all", result(State.FAILED))
    if trouble == "of another file":
        signature.write_bytes((typed.folder / "older.compat.json.dsse.json").read_bytes())
    if trouble == "no signature":
        signature.write_text('{"payload": 1}')
    code, _, err = typed("merge", "all.compat.json", "--trusted-key", keys, "--output", "x.json")
    assert code == 1
    assert "C302" in err
    assert not (typed.folder / "x.json").exists()


def test_merging_imports_nothing_that_runs_packs(typed):
    import subprocess

    put(typed, "all", result())
    program = (
        "import sys; from penstock_compat.cli import main; code = main(sys.argv[1:]); "
        "print([name for name in sys.modules if name.startswith(('penstock_compat.run', 'tox', 'griffe', 'penstock_trust'))]); "
        "sys.exit(code)"
    )
    for words in (
        ["merge", "all.compat.json", "--output", "x.json"],
        ["report", "all.compat.json", "--report", "html=x.html"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "[]"


def test_replacing_is_not_needed_to_mark_results(typed):
    marked = replace(result(), origin="job 7")
    put(typed, "all", marked)
    typed("merge", "all.compat.json", "--output", "x.json")
    assert [one.origin for one in read_results("x.json").results] == ["job 7"]
