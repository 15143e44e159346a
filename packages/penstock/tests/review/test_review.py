"""Whatever a reviewer would ask is asked: each fault that is planted is told by its code, and nothing else is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock._review.quality import LEVELS, POINTS, badge, quality_of, severity_of
from penstock._review.review import review
from penstock_findings.errors import PenstockError

INFO = "acme_review-0.1.0.dist-info"
PROJECT, NODES, POLICIES = "pyproject.toml", "src/acme_review/nodes.py", "src/acme_review/policies.py"


def edit(name: str, before: str, after: str, lock: bool = False) -> Callable[[object], None]:
    def spoil(tree):
        tree.edit(name, before, after)
        if lock:
            tree.lock()

    return spoil


def put(name: str, data: str | bytes = "") -> Callable[[object], None]:
    return lambda tree: tree.put(name, data)


def drop(name: str) -> Callable[[object], None]:
    return lambda tree: tree.drop(name)


def grown(body: str, capabilities: str = "()", head: str = "") -> Callable[[object], None]:
    """The first node does something more."""

    def spoil(tree):
        tree.edit(NODES, '@node("double")', f'{head}\n@node("double", capabilities={capabilities})')
        tree.edit(NODES, "        return record.derive(", f"        {body}\n        return record.derive(")
        tree.lock()

    return spoil


def both(*spoils: Callable[[object], None]) -> Callable[[object], None]:
    def spoil(tree):
        for one in spoils:
            one(tree)

    return spoil


PLANTED = [
    ("M301", edit(NODES, "factor: int = 2", "factor: int = 3")),
    ("M302", drop("src/acme_review/penstock-pack.json")),
    ("M502", edit(PROJECT, '"acme_review.cli:main"', '"acme_review.shell:main"')),
    ("M502", edit(PROJECT, '"acme_review.cli:main"', '"acme_review.cli:start"')),
    ("M502", edit(PROJECT, "[project.scripts]", '[project.entry-points.penstocks]\nx = "acme_review"\n[project.scripts]')),
    ("M503", edit(PROJECT, 'requires-python = ">=3.10"\n', "")),
    ("M504", edit(PROJECT, 'requires-python = ">=3.10"', 'requires-python = ">=3.8"')),
    ("M504", edit(PROJECT, 'requires-python = ">=3.10"', 'requires-python = ">=3.10,<3.14"')),
    ("M504", edit(PROJECT, 'requires-python = ">=3.10"', 'requires-python = "three"')),
    ("M504", edit(PROJECT, 'requires-python = ">=3.10"', 'requires-python = ">=3.11"')),  # a classifier says 3.10
    ("M504", edit(NODES, "from pathlib", "import tomllib\nfrom pathlib")),
    ("M504", edit(NODES, "from pathlib", "import telnetlib\nfrom pathlib")),
    ("M504", put("src/acme_review/new.py", "try:\n    pass\nexcept* OSError:\n    pass\n")),
    ("M505", edit(PROJECT, '"penstock>=0.1,<0.2"', '"penstock"')),
    ("M505", edit(PROJECT, '"penstock>=0.1,<0.2"', '"penstock>=0.1"')),
    ("M505", edit(PROJECT, '"penstock>=0.1,<0.2", ', "")),
    ("M506", put("src/acme.pth", "import acme_review\n")),
    ("M506", put("src/sitecustomize.py")),
    ("M507", put("src/tests/test_it.py")),
    ("M508", put("src/acme_review/nodes.py.orig")),
    ("M508", put("src/acme_review/nodes.pyc", b"\0")),
    ("M509", put("src/acme_review/.env", "A=1\n")),
    ("M509", put("src/acme_review/server.pem", "x\n")),
    ("M509", put("src/acme_review/data.txt", "-----BEGIN PRIVATE KEY-----\n")),
    ("M510", edit("src/acme_review/cli.py", "return 0", 'return "/home/ann/models/x.onnx"')),
    ("M512", edit(PROJECT, 'license = "Apache-2.0"\n', "")),
    ("M513", drop("LICENSE")),
    ("M521", grown("import socket; socket.create_connection(('a', 1))")),
    ("M521", grown("import subprocess as s; s.run(['ls'])")),
    ("M521", grown("open('x')")),
    ("M521", grown("ctx.secret('token')")),
    ("M521", grown("import os; os.environ['HOME']")),
    ("M521", grown("from importlib import import_module; import_module('requests').get('x')")),
    ("M521", grown("fetch()", head="import urllib.request\ndef fetch():\n    urllib.request.urlopen('x')\n")),
    ("M521", edit(NODES, '"filesystem", "external-effects"', '"external-effects"', lock=True)),
    ("M521", edit(NODES, '"filesystem", "external-effects"', '"filesystem"', lock=True)),
    ("M522", grown("pass", '["network"]')),
    ("M522", grown("pass", '["external-effects"]')),
    ("M523", edit(POLICIES, "        return", "        open('x').read()\n        return")),
    ("M531", edit(NODES, '    """Double each number."""\n', "", lock=True)),
    ("M532", drop("docs/steady.md")),
    ("M533", edit("docs/steady.md", "`attempts`", "`tries`")),
    ("M534", edit(PROJECT, 'readme = "README.md"\n', "")),
    ("M534", put("README.md", "# acme-review\n")),
    ("M535", drop("CHANGELOG.md")),
    ("M535", edit("CHANGELOG.md", "0.1.0", "0.0.9")),
    ("M536", edit("examples/it.graph.yaml", "type: keep", "type: other")),
    ("M541", edit(NODES, "    in_: In[Number]\n    folder", "    in_: In\n    folder", lock=True)),
    ("M561", edit(PROJECT, "msgspec>=0.19,<1", "msgspec")),
    ("M561", edit(PROJECT, "msgspec>=0.19,<1", "msgspec @ https://example.org/msgspec.zip")),
    ("M562", edit(PROJECT, "msgspec>=0.19,<1", "msgspec>=0.19")),
    ("M563", drop("src/acme_review/py.typed")),
    ("M401", edit(POLICIES, "from penstock import DeadLetter", "import penstock\nA = penstock.Nothing\nfrom penstock import DeadLetter")),
]  # fmt: skip  # a table reads better with a row on a line
CANNOT_BE_IMPORTED = ("M401", "M504")  # so nothing of them is


@pytest.mark.parametrize(("code", "spoil"), PLANTED, ids=[f"{code}-{at}" for at, (code, _) in enumerate(PLANTED)])
def test_a_fault_in_a_project_is_told_by_its_code_and_by_no_other(code, spoil, tree):
    spoil(tree)
    found = tree.review(run=code not in CANNOT_BE_IMPORTED).report.findings
    assert {finding.code for finding in found} == {code}, found
    assert {finding.severity for finding in found} == {severity_of(code)}
    assert all(finding.hint for finding in found if code != "M401")


def test_a_pack_without_fault_has_no_findings(tree):
    reviewed = tree.review()
    assert reviewed.report.findings == ()
    assert reviewed.quality.level == "bronze"
    assert set(reviewed.quality.unknown) == {"promises", "M551", "M553"}


WHEELS = [
    ("M302", lambda wheel: wheel.files.pop("acme_review/penstock-pack.json")),
    ("M503", lambda wheel: meta(wheel, "Requires-Python: >=3.10\n", "")),
    ("M505", lambda wheel: meta(wheel, "penstock<0.2,>=0.1", "penstock>=0.1")),
    ("M506", lambda wheel: wheel.files.update({"acme.pth": b"import acme_review\n"})),
    ("M507", lambda wheel: wheel.files.update({"tests/test_it.py": b""})),
    ("M508", lambda wheel: wheel.files.update({"acme_review/__pycache__/cli.cpython-311.pyc": b"\0"})),
    ("M509", lambda wheel: wheel.files.update({"acme_review/id_rsa": b"x"})),
    ("M510", lambda wheel: wheel.files.update({"../outside.py": b""})),
    ("M511", lambda wheel: wheel.record.update({"acme_review/cli.py": "sha256=AAAA"})),
    ("M511", lambda wheel: wheel.record.update({"acme_review/cli.py": ""})),
    ("M512", lambda wheel: meta(wheel, "License-Expression: Apache-2.0\n", "")),
    ("M513", lambda wheel: wheel.files.pop(f"{INFO}/licenses/LICENSE")),
    ("M534", lambda wheel: wheel.files.update({f"{INFO}/METADATA": wheel.files[f"{INFO}/METADATA"].partition(b"\n\n")[0]})),
    ("M562", lambda wheel: meta(wheel, "msgspec<1,>=0.19", "msgspec>=0.19")),
    ("M563", lambda wheel: wheel.files.pop("acme_review/py.typed")),
]  # fmt: skip  # a table reads better with a row on a line


def meta(wheel, before: str, after: str) -> None:
    data = wheel.files[f"{INFO}/METADATA"].decode()
    assert before in data
    wheel.files[f"{INFO}/METADATA"] = data.replace(before, after).encode()


@pytest.mark.parametrize(("code", "spoil"), WHEELS, ids=[f"{code}-{at}" for at, (code, _) in enumerate(WHEELS)])
def test_a_fault_in_a_wheel_is_told_by_its_code_and_by_no_other(code, spoil, wheel):
    spoil(wheel)
    found = [one for one in wheel.review().report.findings if not (code == "M510" and one.code == "M511")]
    assert {finding.code for finding in found} == {code}, found
    assert all((finding.at.path or "").startswith(str(wheel.path)) for finding in found)


def test_a_wheel_without_fault_has_no_findings_and_nothing_outside_is_written(wheel):
    reviewed = wheel.review()
    assert reviewed.report.findings == ()
    assert reviewed.quality.of == "wheel"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no zip"),
        lambda path: zipfile.ZipFile(path, "w").close(),
        lambda path: path.unlink(),
    ],
)
def test_what_is_no_wheel_is_misuse(spoil, wheel):
    spoil(Path(wheel.pack()))
    with pytest.raises(PenstockError) as caught:
        review(str(wheel.path))
    assert caught.value.code == "M501"


@pytest.mark.parametrize(
    ("entries", "says"), [(b"", "no entry points"), (b"[penstock]\na = x\nb = y\n", "2 entry points")]
)
def test_a_wheel_that_is_no_pack_is_told(entries, says, wheel):
    wheel.files[f"{INFO}/entry_points.txt"] = entries
    with pytest.raises(PenstockError, match=says) as caught:
        wheel.review()
    assert caught.value.code == "M502"


def test_a_tool_that_only_adds_commands_may_do_without_the_core(tree):
    tree.edit(PROJECT, '"penstock>=0.1,<0.2", ', "")
    tree.put(
        "src/acme_review/__init__.py",
        "def penstock_commands():\n    from penstock import CommandFacts\n"
        "    return [CommandFacts('acme', 'Does it.', 'acme_review.cli:main')]\n",
    )
    tree.lock()
    assert tree.review().report.findings == ()


def test_an_entry_point_cannot_lead_out_of_the_wheel(wheel):
    wheel.files[f"{INFO}/entry_points.txt"] = b"[penstock]\nreview = /etc\n"
    with pytest.raises(PenstockError, match="no package"):
        wheel.review()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_in_the_archive_twice_is_told(wheel):
    path = wheel.pack()
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("acme_review/cli.py", "import os\n")
    assert [finding.code for finding in review(path, kit=False).report.findings] == ["M511"]


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such links")
def test_a_link_in_a_wheel_is_told_and_not_made(wheel):
    path = wheel.pack()
    with zipfile.ZipFile(path, "a") as packed:
        link = zipfile.ZipInfo("acme_review/passwords")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    assert [finding.code for finding in review(path, kit=False).report.findings] == ["M510"]


def test_what_only_looks_like_a_touch_is_none(tree):
    body = "import socket, subprocess\n        try:\n            pass\n        except (socket.timeout, subprocess.CalledProcessError):\n            pass"
    tree.edit(NODES, "        return record.derive(", f"        {body}\n        return record.derive(")
    tree.edit(
        NODES,
        "from typing import TypedDict",
        "from typing import TYPE_CHECKING, TypedDict\nif TYPE_CHECKING:\n    import requests\nclass _A:\n    session: 'requests.Session'\n",
    )
    tree.lock()
    assert tree.review().report.findings == ()


def test_without_running_nothing_of_the_pack_is_imported(tree):
    tree.edit("src/acme_review/__init__.py", '"""What the pack offers."""', "raise RuntimeError('imported')")
    reviewed = tree.review(run=False)
    assert reviewed.report.findings == ()
    assert reviewed.quality.level == "none"
    assert "manifest" in reviewed.quality.unknown


def test_the_last_release_is_asked_of_the_gate(tree, wheel):
    baseline = wheel.pack()
    tree.edit("CHANGELOG.md", "## 0.1.0", "## 0.1.0\n\n## 0.0.9")
    assert "compatible" in tree.review().quality.unknown
    assert "compatible" not in tree.review(against=baseline).quality.unknown
    tree.edit(NODES, "    n: int\n", "    n: int\n    unit: str\n")
    tree.lock()
    found = tree.review(against=baseline).report.findings
    assert any(finding.code.startswith("K") and finding.severity == "error" for finding in found)
    assert [one.code for one in tree.review(against="no-such-tag").report.findings] == ["M542"]


# -- the test kit


SUITES = """\
from acme_review.nodes import Double, Keep
from acme_review.policies import Steady
from penstock_testkit import node_suite, policy_suite

def kept(folder):
    return sorted(path.name for path in folder.glob("*"))

TestDouble = node_suite(Double, records=[{"n": 1}])
TestKeep = node_suite(Keep, config=lambda folder: {"folder": str(folder / "out")}, records=[{"n": 1}], effects=lambda folder: kept(folder / "out"))
TestSteady = policy_suite(Steady)

def test_that_is_no_question():
    raise AssertionError("the kit runs only what suites have made")
"""


def test_the_test_kit_is_put_to_every_node_and_what_it_says_is_carried_over(tree):
    tree.put("tests/test_offers.py", SUITES)
    reviewed = tree.review(kit=True)
    assert reviewed.report.findings == ()
    assert (reviewed.quality.level, reviewed.quality.unknown) == ("platinum", {})

    tree.edit(
        NODES,
        "        return record.derive(",
        "        record.payload['n'] += 0; record.payload['seen'] = 1\n        return record.derive(",
    )
    tree.put("tests/test_offers.py", SUITES.replace("TestSteady", "_Steady"))
    found = {finding.code: finding for finding in tree.review(kit=True).report.findings}
    assert {"Q103", "M551"} <= set(found)
    assert "`double`" in found["Q103"].message
    assert "`steady`" in found["M551"].message

    tree.put("tests/test_offers.py", "import nothing_of_that_name\n")
    assert "M552" in {finding.code for finding in tree.review(kit=True).report.findings}


# -- the scale


def test_every_code_of_the_review_is_on_the_scale_and_has_a_planted_fault():
    pages = Path(sys.modules[review.__module__].__file__).parents[1] / "codes"
    codes = {path.stem for path in pages.glob("M5*.md")} - {"M501", "M571", "M572"}  # which are no points
    scale = {name for point in POINTS for name in (point.name, *point.begins)}
    assert codes <= scale
    tested = Path(__file__).read_text()
    assert not [code for code in codes if f'"{code}"' not in tested]


def test_a_level_is_reached_when_nothing_of_it_or_below_is_missing():
    from penstock_findings.finding import Finding

    def reached(*codes: str) -> str:
        return quality_of([Finding(code, "x", severity=severity_of(code)) for code in codes], {}, "folder").level

    assert reached() == "platinum"
    assert [reached(code) for code in ("M503", "M513", "M532", "M562")] == ["none", "bronze", "silver", "gold"]
    assert reached("M562", "M503") == "none"
    assert quality_of([], {"promises": "left out"}, "folder").level == "bronze"
    assert {point.level for point in POINTS} == set(LEVELS)


def test_from_the_shell_with_a_badge_and_a_bar(tree, tmp_path):
    def penstock(*words: object):
        return subprocess.run(
            [sys.executable, "-m", "penstock", "pack", "check", *map(str, words)], capture_output=True, text=True
        )

    file = tmp_path / "badge.json"
    ran = penstock(tree.folder, "--no-kit", "--badge", file)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("the manifest is what the code makes\nquality: bronze\n  silver wants that ")
    said = json.loads(file.read_text())
    assert (said["schemaVersion"], said["message"]) == (1, "bronze")
    assert penstock(tree.folder, "--no-kit", "--at-least", "silver").returncode == 1
    assert penstock(tree.folder, "--static", "--badge", tmp_path / "no" / "badge.json").returncode == 2
    for fmt in ("json", "sarif", "junit", "github", "markdown"):
        assert penstock(tree.folder, "--static", "--format", fmt).returncode == 0
    assert badge(tree.review(run=False).quality)["message"] == "below bronze"


def test_the_table_in_the_reference_is_the_scale():
    page = (
        next(parent for parent in Path(__file__).parents if (parent / "noxfile.py").is_file())
        / "docs/reference/pack-quality.md"
    )
    rows = re.findall(r"^\| (bronze|silver|gold|platinum) \| (.+?) \|", page.read_text(), re.M)
    assert rows == [(point.level, point.says) for point in POINTS]
