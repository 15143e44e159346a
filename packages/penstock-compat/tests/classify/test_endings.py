"""How a cell ended is classified by stage, exit, signal, report and log; no log whatever makes it fail."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.classify import classify
from penstock_compat.classify.resolver import refusal
from penstock_compat.facts import KINDS, State
from penstock_compat.outcome import STAGES, Broken, RawOutcome, TestReport
from penstock_compat.run.reports import read_junit

PYTEST = ("python", "-m", "pytest")

UV_CONFLICT = """error: No solution found when resolving dependencies
  cause: Because all versions of liba depend on core<2 and all versions of confl depend on liba, we can conclude that all versions of confl depend on core<2.
         And because all versions of confl depend on core>=2 and you require confl, we can conclude that your requirements are unsatisfiable.
"""
UV_TREE = """  \u00d7 No solution found when resolving dependencies:
  \u2570\u2500\u25b6 Because liba==1.0 depends on core<2 and only liba==1.0 is available, we can conclude that all versions of liba depend on core<2.
      And because you require liba and core>=2, we can conclude that your requirements are unsatisfiable.
"""
UV_PYTHON = """error: No solution found when resolving dependencies
  cause: Because the current Python version (3.12.1) does not satisfy Python>=3.13 and newpy==1.0 depends on Python>=3.13, we can conclude that newpy==1.0 cannot be used.
         And because only newpy==1.0 is available and you require newpy, we can conclude that your requirements are unsatisfiable.
"""
UV_WHEEL = """error: No solution found when resolving dependencies
  cause: Because nat==1.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and only nat==1.0 is available, we can conclude that all versions of nat cannot be used.
         And because all versions of vianat depend on nat and you require vianat, we can conclude that your requirements are unsatisfiable.

hint: You require CPython 3.12 (`cp312`), but we only found wheels for `nat` (v1.0) with the following Python ABI tag: `cp38`
"""
UV_METADATA = """error: No solution found when resolving dependencies
  cause: Because badspec==1.0 has invalid metadata and only badspec==1.0 is available, we can conclude that all versions of badspec cannot be used.
         And because you require badspec, we can conclude that your requirements are unsatisfiable.

hint: Metadata for `badspec` (v1.0) could not be parsed:
  no such comparison operator ">>", must be one of ~= == != <= >= < > ===
"""
PIP_CONFLICT = """ERROR: Cannot install confl and confl==1.0 because these package versions have conflicting dependencies.

The conflict is caused by:
    confl 1.0 depends on core>=2
    liba 1.0 depends on core<2

Additionally, some packages in these conflicts have no matching distributions available for your environment:
    core
"""
PIP_PYTHON = "ERROR: Package 'newpy' requires a different Python: 3.11.7 not in '>=3.13'\n"
PIP_MISSING = """ERROR: Could not find a version that satisfies the requirement core>=3 (from toonew) (from versions: 1.0, 2.0)
ERROR: No matching distribution found for core>=3 (from toonew)
"""
PIP_METADATA = """WARNING: Ignoring version 1.0 of badspec since it has invalid metadata:
Requested badspec from file:///x/badspec-1.0-py3-none-any.whl has invalid metadata: Expected semicolon (after name with no version specifier) or end
    core>>1
ERROR: No matching distribution found for badspec
"""


@pytest.mark.parametrize(
    ("log", "state", "kind", "names"),
    [
        (UV_CONFLICT, State.RESOLVE_FAILED, "resolver-conflict", {"liba", "core", "confl"}),
        (UV_TREE, State.RESOLVE_FAILED, "resolver-conflict", {"liba", "core"}),
        (UV_PYTHON, State.RESOLVE_FAILED, "requires-python", {"newpy"}),
        (UV_WHEEL, State.NO_WHEEL, "missing-wheel", {"nat", "vianat"}),
        (UV_METADATA, State.RESOLVE_FAILED, "metadata", {"badspec"}),
        (PIP_CONFLICT, State.RESOLVE_FAILED, "resolver-conflict", {"confl", "liba", "core"}),
        (PIP_PYTHON, State.RESOLVE_FAILED, "requires-python", {"newpy"}),
        (PIP_MISSING, State.RESOLVE_FAILED, "resolver-conflict", {"core"}),
        (PIP_METADATA, State.RESOLVE_FAILED, "metadata", set()),
    ],
)
def test_a_resolver_is_understood(log, state, kind, names):
    found, failure = classify(RawOutcome("resolve", 1, log=log))
    assert (found, failure.kind) == (state, kind)
    assert names <= set(failure.detail["names"])
    assert failure.detail["chain"]


def test_the_chain_of_a_conflict_holds_every_clause():
    assert refusal(UV_CONFLICT).chain == (
        "all versions of liba depend on core<2 and all versions of confl depend on liba",
        "all versions of confl depend on core<2",
        "all versions of confl depend on core>=2 and you require confl",
        "your requirements are unsatisfiable",
    )


IMPORT_ERROR = "Traceback (most recent call last):\n  File \"/x/lib/site-packages/pack/__init__.py\", line 1, in <module>\n    from core import x\nImportError: cannot import name 'x' from 'core' (/x/core/__init__.py)\n"


@pytest.mark.parametrize(
    ("raw", "state", "kind"),
    [
        (RawOutcome("test", 0), State.PASSED, ""),
        (RawOutcome("test", 0, report=TestReport(3)), State.PASSED, ""),
        (RawOutcome("test", 0, report=TestReport(3, skipped=3)), State.NO_TESTS, "no-tests"),
        (RawOutcome("test", 5, command=PYTEST, report=TestReport()), State.NO_TESTS, "no-tests"),
        (RawOutcome("test", 0, command=PYTEST), State.FAILED, "test"),
        (RawOutcome("test", 4, command=PYTEST, log="ERROR: usage"), State.FAILED, "environment"),
        (RawOutcome("test", 1, log="/x/python: No module named pytest", command=PYTEST), State.FAILED, "environment"),
        (RawOutcome("test", 0, log="Ran 0 tests in 0.000s\n\nOK\n"), State.NO_TESTS, "no-tests"),
        (RawOutcome("test", 0, log="Ran 2 tests in 0.000s\n\nOK (skipped=2)\n"), State.NO_TESTS, "no-tests"),
        (RawOutcome("test", 0, log="Ran 2 tests in 0.000s\n\nOK (skipped=1)\n"), State.PASSED, ""),
        (RawOutcome("test", None, timed_out=True), State.TIMEOUT, "timeout"),
        (RawOutcome("test", None, flooded=True), State.FAILED, "output"),
        (RawOutcome("test", None, signal=signal.SIGSEGV), State.CRASHED, "crash"),
        (RawOutcome("test", 139), State.CRASHED, "crash"),
        (RawOutcome("test", 1, log="Fatal Python error: Segmentation fault\n"), State.CRASHED, "crash"),
        (RawOutcome("import", 1, log=IMPORT_ERROR), State.FAILED, "import"),
        (RawOutcome("test", 0, probe={"begins": "pack"}), State.FAILED, "import"),
        (RawOutcome("build", 1, log="error: Failed to build `x`\n  cause: the backend said no"), State.BUILD_FAILED, "build"),
        (RawOutcome("install", 1, log="error: No space left on device (os error 28)"), State.UNKNOWN, "environment"),
        (RawOutcome("resolve", 1, log="error: error sending request\n  cause: dns error: failed to lookup address"), State.UNKNOWN, "environment"),
    ],
)  # fmt: skip
def test_an_ending_has_one_state_and_kind(raw, state, kind):
    found, failure = classify(raw)
    assert (found, failure.kind if failure else "") == (state, kind)


@given(st.sampled_from(STAGES), st.one_of(st.none(), st.integers(-70, 260)), st.booleans(), st.text(max_size=300))
def test_no_ending_makes_it_fail_and_none_passes_but_a_test_that_ended_well(stage, code, timed_out, log):
    state, failure = classify(RawOutcome(stage, code, timed_out=timed_out, log=log))
    assert failure is None or failure.kind in KINDS
    if state is State.PASSED:
        assert (stage, code, timed_out) == ("test", 0, False)


LINES = [*UV_CONFLICT.splitlines(), *PIP_CONFLICT.splitlines(), *UV_WHEEL.splitlines(), *IMPORT_ERROR.splitlines()]


@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(STAGES))
def test_logs_in_any_disorder_are_classified(lines, stage):
    state, failure = classify(RawOutcome(stage, 1, log="\n".join(lines)))
    assert state is not State.PASSED
    assert failure is not None


def test_an_exception_tells_what_is_missing_and_who_raised_it():
    _, failure = classify(RawOutcome("import", 1, log=IMPORT_ERROR))
    assert failure.detail["missing"] == "x"
    assert failure.detail["source"] == "core"
    assert failure.detail["thrower"] == "pack"


def test_addresses_of_indexes_stay_out_of_what_is_told():
    log = "error: Failed to fetch: `https://user:secret@packages.example/x/`\n  cause: dns error\n"
    _, failure = classify(RawOutcome("resolve", 2, log=log))
    assert "secret" not in failure.summary


KIT = """
from penstock import node
from penstock_testkit import node_suite
@node("zoo-clock")
class Clock:
    "Reads the clock."
    def process(self, record, ctx):
        import time
        yield record.derive({"at": time.time_ns()})
TestClock = node_suite(Clock, records=[{"a": 1}])
"""


def test_a_refusal_of_the_real_kit_is_known_by_its_check(tmp_path: Path):
    pytest.importorskip("penstock_testkit", reason="the kit is not installed here")
    (tmp_path / "test_kit.py").write_text(KIT, encoding="utf-8")
    junit = tmp_path / "junit.xml"
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "chance",
        f"--junitxml={junit}",
        "test_kit.py",
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    raw = RawOutcome("test", done.returncode, log=done.stdout, command=PYTEST, report=read_junit(str(junit)))
    state, failure = classify(raw)
    assert (state, failure.kind, failure.detail["checks"]) == (State.FAILED, "kit", ["Q109"])
    assert "time_ns" in failure.summary


def test_the_first_broken_test_is_told_with_its_exception():
    broken = (
        Broken("test_a::test_b", "failure", "AssertionError: assert 1 == 2", "E   AssertionError: assert 1 == 2\n"),
    )
    _, failure = classify(RawOutcome("test", 1, command=PYTEST, report=TestReport(4, 1, broken=broken)))
    assert failure.summary == "1 of 4 tests failed: AssertionError: assert 1 == 2"
    assert failure.detail["tests"] == ["test_a::test_b"]
