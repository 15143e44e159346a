"""New packs, grown packs, renewed packs: what is written, and what never is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_findings import PenstockError
from penstock_templates.answers import KINDS, checked
from penstock_templates.cli import main
from penstock_templates.making import add, new, update
from penstock_templates.parts import with_entry
from penstock_templates.record import FILE
from penstock_templates.render import TEMPLATES


def answers(kind="transform", **said):
    made, findings = checked({"kind": kind, "name": "acme-things", "id": "thing", **said})
    assert not findings
    return made


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A pack of every kind of part, once for all tests that only look."""
    folder = tmp_path_factory.mktemp("made") / "acme-things"
    new(answers("pack"), folder)
    return folder


@pytest.fixture
def pack(whole, tmp_path):
    """The same, to be changed."""
    return Path(shutil.copytree(whole, tmp_path / "acme-things"))


@pytest.fixture
def newer(tmp_path):
    """Another folder of templates, to be changed: what the next version might bring."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def base(templates: Path, name: str) -> Path:
    return templates / "base" / "{{cookiecutter.name}}" / name


# -- new


@pytest.mark.parametrize("kind", KINDS)
def test_a_pack_has_everything_that_a_repository_needs(kind, tmp_path):
    new(answers(kind), tmp_path / "p")
    files = set(tree(tmp_path / "p"))
    assert {
        "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".gitignore", ".pre-commit-config.yaml",
        ".github/workflows/ci.yml", ".github/workflows/release.yml", "src/acme_things/py.typed", "tests/test_pack.py",
        "src/acme_things/penstock-pack.json", FILE,
    } <= files  # fmt: skip  # a table reads better in few lines
    assert not [name for name in files if "cookiecutter" in name or name.endswith((".pyc", ".new"))]
    assert b"{{" not in b"".join(
        data for name, data in tree(tmp_path / "p").items() if "workflows" not in name and name != FILE
    )


def test_the_same_answers_give_the_same_bytes_whatever_the_hash_seed(whole, tmp_path):
    program = (
        "import sys; from pathlib import Path; from penstock_templates.answers import checked\n"
        "from penstock_templates.making import new\n"
        "new(checked({'kind': 'pack', 'name': 'acme-things', 'id': 'thing'})[0], Path(sys.argv[1]))"
    )
    for seed in ("1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C"}
        subprocess.run([sys.executable, "-c", program, str(tmp_path / seed)], env=environment, check=True)
        assert tree(tmp_path / seed) == tree(whole)


def test_a_dry_run_tells_the_same_plan_and_writes_nothing(whole, tmp_path):
    made = new(answers("pack"), tmp_path / "p", dry_run=True)
    assert list(tmp_path.iterdir()) == []
    assert [row["path"] for row in made.plan["files"]] == sorted(tree(whole))
    assert made == new(answers("pack"), tmp_path / "p")


def test_a_folder_that_holds_something_is_left_alone_unless_forced(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine").write_text("mine")
    with pytest.raises(PenstockError) as caught:
        new(answers(), tmp_path / "p")
    assert caught.value.code == "W202"
    assert tree(tmp_path / "p") == {"mine": b"mine"}
    new(answers(), tmp_path / "p", force=True)
    assert {"mine", "pyproject.toml"} <= set(tree(tmp_path / "p"))


def test_a_link_in_the_way_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PenstockError):
        new(answers(), tmp_path / "p")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    inside = tmp_path / "q"
    inside.mkdir()
    (inside / "src").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PenstockError) as caught:
        new(answers(), inside, force=True)
    assert caught.value.code == "W202"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_template_that_makes_no_pack_leaves_nothing(newer, tmp_path):
    base(newer, "src/{{cookiecutter.package}}/__init__.py").write_text(
        "NODES: list[str] = []\nPOLICIES: list[str] = []\n1 / 0\n"
    )
    with pytest.raises(PenstockError) as caught:
        new(answers(), tmp_path / "p", templates=newer)
    assert caught.value.code == "W205"
    assert [path.name for path in tmp_path.iterdir()] == ["templates"]


# -- add


@pytest.mark.parametrize("part", ["node", "source", "sink", "policy", "contract"])
def test_a_pack_grows_by_a_part_and_its_entry(part, pack):
    before = tree(pack)
    assert main(["add", part, "second", "--folder", str(pack)]) == 0
    after = tree(pack)
    assert set(before) <= set(after)
    changed = {name for name in before if before[name] != after[name]}
    offers = {"src/acme_things/__init__.py", "src/acme_things/penstock-pack.json"}
    assert changed == ({FILE} if part == "contract" else {FILE, *offers})
    if part != "contract":
        assert b'"second"' in after["src/acme_things/penstock-pack.json"]


def test_a_part_that_is_there_already_is_told_and_nothing_is_touched(pack):
    before = tree(pack)
    assert [finding.code for finding in add(pack, "transform", "thing").findings] == ["W204"]
    (pack / "docs" / "mine.md").write_text("mine")
    assert [finding.code for finding in add(pack, "policy", "mine").findings] == ["W204"]
    assert tree(pack) == {**before, "docs/mine.md": b"mine"}


def test_a_table_that_the_author_has_changed_is_left_alone(pack):
    table = pack / "src" / "acme_things" / "__init__.py"
    table.write_text(table.read_text().replace("NODES: list[str] = [", "NODES: list[str] = list() + ["))
    (finding,) = add(pack, "sink", "second").findings
    assert finding.code == "W203"
    assert '"nodes.second:Second"' in finding.hint
    assert (pack / "src/acme_things/nodes/second.py").is_file()


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("NODES = []", 'NODES = [\n    "a:A",\n]'),
        ('NODES: list[str] = ["b:B"]  # mine', 'NODES: list[str] = [\n    "b:B",\n    "a:A",\n]  # mine'),
        ('NODES = [\n    "a:A",\n]', 'NODES = [\n    "a:A",\n]'),
        ("NODES = [name for name in ()]", None),
        ("OTHERS = []", None),
    ],
)
def test_an_entry_is_put_where_its_author_would(text, then):
    assert with_entry(text, "NODES", "a:A") == then


# -- update


def test_nothing_new_is_nothing_to_do(pack, capsys):
    before = tree(pack)
    assert main(["update", str(pack)]) == 0
    assert capsys.readouterr().out == "there is nothing to update\n"
    assert tree(pack) == before


def test_what_nobody_touched_follows_the_template_and_what_the_author_wrote_stays(pack, newer):
    readme, license_ = pack / "README.md", pack / "LICENSE"
    readme.write_text(f"{readme.read_text()}\nWritten by the author.\n")
    license_.unlink()
    text = base(newer, "README.md").read_text()
    base(newer, "README.md").write_text(f"A new first line.\n\n{text}")
    base(newer, "LICENSE").write_text("another licence\n")
    base(newer, "CHANGELOG.md").write_text("# Changes\n")
    base(newer, "NEWS.md").write_text("# News of {{ cookiecutter.name }}\n")
    made = update(pack, templates=newer)
    assert made.findings == []
    assert readme.read_text().startswith("A new first line.\n")
    assert readme.read_text().endswith("\nWritten by the author.\n")
    assert (pack / "CHANGELOG.md").read_text() == "# Changes\n"
    assert (pack / "NEWS.md").read_text() == "# News of acme-things\n"
    assert not license_.exists()  # the author took it away
    assert update(pack, templates=newer).plan["files"] == []


def test_two_changes_at_one_place_leave_the_authors_file_and_are_asked_about_until_they_are_settled(pack, newer):
    changelog = pack / "CHANGELOG.md"
    mine = changelog.read_text().replace("First version", "The first version of all")
    changelog.write_text(mine)
    theirs = base(newer, "CHANGELOG.md").read_text().replace("First version", "Initial version")
    base(newer, "CHANGELOG.md").write_text(theirs)
    (finding,) = update(pack, templates=newer).findings
    assert finding.code == "W301"
    assert changelog.read_text() == mine
    beside = pack / "CHANGELOG.md.conflict"
    assert "<<<<<<< yours\n* The first version of all.\n" in beside.read_text()
    assert [found.code for found in update(pack, templates=newer).findings] == ["W301"]
    changelog.write_text(theirs)
    beside.unlink()
    assert update(pack, templates=newer).findings == []
    assert changelog.read_text() == theirs
    assert not beside.exists()


def test_a_file_that_the_template_gives_up_stays_with_the_author_and_is_told_once(pack, newer):
    base(newer, ".pre-commit-config.yaml").unlink()
    assert [finding.code for finding in update(pack, templates=newer).findings] == ["W302"]
    assert (pack / ".pre-commit-config.yaml").is_file()
    assert update(pack, templates=newer).findings == []


def test_a_pack_that_has_grown_is_renewed_with_what_it_has_grown_by(pack, newer):
    add(pack, "source", "second")
    part = newer / "source" / "{{cookiecutter.name}}" / "docs" / "{{cookiecutter.id}}.md"
    part.write_text(f"{part.read_text()}\nMore about it.\n")
    assert update(pack, templates=newer).findings == []
    assert (pack / "docs/second.md").read_text().endswith("\nMore about it.\n")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "W201"),
        ("{", "F104"),
        ("[]", "W201"),
        ('{"format": 2}', "W201"),
        ({"files": {"../outside": "x"}}, "W201"),
        ({"files": {"/etc/x": "x"}}, "W201"),
        ({"files": {"a\\..\\b": "x"}}, "W201"),
        ({"files": []}, "W201"),
        ({"added": [["sink", "../x"]]}, "W201"),
        ({"added": [["sink"]]}, "W201"),
        ({"answers": {"kind": "sink", "name": "../x"}}, "W103"),
        ({"extra": 1}, "W201"),
        ({"templates": 7}, "W201"),
    ],
)
def test_a_record_that_somebody_has_changed_is_told_and_nothing_is_touched(text, code, pack):
    path = pack / FILE
    if isinstance(text, dict):
        text = json.dumps({**json.loads(path.read_text()), **text})
    path.unlink() if text is None else path.write_text(text)
    before = tree(pack)
    with pytest.raises(PenstockError) as caught:
        update(pack)
    assert caught.value.code == code
    assert tree(pack) == before
