"""What a pack uses of a core is found, missing or left to a run; no guess in either direction."""

from __future__ import annotations

import subprocess
import sys

import pytest
from small_packs import CORE, installed, judged

OK = [
    "from core import Shape, shape, plain, VERSION, later",
    "import core\ncore.plain('a', width=2)\ncore.shapes.Box[int]\ncore.later.THERE",
    "import core.unloaded\ncore.unloaded.THERE",
    "from core import unloaded\nunloaded.THERE",
    "import core as c\nclass Mine(c.Shape):\n    pass\nMine.sides\nMine('a').draw(1)",
    "from core.shapes import Base\nBase.make(1, 2)\nBase('a').draw(scale=2)",
    "from core import anything\nanything(1, 2, x=3)",
    "try:\n    from core import Missing\nexcept ImportError:\n    Missing = None\nif Missing is not None:\n    Missing.more()",
    "try:\n    from core import Missing\nexcept ImportError:\n    from core import Shape as Missing\nMissing('a')",
    "from contextlib import suppress\nwith suppress(ImportError):\n    from core import Missing",
    "import core\nif hasattr(core, 'missing'):\n    core.missing()",
    "import core\nx = core.missing if hasattr(core, 'missing') else None",
    "import core\ngetattr(core, 'missing', None)",
    "import sys\nif sys.version_info >= (3, 12):\n    from core import Missing\n",
    "import sys\nif sys.platform == 'win32':\n    from core import Missing\n",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core import Missing\n",
    "from __future__ import annotations\nfrom core import Shape\ndef f(x: Shape.missing) -> Shape.missing: ...",
    "if __name__ == '__main__':\n    from core import Missing\n",
    "import core\ncore.patched = 1\ncore.patched",
]
BROKEN = [
    ("from core import Missing", "C411"),
    ("import core.missing", "C413"),
    ("from core.missing import x", "C413"),
    ("import core\ncore.missing", "C411"),
    ("import core\ncore.later.MISSING", "C411"),
    ("import core\ncore.plain('a', 1)", "C412"),
    ("import core\ncore.plain('a', height=2)", "C412"),
    ("import core\ncore.plain()", "C412"),
    ("import core\ncore.plain('a', name='b')", "C412"),
    ("from core import Shape\nShape()", "C412"),
    ("from core import Shape\nShape('a').draw()", "C412"),
    ("from core import Shape\nShape('a').missing", "C411"),
    ("from core import Shape\nclass Mine(Shape):\n    pass\nMine.missing", "C411"),
    ("from core import Shape\nclass Mine(Shape):\n    pass\nMine('a', 'b')", "C412"),
    ("from core import Shape\nShape[int]", "C412"),
    ("from core import Shape\ndef f(x: Shape.missing): ...", "C411"),
    ("from core import Shape\ndef f(x=Shape()): ...", "C412"),
    ("import core\n@core.missing\ndef f(): ...", "C411"),
    ("from pack.inner import x", "C411"),
    ("import sys\nif sys.version_info < (3, 12):\n    from core import Missing\n", "C411"),
    ("import sys\nif sys.version_info[:2] == (3, 11):\n    from core import Missing\n", "C411"),
    ("try:\n    from core import Missing\nexcept KeyError:\n    Missing = None", "C411"),
    ("try:\n    from core import Missing\nexcept ImportError:\n    raise ImportError('no') from None", "C416"),
    ("try:\n    from core import Shape\nexcept ImportError:\n    pass\nelse:\n    Shape()", "C412"),
    ("import core\ngetattr(core, 'missing')", "C411"),
    ("import core\nx = [y for y in core.missing]", "C411"),
]
UNKNOWN = [
    "from core import only_sometimes",
    "from core.dynamic import anything",
    "import core\ncore.unloaded.THERE",
    "from core.extra import THING",
    "from core.shapes import Open\nOpen.x",
    "def f():\n    from core import Missing\n",
    "def f():\n    import core\n    core.plain(height=1)\n",
    "from core import Shape\ndef f(x: Shape):\n    x.missing()\n",
    "from core import Shape\nclass Mine(Shape):\n    def draw(self):\n        return super().missing()\n",
    "import os, core\nif os.environ.get('X'):\n    core.missing\n",
    "import core\nfor x in range(3):\n    core.missing\n",
    "import undeclared_thing",
]


@pytest.mark.parametrize("code", OK)
def test_what_fits_is_ok(tmp_path, code):
    said = judged(tmp_path, code)
    assert (said.verdict.value, said.texts) == ("ok", ())


@pytest.mark.parametrize(("code", "reason"), BROKEN)
def test_what_surely_fails_is_broken(tmp_path, code, reason):
    inner = {"pack/inner.py": "from core import Missing as x\n"} if "inner" in code else {}
    said = judged(tmp_path, code, **inner)
    assert said.verdict.value == "broken", said.texts
    assert said.blocks
    assert reason in {each.code for each in said.reasons if each.verdict.value == "broken"}


@pytest.mark.parametrize("code", UNKNOWN)
def test_what_only_a_run_can_tell_is_unknown(tmp_path, code):
    said = judged(tmp_path, code)
    assert said.verdict.value == "unknown", said.texts
    assert not said.blocks


@pytest.mark.parametrize("code", [*OK, *(code for code, _ in BROKEN)])
def test_python_itself_agrees(tmp_path, code):
    """Each verdict of the tables is held against a real import, by the Python that this test runs on."""
    here = "{}.{}".format(*sys.version_info[:2])
    inner = {"pack/inner.py": "from core import Missing as x\n"} if "inner" in code else {}
    said = judged(tmp_path, code, python=here, **inner)
    words = [
        sys.executable,
        "-c",
        "import sys; sys.path[:0] = sys.argv[1:]; import pack",
        tmp_path / "pack",
        tmp_path / "host",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert {"ok": True, "broken": False}[said.verdict.value] == (done.returncode == 0), done.stderr


def test_a_reason_names_file_and_line(tmp_path):
    said = judged(tmp_path, "import core\n\ncore.missing\n")
    (reason,) = said.reasons
    assert (reason.at.path, reason.at.line) == ("pack/__init__.py", 3)
    assert reason.finding().code == "C411"


def test_a_module_that_nothing_imports_breaks_nothing(tmp_path):
    said = judged(tmp_path, "x = 1\n", **{"pack/aside.py": "from core import Missing\n"})
    assert said.verdict.value == "unknown"


def test_tests_inside_a_pack_are_no_part_of_what_it_does(tmp_path):
    said = judged(tmp_path, "x = 1\n", **{"pack/tests/test_it.py": "from core import Missing\n"})
    assert said.verdict.value == "ok"


def test_a_core_without_sources_leaves_it_open(tmp_path):
    from penstock_compat.facts import Cell
    from penstock_compat.static import judge

    pack = installed(tmp_path, "pack", {"pack.py": "import core\n"})
    assert judge(Cell("pack", "1", "1.0", "linux", "x86_64", "3.11", ""), pack).verdict.value == "unknown"


def test_a_source_is_never_executed(tmp_path):
    code = f"open({str(tmp_path / 'touched')!r}, 'w')\n"
    judged(tmp_path, code, core={**CORE, "core/__init__.py": code})
    assert not (tmp_path / "touched").exists()


LAZY = """
TYPE_CHECKING = False
if TYPE_CHECKING:
    from core.rooms import node as node
_ROOMS = {"rooms": "node other"}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}
__all__ = [*_HOMES]
def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
"""


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("from core import node\nnode('a')", "ok"),
        ("import core\ncore.node('a')", "ok"),
        ("import core\ncore.node()", "broken"),
        ("from core import missing", "broken"),
        ("import core\ncore.missing", "broken"),
        ("from core import other", "unknown"),
    ],
)
def test_a_table_of_lazy_names_is_read(tmp_path, code, verdict):
    core = {"core/__init__.py": LAZY, "core/rooms.py": "def node(name): return name\nother = 1\n"}
    said = judged(tmp_path, code, core=core)
    assert said.verdict.value == verdict, said.texts


@pytest.mark.parametrize("change", ["_HOMES = load()", "_HOMES |= more", "if name in ():"])
def test_a_getter_that_does_more_leaves_it_open(tmp_path, change):
    text = LAZY.replace("if name not in _HOMES:", change) if change.startswith("if") else f"{LAZY}\n{change}\n"
    said = judged(tmp_path, "from core import missing", core={"core/__init__.py": text, "core/rooms.py": ""})
    assert said.verdict.value == "unknown"


def test_what_is_nested_too_deep_is_left_to_a_run(tmp_path):
    said = judged(tmp_path, "x = " + "+".join(["y"] * 5000) + "\n")
    assert said.verdict.value == "unknown"
    assert "deep" in said.reasons[0].message
