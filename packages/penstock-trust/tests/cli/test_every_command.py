"""Every command reads or is written down, by construction; no list of exceptions, and none that nobody tried."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click
import pytest

from penstock_trust.audit import verify
from penstock_trust.audit.examine import bytes_of_log, entries_of
from penstock_trust.cli.audited import Changing, Reading
from penstock_trust.cli.commands import COMMANDS
from penstock_trust.cli.root import trust

WHEEL = "acme_flow-1.0-py3-none-any.whl"
WORDS = {
    "sign": [WHEEL, "--key", "office.pem"],
    "attest": [
        WHEEL,
        "--key",
        "office.pem",
        "--predicate",
        "predicate.json",
        "--type",
        "https://acme.example/tested/v1",
    ],
    "keys generate": ["new.pem"],
    "keys show": ["office.pem", "office.pub", "--json"],
    "verify": [WHEEL, "--explain"],
    "import-pep740": [WHEEL, "policy.toml"],
    "install": [WHEEL, "--key", "office.pem", "--python", "no-python"],
    "renew": ["acme-flow", "--key", "office.pem"],
    "forget": ["acme-flow"],
    "status": [],
    "doctor": ["--format", "github"],
    "receipt show": ["acme-flow"],
    "policy lint": [],
    "policy explain": ["acme-flow", "--version", "1.0"],
    "policy test": [],
    "policy diff": ["policy.toml", "looser.toml"],
    "deny lint": ["deny.toml"],
    "deny sign": ["deny.toml", "--key", "office.pem", "--output", "other.json"],
    "deny show": [],
    "audit verify": [],
    "audit show": ["--last", "3"],
    "audit checkpoint": ["--key", "office.pem"],
    "secrets check": ["flow.graph.yaml"],
    "explain": ["T324"],
    "completion": ["bash"],
}  # each command with words that make sense at the desk


def leaves(command, path=()):
    """Every command that does something: path -> command."""
    if not isinstance(command, click.Group):
        return {" ".join(path): command}
    context = click.Context(command)
    found = {}
    for name in command.list_commands(context):
        found |= leaves(command.get_command(context, name), (*path, name))
    return found


EVERY = leaves(trust)
CHANGES = sorted(name for name, command in EVERY.items() if isinstance(command, Changing))
READS = sorted(name for name in EVERY if name not in CHANGES)
PLAIN = {"explain", "completion"}  # they look at nothing of this machine but what is installed


def test_every_command_is_of_one_of_the_two_kinds():
    assert [
        name for name, command in EVERY.items() if not isinstance(command, (Reading, Changing)) and name not in PLAIN
    ] == []
    assert CHANGES == [
        "attest", "audit checkpoint", "deny sign", "forget", "import-pep740", "install", "keys generate", "renew", "sign",
    ]  # fmt: skip  # whoever adds a command says here that it changes something


def test_every_command_is_tried_here():
    assert set(WORDS) == set(EVERY)


def test_every_row_of_the_table_is_a_command_and_teaches():
    context = click.Context(trust)
    for row in COMMANDS:
        assert row.line.endswith(".")
        assert trust.get_command(context, row.name) is not None
    for name, command in EVERY.items():
        assert command.help, name
        assert "Example:" in command.help, name
        assert f"penstock-trust {name}" in command.help, name


@pytest.mark.parametrize("name", sorted(set(WORDS) - {"completion"}))
def test_every_command_speaks_to_programs_too(ready, name):
    words = [word for word in WORDS[name] if word not in ("--json", "--format", "github")]
    code, out, err = ready(*name.split(), *words, "--json")
    if out:
        assert [json.loads(line) for line in out.splitlines()] if name == "audit show" else json.loads(out)
    else:
        assert code in (1, 2), err  # it was told on the other stream why not
        assert "error " in err


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", READS)
def test_a_command_that_reads_leaves_everything_as_it_was(ready, desk, name):
    before = everything(desk.parent)
    code, _, err = ready(*name.split(), *WORDS[name])
    assert code in (0, 1) or name == "receipt show", err
    assert everything(desk.parent) == before


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("where", ["this machine's", "the one that was named", "the default"])
def test_a_command_that_changes_something_does_nothing_when_it_cannot_be_written_down(
    ready, desk, name, where, monkeypatch
):
    words = [*name.split(), *WORDS[name]]
    if where == "this machine's":
        os.remove("site/audit.jsonl")
        os.mkdir("site/audit.jsonl")
    elif where == "the one that was named":
        words += ["--audit", "policy.toml/audit.jsonl"]
    else:
        text = Path("trust.toml").read_text().replace('audit = "site/audit.jsonl"\n', "")
        Path("trust.toml").write_text(text)
        Path("blocked").write_text("")
        monkeypatch.setenv("XDG_STATE_HOME", str(desk / "blocked"))
    before = {path: data for path, data in everything(desk.parent).items() if "audit.jsonl" not in path}
    code, out, err = ready(*words)
    assert (code, out) == (1, "")
    assert "error T501: cannot write the audit log" in err
    after = {path: data for path, data in everything(desk.parent).items() if "audit.jsonl" not in path}
    assert after == before


@pytest.mark.parametrize("name", CHANGES)
def test_a_command_that_changes_something_is_written_down_before_and_after(ready, name):
    known = len(entries_of(bytes_of_log("site/audit.jsonl")))
    code, _, _ = ready(*name.split(), *WORDS[name])
    begin, end = entries_of(bytes_of_log("site/audit.jsonl"))[known:]
    assert begin.action == end.action == name.replace(" ", ".")
    assert (begin.facts["phase"], end.facts["phase"], end.facts["exit"]) == ("begin", "end", code)
    assert begin.facts["run"] == end.facts["run"]
    assert verify("site/audit.jsonl").whole


@pytest.mark.parametrize(
    "words",
    [
        ["sign", "missing.whl", "--key", "release.pem"],
        ["keys", "generate", "office.pem"],
        ["deny", "sign", "policy.toml", "--key", "office.pem", "--output", "x"],
    ],
)
def test_a_command_that_fails_is_written_down_as_well(ask, words):
    code, _, _ = ask(*words)
    *_, end = entries_of(bytes_of_log("site/audit.jsonl"))
    assert code != 0
    assert end.facts["exit"] == code


def test_a_machine_with_a_spoilt_trust_toml_changes_nothing(ask, desk):
    Path("trust.toml").write_text("schema = 1\n")
    before = everything(desk.parent)
    code, _, err = ask("keys", "generate", "new.pem")
    assert code == 2
    assert "T431" in err
    assert everything(desk.parent) == before


def test_no_secret_of_the_command_line_is_in_the_log(ask, monkeypatch):
    monkeypatch.setenv("KEY_PASSWORD", "p4ssw0rd-of-the-key")
    assert ask("keys", "generate", "new.pem", "--password", "env:KEY_PASSWORD")[0] == 0
    assert "ENCRYPTED" in Path("new.pem").read_text()
    assert "p4ssw0rd" not in Path("site/audit.jsonl").read_text()
    assert json.loads(Path("site/audit.jsonl").read_text().splitlines()[-2])["facts"]["arguments"] == {
        "password": "env:KEY_PASSWORD",
        "path": "new.pem",
    }
    assert (
        ask("sign", "acme_flow-1.0-py3-none-any.whl", "--key", "new.pem", "--key-password", "env:KEY_PASSWORD")[0] == 0
    )


def test_of_many_wheels_each_is_written_down(ask):
    """One line has a longest length; what was named behind it must not be left out, and must not stop the command."""
    folder = Path("wheels/" + "deep" * 50)
    folder.mkdir(parents=True)
    wheels = [str(folder / f"acme_{number}-1.0-py3-none-any.whl") for number in range(300)]
    for wheel in wheels:
        shutil.copy("acme_flow-1.0-py3-none-any.whl", wheel)
    assert ask("sign", *wheels, "--key", "release.pem")[0] == 0
    lines = [json.loads(line)["facts"] for line in Path("site/audit.jsonl").read_text().splitlines()]
    runs = {facts["run"] for facts in lines if wheels[-1] in facts.get("arguments", {}).get("wheels", ())}
    (run,) = runs
    about = [facts for facts in lines if facts.get("run") == run]
    assert [wheel for facts in about for wheel in facts.get("arguments", {}).get("wheels", ())] == wheels
    assert len([one for facts in about for one in facts.get("written", ())]) == 300
    assert (about[0]["phase"], about[-1]["phase"], about[-1]["exit"]) == ("begin", "end", 0)
    assert verify("site/audit.jsonl").whole


SECRETLY = [
    (name, option.opts[0])
    for name in CHANGES
    for option in EVERY[name].params
    if getattr(option, "metavar", "") == "REF"
]


@pytest.mark.parametrize(("name", "option"), SECRETLY)
def test_a_secret_that_stands_where_its_reference_should_is_in_no_log(ready, name, option):
    """It is a mistake, and what stands in the log stands there for ever."""
    code, out, err = ready(*name.split(), *WORDS[name], option, "hunter2-hunter2")
    assert code == 2, err
    assert "hunter2" not in out + err + Path("site/audit.jsonl").read_text()


def test_there_are_secrets_on_command_lines():
    assert {("sign", "--identity-token"), ("install", "--key-password"), ("keys generate", "--password")} <= {*SECRETLY}
