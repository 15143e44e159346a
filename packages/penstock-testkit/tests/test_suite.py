"""What an author sees: one line, a class of tests, and a complaint that can be acted on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bad_plugins.lives import Naps
from bad_plugins.sinks import AppendsAndSaysIdempotent
from bad_plugins.transforms import ChangesPayload, GivesAHalf

import penstock_testkit
from penstock_testkit import Broken, all_checks, check, node_suite

ZOO = Path(__file__).parent / "zoo" / "src"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What pytest prints of a file with one line for a bad node."""
    folder = tmp_path_factory.mktemp("author")
    text = (
        "from bad_plugins.transforms import ChangesPayload\n"
        "from penstock_testkit import node_suite\n\n"
        "TestChangesPayload = node_suite(\n"
        "    ChangesPayload, records=[{'n': 1}], skip={'Q112': 'it takes a second'}\n"
        ")\n"
    )
    (folder / "test_mine.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ZOO)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "--rootdir", str(folder), str(folder)]
    ran = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


def test_a_complaint_has_code_records_hint_and_the_line_that_shows_it_again(told):
    assert "Q103: `bad_plugins.transforms:ChangesPayload` the payload was " in told
    assert "hint:    derive a new payload" in told
    assert "again:   penstock_testkit.check('Q103', ChangesPayload, [{'n': 1}])" in told
    assert "1 failed" in told
    assert "question.py" not in told  # no traceback through the kit


def test_a_check_that_was_left_out_says_why(told):
    assert re.search(r"SKIPPED .*Q112: it takes a second", told)


def test_the_line_of_a_complaint_shows_it_again():
    with pytest.raises(Broken) as caught:
        node_suite(GivesAHalf, records=[{"n": 4}]).test_gives_what_its_contract_says(None, _Folders())
    again = str(caught.value).partition("again:")[2].strip()
    with pytest.raises(Broken, match="which its contract refuses"):
        eval(again, {"penstock_testkit": penstock_testkit, "GivesAHalf": GivesAHalf})


def test_a_generated_record_is_made_small():
    with pytest.raises(Broken) as caught:
        node_suite(GivesAHalf).test_gives_what_its_contract_says(None, _Folders())
    (record,) = caught.value.records
    assert abs(record["n"]) == 1
    assert list(record) == ["n"]


def test_a_check_that_makes_no_sense_of_a_node_is_not_asked_of_it():
    names = set(vars(node_suite(ChangesPayload)))
    assert "test_leaves_its_input_as_it_was" in names
    assert not names & {"test_resumes_where_it_was", "test_delivers_each_record", "test_can_be_cancelled"}


def test_what_nobody_can_see_is_skipped_and_not_passed():
    suite = node_suite(AppendsAndSaysIdempotent, config={"folder": "."})
    marks = {code: asking(suite, code).pytestmark[0] for code in ("Q201", "Q202", "Q203")}
    assert {(mark.name, mark.kwargs["reason"].partition(": ")[2]) for mark in marks.values()} == {
        ("skip", "nobody says how to see its effects: give `effects=`")
    }
    seen = node_suite(AppendsAndSaysIdempotent, config={"folder": "."}, effects=lambda folder: [])
    assert not hasattr(asking(seen, "Q202"), "pytestmark")


def asking(suite, code):
    return next(test for test in vars(suite).values() if (getattr(test, "__doc__", None) or "").startswith(f"{code}:"))


@pytest.mark.parametrize("skip", [{"Q999": "no such check"}, {"Q103": " "}])
def test_leaving_a_check_out_wants_its_code_and_a_reason(skip):
    with pytest.raises(ValueError, match="each with a reason"):
        node_suite(ChangesPayload, skip=skip)


def test_a_code_that_is_none_is_no_question():
    with pytest.raises(KeyError):
        check("Q000", Naps)


def test_every_check_is_explained_by_its_own_docstring():
    for one in all_checks():
        doc = sys.modules[one.examine.__module__].__doc__ or ""
        assert doc.startswith(f"{one.code}: ")
        assert all(word in doc for word in ("Why: ", "Bad:  ", "Good: "))


class _Folders:
    """Stands in for pytest's maker of folders, for nodes that write none."""

    def mktemp(self, name: str) -> Path:
        return Path(name)
