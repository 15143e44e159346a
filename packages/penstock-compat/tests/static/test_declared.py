"""What metadata declares is decided without a run: Pythons, wheel tags, markers, the core's versions."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag, compatible_tags, cpython_tags
from small_packs import installed

from penstock_compat.facts import Cell
from penstock_compat.static import judge
from penstock_compat.static.declared import python_fits, tag_fits
from penstock_compat.static.guards import truth
from penstock_compat.static.target import target
from penstock_compat.static.tree import UnreadablePack
from penstock_compat.static.verdict import Verdict


def test_a_pack_that_says_nothing_of_itself_is_never_called_fit(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/pack.py").write_text("VALUE = 1\n")
    with zipfile.ZipFile(tmp_path / "pack-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("pack.py", "VALUE = 1\n")
    cell = Cell("pack", "1.0", "", "linux", "x86_64", "3.12", "newest")
    assert judge(cell, tmp_path / "folder").verdict is Verdict.UNKNOWN
    assert judge(cell, tmp_path / "pack-1.0-py3-none-any.whl").verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("specifier", "python", "fits"),
    [
        (">=3.10", "3.10", True),
        (">=3.10", "3.9", False),
        (">=3.10,<3.13", "3.13", False),
        ("!=3.11.*", "3.11", False),
        (">=3.12.2", "3.12", None),
        ("<4", "3.13", True),
        ("~=3.10", "3.13", True),
        ("==3.11.4", "3.11", None),
    ],
)
def test_a_python_fits_as_far_as_its_two_numbers_tell(specifier, python, fits):
    assert python_fits(specifier, target(python)) is fits


@given(st.sampled_from([10, 11, 12, 13]), st.data())
def test_tags_fit_where_packaging_says_so(minor, data):
    platforms = ["manylinux_2_17_x86_64", "linux_x86_64"]
    supported = {
        str(tag)
        for tag in (
            *cpython_tags((3, minor), platforms=platforms),
            *compatible_tags((3, minor), f"cp3{minor}", platforms),
        )
    }
    others = {
        str(Tag(p, a, f))
        for p in ("cp39", "cp313", "py3", "py2", "pp310")
        for a in ("none", "cp39", "cp313", "abi3")
        for f in ("any", "win_amd64", "linux_x86_64", "macosx_11_0_arm64")
    }
    tag = data.draw(st.sampled_from(sorted(supported | others)))
    assert tag_fits((tag,), target(f"3.{minor}")) is (tag in supported)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ("Requires-Python: >=3.12\n", "C401"),
        ("Requires-Python: python3\n", "C404"),
        ("Requires-Dist: core<1\n", "C403"),
        ("Requires-Dist: core>>1\n", "C404"),
        ("Requires-Dist: core; colour == 'red'\n", "C404"),
        ("Requires-Dist: core<1; python_version < '3.12'\n", "C403"),
    ],
)
def test_metadata_alone_refuses_a_cell(tmp_path, metadata, code):
    said = judge(
        Cell("pack", "1", "1.0", "linux", "x86_64", "3.11", ""), installed(tmp_path, "pack", {}, metadata), core="core"
    )
    assert (said.verdict.value, [each.code for each in said.reasons], said.blocks) == ("broken", [code], True)


@pytest.mark.parametrize(
    "metadata", ["Requires-Dist: core<1; sys_platform == 'win32'\n", "Requires-Dist: core<1; extra == 'old'\n"]
)
def test_a_marker_that_does_not_hold_says_nothing(tmp_path, metadata):
    said = judge(
        Cell("pack", "1", "1.0", "linux", "x86_64", "3.11", ""),
        installed(tmp_path, "pack", {"pack.py": ""}, metadata),
        core="core",
    )
    assert {each.code for each in said.reasons} == {"C422"}


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_what_is_no_pack_is_a_finding(tmp_path, content):
    path = tmp_path / "x-1-py3-none-any.whl"
    path.write_bytes(content)
    with pytest.raises(UnreadablePack):
        judge(Cell("x", "1", "", "linux", "x86_64", "3.11", ""), path)


TESTS = [
    "sys.version_info >= (3, 11)", "sys.version_info < (3, 12)", "(3, 11) <= sys.version_info", "sys.version_info[0] == 3",
    "sys.version_info[1] >= 11", "sys.version_info[:2] == (3, 11)", "sys.version_info[:2] < (3, 11)", "sys.version_info.minor > 10",
    "sys.version_info > (3,)", "sys.version_info == (3, 11)", "sys.version_info > (3, 11)", "sys.version_info <= (3, 11)",
    "not sys.version_info >= (3, 11)", "sys.version_info >= (3, 10) and sys.platform == 'linux'", "sys.platform.startswith('win')",
    "os.name == 'nt' or sys.version_info >= (3, 13)", "sys.platform in ('linux', 'darwin')", "sys.version_info >= (4,)",
    "sys.version_info[:1] == (3,)", "platform.system() == 'Linux'",
]  # fmt: skip


@pytest.mark.parametrize("text", TESTS)
@pytest.mark.skipif(sys.platform != "linux", reason="the table is evaluated for Linux")
def test_a_guard_is_decided_as_python_decides_it(text):
    import ast
    import os
    import platform

    here = target("{}.{}".format(*sys.version_info[:2]))
    assert truth(ast.parse(text, mode="eval").body, here) is eval(text, {"sys": sys, "os": os, "platform": platform})


def test_the_table_of_the_library_is_true_of_this_python():
    table = json.loads(files("penstock_compat.static").joinpath("stdlib.json").read_text())
    asked = {module: sorted(names) for module, names in table["names"].items()}
    code = (
        "import sys, json, importlib, warnings; warnings.simplefilter('ignore'); found = {}\n"
        "for module, names in json.loads(sys.argv[1]).items():\n"
        "    try: there = importlib.import_module(module)\n"
        "    except ImportError: continue\n"
        "    found[module] = [name for name in names if hasattr(there, name)]\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code, json.dumps(asked)], capture_output=True, text=True, check=True
    )
    here = sys.version_info[:2]
    for module, there in json.loads(done.stdout).items():
        for name, (first, last) in table["names"][module].items():
            since = not first or here >= tuple(map(int, first.split(".")))
            until = not last or here <= tuple(map(int, last.split(".")))
            if here <= (3, 13):
                assert (name in there) is (since and until), (module, name)
