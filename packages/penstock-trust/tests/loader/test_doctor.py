"""The doctor says who can put something else in the place of what is believed."""

from __future__ import annotations

import os

import pytest

from penstock_findings.finding import Severity
from penstock_trust.doctor import doctor, holdings


@pytest.fixture
def looked(scene):
    """What the doctor says of a site whose own folders are the only ones that matter."""
    scene.install()
    host = scene.folder / "penstock.toml"
    host.write_text('[admission]\nproviders = ["penstock_trust.admission"]\n')
    launcher = scene.folder / "python"
    launcher.write_text("")

    def look(**environment):
        found = doctor(
            scene.site,
            environment={"PENSTOCK_CONFIG": str(host), **environment},
            packages=(str(scene.packages),),
            launcher=(str(launcher),),
        )
        return [each for each in found if each.severity is not Severity.NOTE]

    return look


def test_a_site_that_only_its_owner_writes_is_in_order(looked):
    assert [each.code for each in looked()] == []


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("policy.toml", "T451"),
        ("store", "T452"),
        ("site-packages", "T453"),
        ("python", "T454"),
        ("trust.toml", "T455"),
        ("penstock.toml", "T455"),
    ],
)
def test_a_place_that_everybody_writes_is_told(scene, looked, place, code):
    (scene.folder / place).chmod(0o777)
    [found] = looked()
    assert (found.code, found.severity) == (code, Severity.ERROR)
    assert found.at.path == str(scene.folder / place)
    assert found.hint == f"chmod o-w {scene.folder / place}"


def test_a_folder_above_counts_as_much(scene, looked):
    scene.folder.chmod(0o777)
    assert {each.code for each in looked()} == {"T451", "T452", "T453", "T454", "T455"}


def test_what_a_link_leads_to_counts_as_much(scene, looked):
    (scene.folder / "elsewhere").mkdir()
    (scene.folder / "policy.toml").rename(scene.folder / "elsewhere" / "policy.toml")
    (scene.folder / "policy.toml").symlink_to("elsewhere/policy.toml")
    assert looked() == []
    (scene.folder / "elsewhere").chmod(0o777)
    assert [each.code for each in looked()] == ["T451"]


def test_a_group_is_a_warning(scene, looked):
    (scene.folder / "policy.toml").chmod(0o660)
    holding = next(iter(holdings("policy", str(scene.folder / "policy.toml"))))
    told = [(each.code, each.severity) for each in looked()]
    assert told == ([("T451", Severity.WARNING)] if holding.group != holding.owner else [])


@pytest.mark.parametrize("text", ["", '[admission]\nproviders = ["other:rules"]\n'])
def test_a_host_that_does_not_ask_is_told(scene, looked, text):
    (scene.folder / "penstock.toml").write_text(text)
    assert [each.code for each in looked()] == ["T455"]


def test_what_runs_before_anybody_is_asked_is_told(scene, looked):
    (scene.packages / "paths.pth").write_text("/some/where\n")
    assert looked() == []
    (scene.packages / "hook.pth").write_text("import os; os.abort\n")
    (scene.packages / "sitecustomize.py").write_text("")
    assert [os.path.basename(each.at.path or "") for each in looked()] == ["hook.pth", "sitecustomize.py"]
    assert [each.code for each in looked(PYTHONPATH="/x")] == ["T456"] * 3
