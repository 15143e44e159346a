"""Command lines that share one shape: what every program does with its words, whoever brings the commands."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
import types

import click
import pytest

import penstock_findings
from penstock_findings.cli.commands import table
from penstock_findings.cli.completion import SHELLS, completing
from penstock_findings.cli.durations import DAYS, Duration
from penstock_findings.cli.explain import explaining
from penstock_findings.cli.pages import page, sections
from penstock_findings.cli.program import completion_variable, program
from penstock_findings.cli.root import Group, Root
from penstock_findings.ending import INTERRUPTED, NO_READER, ended

NEEDS_CLICK = {f"penstock_findings.cli.{name}" for name in ("completion", "durations", "explain", "root")}


@click.command()
@click.option("--ending", type=click.Choice(["well", "no reader", "abort", "interrupt", "text"]), default="well")
def look(ending):
    """Look at it."""
    if ending == "no reader":
        raise BrokenPipeError
    if ending == "abort":
        raise click.Abort
    if ending == "interrupt":
        raise KeyboardInterrupt
    return {"well": 3, "text": "done"}[ending]


def quickly(words):
    return 7 if words == ["quick"] else None


COMMANDS = table(
    __name__,
    {
        "First": [("look", "rooms:look", "Look at it.", "rooms:quickly"), ("listen", "rooms:listen", "Listen to it.")],
        "Then": [("explain", "rooms:explain", "Say what a code means.")],
        "Never": [],
    },
)


def overview(name):
    return page(f"Usage: {name}\n", sections(COMMANDS), "That is all.\n")


def version():
    return "acme 4.2\n"


@pytest.fixture
def acme(monkeypatch):
    """A program with rooms; they stand in `sys.modules` as those of an installed package would."""
    rooms = types.SimpleNamespace(look=look, quickly=quickly, explain=explaining("acme", "F105", unknown="F900"))
    monkeypatch.setitem(sys.modules, f"{__name__}.rooms", rooms)
    root = Root("acme", COMMANDS, overview, version)
    for name, room in {
        "": types.SimpleNamespace(),
        ".overview": types.SimpleNamespace(overview=overview, version=version),
        ".commands": types.SimpleNamespace(COMMANDS=COMMANDS),
        ".root": types.SimpleNamespace(run=lambda words: root.run(words, "acme")),
    }.items():
        monkeypatch.setitem(sys.modules, f"acme_rooms{name}", room)
    return program("acme", "acme_rooms")


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["--version"]])
def test_the_quick_answers_are_those_of_click(acme, capsys, words):
    assert acme(words) == 0
    quick = capsys.readouterr().out
    asked = words or ["--help"]
    assert ended(lambda: Root("acme", COMMANDS, overview, version).run(asked, "acme")) == 0
    assert capsys.readouterr().out == quick != ""


def test_the_page_has_one_column_of_names_and_no_empty_section():
    assert overview("acme").splitlines() == [
        "Usage: acme",
        "",
        "Options:",
        "  --version   Show the version and exit.",
        "  -h, --help  Show this page and exit; also behind a command.",
        "",
        "First:",
        "  look        Look at it.",
        "  listen      Listen to it.",
        "",
        "Then:",
        "  explain     Say what a code means.",
        "",
        "That is all.",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["look", "quick"], 7),
        (["look"], 3),
        (["look", "--ending", "text"], 0),
        (["look", "--ending", "abort"], INTERRUPTED),
        (["look", "--ending", "interrupt"], INTERRUPTED),
        (["look", "--ending", "no reader"], NO_READER),
        (["look", "--ending", "otherwise"], 2),
        (["look", "slowly"], 2),
        (["lok"], 2),
        (["--lok"], 2),
    ],
)
def test_every_ending_has_its_exit_code(acme, capfd, words, code):
    assert acme(words) == code


def test_a_quick_door_stays_shut_while_the_shell_asks_for_completions(acme, capsys, monkeypatch):
    monkeypatch.setenv(completion_variable("acme"), "")  # empty: click answers as if nobody had asked
    assert acme(["look", "quick"]) == 2
    assert "quick" in capsys.readouterr().err


def test_an_unknown_command_is_told_with_the_nearest_one(acme, capsys):
    acme(["lisen"])
    assert "there is no command `lisen`; write `listen`" in capsys.readouterr().err
    acme(["--lisen"])
    assert "listen" not in capsys.readouterr().err


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_reader_who_has_gone_is_no_bug_however_deep_the_command_lies(acme, capfd, depth):
    root = Root("acme", COMMANDS, overview, version)
    for number in range(depth):
        outer = Group(f"outer-{number}")
        outer.add_command(root)
        root = outer
    words = [*(["acme"] if depth else []), "look", "--ending", "no reader"]
    words = [*(f"outer-{number}" for number in reversed(range(depth - 1))), *words]
    assert ended(lambda: root.run(words, "acme")) == NO_READER


def test_commands_of_others_stand_behind_our_own_and_never_before_them(acme):
    class Open(Root):
        def others(self):
            return {"look": "Ours wins.", "fly": "Fly."}

        def other(self, name):
            return click.Command("fly", callback=lambda: 5) if name == "fly" else None

    root = Open("acme", COMMANDS, overview, version)
    context = click.Context(root)
    assert root.list_commands(context) == ["look", "listen", "explain", "fly"]
    assert root.get_command(context, "look") is look
    assert root.run(["fly"], "acme") == 5
    assert {item.value: item.help for item in root.shell_complete(context, "")} == {
        "look": "Look at it.", "listen": "Listen to it.", "explain": "Say what a code means.", "fly": "Fly.",
    }  # fmt: skip  # one thought, one line


def test_codes_are_explained_for_people_and_for_programs(acme, capsys):
    assert acme(["explain", "f105"]) == 0
    assert capsys.readouterr().out.startswith("F105: ")
    assert acme(["explain", "F105", "--json"]) == 0
    assert '"code": "F105"' in capsys.readouterr().out
    assert acme(["explain"]) == 0
    assert "F105  " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "hint"), [("F10S", "did you mean `F1"), ("nothing-like-it", "`acme explain` lists all there are")]
)
def test_a_code_that_nobody_knows_is_misuse_under_the_code_of_the_program(acme, capsys, code, hint):
    assert acme(["explain", code]) == 2
    said = capsys.readouterr().err
    assert "error F900: no installed package knows the code" in said
    assert hint in said


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_each_shell_sets_the_variable_that_click_looks_for(capsys, shell):
    root = Group("acme-tool", commands=[completing("acme-tool")])
    assert root.run(["completion", shell], "acme-tool") == 0
    assert f"{completion_variable('acme-tool')}={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("30s", 30.0), ("1.5m", 90.0), ("2h", 7200.0), ("7d", 604_800.0)]
)
def test_durations_are_seconds(text, seconds):
    assert Duration().convert(text, None, None) == seconds
    assert Duration().convert(seconds, None, None) == seconds  # a default is a number already


@pytest.mark.parametrize(("text", "days"), [("36h", 1.5), ("30d", 30.0), ("720m", 0.5)])
def test_durations_can_be_days(text, days):
    assert Duration(DAYS).convert(text, None, None) == pytest.approx(days)


@pytest.mark.parametrize("text", ["", "7", "d", "soon", "-1d", "7D", "7 d", "1e3s", "7dd"])
def test_what_is_no_duration_is_told_with_one_that_is(text):
    with pytest.raises(click.BadParameter, match="write it like `1s`"):
        Duration(like="`1s`").convert(text, None, None)


@pytest.mark.parametrize("text", ["10s", "500ms"])
def test_a_unit_of_another_scale_is_refused(text):
    with pytest.raises(click.BadParameter):
        Duration(DAYS).convert(text, None, None)


def test_findings_without_command_lines_work_without_click():
    names = {name for _, name, _ in pkgutil.walk_packages(penstock_findings.__path__, "penstock_findings.")}
    assert names > NEEDS_CLICK
    code = (
        "import sys; from importlib import import_module\n"
        "sys.modules['click'] = None  # as where it is not installed\n"
        f"[import_module(name) for name in {sorted(names - NEEDS_CLICK)!r}]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip  # one thought, one line
    assert (done.returncode, done.stderr) == (0, "")
