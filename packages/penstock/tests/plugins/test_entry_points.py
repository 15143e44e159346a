"""Who claims to be a pack is read from files that anybody may have written."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock._plugins.entry_points import LIMIT, claims, is_id, normalised


def told(site, entry_points):
    site.info("some-pack", "2.0", entry_points)
    found, findings = claims(site.path)
    return [(claim.name, claim.package) for claim in found], [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[penstock]\na = b\n", [("a", "b")]),
        ("[penstock]\n a =b.c \n\n# a comment\n; another\n", [("a", "b.c")]),
        ("[console_scripts]\nx = y:z\n[penstock]\na = b\n[penstock.codes]\nQ = q.codes\n", [("a", "b")]),
        ("\ufeff[penstock]\r\na = b\r\n", [("a", "b")]),
        ("[ penstock ]\na = b\nc = d\n", [("a", "b"), ("c", "d")]),
        ("[penstock.codes]\nQ = q\n", []),
        ("a = penstock\n", []),
        ("", []),
    ],
)
def test_entry_points_of_our_group_are_claims(site, text, found):
    assert told(site, text) == (found, [])


@pytest.mark.parametrize(
    "line",
    [
        "a",
        "= b",
        "A = b",
        "a = b:c",
        "a = ",
        "a = b-c",
        "a = 1b",
        "é = b",
        "a" * 64 + " = b",
        "a = b [extra]",
        "a = b..c",
    ],
)
def test_a_malformed_entry_point_is_a_finding_with_its_line(site, line):
    site.info("some-pack", "2.0", f"[penstock]\n# first\n{line}\ngood = pack\n")
    found, (finding,) = claims(site.path)
    assert [claim.name for claim in found] == ["good"]
    assert finding.code == "P102"
    assert finding.at.line == 3


@pytest.mark.parametrize("data", [b"[penstock]\n\xff = b\n", b"[penstock]\na = b\n" + b"#" * LIMIT])
def test_what_is_no_text_or_too_much_of_it_is_a_finding(site, data):
    assert told(site, data) == ([], ["P101"])


def test_a_named_pipe_blocks_nobody(site):
    info = site.info("some-pack")
    os.mkfifo(info / "entry_points.txt")
    assert claims(site.path) == ([], [])


def test_a_folder_in_place_of_the_file_is_passed_over(site):
    info = site.info("some-pack")
    (info / "entry_points.txt").mkdir()
    assert claims(site.path) == ([], [])


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: ("[penstock]\n" + text).encode("utf-8", "replace"))
)
def test_no_file_makes_it_raise(tmp_path_factory, data):
    info = tmp_path_factory.mktemp("site") / "x-1.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_bytes(data)
    found, findings = claims([str(info.parent)])
    assert all(is_id(claim.name) for claim in found)
    assert {finding.code for finding in findings} <= {"P101", "P102"}


def test_the_first_copy_on_the_path_hides_the_others(tmp_path, site):
    other = type(site)(tmp_path / "other")
    site.info("some-pack", "2.0", "[penstock]\na = b\n")
    other.info("Some.Pack", "1.0", "[penstock]\nc = d\n")
    found, findings = claims([*site.path, *other.path])
    assert [(str(claim), claim.name) for claim in found] == [("some-pack 2.0", "a")]
    assert findings == []


def test_a_hidden_copy_is_hidden_even_when_the_first_is_no_pack(tmp_path, site):
    other = type(site)(tmp_path / "other")
    site.info("some-pack", "2.0")
    other.info("some-pack", "1.0", "[penstock]\nc = d\n")
    assert claims([*site.path, *other.path]) == ([], [])


def test_a_folder_counts_once_however_often_it_is_on_the_path(site, tmp_path):
    site.info("some-pack", "2.0", "[penstock]\na = b\n")
    alias = tmp_path / "alias"
    alias.symlink_to(site.folder)
    found, findings = claims([*site.path, str(alias), str(site.folder) + os.sep, str(tmp_path / "nowhere"), __file__])
    assert (len(found), findings) == (1, [])


def test_two_versions_in_one_folder_are_an_installation_that_broke(site):
    site.info("some-pack", "2.0", "[penstock]\na = b\n")
    site.info("some-pack", "3.0", "[penstock]\na = b\n")
    site.info("other", "1", "[penstock]\no = p\n")
    found, (finding,) = claims(site.path)
    assert [claim.name for claim in found] == ["o"]
    assert finding.code == "P103"


def test_a_broken_installation_of_something_else_is_nobodys_business_here(site):
    site.info("numbers", "2.0", "[console_scripts]\na = b:c\n")
    site.info("numbers", "3.0")
    assert claims(site.path) == ([], [])


def test_an_old_installation_is_not_looked_at_and_says_so(site):
    old = site.folder / "some_pack-1.0-py3.11.egg-info"
    old.mkdir()
    (old / "entry_points.txt").write_text("[penstock]\na = b\n")
    found, (finding,) = claims(site.path)
    assert found == []
    assert (finding.code, finding.severity.value) == ("P104", "warning")


def test_an_old_installation_is_told_of_once_however_often_its_folder_is_on_the_path(site, tmp_path):
    old = site.folder / "some_pack-1.0.egg-info"
    old.mkdir()
    (old / "entry_points.txt").write_text("[penstock]\na = b\n")
    (tmp_path / "alias").symlink_to(site.folder)
    _, findings = claims([*site.path, str(tmp_path / "alias")])
    assert [finding.code for finding in findings] == ["P104"]


def test_a_working_tree_that_is_also_installed_the_new_way_is_not_complained_about(site):
    old = site.folder / "some_pack.egg-info"
    old.mkdir()
    (old / "entry_points.txt").write_text("[penstock]\na = b\n")
    site.info("some-pack", "1.0", "[penstock]\na = b\n")
    found, findings = claims(site.path)
    assert (len(found), findings) == (1, [])


def test_a_folder_that_names_no_version_is_a_finding(site):
    (site.folder / "nameless.dist-info").mkdir()
    (site.folder / "nameless.dist-info" / "entry_points.txt").write_text("[penstock]\na = b\n")
    found, (finding,) = claims(site.path)
    assert (found, finding.code) == ([], "P101")


@given(st.from_regex(r"[a-z][a-z0-9_-]{0,62}", fullmatch=True))
def test_every_id_is_an_id(text):
    assert is_id(text)


@given(st.text(max_size=70))
def test_nothing_else_is_an_id(text):
    import re

    assert is_id(text) == bool(re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", text))


@pytest.mark.parametrize("name", ["Penstock-Standard", "penstock_standard", "penstock.standard", "penstock-_.standard"])
def test_one_distribution_has_one_name(name):
    assert normalised(name) == "penstock-standard"
