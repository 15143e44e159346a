"""Hooks are asked of those packs that have them, and one that fails costs the others nothing."""

from __future__ import annotations

import inspect
import sys

import pluggy
import pytest

from penstock._plugins import specs
from penstock._plugins.hooks import Hooks
from penstock.graph.model import Graph
from penstock.manifest.compile import HOOKS

GRAPH = Graph("g", {}, ())


def with_hook(site, name, code, hook="penstock_run_observers"):
    site.pack(name, code=code, hooks=[hook])


def test_every_hook_of_the_specification_is_known_to_the_manifest():
    specified = {name for name in vars(specs) if name.startswith("penstock_")} - {"penstock_admit"}
    assert specified == set(HOOKS)


@pytest.mark.parametrize("name", [*HOOKS, "penstock_admit"])
def test_every_hook_says_when_how_often_in_what_order_and_since_when(name):
    text = inspect.getdoc(getattr(specs, name))
    assert "once" in text or "as often" in text
    assert "order" in text
    assert "Since 0." in text


def test_the_specification_fits_on_one_screen():
    assert len(inspect.getsource(specs).splitlines()) <= 100


def test_only_packs_that_have_the_hook_are_imported(importable):
    with_hook(importable, "watcher", "def penstock_run_observers(graph):\n    return [graph.name]\n")
    importable.pack("silent", "node")
    answers = Hooks(importable.discover()).ask("penstock_run_observers", graph=GRAPH)
    assert [(pack.name, value) for pack, value in answers.values] == [("watcher", ["g"])]
    assert answers.findings == ()
    assert "silent" not in sys.modules


def test_packs_answer_in_order_of_their_names(importable):
    for name in ("b", "c", "a"):
        with_hook(importable, name, f"def penstock_run_observers():\n    return ['{name}']\n")
    answers = Hooks(importable.discover()).ask("penstock_run_observers", graph=GRAPH)
    assert [value for _, value in answers.values] == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def penstock_run_observers(graph):\n    raise ValueError('no disk')\n", "P224"),
        ("raise ValueError('no disk')\n", "P221"),
        ("def penstock_run_observers(graff):\n    return []\n", "P224"),
    ],
)
def test_a_pack_that_fails_is_reported_and_the_others_are_asked(importable, code, expected):
    with_hook(importable, "bad", code)
    with_hook(importable, "good", "def penstock_run_observers(graph):\n    return [1]\n")
    answers = Hooks(importable.discover()).ask("penstock_run_observers", graph=GRAPH)
    assert [(pack.name, value) for pack, value in answers.values] == [("good", [1])]
    (finding,) = answers.findings
    assert finding.code == expected
    assert "`bad 1.0`" in finding.message
    assert finding.evidence["cause"]


def test_an_implementation_may_be_marked_with_pluggy_as_well(importable):
    code = "import pluggy\nimpl = pluggy.HookimplMarker('penstock')\n@impl\ndef penstock_profiles():\n    return {'fast': {}}\n"
    with_hook(importable, "marked", code, "penstock_profiles")
    (answer,) = Hooks(importable.discover()).ask("penstock_profiles").values
    assert answer[1] == {"fast": {}}


def test_a_lazy_package_is_not_made_to_import_everything(importable):
    code = (
        "def __getattr__(name):\n    raise RuntimeError(name)\n"
        "def __dir__():\n    return ['Heavy', 'penstock_profiles']\n"
        "def penstock_profiles():\n    return {}\n"
    )
    with_hook(importable, "lazy", code, "penstock_profiles")
    answers = Hooks(importable.discover()).ask("penstock_profiles")
    assert answers.findings == ()
    assert len(answers.values) == 1


def test_the_marker_of_the_host_is_a_pluggy_marker():
    assert isinstance(specs.hookspec, pluggy.HookspecMarker)
