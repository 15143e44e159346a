"""The help page comes at once, and is the same whoever prints it."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

import penstock
from penstock.cli import main
from penstock.cli.commands import COMMANDS
from penstock.cli.overview import overview
from penstock.cli.root import root, run

COMMAND = {"name": "vision", "doc": "Look at pictures.", "import_path": "acme.cli:main"}


def page(capsys, words, answer=main):
    assert answer(words) in (0, None)
    return capsys.readouterr().out


def test_the_page_is_the_same_with_and_without_click(capsys):
    quick = page(capsys, ["--help"])
    assert quick == page(capsys, ["--help"], run)
    assert quick == page(capsys, ["-h"]) == page(capsys, [])


def test_the_version_is_the_same_with_and_without_click(capsys):
    assert page(capsys, ["--version"]) == page(capsys, ["--version"], run) == f"penstock {penstock.__version__}\n"


def test_the_version_is_that_of_the_distribution():
    assert penstock.__version__ == metadata.version("penstock")


def test_the_page_names_every_command_with_its_line():
    for command in COMMANDS:
        assert f"  {command.name} " in overview(added={})
        assert command.line in overview(added={})


def test_the_page_fits_a_terminal():
    assert max(map(len, overview(added={}).splitlines())) <= 100


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_every_row_of_the_table_leads_to_its_command(row, capsys):
    assert row.command().name == row.name
    assert f"Usage: penstock {row.name} " in page(capsys, [row.name, "--help"])


def leaves(command, path=()):
    subcommands = getattr(command, "commands", None)
    if not subcommands:
        yield path, command
    for name, sub in (subcommands or {}).items():
        yield from leaves(sub, (*path, name))


LEAVES = [leaf for row in COMMANDS for leaf in leaves(row.command(), (row.name,))]


@pytest.mark.parametrize("path", [path for path, _ in LEAVES], ids=" ".join)
def test_the_help_of_every_command_teaches_with_an_example(path, capsys):
    text = page(capsys, [*path, "--help"])
    assert text.count(" ".join(["penstock", *path])) >= 2  # the usage line, and at least one example


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_every_command_speaks_to_programs_too(path, command):
    options = {option for parameter in command.params for option in parameter.opts}
    for_programs_only = {("completion",), ("dlq", "export"), ("store", "export")}
    assert path in for_programs_only or options & {"--json", "--format"}


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_every_option_says_what_it_does(path, command):
    assert [p.name for p in command.params if p.param_type_name == "option" and not p.help] == []
    assert command.help


def added(page):
    """The lines under the heading of commands that packs add; the packs of this machine may add some."""
    return page.partition("Added by packs:\n")[2].partition("\n\n")[0].splitlines()


def test_commands_of_packs_stand_below_our_own(site):
    site.pack("acme", code="", commands=[COMMAND])
    done = site.penstock("--help")
    assert ["vision", "Look", "at", "pictures."] in [line.split() for line in added(done.stdout)]
    assert site.penstock("--help", "--help").stdout == done.stdout


def test_a_pack_cannot_take_the_name_of_a_command_of_ours(site):
    before = site.penstock("--help").stdout
    site.pack("acme", code="", commands=[{**COMMAND, "name": "check"}])
    assert site.penstock("--help").stdout == before
    assert site.penstock("check", "--help").stdout.startswith("Usage: penstock check")


@pytest.mark.parametrize(
    "manifest",
    [
        '{"commands"',
        '{"commands": 3}',
        '{"commands": [3, {}]}',
        '[{"commands"}]',
        '{"commands": [{"name": "No Name"}]}',
    ],
)
def test_a_broken_pack_does_not_break_the_page(site, manifest):
    before = site.penstock("--help").stdout
    site.info("bad", "1.0", "[penstock]\nbad = bad\n")
    site.package("bad", manifest=manifest)
    done = site.penstock("--help")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", before)


HEAVY = {
    "asyncio", "click", "dataclasses", "importlib.metadata", "inspect", "jsonschema_rs", "logging", "msgspec", "packaging", "pathlib",
    "pluggy", "sqlite3", "typing", "yaml",
}  # fmt: skip  # a list of names reads better in few lines
NEEDED_BY_YAML = {"yaml", "dataclasses", "pathlib", "typing"}  # what the parser imports is not ours to choose


def imported(site, *words):
    """What a command has imported when it ends."""
    code = (
        "import sys; from penstock.cli import main; code = main(sys.argv[1:])\n"
        "print(chr(10).join(sys.modules), file=sys.stderr); raise SystemExit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, env=site.environment(), cwd=site.folder
    )
    return done, set(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["-h"], [], ["--version"]])
def test_the_quick_answers_import_nothing_heavy(site, words):
    site.pack("acme", "zone")
    done, modules = imported(site, *words)
    assert done.returncode == 0
    assert not modules & (HEAVY | {"json", "re"})


GRAPH = """\
format: 1
name: quick
nodes:
  start: {type: begin}
  finish: {type: end}
links:
  - {from: start, to: finish}
"""


def test_a_check_imports_nothing_that_it_does_not_need(site):
    site.pack("acme", "begin", "end")
    manifest = site.folder / "acme" / "penstock-pack.json"
    text = (
        manifest.read_text()
        .replace('"role": "transform"', '"role": "source"', 1)
        .replace('"inputs": [{"name": "in"}], ', "", 1)
    )
    first, second = text.rsplit('"role": "transform"', 1)
    manifest.write_text(first + '"role": "sink"' + second.replace(', "outputs": [{"name": "out"}]', "", 1))
    (site.folder / "quick.graph.yaml").write_text(GRAPH)
    done, modules = imported(site, "check", "quick.graph.yaml")
    assert done.stdout == "quick.graph.yaml: no mistakes\n"
    assert done.returncode == 0
    assert not modules & (HEAVY - NEEDED_BY_YAML)
    assert "acme" not in modules


def test_listing_packs_imports_none_of_them(site):
    for number in range(20):
        site.pack(f"pack-{number}", f"node-{number}")
    done, modules = imported(site, "packs")
    assert done.returncode in (0, 1)
    assert not {name for name in modules if name.startswith("pack_")}
    assert root.name == "penstock"
