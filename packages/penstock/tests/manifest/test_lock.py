"""A manifest is compiled from code: the same bytes each time, everything wrong in one pass, and drift is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from penstock.manifest.canonical import digest_of
from penstock.manifest.read import read_manifest
from penstock_findings import PenstockError

KIND = (
    "from penstock import channel_kind\nfrom penstock.stores import SqliteStore\n"
    "@channel_kind({!r}, ack=['process'])\nclass Kept(SqliteStore): pass\n"
    "def penstock_channels():\n"
)


def codes(report):
    return [finding.code for finding in report.findings]


def test_what_is_locked_is_clean_and_stays_as_it_is(tree):
    first = tree.lock()
    assert (codes(first.report), first.changed, first.path) == ([], True, str(tree.manifest))
    again = tree.lock()
    assert (again.changed, again.diff) == (False, "")
    assert codes(tree.check()) == []


def test_the_file_says_what_the_code_offers(tree):
    tree.lock()
    manifest, _ = read_manifest(tree.manifest.read_bytes(), "p")
    assert (manifest.pack, manifest.version, manifest.sdk) == ("acme-vision", "1.2.0", 1)
    assert manifest.capabilities == ("filesystem", "network")
    assert manifest.hooks == ("penstock_run_observers",)
    blur, zone = manifest.nodes
    assert (blur.id, blur.stateful, blur.import_path) == ("blur", True, "acme_vision:Blur")
    assert zone.doc == "Keep what is in the zone."
    assert [(p.name, p.contract, p.portability) for p in zone.inputs] == [("seen", "acme-vision/detection@1.0", "json")]
    assert [(p.name, p.contract, p.portability) for p in zone.outputs] == [
        ("alarms", "acme-vision/alarm@1.0", "json"),
        ("frames", None, "local"),
        ("numbers", "acme-vision/zone.numbers@1.0", "json"),
    ]
    assert zone.config["properties"]["words"]["default"] == ["a", "b", "c", "d"]
    assert [(c.ref, c.positions) for c in manifest.contracts] == [
        ("acme-vision/alarm@1.0", ("output",)),
        ("acme-vision/detection@1.0", ("input",)),
        ("acme-vision/zone.numbers@1.0", ("output",)),
        ("detection@2.0", ("input",)),
    ]
    from_file = manifest.contracts[3]
    assert from_file.schema["required"] == ["camera"]
    assert from_file.digest == digest_of(from_file.schema)


def test_the_bytes_do_not_depend_on_the_seed_of_hashes(tree):
    tree.lock()
    expected = tree.manifest.read_bytes()
    for seed in ("0", "1", "2", "31337"):
        tree.manifest.unlink()
        command = [sys.executable, "-m", "penstock", "pack", "lock", str(tree.folder)]
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert tree.manifest.read_bytes() == expected


def test_the_bytes_are_those_of_any_platform(tree):
    tree.lock()
    data = tree.manifest.read_bytes()
    assert b"\r" not in data
    assert data.endswith(b"}\n")
    assert not data.endswith(b"\n\n")
    text = data.decode("utf-8")
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    assert str(tree.folder) not in text


def test_nothing_is_left_beside_the_file(tree):
    tree.lock()
    assert sorted(path.name for path in tree.package.iterdir() if path.is_file()) == [
        "__init__.py",
        "detection.schema.json",
        "penstock-pack.json",
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("width: float", "width: int", "node type `zone` has changed: `config`"),
        ('"""Blur what is seen."""', '"""Blur it."""', "node type `blur` has changed: `doc`"),
        (
            '@node("blur", stateful=True)',
            '@node("blur", effect="external")',
            "node type `blur` has changed: `effect`, `stateful`",
        ),
        ("[Zone, Blur]", "[Zone]", "node type `blur` is in the manifest and no longer in the code"),
        ('@node("blur"', '@node("mist"', "node type `mist` is in the code and not in the manifest"),
        (
            "score: float = 0.5",
            "score: float = 1",
            "contract `acme-vision/detection@1.0` has changed: `digest`, `schema`",
        ),
        (
            "score: float = 0.5",
            "score: float = True",
            "contract `acme-vision/detection@1.0` has changed: `digest`, `schema`",
        ),
        ("def penstock_run_observers", "def penstock_graph_checks", "`hooks` changed"),
        ('["network", "filesystem"]', '["network"]', "`capabilities` changed"),
    ],
)
def test_every_change_of_the_code_is_drift_until_it_is_locked(tree, before, after, said):
    tree.lock()
    tree.edit(before, after)
    report = tree.check()
    assert set(codes(report)) == {"M301"}
    assert any(said in finding.message for finding in report.findings), [f.message for f in report.findings]
    (whole,) = [finding for finding in report.findings if "diff" in finding.evidence]
    assert whole.evidence["diff"].startswith("--- ")
    assert all(finding.at.path == str(tree.manifest) for finding in report.findings)
    assert tree.lock().changed
    assert codes(tree.check()) == []


def test_one_and_true_are_not_the_same_default(tree):
    tree.edit("level: Literal", "most: int | bool = 1\n    level: Literal")
    tree.lock()
    tree.edit("most: int | bool = 1", "most: int | bool = True")
    assert codes(tree.check()) == ["M301", "M301"]


def test_a_manifest_that_was_edited_by_hand_is_seen(tree):
    tree.lock()
    text = tree.manifest.read_text()
    tree.manifest.write_text(text.replace("\n", "\r\n"), newline="")
    assert codes(tree.check()) == ["M303"]
    tree.manifest.write_text(text.replace('"role"', '"rule"'))
    assert set(codes(tree.check())) == {"M102", "M103"}
    tree.manifest.write_text("{")
    assert codes(tree.check()) == ["F104"]
    tree.manifest.unlink()
    assert codes(tree.check()) == ["M302"]


ZONE = "from penstock import *\nfrom penstock import node\n"
NODE = "@node('{id}'{more})\nclass {name}:\n    {fields}\n    def process(self, record, ctx): return record\n"


def nodes(*classes, hook=None):
    names = [line.split()[1].rstrip(":") for text in classes for line in text.splitlines() if line.startswith("class ")]
    return ZONE + "".join(classes) + (hook or f"def penstock_nodes():\n    return [{', '.join(names)}]\n")


def a(name="A", id="a", fields="pass", more=""):
    return NODE.format(name=name, id=id, fields=fields, more=more)


WRONG = {
    "a type without json form": (nodes(a(fields="x: range")), "M205"),
    "a default that does not fit": (nodes(a(fields="x: int = 'a'")), "M206"),
    "a default that json cannot say": (nodes(a(fields="x: float = float('inf')")), "M206"),
    "a default that is no text": (nodes(a(fields=r"x: str = '\ud800'")), "M206"),
    "an unknown capability": (nodes(a(more=", capabilities=['netwrk']")), "M211"),
    "two nodes of one id": (nodes(a(), a("B")), "M210"),
    "an id that is none": (nodes(a(id="No Good")), "M215"),
    "a hook that raises": (nodes(a(), hook="def penstock_nodes(): raise KeyError('x')"), "M204"),
    "a hook that gives nothing": (nodes(a(), hook="def penstock_nodes(): return None"), "M204"),
    "an offer that is no node": (nodes(a(), hook="def penstock_nodes(): return [int]"), "M204"),
    "a child of a node": (nodes(a(), hook="class B(A): pass\ndef penstock_nodes(): return [B]"), "M204"),
    "a class made in a function": (
        ZONE + "def penstock_nodes():\n    @node('a')\n    class A:\n        def process(self, r, c): return r\n    return [A]\n",
        "M212",
    ),
    "a name that is nearly a hook": (nodes(a()) + "def penstock_node(): return []\n", "M213"),
    "no kind of channel": (nodes(a()) + "def penstock_channels(): return [A]\n", "M204"),
    "a kind of channel of ours": (nodes(a()) + KIND.format("sqlite") + "    return [Kept]\n", "M210"),
    "a kind of channel twice": (nodes(a()) + KIND.format("k") + "    return [Kept, Kept]\n", "M210"),
    "a parent's kind of channel": (nodes(a()) + KIND.format("k") + "    return [type('Other', (Kept,), {})]\n", "M204"),
    "a node of somebody else": (nodes(a(), hook="A.__module__ = 'other'\ndef penstock_nodes(): return [A]"), "M214"),
    "a port of records": (nodes(a(fields="seen: In[Record]")), "M207"),
    "a port of a type without json form": (nodes(a(fields="seen: In[range]")), "M207"),
    "a contract without a schema": (nodes(a(fields="seen: In = In(contract=Contract('x'))")), "M207"),
    "a schema file that is not there": (nodes(a(fields="seen: In = In(contract=Contract('x', file='no.json'))")), "F101"),
    "a schema file that is no schema": (nodes(a(fields="seen: In = In(contract=Contract('x', file='bad.json'))")), "M207"),
    "a contract with two schemas": (
        nodes(a(fields="seen: In[int] = In(contract=Contract('x', type=int))\n    out: Out = Out(contract=Contract('x', type=str))")),
        "M209",
    ),
    "a contract name that is none": (nodes(a(fields="seen: In = In(contract=Contract('No Good', type=int))")), "M215"),
    "a policy that is none": (ZONE + "def penstock_policies(): return [int]\n", "M204"),
    "a command that is none": (ZONE + "def penstock_commands(): return ['x']\n", "M204"),
}  # fmt: skip  # a table reads better in few lines


@pytest.mark.parametrize(("code", "expected"), WRONG.values(), ids=WRONG)
def test_what_no_manifest_can_say_is_a_finding_and_nothing_is_written(tree, code, expected):
    (tree.package / "bad.json").write_text('{"type": "objekt"}')
    tree.code(code)
    done = tree.lock()
    assert set(codes(done.report)) == {expected}, [f.message for f in done.report.findings]
    assert not tree.manifest.exists()
    assert expected in codes(tree.check())


def test_all_of_it_is_told_at_once(tree):
    tree.code(nodes(a(fields="x: range"), a("B", "b", "y: int = 'a'"), a("C", "c", more=", capabilities=['x']")))
    report = tree.lock().report
    assert sorted(codes(report)) == ["M205", "M206", "M211"]
    assert all(finding.at.path == str(tree.package / "__init__.py") and finding.at.line for finding in report.findings)


def test_policies_and_commands_are_compiled_too(tree):
    tree.code(
        "from penstock.sdk import ConfigField\n"
        "from penstock.manifest.model import CommandFacts\n"
        "class Spec:\n    id = 'patient'; points = ['failure', 'admit']; doc = 'Wait.\\nLonger.'\n"
        "    config = [ConfigField('first', float, 0.5)]\n"
        "class Patient:\n    __penstock_policy__ = Spec\n"
        "def penstock_policies(): return [Patient]\n"
        "def penstock_commands(): return [CommandFacts('vision', 'See.', 'acme_vision.cli:main')]\n"
    )
    manifest = tree.lock().manifest
    (policy,), (command,) = manifest.policies, manifest.commands
    assert (policy.id, policy.points, policy.doc) == ("patient", ("admit", "failure"), "Wait.")
    assert policy.config["properties"]["first"] == {"type": "number", "default": 0.5}
    assert command.import_path == "acme_vision.cli:main"


def test_where_a_policy_stands_and_whether_it_drops_is_compiled_too(tree):
    tree.code(
        "from penstock.sdk import ConfigField\n"
        "class Sheds:\n    id = 'sheds'; points = ['overflow']; config = [ConfigField('mode', str, 'oldest')]\n"
        "    layer = 'admission'; drops = {'mode': ['oldest', 'newest']}\n"
        "class Slows:\n    id = 'slows'; points = ['dispatch']; config = []; layer = 'concurrency'; drops = False\n"
        "class A:\n    __penstock_policy__ = Sheds\n"
        "class B:\n    __penstock_policy__ = Slows\n"
        "def penstock_policies(): return [A, B]\n"
    )
    sheds, slows = tree.lock().manifest.policies
    assert (sheds.layer, sheds.drops, sheds.drops_when) == ("", "sometimes", {"mode": ("oldest", "newest")})
    assert (slows.layer, slows.drops, slows.drops_when) == ("concurrency", "never", {})


@pytest.mark.parametrize("wrong", ["layer = 'cellar'", "drops = {'speed': [1]}"])
def test_a_policy_that_stands_nowhere_or_drops_by_a_field_that_it_has_not_is_told(tree, wrong):
    tree.code(
        "class Spec:\n    id = 'odd'; points = ['failure']; config = []\n    " + wrong + "\n"
        "class Odd:\n    __penstock_policy__ = Spec\n"
        "def penstock_policies(): return [Odd]\n"
    )
    assert codes(tree.lock().report) == ["M211"]


def test_rules_of_failures_and_profiles_are_data_in_the_manifest(tree):
    tree.code(
        "from penstock.decisions import FailureClass, FailureRule\n"
        "def penstock_failures(): return [\n"
        "    FailureRule(FailureClass.PERMANENT, error='acme.Refused'),\n"
        "    FailureRule(FailureClass.TRANSIENT, status=(500, 600)), FailureRule(FailureClass.TRANSIENT, status=(404, 405))]\n"
        "def penstock_profiles(): return {'night': {'description': 'Slowly.', 'settings': {'batch': 8}}}\n"
    )
    manifest = tree.lock().manifest
    assert [(rule.gives, rule.error, rule.status) for rule in manifest.failures] == [
        ("permanent", "acme.Refused", None),
        ("transient", None, "500-599"),
        ("transient", None, "404"),
    ]
    (night,) = manifest.profiles
    assert night.name == "night"
    assert night.value == {"format": 1, "name": "night", "description": "Slowly.", "settings": {"batch": 8}}
    assert manifest.hooks == ()


@pytest.mark.parametrize(
    "wrong",
    ["penstock_failures(): return [1]", "penstock_profiles(): return {'a': 1}", "penstock_profiles(): return [1]"],
)
def test_what_is_no_rule_and_no_profile_is_told(tree, wrong):
    tree.code(f"def {wrong}\n")
    assert codes(tree.lock().report) == ["M204"]


def test_a_deprecation_is_taken_over_and_not_inherited(tree):
    tree.code(
        nodes(
            a(),
            hook="A.__deprecated__ = 'use `b`'\n@node('b')\nclass B(A): pass\ndef penstock_nodes(): return [A, B]\n",
        )
    )
    manifest = tree.lock().manifest
    assert [node.deprecated for node in manifest.nodes] == ["use `b`", None]
    assert manifest.deprecations == {"node a": "use `b`"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tool.x]\n", 1),
        ("[project]\nversion = '1'\n", 1),
        ("[project]\nname = 'a'\nversion = '1'\n", 1),
        ("[project]\nname = 'a'\nversion = '1'\n[project.entry-points.penstock]\n", 4),
        ("[project]\nname = 'a'\nversion = '1'\n[project.entry-points.penstock]\na = 'b'\nc = 'd'\n", 4),
        ("[project]\nname = 'a'\nversion = '1'\n[project.entry-points.penstock]\na = 'b:c'\n", 5),
        ("[project]\nname = 'a'\nversion = '1'\n[project.entry-points.penstock]\na = 'no_such_package'\n", 4),
        ("[project]\nname = 'no-such-distribution'\n[project.entry-points.penstock]\na = 'acme_vision'\n", 1),
    ],
)
def test_a_project_that_is_no_pack_says_why(tree, text, line):
    tree.project(text)
    with pytest.raises(PenstockError) as caught:
        tree.lock()
    (finding,) = caught.value.findings
    assert (finding.code, finding.at.path) == ("M201", str(tree.folder / "pyproject.toml"))
    assert caught.value.sources


def test_a_project_file_that_cannot_be_read_says_why(tree):
    tree.project("[project\n")
    with pytest.raises(PenstockError) as caught:
        tree.lock()
    assert caught.value.findings[0].code == "F104"


def test_a_folder_without_project_says_so(tmp_path):
    from penstock.manifest.lock import lock

    with pytest.raises(PenstockError, match=r"no pyproject\.toml"):
        lock(str(tmp_path))


@pytest.mark.parametrize("code", ["import no_such_library\n", "def broken(:\n", "import sys\nsys.exit(0)\n"])
def test_code_that_cannot_be_imported_says_why_and_where(tree, code):
    tree.code("\n" + code)
    with pytest.raises(PenstockError) as caught:
        tree.lock()
    (finding,) = caught.value.findings
    assert finding.code == "M203"
    assert finding.related[0].at.path == str(tree.package / "__init__.py")
    assert finding.related[0].at.line >= 2


def test_another_copy_of_the_package_is_not_locked_by_mistake(tree, tmp_path):
    tree.lock()
    other = type(tree)(tmp_path / "other")
    from penstock.manifest.lock import lock

    with pytest.raises(PenstockError, match="instead of this project"):
        lock(str(other.folder))
    assert not other.manifest.exists()


def test_the_search_path_is_left_as_it_was(tree):
    before = list(sys.path)
    tree.lock()
    assert sys.path == before


def test_a_kind_of_channel_is_in_the_manifest_and_is_no_hook_to_call(tree):
    tree.code(
        nodes(a())
        + KIND.format("acme-vault").replace("ack=['process']", "ack=['process', 'power']")
        + "    return [Kept]\n"
    )
    assert codes(tree.lock().report) == []
    manifest, _ = read_manifest(tree.manifest.read_bytes(), "p")
    (kind,) = manifest.channels
    assert (kind.id, kind.ack, kind.import_path, kind.doc) == (
        "acme-vault",
        ("power", "process"),
        "acme_vision:Kept",
        "",
    )
    assert manifest.hooks == ()
    tree.code(nodes(a()))
    assert "channel kind `acme-vault` is in the manifest and no longer in the code" in {
        finding.message for finding in tree.check().findings
    }
