"""Every code is documented once, and found without importing its owner."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_findings import all_codes, codebook, explain

SOURCES = Path(codebook.__file__).parent
OURS = {path.stem for path in (SOURCES / "codes").glob("*.md")}


def test_a_code_is_explained():
    said = explain(" f105 ")
    assert (said.code, said.title, said.owner) == ("F105", "a key stands twice in one mapping", "penstock-findings")
    assert "Good: {a: 2}" in said.text
    assert not said.text.startswith("#")


@pytest.mark.parametrize("code", ["F999", "QQ1", "", "F", "105", "F105x", "../F105", "F\n105"])
def test_an_unknown_code_is_none(code):
    assert explain(code) is None


def test_every_code_that_the_source_uses_is_documented_and_no_other():
    used = set()
    for path in SOURCES.rglob("*.py"):
        used |= set(re.findall(r'"(F[0-9]{3})"', path.read_text(encoding="utf-8")))
    assert used == OURS


@pytest.mark.parametrize("code", sorted(OURS))
def test_the_page_of_a_code_has_a_title_a_reason_and_a_way_out(code):
    said = explain(code)
    assert said.text.startswith("Why: ")
    assert re.search(r"^(Do:  |Good: )", said.text, flags=re.MULTILINE)
    assert said.title[0].islower()


def install(site, name, points, files):
    """Lay a distribution out as an installer would."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{prefix} = {package}" for prefix, package in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[penstock.codes]", *lines, ""]))
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)


ASK = """
import json, sys
from penstock_findings import PenstockError, all_codes, explain
try:
    said = explain(sys.argv[1]) if sys.argv[1] else [s for s in all_codes() if s.code[0] == "X"]
    said = said if isinstance(said, list) else [said] if said else []
    print(json.dumps([[s.code, s.title, s.text, s.owner] for s in said]))
except PenstockError as error:
    print(json.dumps([error.code, str(error), error.findings[0].hint]))
assert not {"x_pack", "x_pack.codes", "penstock_y"} & set(sys.modules)
"""


def ask(site, code):
    """What a fresh interpreter answers that also finds what is installed in `site`."""
    path = [str(site), *[entry for entry in sys.path if entry]]
    run = f"import sys; sys.path[:0] = {path!r}\n{ASK}"
    done = subprocess.run([sys.executable, "-I", "-c", run, code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


PACK = {
    "x_pack/__init__.py": "raise SystemExit('nobody may import this')",
    "x_pack/codes/__init__.py": "raise SystemExit('nor this')",
    "x_pack/codes/X101.md": "# X101: one thing\n\nWhy: so.\n",
    "x_pack/codes/X102-more-words.md": "X102: another thing.\n\nText.",
    "x_pack/codes/x110_check.py": '"""X110: a check.\n\nWhy: because.\n"""\nimport nothing_that_exists\n',
    "x_pack/codes/x111_broken.py": "def (",
    "x_pack/codes/Y101.md": "# Y101: not of this prefix",
    "x_pack/codes/X200.md": "# X201: another code than its name",
    "x_pack/codes/notes.txt": "",
}


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("X101", ["X101", "one thing", "Why: so.", "x-pack"]),
        ("x102", ["X102", "another thing", "Text.", "x-pack"]),
        ("X110", ["X110", "a check", "Why: because.", "x-pack"]),
        ("X111", None),
        ("Y101", None),
        ("X200", None),
    ],
)
def test_codes_of_others_are_found_without_importing_them(tmp_path, code, answer):
    install(tmp_path, "x-pack", {"X": "x_pack.codes"}, PACK)
    assert ask(tmp_path, code) == ([answer] if answer else [])


def test_a_prefix_claimed_twice_names_both(tmp_path):
    install(tmp_path, "x-pack", {"X": "x_pack.codes"}, PACK)
    install(
        tmp_path, "penstock-y", {"x": "penstock_y"}, {"penstock_y/__init__.py": "", "penstock_y/X101.md": "# X101: y"}
    )
    code, message, hint = ask(tmp_path, "X101")
    assert code == "F001"
    assert message == "the codes `X...` are claimed by `penstock-y` and by `x-pack`"
    assert hint == "remove `penstock-y` or `x-pack`"
    assert ask(tmp_path, "F105")[0][0] == "F105"  # other prefixes are not held up


@pytest.mark.parametrize("package", ["no_such_package.codes", "x_pack.nowhere", "os.path", "", "x pack"])
def test_a_missing_folder_names_its_owner(tmp_path, package):
    install(tmp_path, "x-pack", {"X": package or "."}, PACK)
    code, message, _ = ask(tmp_path, "X101")
    assert code == "F002"
    assert "`x-pack`" in message
    assert ask(tmp_path, "") == []  # a list of all codes is not held up


def test_the_same_distribution_found_twice_on_the_path_counts_once(tmp_path):
    install(tmp_path, "x-pack", {"X": "x_pack.codes"}, PACK)
    install(tmp_path / "again", "x-pack", {"X": "x_pack.codes"}, {})
    (tmp_path / "again.pth").write_text("again")
    assert ask(tmp_path, "X101")[0][0] == "X101"


def test_all_codes_are_sorted_by_letters_and_number(tmp_path):
    install(tmp_path, "x-pack", {"X": "x_pack.codes"}, {**PACK, "x_pack/codes/X9.md": "# X9: nine"})
    assert [said[0] for said in ask(tmp_path, "")] == ["X9", "X101", "X102", "X110"]
    assert [said.code for said in all_codes() if said.code.startswith("F")] == sorted(OURS)
