"""Importing what a pack offers either gives it, or says why not, with the cause."""

from __future__ import annotations

import sys

import pytest

from penstock import spec_of
from penstock.manifest.compile import compile_pack
from penstock.manifest.write import text_of_manifest
from penstock_findings import PenstockError

NODES = '''
from penstock import node, Record, Context, In, Out
@node("zone", capabilities=["network"])
class Zone:
    """Keep what is in the zone."""
    width: float
    name: str = "all"
    def process(self, record, ctx):
        return record
def penstock_nodes():
    return [Zone]
'''


def locked(site, code=NODES, name="acme"):
    """A pack whose manifest is what its code makes."""
    from importlib import import_module

    package = site.package(name, code)
    compiled = compile_pack(import_module(name), name, "1.0")
    assert compiled.findings == ()
    (package / "penstock-pack.json").write_text(text_of_manifest(compiled.manifest))
    site.info(name, "1.0", f"[penstock]\n{name} = {name}\n")
    del sys.modules[name]
    return package


def failure(site, type_id="zone"):
    with pytest.raises(PenstockError) as caught:
        site.discover().load_node(type_id)
    (finding,) = caught.value.findings
    return finding, caught.value


def test_a_node_type_is_imported_when_it_is_asked_for(importable):
    locked(importable)
    catalog = importable.discover()
    assert "acme" not in sys.modules
    cls = catalog.load_node("zone")
    assert spec_of(cls).id == "zone"
    assert catalog.load_node("zone") is cls


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise ValueError('no licence')\n", "ValueError: no licence"),
        ("import sys; sys.exit(3)\n", "SystemExit: 3"),
        ("class Zone(\n", "SyntaxError"),
        ("raise KeyError\n", "KeyError"),
    ],
)
def test_an_import_that_fails_is_a_finding_with_its_cause_and_its_place(importable, code, said):
    package = locked(importable)
    (package / "__init__.py").write_text("\n\n" + code)
    finding, error = failure(importable)
    assert finding.code == "P221"
    assert said in finding.message
    assert "acme 1.0" in finding.message
    assert finding.related[0].at.path == str(package / "__init__.py")
    assert finding.related[0].at.line == 3
    assert said.partition(":")[0] in finding.evidence["cause"]
    assert error.__cause__ is not None


def test_an_interruption_is_not_taken_for_a_broken_pack(importable):
    package = locked(importable)
    (package / "__init__.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        importable.discover().load_node("zone")


@pytest.mark.parametrize(
    "code", ["x = 1\n", "class Zone: pass\n", "Zone = 3\n", NODES.replace('@node("zone"', '@node("zones"')]
)
def test_an_import_path_that_leads_to_something_else_is_a_finding(importable, code):
    package = locked(importable)
    (package / "__init__.py").write_text(code)
    finding, _ = failure(importable)
    assert finding.code in ("P222", "P223")
    assert "pack lock" in finding.hint


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "    width: float\n",
            "    width: float\n    depth: float\n",
            "its config fields was [name, width] and is [depth, name, width]",
        ),
        ('name: str = "all"', "name: str", "its required fields"),
        ('["network"]', '["network", "subprocess"]', "its capabilities"),
        ('("zone",', '("zone", stateful=True,', "`stateful` was `False` and is `True`"),
        ('("zone",', '("zone", ordered=True,', "`ordered`"),
        ('("zone",', '("zone", effect="external",', "its effect class was `none` and is `external`"),
        (
            "    width: float\n",
            "    width: float\n    near: Out\n    far: Out\n",
            "its outputs was [out] and is [near, far]",
        ),
        (
            "    width: float\n",
            "    width: float\n    frames: In[int]\n",
            "its inputs was [in] and is [frames (acme/zone.frames@1.0)]",
        ),
        ("def process(self, record, ctx)", "def write(self, record, ctx)", "its role was `transform` and is `sink`"),
    ],
)
def test_a_class_that_is_no_longer_what_its_manifest_says_is_not_used(importable, before, after, said):
    package = locked(importable)
    assert before in NODES
    (package / "__init__.py").write_text(NODES.replace(before, after))
    finding, _ = failure(importable)
    assert finding.code == "P223"
    assert said in finding.message


@pytest.mark.parametrize(
    ("before", "after"),
    [('"""Keep what is in the zone."""', '"""Keep it."""'), ("width: float", "width: int"), ('"all"', '"some"')],
)
def test_what_no_graph_was_checked_against_may_change_without_a_lock(importable, before, after):
    """The text of a schema also changes with the library that writes it; `pack check` is for that."""
    package = locked(importable)
    (package / "__init__.py").write_text(NODES.replace(before, after))
    assert spec_of(importable.discover().load_node("zone")).id == "zone"


def test_a_command_is_whatever_can_be_called(importable):
    commands = [
        {"name": "fix", "import_path": "tool.cli:main"},
        {"name": "number", "import_path": "tool.cli:NUMBER"},
        {"name": "none", "import_path": "tool.cli:nothing.here"},
    ]
    package = importable.pack("tool", code="", commands=commands)
    (package / "cli.py").write_text("NUMBER = 3\ndef main(words):\n    return len(words)\n")
    catalog = importable.discover()
    assert catalog.load_command("fix")(["a", "b"]) == 2
    for name in ("number", "none"):
        with pytest.raises(PenstockError) as caught:
            catalog.load_command(name)
        assert caught.value.findings[0].code == "P222"


def test_a_policy_type_says_its_own_id(importable):
    policies = [
        {"id": name, "points": ["failure"], "import_path": "tool:Patient", "config": {}}
        for name in ("patient", "hasty")
    ]
    code = "class Spec:\n    id = 'patient'\nclass Patient:\n    __penstock_policy__ = Spec\n"
    importable.pack("tool", code=code, policies=policies)
    catalog = importable.discover()
    assert catalog.load_policy("patient").__name__ == "Patient"
    with pytest.raises(PenstockError) as caught:
        catalog.load_policy("hasty")
    assert caught.value.findings[0].code == "P222"
