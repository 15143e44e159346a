"""The small rooms of a run: what they keep, what they let through, what they make of files that others could write to."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.errors import CannotRead
from penstock_compat.facts import Cell, Result, State
from penstock_compat.run.engine import scrubbed
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.materials import Pin, Resolution
from penstock_compat.run.offer import make_offer
from penstock_compat.run.pip import lower_bounds
from penstock_compat.run.reports import read_junit, read_probe
from penstock_compat.run.source import copy_tree, digest_of
from penstock_compat.run.surroundings import for_tests, for_tools
from penstock_compat.run.tools import needs_of, write_wheel
from penstock_compat.run.uv import line_of, pins_of

# -- surroundings


def test_tools_learn_where_packages_come_from_and_never_where_they_go():
    ours = {
        "PATH": "/bin",
        "PIP_INDEX_URL": "a",
        "UV_INDEX_CORP_PASSWORD": "b",
        "UV_CACHE_DIR": "c",
        "PIP_TARGET": "x",
        "PIP_PREFIX": "x",
        "PIP_USER": "x",
        "PIP_REQUIRE_VIRTUALENV": "x",
        "UV_PYTHON": "x",
        "UV_PROJECT_ENVIRONMENT": "x",
        "UV_LINK_MODE": "x",
        "PYTHONPATH": "x",
        "PYTHONHOME": "x",
        "VIRTUAL_ENV": "x",
        "CONDA_PREFIX": "x",
        "TOX_OVERRIDE": "x",
    }
    seen = for_tools(ours)
    assert "x" not in seen.values()
    assert [seen[name] for name in ("PATH", "PIP_INDEX_URL", "UV_INDEX_CORP_PASSWORD", "UV_CACHE_DIR")] == [
        "/bin",
        "a",
        "b",
        "c",
    ]


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z_]{1,12}", fullmatch=True), st.just("ours")))
def test_tests_see_nothing_of_ours_but_how_texts_are_written(ours):
    seen = for_tests(ours, "/env", "/scratch", "mark")
    assert {name for name, value in seen.items() if value == "ours"} <= {
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
        "SYSTEMROOT",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
    }
    assert seen["PATH"].split(os.pathsep)[0].startswith("/env")


def test_a_variable_can_be_kept_by_name_but_none_that_chooses_a_place():
    ours = {"TOKEN": "t", "PIP_TARGET": "x", "PYTHONPATH": "x"}
    seen = for_tests(ours, "/env", "/scratch", "mark", ours)
    assert seen["TOKEN"] == "t"
    assert "x" not in seen.values()


# -- what is in a log


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("from https://user:pass@index.example/files/a.whl)", "from <address>)"),
        ("file:///home/ana/offer/x-1-py3-none-any.whl was", "<address> was"),
        ("git+https://example.org/x.git", "<address>"),
        ("click==8.1: https", "click==8.1: https"),
    ],
)
def test_addresses_are_taken_out_of_what_tools_say(text, shown):
    assert scrubbed(text) == shown


# -- reports that a pack could have written


@pytest.mark.parametrize("text", ["", "not json", "[1]", '{"interpreter": 3}', "[" * 99_999, "\x00"])
def test_a_probe_that_says_nonsense_says_nothing(tmp_path, text):
    path = tmp_path / "probe.jsonl"
    path.write_text(text)
    assert read_probe(str(path)) is None
    assert read_probe(str(tmp_path / "gone")) is None


def test_a_probe_that_ends_early_names_the_module_that_ended_it(tmp_path):
    path = tmp_path / "probe.jsonl"
    lines = [{"interpreter": {"version": "3.12.1"}, "installed": {}}, {"begins": "a"}, {"ends": "a"}, {"begins": "b"}]
    path.write_text("\n".join(map(json.dumps, lines)) + '\n{"en')
    seen = read_probe(str(path))
    assert (seen["imported"], seen["begins"]) == (["a"], "b")


JUNIT = """<?xml version="1.0"?><testsuites><testsuite tests="3" failures="1" errors="1" skipped="1">
<testcase classname="t" name="a"><failure message="assert 1 == 2&#10;more">text</failure></testcase>
<testcase classname="t" name="b"><error message="boom"/></testcase><testcase name="c"/></testsuite></testsuites>"""


def test_a_junit_file_is_counted(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text(JUNIT)
    report = read_junit(str(path))
    assert (report.tests, report.failed, report.errors, report.skipped) == (3, 1, 1, 1)
    assert [(one.name, one.kind, one.message) for one in report.broken] == [
        ("t::a", "failure", "assert 1 == 2"),
        ("t::b", "error", "boom"),
    ]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><testsuite tests="1"><testcase name="&b;"/></testsuite>'


@pytest.mark.parametrize("text", ["", "<testsuite", BOMB, JUNIT.replace("</testsuites>", "")])
def test_a_junit_file_that_is_none_counts_for_nothing(tmp_path, text):
    path = tmp_path / "junit.xml"
    path.write_text(text)
    assert read_junit(str(path)) is None


# -- trees


def test_a_tree_is_named_by_what_counts_in_it(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text("1")
    name = digest_of(str(tmp_path))
    for made in ("__pycache__/a.pyc", ".git/HEAD", "build/lib/a.py", "x.egg-info/PKG-INFO", "src/__pycache__/a.pyc"):
        path = tmp_path / made
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("made")
        assert digest_of(str(tmp_path)) == name, made
    (tmp_path / "src/a.py").write_text("2")
    assert digest_of(str(tmp_path)) != name


def test_a_copy_holds_what_counts_without_what_is_left_out(tmp_path):
    for path in ("src/a.py", "tests/t.py", "pyproject.toml", ".git/HEAD", "build/__init__.py"):
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_text(path)
    copy_tree(str(tmp_path / "tree"), str(tmp_path / "copy"), frozenset({"src"}))
    found = sorted(str(one.relative_to(tmp_path / "copy")) for one in (tmp_path / "copy").rglob("*") if one.is_file())
    assert found == ["build/__init__.py", "pyproject.toml", "tests/t.py"]  # a package may be called `build`


# -- versions


def test_a_pin_is_asked_for_with_its_digest():
    assert line_of(Pin("a", "1", "sha256:00")) == "a==1 --hash=sha256:00"
    assert line_of(Pin("a", "1")) == "a==1"


def test_what_uv_chose_is_read_with_the_digest_of_the_wheel_and_not_of_the_sdist():
    text = f"""lock-version = "1.0"

[[packages]]
name = "Zope.Event"
version = "5.0"
sdist = {{ url = "x", hashes = {{ sha256 = "{"1" * 64}" }} }}
wheels = [{{ url = "y", size = 6, hashes = {{ sha256 = "{"2" * 64}" }} }}]

[[packages]]
name = "only"
version = "1"
sdist = {{ url = "x", hashes = {{ sha256 = "{"3" * 64}" }} }}
"""
    assert pins_of(text) == [Pin("only", "1", "sha256:" + "3" * 64), Pin("zope-event", "5.0", "sha256:" + "2" * 64)]


def test_needs_of_extras_stand_apart_without_their_marker():
    lines = ["a>=1", "b; extra == 'test'", "c; python_version >= '3' and extra == 'test'", "d; extra == 'docs'"]
    assert needs_of(lines, ["test"]) == (["a>=1"], ["b", 'c ; python_version >= "3"'])


def test_lower_bounds_are_what_a_pack_states():
    assert lower_bounds(["a>=1,<3", "b", "c~=2.1", "d==4.*", "e>5"]) == ["a==1", "c==2.1"]


# -- what is kept


def test_a_ledger_gives_back_what_it_was_given_and_forgets_what_is_too_old(tmp_path):
    ledger = Ledger(str(tmp_path))
    ledger.keep_resolution("k", Resolution((Pin("a", "1"),), 100.0))
    assert ledger.resolution("k", 99.0) == Resolution((Pin("a", "1"),), 100.0)
    assert ledger.resolution("k", 101.0) is None
    result = Result(Cell("a", "1", "", "linux", "x86_64", "3.12", "newest"), State.FAILED)
    ledger.keep_result("r", result)
    assert ledger.result("r") == result


def test_an_entry_that_was_cut_off_is_none(tmp_path):
    ledger = Ledger(str(tmp_path))
    (tmp_path / "results").mkdir()
    (tmp_path / "results/r.json").write_text('{"cell"')
    assert ledger.result("r") is None


def test_an_offer_is_the_same_for_the_same_wheels_and_wheels_are_the_same_for_the_same_content(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_wheel("a", "1", ["b"], {"a.py": "x"}, str(tmp_path / name))
    one, two = (make_offer([str(tmp_path / name)], str(tmp_path / "offers")) for name in ("one", "two"))
    assert (one.digest, one.folder) == (two.digest, two.folder)
    assert [wheel[:2] for wheel in one.wheels] == [("a", "1")]
    with pytest.raises(CannotRead):
        make_offer([str(tmp_path / "gone")], str(tmp_path / "offers"))
