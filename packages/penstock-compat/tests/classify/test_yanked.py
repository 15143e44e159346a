"""A version that was withdrawn is told as such, by a real resolver over a local index."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_compat.classify import attribute, classify
from penstock_compat.facts import Cause, Cell, Result, State
from penstock_compat.outcome import RawOutcome
from penstock_compat.run.uv import find_uv


def load_wheels():
    """The zoo's maker of wheels, which is in no package."""
    spec = importlib.util.spec_from_file_location("zoo_wheels", Path(__file__).parents[1] / "zoo/zoo_wheels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.wheel


@pytest.mark.skipif(not find_uv(), reason="uv is not here")
def test_a_yanked_dependency_is_a_conflict_that_says_so(tmp_path):
    wheel = load_wheels()
    for name, version, requires in (("lib", "1.0", []), ("lib", "1.1", []), ("pack", "1.0", ["lib>1.0"])):
        page = tmp_path / "index" / name
        path = wheel(page, name, version, requires=requires)
        yanked = ' data-yanked="it eats records"' if version == "1.1" else ""
        with open(page / "index.html", "a", encoding="utf-8") as file:
            file.write(f'<a href="{path.name}"{yanked}>{path.name}</a>\n')
    asked = tmp_path / "asked.in"
    asked.write_text("pack\n", encoding="utf-8")
    index = (tmp_path / "index").as_uri()
    words = [
        find_uv(),
        "pip",
        "compile",
        str(asked),
        "--default-index",
        index,
        "--python",
        sys.executable,
        "--no-cache",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    state, failure = classify(RawOutcome("resolve", done.returncode, log=done.stderr))
    assert (state, failure.kind, failure.detail.get("yanked")) == (State.RESOLVE_FAILED, "resolver-conflict", True), (
        done.stderr
    )
    assert "lib" in failure.detail["names"]
    cell = Cell("pack", "1.0", "", "linux", "x86_64", "3.12", "newest")
    assert attribute(Result(cell, state, failure=failure), []) is Cause.DEPENDENCY
