"""Axes and packs as people write them, and what they hear when they write them wrong."""

from __future__ import annotations

import zipfile

import pytest

from penstock_compat.axes import read_axes
from penstock_compat.errors import CannotRead
from penstock_compat.packs import read_lock, read_pack

PYPROJECT = """\
[project]
name = "Site_Pack"
version = "1.2"
requires-python = ">=3.10"
dependencies = ["click>=8"]
optional-dependencies.test = ["hypothesis"]

[dependency-groups]
base = ["attrs"]
test = ["pytest", {include-group = "base"}]
"""


def written(folder, text, name="axes.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def codes(raised):
    return [(finding.code, finding.at.line) for finding in raised.value.findings]


def test_axes_are_read_with_absolute_paths_and_units(tmp_path):
    text = """\
format = 1
pythons = ["3.13", "3.10"]
deps = ["lowest", "old-numpy"]
wheels = ["dist"]

[core]
name = "Pen_Stock"
versions = ["0.1.0"]

[set.old-numpy]
constraints = ["numpy<2"]

[test]
timeout = "90s"
output = "2MiB"

[pack.site]
requires = ["pytest"]
control = "good"

[[exclude]]
python = "3.10"
deps = "old-*"
reason = "numpy 1 has no wheels"
"""
    axes = read_axes(written(tmp_path, text))
    assert axes.pythons == ("3.10", "3.13")
    assert axes.wheels == (str(tmp_path / "dist"),)
    assert (axes.core, axes.cores) == ("pen-stock", ("0.1.0",))
    assert (axes.testing.timeout, axes.testing.output) == (90.0, 2 * 2**20)
    assert axes.packs["site"].control == "good"
    assert axes.sets["old-numpy"].constraints == ("numpy<2",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("format = 1\npythns = []\n", [("C111", 2)]),
        ("format = 1\npythons = ['3']\n", [("C113", 2)]),
        ("pythons = []\n", [("C112", 1)]),
        ("format = 2\n", [("C103", 1)]),
        ("format = 1\ndeps = ['newset']\n", [("C108", 2)]),
        ("format = 1\n[set.lowest]\n", [("C108", 2)]),
        ("format = 1\n[set.x]\nconstraints = ['=']\n", [("C107", 3)]),
        ("format = 1\n[[exclude]]\npython = '3.10'\n", [("C112", 2)]),
        ("format = 1\nbudget = -1\n", [("C113", 2)]),
        ("format = 1\n[test]\ntimeout = 5\n", [("C110", 3)]),
        ("format = 1\nformat = 1\n", [("F105", 2)]),
        ("format = true\n", [("C110", 1)]),
    ],
)
def test_a_mistake_in_axes_is_told_with_its_line(tmp_path, text, found):
    with pytest.raises(CannotRead) as raised:
        read_axes(written(tmp_path, text))
    assert codes(raised) == found


def test_a_folder_tells_what_the_pack_and_its_tests_need(tmp_path):
    written(tmp_path, PYPROJECT, "pyproject.toml")
    pack = read_pack(tmp_path)
    assert (pack.name, pack.version, pack.requires_python) == ("site-pack", "1.2", ">=3.10")
    assert pack.requires == ("click>=8",)
    assert pack.test_requires == ("pytest", "attrs")
    assert pack.test_extra == "test"


def test_a_wheel_tells_the_same_as_its_metadata(tmp_path):
    path = tmp_path / "site_pack-1.2-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", "Name: Site_Pack", "Version: 1.2", "Requires-Dist: click>=8"]
    lines += ["Requires-Dist: hypothesis; extra == 'test'", "Provides-Extra: test"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("site_pack-1.2.dist-info/METADATA", "\n".join(lines) + "\n")
    pack = read_pack(path)
    assert (pack.name, pack.version, pack.requires, pack.test_extra) == ("site-pack", "1.2", ("click>=8",), "test")


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("pyproject.toml", "[project]\nname = 'site'\ndynamic = ['version']\n", "C106"),
        ("pyproject.toml", "[project]\nname = 'site'\nversion = 'one'\n", "C106"),
        ("pyproject.toml", "[project]\nversion = '1'\n", "C106"),
        ("pyproject.toml", "[tool.x]\n", "C106"),
        ("pyproject.toml", "[project\n", "F104"),
        ("pyproject.toml", "[project]\nname='a'\nversion='1'\ndependencies=['!']\n", "C107"),
        ("README.md", "", "C105"),
    ],
)
def test_a_pack_that_says_too_little_is_refused_with_a_finding(tmp_path, name, text, code):
    written(tmp_path, text, name)
    with pytest.raises(CannotRead) as raised:
        read_pack(tmp_path)
    assert [finding.code for finding in raised.value.findings] == [code]


@pytest.mark.parametrize("name", ["gone", "gone.whl", "x.txt", "cut.whl", "cut.tar.gz"])
def test_what_is_no_pack_is_refused_with_a_finding(tmp_path, name):
    if not name.startswith("gone"):
        written(tmp_path, "cut off", name)
    with pytest.raises(CannotRead) as raised:
        read_pack(tmp_path / name)
    assert raised.value.findings[0].code in ("C105", "C106")


def test_a_version_that_is_computed_is_taken_from_the_manifest(tmp_path):
    written(tmp_path, "[project]\nname = 'site'\ndynamic = ['version']\n", "pyproject.toml")
    (tmp_path / "src/site").mkdir(parents=True)
    written(tmp_path / "src/site", '{"pack": "site", "version": "0.3"}', "penstock-pack.json")
    assert read_pack(tmp_path).version == "0.3"


REQUIREMENTS = """\
# made by a tool
click==8.1.7 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
attrs==24.2.0 ; python_version < "4"  # via click
numpy>=2
-e .
"""
UV = """\
version = 1

[[package]]
name = "click"
version = "8.1.7"
source = { registry = "x" }
dependencies = [{ name = "colorama" }]

[[package]]
name = "site"
version = "1.0"
source = { editable = "." }

[[package]]
name = "numpy"
version = "1.26"

[[package]]
name = "numpy"
version = "2.0"
"""


def test_only_what_a_lock_file_pins_counts(tmp_path):
    path = written(tmp_path, REQUIREMENTS, "requirements.lock")
    assert read_lock(str(path)) == ("click==8.1.7", 'attrs==24.2.0 ; python_version < "4"')


def test_a_lock_of_uv_pins_what_has_one_version(tmp_path):
    assert read_lock(str(written(tmp_path, UV, "uv.lock"))) == ("click==8.1.7",)
