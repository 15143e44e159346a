"""What each command prints and how it exits, in processes of their own: transcripts."""

from __future__ import annotations

import json
import os
import pty
import re
import sys

import pytest

from penstock_findings.reporters import NAMES

CONFIG = {
    "type": "object",
    "properties": {
        "window": {"type": "number", "exclusiveMinimum": 0, "description": "seconds"},
        "mode": {"enum": ["fast", "slow"], "default": "fast"},
    },
    "required": ["window"],
    "additionalProperties": False,
}


@pytest.fixture
def world(site):
    """One good pack, and a graph with three mistakes."""
    site.info("acme", "1.0", "[penstock]\nacme = acme\n")
    node = {"effect": "none", "config": CONFIG, "doc": "Do it."}
    nodes = [
        {**node, "id": "begin", "role": "source", "import_path": "acme:Begin", "outputs": [{"name": "out"}]},
        {**node, "id": "end", "role": "sink", "import_path": "acme:End", "inputs": [{"name": "in"}], "stateful": True},
    ]
    policy = {"id": "patient", "points": ["failure"], "import_path": "acme:Patient", "config": CONFIG, "doc": "Wait."}
    site.package(
        "acme", manifest={"format": 1, "pack": "acme", "version": "1.0", "sdk": 1, "nodes": nodes, "policies": [policy]}
    )
    (site.folder / "good.graph.yaml").write_text(
        "format: 1\nname: good\nnodes:\n  a: {type: begin, config: {window: 1}}\n  b: {type: end, config: {window: 1}}\n"
        "links:\n  - {from: a, to: b}\n"
    )
    (site.folder / "bad.graph.yaml").write_text(
        "format: 1\nname: bad\nnodes:\n  a: {type: begn, config: {window: 1}}\n  b: {type: end, config: {windw: 1}}\n"
        "links:\n  - {from: b, to: b}\n"
    )
    return site


def said(done):
    return done.returncode, done.stdout, done.stderr


def test_packs_are_listed(world):
    code, out, _ = said(world.penstock("packs"))
    assert code in (0, 1)  # what is installed on this machine is listed as well
    assert re.search(r"^NAME +DISTRIBUTION +VERSION +NODES +POLICIES +CAPABILITIES$", out, re.M)
    assert re.search(r"^acme +acme +1\.0 +2 +1$", out, re.M)
    found = json.loads(world.penstock("packs", "--json").stdout)
    acme = next(pack for pack in found["packs"] if pack["name"] == "acme")
    assert (acme["nodes"], acme["usable"]) == (["begin", "end"], True)


def test_a_broken_pack_is_listed_with_its_finding(world):
    world.info("bad", "1.0", "[penstock]\nbad = bad\n")
    code, out, err = said(world.penstock("packs"))
    assert code == 1
    assert re.search(r"^bad +bad +1\.0 +broken$", out, re.M)
    assert "error P105: pack `bad 1.0` is left out" in err
    assert {"P105"} <= {f["code"] for f in json.loads(world.penstock("packs", "--json").stdout)["findings"]}


def test_nodes_are_listed_by_role(world):
    out = world.penstock("nodes", "--role", "source").stdout
    assert re.search(r"^begin +source +acme +Do it\.$", out, re.M)
    assert not re.search(r"^end ", out, re.M)


def test_a_node_is_shown_with_its_ports_and_its_config(world):
    code, out, _ = said(world.penstock("nodes", "end"))
    assert code == 0
    assert out == (
        "Do it.\n\nnode    end\nrole    sink\npack    acme 1.0 (`acme`)\ncode    acme:End\neffect  none\nkeeps   state by key\n"
        "\nInputs:\n  in  any payload\n\nConfig:\n"
        '  FIELD   TYPE             DEFAULT\n  window  number > 0       required  seconds\n  mode    "fast" | "slow"  "fast"\n'
    )
    shown = json.loads(world.penstock("nodes", "end", "--json").stdout)
    assert (shown["config"], shown["pack"]) == (CONFIG, "acme")


def test_policies_are_listed_and_shown(world):
    assert re.search(r"^patient +failure +acme +Wait\.$", world.penstock("policies").stdout, re.M)
    assert "decides  failure" in world.penstock("policies", "patient").stdout
    assert json.loads(world.penstock("policies", "patient", "--json").stdout)["id"] == "patient"


@pytest.mark.parametrize(
    ("words", "said_to_errors"),
    [
        (["nodes", "ennd"], "hint: write `end`"),
        (["policies", "patent"], "hint: write `patient`"),
        (["pack", "show", "acne"], "hint: write `acme`"),
        (["explain", "Q999"], "no installed package knows the code `Q999`"),
        (["chek"], "there is no command `chek`; write `check`"),
        (["--nonsense"], "No such option"),
        (["check"], "Missing argument"),
        (["check", "good.graph.yaml", "--format", "pdf"], "pdf"),
        (["check", "--", "nowhere.graph.yaml"], ""),
        (["check", "nowhere.graph.yaml"], ""),
        (["graph", "show", "nowhere.graph.yaml"], "F101"),
        (["pack", "lock", "nowhere"], "M201"),
        (["pack", "check"], "M201"),
    ],
)
def test_misuse_exits_with_two_and_says_what_to_do(world, words, said_to_errors):
    code, out, err = said(world.penstock(*words))
    assert code == 2
    assert said_to_errors in err
    assert "Traceback" not in err + out


def test_a_check_finds_every_mistake_in_one_pass(world):
    code, out, err = said(world.penstock("check", "bad.graph.yaml"))
    assert (code, err) == (1, "")
    assert "bad.graph.yaml:4:13: error G101: no installed pack offers a node type `begn`\n" in out
    assert "hint: write `begin`" in out
    assert "bad.graph.yaml:5:27: error G122" in out
    assert out.endswith("errors\n") or "warning" in out.splitlines()[-1]


@pytest.mark.parametrize("fmt", NAMES)
@pytest.mark.parametrize(
    "paths", [["good.graph.yaml"], ["bad.graph.yaml", "good.graph.yaml"], ["bad.graph.yaml", "nowhere.graph.yaml"]]
)
def test_a_check_says_the_same_with_and_without_click(world, fmt, paths):
    quick = said(world.penstock("check", *paths, "--format", fmt))
    assert quick == said(world.penstock("check", "--format", fmt, "--", *paths))
    assert quick[0] == {1: 0, 2: 2 if "nowhere.graph.yaml" in paths else 1}[len(paths)]


def test_a_clean_check_says_so_to_people_only(world):
    assert said(world.penstock("check", "good.graph.yaml")) == (0, "good.graph.yaml: no mistakes\n", "")
    assert json.loads(world.penstock("check", "good.graph.yaml", "--format", "json").stdout)


def test_a_broken_pack_is_mentioned_when_a_name_is_missing(world):
    world.info("bad", "1.0", "[penstock]\nbad = bad\n")
    assert "P105" in world.penstock("check", "bad.graph.yaml").stdout
    assert "P105" not in world.penstock("check", "good.graph.yaml").stdout


def test_checks_of_packs_are_made_only_when_they_are_asked_for(world):
    code = (
        "from penstock_findings import Finding\n"
        "def penstock_graph_checks():\n    return [lambda graph: [Finding('X1', f'{graph.name} is too good')]]\n"
    )
    world.pack("strict", code=code, hooks=["penstock_graph_checks"])
    world.pack(
        "sloppy",
        code="def penstock_graph_checks():\n    return [lambda graph: 1 / 0]\n",
        hooks=["penstock_graph_checks"],
    )
    assert world.penstock("check", "good.graph.yaml").returncode == 0
    code, out, _ = said(world.penstock("check", "--pack-checks", "good.graph.yaml"))
    assert code == 1
    assert "error X1: good is too good" in out
    assert "error P224: pack `sloppy 1.0` failed in its hook `penstock_graph_checks`: ZeroDivisionError" in out


@pytest.mark.parametrize("fmt", ["text", "mermaid", "svg"])
def test_a_graph_is_drawn(world, fmt):
    code, out, err = said(world.penstock("graph", "show", "good.graph.yaml", "--format", fmt))
    assert (code, err) == (0, "")
    world.penstock("graph", "show", "good.graph.yaml", "--format", fmt, "-o", "drawing")
    assert (world.folder / "drawing").read_text(encoding="utf-8") == out


def test_a_graph_with_mistakes_is_not_drawn(world):
    code, out, err = said(world.penstock("graph", "show", "bad.graph.yaml"))
    assert (code, out) == (1, "")
    assert "G101" in err


def test_a_drawing_that_cannot_be_written_says_so(world):
    code, _, err = said(world.penstock("graph", "show", "good.graph.yaml", "-o", "no/such/folder"))
    assert code == 2
    assert "P241" in err


def test_codes_are_explained(world):
    code, out, _ = said(world.penstock("explain", "p302", "F101"))
    assert code == 0
    assert out.startswith("P302: two packs offer one name\n\nWhy: ")
    assert "\nF101: " in out
    assert re.search(r"^M301 +a manifest is not what the code makes +penstock$", world.penstock("explain").stdout, re.M)
    assert json.loads(world.penstock("explain", "P302", "--json").stdout)[0]["code"] == "P302"


def test_a_pack_is_locked_checked_and_shown(world):
    tree = world.folder / "tree"
    package = tree / "src" / "fresh"
    package.mkdir(parents=True)
    (tree / "pyproject.toml").write_text(
        '[project]\nname = "fresh"\nversion = "1.0"\nrequires-python = ">=3.10"\nlicense = "MIT"\n'
        'dependencies = ["penstock>=0.1,<0.2"]\n[project.entry-points.penstock]\nfresh = "fresh"\n'
    )
    code = '"""Pack."""\nfrom penstock import node\n@node("noop")\nclass Noop:\n    """Do nothing."""\n    size: int = 1\n    def process(self, record, ctx): ...\ndef penstock_nodes():\n    return [Noop]\n'
    (package / "__init__.py").write_text(code)

    assert world.penstock("pack", "check", "tree", "--no-kit").returncode == 1
    code_, out, err = said(world.penstock("pack", "lock", "tree"))
    assert (code_, err) == (0, "")
    assert out == f"wrote {os.path.join('tree', 'src', 'fresh', 'penstock-pack.json')} (1 node type)\n"
    assert world.penstock("pack", "lock", "tree").stdout.startswith("unchanged: ")
    code_, out, err = said(world.penstock("pack", "check", "tree", "--no-kit"))
    assert (code_, err) == (0, "")
    assert "\nthe manifest is what the code makes\nquality: bronze\n" in out

    shown = world.penstock("pack", "show", "tree")
    assert re.search(r"^noop +transform +none +Do nothing\.$", shown.stdout, re.M)
    assert world.penstock("pack", "show", "./tree", "--json").stdout == (package / "penstock-pack.json").read_text()

    (package / "__init__.py").write_text(code.replace("size: int = 1", "size: int = 20"))
    code_, out, _ = said(world.penstock("pack", "check", "tree", "--no-kit"))
    assert code_ == 1
    assert "error M301: node type `noop` has changed: `config`" in out
    assert '-            "default": 1,' in out.replace("          ", "            ") or '"default": 1,' in out
    assert json.loads(world.penstock("pack", "check", "tree", "--no-kit", "--format", "json").stdout)

    (package / "__init__.py").write_text("raise RuntimeError('broken')\n")
    code_, _, err = said(world.penstock("pack", "lock", "tree"))
    assert code_ == 2
    assert "M203" in err
    assert "Traceback" not in err


def test_an_installed_pack_is_shown_by_either_name(world):
    world.pack("acme-tools", "hammer", name="tools")
    assert world.penstock("pack", "show", "tools").stdout == world.penstock("pack", "show", "acme-tools").stdout
    assert "hammer" in world.penstock("pack", "show", "tools").stdout


def test_a_broken_installed_pack_says_what_is_wrong_with_it(world):
    world.info("bad", "1.0", "[penstock]\nbad = bad\n")
    world.package("bad", manifest="{}")
    code, _, err = said(world.penstock("pack", "show", "bad"))
    assert code == 2
    assert "P107" in err
    assert "M103" in err


def test_doctor_looks_at_the_machine(world):
    done = world.penstock("doctor", "--store", str(world.folder), "--json")
    signs = {sign["name"]: sign for sign in json.loads(done.stdout)}
    assert set(signs) == {"Penstock", "Python", "SQLite", "disk", "clock", "configuration", "packs"}
    assert re.search(r"takes \d+\.\d\d ms", signs["disk"]["what"])
    assert signs["clock"]["state"] == "ok"
    assert not [path for path in world.folder.iterdir() if path.name.startswith(".penstock")]
    assert world.penstock("doctor").stdout.startswith("WHAT ")


def test_doctor_says_what_is_bad(world):
    (world.folder / "penstock.toml").write_text("[admision]\n")
    environment = {"PENSTOCK_CONFIG": str(world.folder / "penstock.toml")}
    done = world.penstock("doctor", "--json", environment=environment)
    assert done.returncode == 1
    (sign,) = [sign for sign in json.loads(done.stdout) if sign["name"] == "configuration"]
    assert (sign["state"], sign["advice"]) == ("bad", "write `admission`")


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("def main(words):\n    print('words:', words)\n    return len(words)\n", 3),
        ("import click\n@click.command()\n@click.argument('words', nargs=-1)\n@click.option('--loud', is_flag=True)\ndef main(words, loud):\n    print('words:', words, loud)\n    raise SystemExit(3)\n", 3),
        ("from penstock_findings import PenstockError\ndef main(words):\n    raise PenstockError('no', code='X9')\n", 2),
        ("def main(words):\n    return 1 / 0\n", 70),
        ("import nothing_of_this_name\n", 2),
    ],
)  # fmt: skip  # a program on a line
def test_a_command_of_a_pack_is_one_of_ours_to_the_user(world, code, exit_code):
    package = world.pack("tool", code="", commands=[{"name": "fix", "doc": "Fix.", "import_path": "tool.cli:main"}])
    (package / "cli.py").write_text(code)
    done = world.penstock("fix", "a", "--loud", "b", environment={"TMPDIR": str(world.folder)})
    assert done.returncode == exit_code
    assert ("words:" in done.stdout) == (exit_code == 3)
    assert "Traceback" not in done.stderr


def test_a_command_of_a_pack_that_is_not_admitted_is_not_run(world):
    world.pack("tool", commands=[{"name": "fix", "import_path": "tool.cli:main"}])
    (world.folder / "penstock.toml").write_text("[admission]\nrequired = true\n")
    done = world.penstock("fix", environment={"PENSTOCK_CONFIG": str(world.folder / "penstock.toml")})
    assert done.returncode == 2
    assert "P202" in done.stderr


def completions(world, line):
    words = {"_PENSTOCK_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    return [row.partition(",")[2] for row in world.penstock(environment=words).stdout.splitlines()]


def test_the_shell_completes_commands_and_options(world):
    names = ("choose", "pack launch")  # the second one below a group of ours
    world.pack("tool", commands=[{"name": name, "import_path": "tool.cli:main"} for name in names])
    assert completions(world, "penstock ch") == ["choose", "check"]
    assert completions(world, "penstock pack l") == ["lock", "launch"]
    assert {"check", "lock", "show"} <= set(completions(world, "penstock pack "))
    assert "--pack-checks" in completions(world, "penstock check --p")
    assert completions(world, "penstock completion z") == ["zsh"]


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o"), ("zsh", "#compdef penstock"), ("fish", "complete --no-files")]
)
def test_each_shell_gets_its_script(world, shell, word):
    code, out, err = said(world.penstock("completion", shell))
    assert (code, err) == (0, "")
    assert word in out
    assert "_PENSTOCK_COMPLETE" in out


def on_a_terminal(world, words, **environment):
    """What a command prints when its output is a terminal."""
    arguments = [sys.executable, "-m", "penstock", *words]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(world.folder)
        os.execve(sys.executable, arguments, {**world.environment(TERM="xterm"), **environment})
    parts = []
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    os.waitpid(pid, 0)
    return b"".join(parts).decode()


def test_colour_is_for_terminals_that_want_it(world):
    assert "\x1b[" in on_a_terminal(world, ["check", "bad.graph.yaml"])
    assert "\x1b[" not in on_a_terminal(world, ["check", "bad.graph.yaml"], NO_COLOR="1")
    assert "\x1b[" not in world.penstock("check", "bad.graph.yaml").stdout
