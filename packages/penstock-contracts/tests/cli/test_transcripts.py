"""What people and scripts hear when they ask the gate something; whole answers, as they stand on the screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_contracts.cli import main
from penstock_contracts.cli.commands import COMMANDS

OLD = """\
{
  "type": "object",
  "properties": {
    "class": {"enum": ["PERSON", "TRUCK"]},
    "speed": {"type": "number"}
  },
  "required": ["class"]
}
"""
NEW = """\
{
  "type": "object",
  "properties": {
    "class": {"enum": ["PERSON", "TRUCK", "DOG"]},
    "speed": {"type": "number"}
  },
  "required": ["class", "speed"]
}
"""
WIDER = NEW.replace(', "speed"]', "]")


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, text in (("old.json", OLD), ("new.json", NEW), ("wider.json", WIDER)):
        Path(name).write_text(text, encoding="utf-8")

    def said(*words):
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return said


def git(*words):
    named = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], check=True, env={**os.environ, **named, **fixed}, stdout=subprocess.DEVNULL)


# -- diff


def test_a_break_is_shown_with_its_place_and_a_payload(ask):
    code, out, err = ask("diff", "old.json", "new.json")
    assert (code, err) == (1, "")
    assert "new.json:7:25: error K208: `speed` became required" in out
    assert '    7 |   "required": ["class", "speed"]\n' in out
    assert 'was accepted before and is refused now: {"class": "PERSON"}' in out
    assert 'new.json:4:15: note K202: the values of `class` are also `"DOG"`' in out
    assert out.splitlines()[-1] == "breaking: 1 change breaks, 1 is compatible; the version needs a major step"


def test_a_compatible_change_passes_and_says_the_step(ask):
    code, out, _ = ask("diff", "old.json", "wider.json")
    assert code == 0
    assert out.splitlines()[-1] == "compatible: 1 change is compatible; the version needs a minor step"


def test_position_and_mode_turn_the_question_round(ask):
    assert ask("diff", "old.json", "wider.json", "--position", "output")[0] == 1
    assert ask("diff", "old.json", "wider.json", "--mode", "full")[0] == 1
    assert ask("diff", "wider.json", "old.json", "--mode", "forward")[0] == 0


def test_json_is_one_document_and_names_its_format(ask):
    code, out, _ = ask("diff", "old.json", "new.json", "--json")
    report = json.loads(out)
    assert (code, report["format"], report["bump"], report["standing"]) == (
        1,
        "penstock-contracts/1",
        "major",
        "breaking",
    )
    (change,) = [one for one in report["comparisons"][0]["changes"] if one["code"] == "K208"]
    assert change["standing"] == "breaking"


@pytest.mark.parametrize("fmt", ["text", "json", "sarif", "junit", "github", "markdown", "html"])
def test_every_format_goes_to_a_file_and_the_sum_to_the_screen(ask, fmt):
    code, out, err = ask("diff", "old.json", "new.json", "--format", fmt, "--output", "report")
    assert (code, out) == (1, "")
    assert err == "breaking: 1 change breaks, 1 is compatible; the version needs a major step\n"
    assert "K208" in Path("report").read_text(encoding="utf-8")


def test_a_report_that_is_no_format_is_told_before_any_work(ask):
    code, out, err = ask("diff", "old.json", "new.json", "--report", "htm=out.html")
    assert (code, out) == (2, "")
    assert "`htm=out.html` names no format and file" in err


def test_an_error_without_a_break_is_not_called_breaking(ask):
    code, out, _ = ask("bump", "--check", "old.json", "wider.json")
    assert code == 1
    assert out.splitlines()[-1] == "failed: 1 error; the version needs a minor step"


def test_colour_is_for_terminals_only(ask):
    assert "\x1b" not in ask("diff", "old.json", "new.json")[1]


def test_against_a_commit(ask):
    git("init", "-q", "-b", "main")
    git("add", "old.json")
    git("mv", "old.json", "event.json")
    git("commit", "-q", "-m", "one")
    Path("event.json").write_text(NEW, encoding="utf-8")
    code, out, _ = ask("diff", "--against", "main", "event.json")
    assert code == 1
    assert out.startswith(
        "event.json: main:event.json -> event.json (mode backward; contents as the schemas are written)"
    )


def test_a_component_of_an_interface_is_compared_by_its_pointer(ask):
    text = "openapi: 3.1.0\ninfo: {{title: x, version: {}}}\ncomponents:\n  schemas:\n    Pet:\n      type: object\n"
    text += "      properties: {{owner: {{$ref: '#/components/schemas/Owner'}}}}\n    Owner: {{type: {}}}\n"
    Path("a.yaml").write_text(text.format("1.0.0", "[string, 'null']"), encoding="utf-8")
    Path("b.yaml").write_text(text.format("1.1.0", "string"), encoding="utf-8")
    code, out, _ = ask("diff", "a.yaml#/components/schemas/Pet", "b.yaml#/components/schemas/Pet")
    assert code == 1
    assert "b.yaml:8:13: error K201: the type of `owner` changed from text or `null` to text" in out
    code, out, _ = ask("bump", "--check", "a.yaml", "b.yaml")
    assert code == 1
    assert out.count("and its changes need a major step") == 2  # Pet and Owner


def test_every_version_in_the_window_counts_in_transitive_modes(ask):
    git("init", "-q", "-b", "main")
    for kind in ('["integer", "string"]', '"integer"', '"integer", "minimum": 0'):
        Path("a.json").write_text(f'{{"type": {kind}}}', encoding="utf-8")
        git("add", "a.json")
        git("commit", "-q", "-m", "one")
    Path("a.json").write_text('{"type": "number"}', encoding="utf-8")
    assert ask("diff", "--against", "main", "a.json")[0] == 0
    code, out, _ = ask("diff", "--against", "main", "a.json", "--mode", "backward-transitive", "--retention", "1d")
    assert code == 1
    assert out.count("error K201") == 1


def test_a_missing_baseline_is_no_pass(ask):
    code, out, err = ask("diff", "--against", "v9.json", "new.json")
    assert (code, out) == (3, "")
    assert err == "error K302: there is no baseline: `v9.json` is not there\n1 error\n"


def test_an_empty_lock_file_is_no_pass(ask):
    Path("x.lock").write_text('{"format": 1, "contracts": []}', encoding="utf-8")
    for mode in ("full", "full-transitive"):
        assert ask("diff", "--against", "x.lock", "new.json", "--mode", mode)[0] == 3


def test_undecided_is_no_pass(ask):
    for name in ("a", "b"):
        Path(f"{name}.json").write_text(f'{{"$ref": "https://example.org/{name}"}}', encoding="utf-8")
    code, out, _ = ask("diff", "a.json", "b.json")
    assert code == 3
    assert "K301" in out
    assert "K103" in out


def test_all_mistakes_of_a_file_are_told_with_places(ask):
    Path("bad.json").write_text('{"type": "objekt",\n "requird": ["a"],\n "minLength": -1}\n', encoding="utf-8")
    code, out, err = ask("diff", "old.json", "bad.json")
    assert (code, out) == (2, "")
    assert err == (
        "bad.json:1:10: error K101: `type` has to be one of `array`, `boolean`, `integer`, `null`, `number`, `object`,"
        " `string`, or a list of these\n"
        '    1 | {"type": "objekt",\n'
        "      |          ^^^^^^^^\n"
        "  hint: write `object`\n"
        "bad.json:2:2: warning K106: the keyword `requird` means nothing, and looks like `required`\n"
        '    2 |  "requird": ["a"],\n'
        "      |  ^^^^^^^^^\n"
        "  hint: write `required`\n"
        "bad.json:3:15: error K101: `minLength` has to be a whole number, 0 or more\n"
        '    3 |  "minLength": -1}\n'
        "      |               ^^\n"
        "2 errors, 1 warning\n"
    )


# -- waivers


def test_a_suggested_waiver_lets_the_gate_pass_until_its_day(ask):
    code, out, _ = ask("diff", "old.json", "new.json", "--suggest-waivers", "--today", "2026-03-01")
    assert code == 0
    assert 'expires = "2026-03-31"' in out
    signed = out.replace('"TODO"', '"ana@example.org"').replace("TODO: ", "agreed: ")
    Path("penstock-waivers.toml").write_text(signed, encoding="utf-8")
    assert ask("diff", "old.json", "new.json", "--today", "2026-03-31")[0] == 0
    code, out, _ = ask("diff", "old.json", "new.json", "--today", "2026-04-01")
    assert code == 1
    assert "penstock-waivers.toml:1:1: error K401: the waiver for K208 ended on 2026-03-31" in out


def test_a_suggested_waiver_that_nobody_has_signed_lets_nothing_pass(ask):
    _, out, _ = ask("diff", "old.json", "new.json", "--suggest-waivers", "--today", "2026-03-01")
    Path("penstock-waivers.toml").write_text(out, encoding="utf-8")
    code, _, err = ask("diff", "old.json", "new.json", "--today", "2026-03-01")
    assert code == 2
    assert "penstock-waivers.toml:6:9: error K113: `/waiver/0/owner` cannot be `TODO`" in err


def test_mistakes_in_waivers_are_misuse(ask):
    Path("w.toml").write_text('[[waiver]]\ncode = "K208"\n', encoding="utf-8")
    code, _, err = ask("diff", "old.json", "new.json", "--waivers", "w.toml")
    assert code == 2
    assert "w.toml:1:1: error K112: `/waiver/0` needs `expires`" in err
    assert ask("diff", "old.json", "new.json", "--waivers", "gone.toml")[0] == 2


# -- the others


def test_witness_shows_one_payload_or_proves_that_there_is_none(ask):
    assert ask("witness", "old.json", "new.json") == (
        1,
        '{"class": "PERSON"}\n',
        "accepted by old.json, refused by new.json, by `required` at `/required`\n",
    )
    assert ask("witness", "old.json", "old.json") == (0, "equal: proved, both accept the same payloads\n", "")
    code, out, _ = ask("witness", "new.json", "old.json", "--json")
    assert (code, json.loads(out)["equal"]) == (1, False)


@pytest.mark.parametrize(
    ("words", "code", "answer"),
    [
        (("old.json", "wider.json"), 0, True),
        (("old.json", "new.json"), 1, False),
        (("wider.json", "old.json", "--mode", "forward"), 0, True),
        (("old.json", "wider.json", "--mode", "full"), 1, False),
    ],
)
def test_compatible_answers_scripts(ask, words, code, answer):
    found, out, _ = ask("compatible", *words, "--json")
    assert (found, json.loads(out)["compatible"]) == (code, answer)
    assert ask("compatible", *words)[1].startswith("yes: proved" if answer else "no: {")


def test_bump_says_the_step_and_checks_the_declared_one(ask):
    for name, text, version in (("a", OLD, "1.2.0"), ("b", NEW, "1.3.0"), ("c", NEW, "2.0.0")):
        Path(f"{name}.json").write_text(text.replace("{", f'{{"version": "{version}",', 1), encoding="utf-8")
    assert ask("bump", "a.json", "b.json") == (0, "b.json: major, 2.0.0 or higher\n", "")
    code, out, _ = ask("bump", "--check", "a.json", "b.json")
    assert code == 1
    assert "error K530: `b.json` goes from 1.2.0 to 1.3.0, and its changes need a major step" in out
    assert ask("bump", "--check", "a.json", "c.json")[0] == 0
    assert ask("bump", "--check", "old.json", "new.json")[0] == 1
    said = ("--from-version", "1.0.0", "--to-version", "2.0.0")
    assert ask("bump", "--check", "old.json", "new.json", *said)[0] == 0


def test_lock_keeps_a_version_that_diff_compares_with(ask):
    assert ask("lock", "old.json", "--version", "1.0.0", "--today", "2026-01-01") == (0, "old.json 1.0.0: added\n", "")
    assert ask("lock", "old.json", "--version", "1.0.0")[1] == "nothing new\n"
    Path("old.json").write_text(NEW, encoding="utf-8")
    assert ask("diff", "--against", "penstock-contracts.lock", "old.json")[0] == 1
    code, _, err = ask("lock", "old.json", "--version", "1.0.0")
    assert code == 2
    assert "K507" in err
    code, _, err = ask("lock", "new.json")
    assert code == 2
    assert "K532" in err


def test_transitive_modes_need_more_than_one_old_file(ask):
    code, _, err = ask("diff", "old.json", "new.json", "--mode", "full-transitive")
    assert code == 2
    assert "needs the versions before `old.json` as well" in err
    words = ("--mode", "backward-transitive", "--against", "wider.json", "--against", "old.json", "wider.json")
    assert ask("diff", *words)[0] == 0


def test_a_graph_is_checked_link_by_link(ask):
    pack = {
        "format": 1, "pack": "p", "version": "1.0.0", "sdk": 1,
        "nodes": [
            {"id": "a", "role": "source", "effect": "none", "config": {}, "outputs": [{"name": "out", "contract": "x@1"}]},
            {"id": "b", "role": "sink", "effect": "none", "config": {}, "inputs": [{"name": "in", "contract": "y@1"}]},
        ],
        "contracts": [
            {"name": "x", "version": "1", "digest": "", "schema": json.loads(OLD)},
            {"name": "y", "version": "1", "digest": "", "schema": json.loads(NEW)},
        ],
    }  # fmt: skip
    Path("penstock-pack.json").write_text(json.dumps(pack), encoding="utf-8")
    Path("f.graph.yaml").write_text(
        "nodes: {a: {type: a}, b: {type: b}}\nlinks:\n  - {from: a, to: b}\n", encoding="utf-8"
    )
    code, out, _ = ask("check", "f.graph.yaml", "--pack", "penstock-pack.json")
    assert code == 1
    assert "`speed` became required" in out
    assert "a.out -> b.in" in out
    assert ask("check", "penstock-pack.json")[0] == 0
    Path("old.whl.json").write_text(json.dumps({**pack, "nodes": pack["nodes"][:1]}), encoding="utf-8")
    assert ask("check", "penstock-pack.json", "--against", "old.whl.json")[0] == 0
    assert ask("check", "old.whl.json", "--against", "penstock-pack.json")[0] == 1


# -- explaining itself


def test_codes_are_explained(ask):
    code, out, _ = ask("explain", "k208")
    assert code == 0
    assert out.startswith("K208: a property became required\n\nWhy: ")
    code, _, err = ask("explain", "K209x")
    assert code == 2
    assert "did you mean `K209`?" in err
    assert json.loads(ask("explain", "K208", "--json")[1])[0]["code"] == "K208"
    assert "K530" in ask("explain")[1]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_help_page_teaches_with_examples(ask, command):
    code, out, _ = ask(command.name, "--help")
    assert code == 0
    assert "Example:" in out
    assert f"penstock-contracts {command.name}" in out


def test_the_help_page_is_the_same_with_and_without_click(ask):
    from penstock_contracts.cli.root import run

    code, quick, _ = ask("--help")
    assert code == 0
    for command in COMMANDS:
        assert f"  {command.name} " in quick
    assert run(["--help"]) in (0, None)


def test_wrong_words_are_misuse_with_the_nearest_command(ask):
    code, _, err = ask("dif")
    assert code == 2
    assert "there is no command `dif`; write `diff`" in err
    assert ask("diff", "old.json")[0] == 2
    assert ask("diff", "old.json", "new.json", "--mode", "sideways")[0] == 2
    assert ask("diff", "old.json", "new.json", "--retention", "soon")[0] == 2
    assert ask("diff", "old.json", "new.json", "--today", "soon")[0] == 2


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_completion_for_every_shell(ask, shell):
    code, out, _ = ask("completion", shell)
    assert code == 0
    assert "_PENSTOCK_CONTRACTS_COMPLETE" in out


# -- as a program


def program(*words, **environment):
    fixed = {**os.environ, "NO_COLOR": "1", **environment}
    script = "import sys; from penstock_contracts.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, encoding="utf-8", env=fixed, check=False
    )


def test_the_help_page_imports_neither_click_nor_the_engine():
    script = (
        "import sys; from penstock_contracts.cli import main; main(['--help']);"
        "print(sorted({'click', 'jsonschema', 'json', 'typing', 'dataclasses', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_completions_are_offered():
    words = {"COMP_WORDS": "penstock-contracts di", "COMP_CWORD": "1", "_PENSTOCK_CONTRACTS_COMPLETE": "bash_complete"}
    assert "plain,diff" in program(**words).stdout


@pytest.mark.parametrize("command", ["witness", "compatible"])
@pytest.mark.parametrize("pair", [("there.json", "missing.json"), ("missing.json", "there.json")])
def test_of_two_schemas_neither_is_a_baseline_and_one_that_is_not_there_is_a_mistake(ask, command, pair):
    Path("there.json").write_text("{}", encoding="utf-8")
    code, out, err = ask(command, *pair)
    assert (code, out) == (2, "")
    assert err.startswith("missing.json: error F101: ")


def test_hostile_names_cannot_drive_a_terminal(ask):
    Path("evil.json").write_text('{"required": ["\\u001b[2J"]}', encoding="utf-8")
    Path("tame.json").write_text("{}", encoding="utf-8")
    code, out, _ = ask("diff", "tame.json", "evil.json")
    assert code == 1
    assert "\x1b" not in out
