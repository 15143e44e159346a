"""What people and scripts hear when they ask; whole answers, as they stand on the screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_trust.cli import main
from penstock_trust.cli.commands import COMMANDS

WHEEL = "acme_flow-1.0-py3-none-any.whl"
NOW = ("--at", "2026-12-01T00:00:00Z")


# -- verify


def test_a_wheel_that_the_policy_accepts(ready):
    code, out, err = ready("verify", WHEEL)
    assert (code, out, err) == (0, f"{WHEEL}: accepted, signed by `release`\n", "")


def test_explain_shows_a_line_for_every_step(ready):
    code, out, _ = ready("verify", WHEEL, "--explain")
    steps = [line.split()[0] for line in out.splitlines()[1:] if line.startswith("  ")]
    assert code == 0
    assert list(dict.fromkeys(steps))[:3] == ["limits", "subject", "hygiene"]
    assert steps[-1] == "policy"


def test_a_wheel_that_nobody_signed_is_refused_with_the_step_the_code_and_what_to_do(ask):
    ask("deny", "sign", "deny.toml", "--key", "office.pem", "--output", "deny.json")
    code, out, _ = ask("verify", WHEEL)
    assert code == 1
    assert out.splitlines()[0].startswith(f"{WHEEL}: refused by the step `")
    assert "T324: `release` has not signed the wheel" in out
    assert "hint: get it signed by `release`" in out


def test_the_status_of_a_pack_that_is_not_here_is_no_yes(ask):
    code, out, err = ask("status", "acme-nosuch")
    assert (code, out) == (2, "")
    assert "T906: no pack `acme-nosuch` is installed here" in err


def test_a_deny_list_that_is_not_there_is_unknown_and_fails_closed(ask):
    ask("sign", WHEEL, "--key", "release.pem")
    code, out, _ = ask("verify", WHEEL)
    assert code == 3
    assert out.startswith(f"{WHEEL}: unknown by the step `deny`")


def test_a_refusal_outweighs_a_doubt(ready):
    os.remove("deny.json")
    Path("evil-1.0-py3-none-any.whl").write_bytes(b"no wheel")
    assert ready("verify", WHEEL, "evil-1.0-py3-none-any.whl")[0] == 1


def test_a_policy_that_has_ended_refuses(ready):
    code, out, _ = ready("verify", WHEEL, "--at", "2099-02-01T00:00:00Z")
    assert code == 1
    assert "T320: the policy `site` ended at 2099-01-31T00:00:00Z" in out


def test_json_is_one_document_and_names_its_format(ready):
    code, out, _ = ready("verify", WHEEL, "--json")
    said = json.loads(out)
    (wheel,) = said["wheels"]
    assert (code, said["format"], wheel["verdict"], wheel["subject"]["version"]) == (
        0,
        "penstock-trust-verify/1",
        "accepted",
        "1.0",
    )
    assert wheel["signed-by"][0]["as"] == ["release"]
    assert [one["step"] for one in wheel["evidence"]][-1] == "policy"


@pytest.mark.parametrize("fmt", ["text", "json", "sarif", "junit", "github", "markdown"])
def test_every_format_goes_to_a_file(ask, fmt):
    code, out, _ = ask("verify", WHEEL, "--format", fmt, "--output", "report")
    assert (code, out) == (3, "")  # there is no deny list yet
    assert "T340" in Path("report").read_text(encoding="utf-8")


def test_without_a_policy_there_is_no_verdict(desk, capsys):
    assert main(["verify", WHEEL]) == 2
    assert "error T902: no policy is named, and this machine has none" in capsys.readouterr().err


def test_a_policy_with_mistakes_is_misuse_and_shows_all_of_them(ask):
    Path("policy.toml").write_text(
        Path("policy.toml").read_text().replace("sequence", "sequnce").replace('kind = "key"', 'kind = "kay"', 1)
    )
    code, _, err = ask("verify", WHEEL)
    assert code == 2
    assert "error T302: the key `sequnce` is not known here" in err
    assert "hint: write `sequence`" in err
    assert "`/trust/vendor/kind` cannot be `kay`" in err


@pytest.mark.parametrize("more", [[], ["--json"], ["--explain"], ["--format", "github"], ["--format", "junit"]])
def test_no_name_of_a_stranger_drives_the_terminal(ready, more):
    evil = "acme\x1b[2J\x9b31m\u202egnp.whl"
    Path(evil).write_bytes(b"no wheel")
    code, out, err = ready("verify", evil, *more)
    assert code == 1
    assert not {"\x1b", "\x9b", "\u202e"} & set(out + err)


@pytest.mark.parametrize(
    "words",
    [
        ["policy", "explain", "acme-flow"],
        ["policy", "lint"],
        ["deny", "show"],
        ["audit", "show"],
        ["audit", "show", "--json"],
    ],
)
def test_nor_does_what_stands_in_files(ready, words):
    for name in ("policy.toml", "deny.toml"):
        Path(name).write_text(
            Path(name)
            .read_text()
            .replace("loses the", "loses \\u001b[2J the")
            .replace('file = "deny.json"', 'file = "deny\\u001b.json"')
        )
    ready("deny", "sign", "deny.toml", "--key", "office.pem", "--output", "deny\x1b.json")
    code, out, err = ready(*words)
    assert code == 0, err
    assert "\x1b" not in out + err


# -- sign, keys


def test_a_key_is_made_once_and_shown_as_policies_write_it(ask):
    code, out, _ = ask("keys", "generate", "new.pem")
    assert code == 0
    assert 'public-key = "ed25519:' in out
    assert oct(os.stat("new.pem").st_mode & 0o777) == "0o600"
    assert ask("keys", "show", "new.pem")[1].splitlines()[1:] == ask("keys", "show", "new.pem.pub")[1].splitlines()[1:]
    code, _, err = ask("keys", "generate", "new.pem")
    assert code == 2
    assert "T904: `new.pem` is there already" in err


def test_a_signature_is_not_written_over_by_accident(ready):
    code, _, err = ready("sign", WHEEL, "--key", "release.pem")
    assert code != 0
    assert "is there already" in err
    assert ready("sign", WHEEL, "--key", "release.pem", "--replace")[0] == 0


def test_a_key_and_sigstore_do_not_sign_together(ask):
    code, _, err = ask("sign", WHEEL, "--key", "release.pem", "--identity-token", "env:TRUST_TOKEN")
    assert code == 2
    assert "error T905: either a key signs or sigstore does" in err


def test_a_token_on_the_command_line_is_refused_and_not_repeated(ask):
    code, out, err = ask("sign", WHEEL, "--identity-token", "eyJhbGciOi-a-token-itself")
    assert code == 2
    assert "error T601: this names no secret" in err
    assert "token-itself" not in out + err


# -- policies, deny lists


def test_lint_passes_what_is_usable_and_is_strict_when_told(ask):
    code, out, _ = ask("policy", "lint", *NOW)
    assert code == 0
    assert "warning T363: the policy holds until 2099-01-31T00:00:00Z, longer than a year" in out
    assert ask("policy", "lint", "--strict", *NOW)[0] == 1


def test_explain_says_what_is_wanted_of_a_pack(ask):
    code, out, _ = ask("policy", "explain", "Acme.Flow", "--version", "1.0")
    assert code == 0
    assert "`acme-flow` falls under the rule for `acme-*`" in out
    assert "  it has to be signed by:\n    `release`: whoever holds the key ed25519:" in out
    assert ask("policy", "explain", "numpy")[0] == 1
    assert json.loads(ask("policy", "explain", "numpy", "--json")[1])["rule"] is None


def test_a_policy_is_tried_on_its_cases(ready):
    assert ready("policy", "test", "--no-deny")[:2] == (0, "2 cases, none came out otherwise\n")
    Path("policy.cases.toml").write_text(Path("policy.cases.toml").read_text().replace('"refuse"', '"accept"'))
    code, out, _ = ready("policy", "test")
    assert code == 1
    assert "error T380: `somebody else's` is refused: T324" in out
    assert out.endswith("2 cases, 1 came out otherwise\n")


def test_a_denied_version_fails_its_case(ready):
    Path("policy.cases.toml").write_text(
        Path("policy.cases.toml").read_text().replace('version = "1.0"', 'version = "0.8"')
    )
    assert "T352 `acme-flow` 0.8 (<0.9) is on the deny list: loses the last frame" in ready("policy", "test")[1]


def test_what_a_new_policy_lets_in_is_told(ask):
    code, out, _ = ask("policy", "diff", "policy.toml", "looser.toml")
    assert code == 1
    assert "warning T390: wider: packs that fit `*` are accepted, and were not" in out
    assert ask("policy", "diff", "policy.toml", "policy.toml")[:2] == (0, "they want the same\n")


def test_a_deny_list_is_signed_shown_and_goes_up(ready):
    code, out, _ = ready("deny", "show")
    assert code == 0
    assert "version acme-flow <0.9: loses the last frame" in out
    assert json.loads(ready("deny", "show", "deny.json", "--trusted-key", "office.pub", "--json")[1])["sequence"] == 12
    Path("deny.toml").write_text(Path("deny.toml").read_text().replace("sequence = 12", "sequence = 11"))
    code, out, _ = ready("deny", "sign", "deny.toml", "--key", "office.pem", "--output", "deny.json")
    assert code == 1
    assert "error T345: the deny list has sequence 11, and 12 was in use already" in out
    assert json.loads(ready("deny", "show", "--json")[1])["sequence"] == 12


def test_a_deny_list_of_somebody_else_is_not_shown(ready):
    ready("deny", "sign", "deny.toml", "--key", "release.pem", "--output", "deny.json")
    code, out, _ = ready("deny", "show")
    assert code == 1
    assert "error T342: the deny list is not signed by `office`" in out
    assert "loses" not in out


# -- the audit log


def test_the_log_is_verified_and_tells_what_is_anchored_apart(ready):
    code, out, _ = ready("audit", "verify")
    assert code == 0
    assert out.splitlines()[-1].endswith("whole, 5 entries; none anchored; [0, 5) not anchored")
    assert ready("audit", "verify", "--strict")[0] == 1
    assert ready("audit", "checkpoint", "--key", "office.pem")[0] == 0
    code, out, _ = ready("audit", "verify", "--strict")
    assert code == 0
    assert out.splitlines()[-1].endswith("whole, 7 entries; [0, 6) anchored by 1 checkpoints; [6, 7) not anchored")
    said = json.loads(ready("audit", "verify", "--json")[1])
    assert (said["whole"], said["anchored"], said["unanchored"]) == (True, [0, 6], [6, 7])


def test_an_edited_log_is_not_whole(ready):
    log = Path("site/audit.jsonl")
    log.write_bytes(log.read_bytes().replace(b"release.pem", b"mallory.pem", 1))
    code, out, _ = ready("audit", "verify")
    assert code == 1
    assert "error T503" in out
    assert "NOT WHOLE" in out


def test_the_log_says_who_did_what(ready):
    _, out, _ = ready("audit", "show", "--action", "deny.sign", "--json")
    begin, end = [json.loads(line) for line in out.splitlines()]
    assert (begin["facts"]["phase"], end["facts"]["phase"], end["facts"]["sequence"]) == ("begin", "end", 12)
    assert len(ready("audit", "show", "--last", "2")[1].splitlines()) == 2


# -- secrets


def test_references_of_a_graph_are_looked_behind_and_never_shown(ask, monkeypatch):
    code, out, err = ask("secrets", "check", "flow.graph.yaml")
    assert (code, out) == (0, "2 references lead to a secret\n")
    monkeypatch.delenv("TRUST_TOKEN")
    Path("token").chmod(0o644)
    code, out, err = ask("secrets", "check", "flow.graph.yaml")
    assert code == 1
    assert "flow.graph.yaml:6:22: error T602: `env:TRUST_TOKEN` gives no secret: the variable is not set" in out
    assert "warning T604" in out
    assert "f1le" not in out + err


# -- everything else


def test_help_names_every_command_and_comes_without_click(desk):
    code = "import sys; from penstock_trust.cli import main; main(['--help']); sys.exit('click' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert all(f"  {row.name} " in done.stdout for row in COMMANDS)


@pytest.mark.parametrize("words", [["verify", "--help"], ["policy", "--help"], ["policy", "test", "--help"], ["keys"]])
def test_help_of_a_command_brings_neither_sigstore_nor_cryptography(desk, words):
    code = f"import sys; from penstock_trust.cli import main; main({words!r}); sys.exit(bool({{'sigstore', 'cryptography', 'pydantic'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_same_page_with_and_without_click(ask):
    assert ask("--help")[1] == ask("-h")[1]
    assert ask("--version")[1] == "penstock-trust 0.1.0\n"


def test_a_mistyped_command_is_shown_the_right_one(ask):
    code, _, err = ask("verfy", WHEEL)
    assert code == 2
    assert "there is no command `verfy`; write `verify`" in err


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_every_shell_gets_its_completion(ask, shell):
    code, out, _ = ask("completion", shell)
    assert code == 0
    assert "_PENSTOCK_TRUST_COMPLETE" in out


def test_a_code_is_explained_and_a_wrong_one_is_told(ask):
    assert ask("explain", "t324")[1].startswith("T324: not enough of those have signed")
    code, _, err = ask("explain", "T399")
    assert code == 2
    assert "error T901" in err


@pytest.mark.parametrize(
    "words",
    [
        ["receipt", "show", "acme-flow"],
        ["policy", "lint", "none.toml"],
        ["deny", "lint", "none.toml"],
        ["audit", "verify", "--log", "none"],
        ["secrets", "check", "none.yaml"],
        ["policy", "test", "looser.toml"],
    ],
)
def test_what_is_not_there_is_told_and_no_traceback(ask, words):
    code, out, err = ask(*words)
    assert code in (1, 2)
    assert "error " in out + err
    assert "Traceback" not in out + err
    assert "bug" not in out + err


def test_the_commands_are_there_under_the_name_of_the_core_as_well(desk):
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "trust", "policy", "lint", "policy.toml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "T363" in done.stdout
