"""What a pack uses of the SDK is read off its code, nothing of it is run, and each misfit is told where it stands."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from penstock.deprecation import Deprecation
from penstock.surface.compare import against_sdk, compare
from penstock.surface.kept import NoSurface, record, recorded
from penstock.surface.model import Member, Name, Parameter, Surface
from penstock.surface.uses import uses
from penstock_findings import Severity

STANDARD = Path(__file__).resolve().parents[3] / "penstock-standard"
AT = (Parameter("pointer", "either"),)
OLD = Surface(
    "0.1",
    {
        "penstock": {
            "Effect": Name("class", "penstock.sdk", members={"NONE": Member("attribute")}, bases=("enum.Enum", "str")),
            "Record": Name("class", "penstock.record", (), {"at": Member("method", AT), "id": Member("attribute")}),
            "node": Name(
                "function", "penstock.sdk", (Parameter("id", "either"), Parameter("effect", "keyword", "None"))
            ),
            "legacy": Name("function", "penstock.sdk", (), deprecated=Deprecation("0.1", "`penstock.node`")),
            "Context": Name(
                "class",
                "penstock.sdk",
                None,
                {"now": Member("attribute"), "clock": Member("attribute", None, Deprecation("0.1", "`now`"))},
            ),
        },
        "penstock.testing": {"run_node": Name("function", "penstock.testing", (Parameter("settings", "named rest"),))},
    },
)
NEW = Surface(
    "0.2", {**OLD.modules, "penstock": {**OLD.modules["penstock"], "Timer": Name("class", "penstock.sdk", ())}}
)


@pytest.fixture
def said(tmp_path):
    """What is said of one file, as `line:column code message`."""

    def tell(code: str) -> list[str]:
        (tmp_path / "nodes.py").write_text(textwrap.dedent(code).lstrip("\n"), encoding="utf-8")
        source = uses(str(tmp_path))
        assert not source.unread
        return [f"{f.at.line}:{f.at.column} {f.code} {f.message}" for f in compare(source.uses, OLD, [NEW])]

    return tell


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("from penstock import Timer", "1:22 M401 SDK 0.1 has no `penstock.Timer`"),
        ("from penstock import (\n    node,\n    Timer as T,\n)", "3:5 M401 SDK 0.1 has no `penstock.Timer`"),
        ("import penstock\nx = penstock.Timer", "2:5 M401 SDK 0.1 has no `penstock.Timer`"),
        ("import penstock as p\nx = 'ä', p.Timer()", "2:10 M401 SDK 0.1 has no `penstock.Timer`"),
        ("import penstock.testing as t\nt.walk()", "2:1 M401 SDK 0.1 has no `penstock.testing.walk`"),
        ("from penstock import testing\ntesting.walk()", "2:1 M401 SDK 0.1 has no `penstock.testing.walk`"),
        ("import penstock.testing\npenstock.testing.walk()", "2:1 M401 SDK 0.1 has no `penstock.testing.walk`"),
        ("from penstock import Effect\nEffect.NOTHING", "2:1 M401 SDK 0.1 has no `penstock.Effect.NOTHING`"),
        ("from penstock import Context\ndef f(ctx: Context): ctx.timers.set('k', 1)", "2:22 M401 SDK 0.1 has no `penstock.Context.timers`"),
        ("from penstock import Context\nasync def f(ctx: 'Context'): ctx.timers", "2:30 M401 SDK 0.1 has no `penstock.Context.timers`"),
        ("def f():\n    from penstock import Timer", "2:26 M401 SDK 0.1 has no `penstock.Timer`"),
        ("from penstock import node\n@node('x', effekt=1)\nclass X: ...", "2:2 M402 `penstock.node` of SDK 0.1 has no parameter `effekt`"),
        ("from penstock.sdk import node\nnode('x', 'none')", "2:1 M402 `penstock.sdk.node` of SDK 0.1 takes 1 arguments by position, not 2"),
        ("from penstock import Record\ndef f(r: Record): r.at(path='/')", "2:19 M402 `penstock.Record.at` of SDK 0.1 has no parameter `path`"),
        ("from penstock import legacy\nlegacy()", "1:22 M403 `penstock.legacy` is deprecated since SDK 0.1"),
        ("from penstock import Context\ndef f(c: Context): c.clock", "2:20 M403 `penstock.Context.clock` is deprecated since SDK 0.1"),
        ("from penstock._engine.step import Step\nStep()", "1:35 M404 `penstock._engine.step.Step` is not part of what the SDK promises, and may change in any version"),
        ("import penstock.cli", "1:8 M404 `penstock.cli` is not part of what the SDK promises, and may change in any version"),
        ("from penstock.sdk import NodeSpec", "1:26 M404 `penstock.sdk.NodeSpec` is not part of what the SDK promises, and may change in any version"),
        ("import sys\nif sys.version_info >= (3, 12):\n    from penstock import Timer", "3:26 M401 SDK 0.1 has no `penstock.Timer`"),
        ("try:\n    from penstock import Timer\nexcept ValueError: ...", "2:26 M401 SDK 0.1 has no `penstock.Timer`"),
    ],
)  # fmt: skip  # one pack, one line
def test_what_does_not_fit_is_told_once_and_where(said, code, line):
    assert said(code) == [line]


@pytest.mark.parametrize(
    "code",
    [
        "from penstock import node, Record, Context, Effect",
        "from penstock import *",
        "from penstock.sdk import node\nnode('x', effect=None)",
        "from penstock import Effect\nEffect.NONE.value, Effect.__members__, Effect.mro",
        "from penstock import Record\ndef f(r: Record): r.at('/a'), Record.at(r, '/a'), r.id.upper()",
        "from penstock import node\nnode(*['x', 1], **{'effekt': 1})",
        "from penstock.testing import run_node\nrun_node(anything=1)",
        "from other import penstock\npenstock.Timer",
        "from . import penstock\npenstock.Timer",
        "import penstock_standard\npenstock_standard.Timer",
        "import penstock\ndef f(penstock): penstock.Timer",
        "import penstock\nx = [penstock.Timer for penstock in ()]",
        "import penstock\nx = lambda penstock: penstock.Timer",
        "from penstock import Context\ndef f(ctx: Context):\n    ctx = object()\n    ctx.timers",
        "try:\n    from penstock import Timer\nexcept ImportError:\n    Timer = None",
        "import penstock\ntry:\n    T = penstock.Timer\nexcept AttributeError:\n    T = None",
        "import penstock\nif hasattr(penstock, 'Timer'):\n    T = penstock.Timer",
        "import sys\nif sys.version_info < (3, 10):\n    from penstock import Timer",
        "import sys\nif sys.version_info >= (3, 10):\n    x = 1\nelse:\n    from penstock import Timer",
        "import sys\nif not sys.version_info >= (3, 9):\n    from penstock import Timer",
        "# from penstock import Timer\n'from penstock import Timer'",
    ],
)
def test_what_fits_or_is_looked_after_is_not_told(said, code):
    assert said(code) == []


def test_what_only_type_checkers_see_is_a_warning(tmp_path):
    code = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from penstock import Timer\n"
    (tmp_path / "nodes.py").write_text(code, encoding="utf-8")
    (finding,) = compare(uses(str(tmp_path)).uses, OLD)
    assert (finding.code, finding.severity) == ("M401", Severity.WARNING)


def test_a_missing_name_is_told_with_what_to_do(tmp_path):
    (tmp_path / "nodes.py").write_text("from penstock import Timer, nod\n", encoding="utf-8")
    assert [f.hint for f in compare(uses(str(tmp_path)).uses, OLD, [NEW])] == ["SDK 0.2 has it", "write `node`"]


def test_a_file_that_is_no_python_is_told_and_the_others_are_read(tmp_path):
    (tmp_path / "a.py").write_text("def f(:\n", encoding="utf-8")
    (tmp_path / "b.py").write_bytes(b"x = '\0'\n")
    (tmp_path / "c.py").write_text("import penstock\n", encoding="utf-8")
    source = uses(str(tmp_path))
    assert [finding.code for finding in source.unread] == ["M406", "M406"]
    assert [use.name for use in source.uses] == ["penstock"]


@pytest.fixture
def pack(tmp_path):
    """A pack that must not be imported, and uses what SDK 0.1 lacks."""
    home = tmp_path / "src" / "acme"
    home.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "acme"\nversion = "1.0"\n[project.entry-points.penstock]\nacme = "acme"\n', encoding="utf-8"
    )
    (home / "__init__.py").write_text("from penstock import Timmer\nraise RuntimeError('imported')\n", encoding="utf-8")
    return tmp_path


def test_a_pack_is_held_against_a_recorded_version_and_not_imported(pack, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    for surface in (OLD, NEW):
        record(surface, str(records))
    (finding,) = against_sdk(str(pack), "0.2.5", str(records)).findings
    assert (finding.code, finding.hint) == ("M401", "write `Timer`")
    assert finding.at.path == str(pack / "src" / "acme" / "__init__.py")
    with pytest.raises(NoSurface):
        against_sdk(str(pack), "0.3", str(records))


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "penstock", "pack", "check", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_tells_and_exits_as_checks_do(pack):
    done = command(str(pack), "--against-sdk", "0.1")
    assert done.returncode == 1, done.stderr
    assert "__init__.py:1:22: error M401: SDK 0.1 has no `penstock.Timmer`" in done.stdout + done.stderr
    assert command(str(pack), "--against-sdk", "0.999").returncode == 2


def test_the_standard_pack_uses_nothing_that_the_sdk_does_not_promise():
    version = recorded("0.1").sdk
    assert against_sdk(str(STANDARD), version).findings == ()
    done = command(str(STANDARD), "--against-sdk", version)
    assert (done.returncode, done.stderr) == (0, "")
