"""Policies and profiles from the command line: checked, explained, run, and exchanged while a graph runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from penstock._plugins.discovery import discover
from penstock._store.facts import Order
from penstock._store.sqlite import SqliteStore
from penstock.cli import main
from penstock.cli.applying import apply_policies, changes_of, order_on
from penstock.cli.assembly import assemble
from penstock.cli.binding import Binder
from penstock.cli.wishes import Wishes
from penstock.manifest.compile import compile_pack
from penstock.manifest.write import text_of_manifest
from penstock_findings import PenstockError

CODE = '''
from typing import Annotated

from msgspec import Meta

from penstock import DeadLetter, Delay, Divert, Overflow, Proceed, Reading, Transient, node, policy


@node("count")
class Count:
    """Count to a number."""

    to: int = 3

    def read(self, ctx):
        for number in range(ctx.position or 0, self.to):
            yield Reading({"n": number}, number + 1)


@node("sulk")
class Sulk:
    """Refuse everything."""

    def write(self, record, ctx):
        raise Transient("not today")


@policy("again", drops=False)
class Again:
    """Try so many times."""

    times: int = 2
    wait: float = 0.01

    def failure(self, facts):
        return Delay(self.wait) if facts.attempt < self.times else DeadLetter("enough")


@policy("spill", drops={"mode": ("drop",)})
class Spill:
    """Do something about a full channel."""

    mode: str = "block"

    def __post_init__(self):
        if self.mode not in ("block", "drop"):
            raise ValueError(f"no mode {self.mode}")

    def overflow(self, facts):
        return Proceed()


@policy("aside", drops=False)
class Aside:
    """Put aside what is given up."""

    channel: Annotated[str, Meta(extra_json_schema={"format": "penstock-channel"})]

    def failure(self, facts):
        return Divert(self.channel, "given up") if facts.verdict else Proceed()


def penstock_nodes():
    return [Count, Sulk]


def penstock_policies():
    return [Again, Aside, Spill]


def penstock_profiles():
    return {"sleepy": {"description": "Sleep long. And well.", "settings": {"idle_sleep": 3, "ack": "process"}}}
'''
GRAPH = """\
format: 1
name: site
packs: {acme: ">=1"}
channels:
  log: {kind: sqlite}
nodes:
  numbers: {type: count}
  uplink: {type: sulk, tags: [outside]}
links:
  - {from: numbers, to: log}
  - {from: log, to: uplink}
"""
PATIENT = """\
format: 1
name: patient
rules:
  - for: {tag: outside}
    use:
      - {type: again, config: {times: 4, wait: 5ms}}
    set: {concurrency: 2}
"""
FOREVER = PATIENT.replace("patient", "forever").replace("times: 4, wait: 5ms", "times: 100000, wait: 50ms")


@pytest.fixture
def here(importable: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pack, a graph and policy files, which is also where commands are given."""
    importable.info("acme", "1.0", "[penstock]\nacme = acme\n")
    package = importable.package("acme", CODE)
    compiled = compile_pack(import_module("acme"), "acme", "1.0")
    assert compiled.findings == ()
    (package / "penstock-pack.json").write_text(text_of_manifest(compiled.manifest))
    folder: Path = importable.folder
    for name, text in [("site.graph", GRAPH), ("patient.policy", PATIENT), ("forever.policy", FOREVER)]:
        (folder / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("PENSTOCK")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "no-config"))
    return folder


def said(capsys: Any, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


# -- check ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["text", "json"])
def test_a_check_says_the_same_of_policies_with_and_without_click(here: Path, capsys: Any, fmt: str) -> None:
    (here / "bad.policy.yaml").write_text(PATIENT.replace("outside", "outsid").replace("again", "agan"))
    words = ["site.graph.yaml", "--policy", "bad.policy.yaml", "--profile=sleepy", "--format", fmt]
    quick = said(capsys, "check", *words)
    assert quick == said(capsys, "check", *words[1:], "--", words[0])
    assert quick[0] == 1
    assert all(code in quick[1] for code in ("L101", "L102", "write `again`"[:5]))


def test_a_check_is_clean_when_graph_profile_and_policies_fit(here: Path, capsys: Any) -> None:
    words = ["check", "site.graph.yaml", "--policy", "patient.policy.yaml", "--profile", "edge_low_power"]
    assert said(capsys, *words) == (0, "site.graph.yaml: no mistakes\n", "")


def test_a_channel_that_only_a_policy_fills_is_not_called_forgotten(here: Path, capsys: Any) -> None:
    kept = GRAPH.replace("nodes:", "  kept: {kind: sqlite}\nnodes:\n  shelf: {type: sulk}", 1)
    (here / "site.graph.yaml").write_text(kept + "  - {from: kept, to: shelf}\n")
    (here / "aside.policy.yaml").write_text(
        PATIENT.replace("again, config: {times: 4, wait: 5ms}", "aside, config: {channel: kept}")
    )
    assert "G119" in said(capsys, "check", "site.graph.yaml", "--policy", "patient.policy.yaml")[1]
    assert (
        said(capsys, "check", "site.graph.yaml", "--policy", "aside.policy.yaml")[1] == "site.graph.yaml: no mistakes\n"
    )


def test_a_policy_file_that_is_not_there_is_misuse(here: Path, capsys: Any) -> None:
    code, out, _ = said(capsys, "check", "site.graph.yaml", "--policy", "gone.policy.yaml")
    assert (code, "F101" in out) == (2, True)


def test_policy_files_and_profiles_can_be_checked_alone(here: Path, capsys: Any) -> None:
    (here / "bad.policy.yaml").write_text(PATIENT.replace("outside", "outsid").replace("again", "agan"))
    (here / "bad.profile.yaml").write_text("format: 1\nname: bad\ninherits: sleepi\n")
    (here / "good.profile.yaml").write_text("format: 1\nname: good\ninherits: sleepy\n")
    code, out, _ = said(
        capsys, "check", "patient.policy.yaml", "bad.policy.yaml", "good.profile.yaml", "bad.profile.yaml"
    )
    assert code == 1
    found = re.findall(r"^(\S+?):.* error (\w+):", out, re.MULTILINE)
    assert found == [("bad.policy.yaml", "L101"), ("bad.profile.yaml", "L202")]
    assert "\npatient.policy.yaml: no mistakes, as far as can be told without a graph\n" in out


def test_a_check_imports_no_pack(here: Path) -> None:
    (here / "acme" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    code = "import sys; from penstock.cli import main; code = main(sys.argv[1:]); print('acme' in sys.modules, code)"
    words = ["check", "site.graph.yaml", "--policy", "patient.policy.yaml", "--profile", "sleepy"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": str(here)},
        capture_output=True,
        text=True,
    )
    assert "L204" in done.stdout  # of the profile, so it was read
    assert done.stdout.endswith("False 1\n")


def test_what_a_profile_makes_lossy_is_told_until_it_is_accepted(here: Path, capsys: Any) -> None:
    assert "L204" in said(capsys, "check", "site.graph.yaml", "--profile", "sleepy")[1]
    assert said(capsys, "check", "site.graph.yaml", "--profile", "sleepy", "--accept-loss", "ack")[0] == 0


# -- explain ----------------------------------------------------------------------------------------------------


def test_an_explanation_says_which_file_and_line_decide(here: Path, capsys: Any) -> None:
    code, out, err = said(
        capsys, "explain-policy", "uplink", "--graph", "site.graph.yaml", "--policy", "patient.policy.yaml",
        "--profile", "edge_low_power", "--setting", "uplink.concurrency=1",
    )  # fmt: skip  # one line for what, one for under which settings
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "tag outside" in lines
    assert "retry again failure patient.policy.yaml:6 rule 1 of patient (for tag outside)" in lines
    assert "times: 4 patient.policy.yaml:6" in lines
    assert "wait: 5ms patient.policy.yaml:6" in lines
    assert "- records are handed on at once dispatch safe default" in lines
    assert "Settings (built-in < profile file < graph < selector < flag):" in lines
    at = lines.index("concurrency 1 flag --setting:1 --setting")
    assert lines[at + 1] == "instead of 2 selector patient.policy.yaml:7 rule 1 of patient (tag outside)"
    assert lines[at + 2].startswith("instead of 2 built-in built-in/edge_low_power.profile.yaml:")


def test_an_explanation_for_programs_has_all_of_it(here: Path, capsys: Any) -> None:
    words = [
        "--graph",
        "site.graph.yaml",
        "--policy",
        "patient.policy.yaml",
        "--policy",
        "forever.policy.yaml",
        "--json",
    ]
    value = json.loads(said(capsys, "explain-policy", "log -> uplink", *words)[1])
    digest = json.loads(said(capsys, "simulate", "site.graph.yaml", "--json")[1])["graph_digest"]
    assert value["graph"] == {"name": "site", "digest": digest}
    assert value["subject"] == {"kind": "node", "id": "uplink", "points": ["dispatch", "failure", "completion"]}
    (policy,) = value["policies"]
    assert (policy["type"], policy["file"], policy["rule"]) == ("again", "forever", 1)
    assert policy["at"] == {"path": "forever.policy.yaml", "line": 6, "column": 9}
    assert policy["config"]["wait"] == {"value": 0.05, "at": {"path": "forever.policy.yaml", "line": 6, "column": 53}}
    assert [other["file"] for other in policy["instead_of"]] == ["patient"]
    assert value["defaults"].keys() == {"dispatch", "completion"}
    assert next(s["value"] for s in value["settings"] if s["name"] == "concurrency") == 2


@pytest.mark.parametrize(
    ("subject", "first"),
    [("log", "channel log"), ("numbers -> log", "link numbers -> log"), ("run", "run the run as a whole")],
)
def test_channels_links_and_the_run_are_explained_too(here: Path, capsys: Any, subject: str, first: str) -> None:
    code, out, _ = said(capsys, "explain-policy", subject, "--graph", "site.graph.yaml")
    assert code == 0
    assert " ".join(out.splitlines()[0].split()) == first


def test_a_name_that_the_graph_has_not_is_told_with_the_nearest(here: Path, capsys: Any) -> None:
    code, _, err = said(capsys, "explain-policy", "up-link", "--graph", "site.graph.yaml")
    assert (code, "L122" in err, "write `uplink`" in err) == (2, True, True)


def test_a_file_with_a_mistake_is_not_explained(here: Path, capsys: Any) -> None:
    (here / "bad.policy.yaml").write_text(PATIENT.replace("again", "agan"))
    code, out, err = said(
        capsys, "explain-policy", "uplink", "--graph", "site.graph.yaml", "--policy", "bad.policy.yaml"
    )
    assert (code, out, "L101" in err) == (1, "", True)


# -- profiles ---------------------------------------------------------------------------------------------------


def test_profiles_are_listed_with_those_of_packs(here: Path, capsys: Any) -> None:
    code, out, _ = said(capsys, "profiles", "list")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert "sleepy acme Sleep long." in lines
    assert [line.split()[0] for line in lines[1:4]] == ["edge_low_power", "server_realtime", "offline_batch"]
    value = json.loads(said(capsys, "profiles", "list", "--json")[1])
    assert {"name": "sleepy", "from": "acme", "description": "Sleep long. And well.", "usable": True} in value


def test_a_profile_is_shown_as_it_is_written_or_as_what_it_comes_to(here: Path, capsys: Any) -> None:
    text = "format: 1\nname: mine\ninherits: sleepy\nsettings: {idle_sleep: 1s}\npolicies: [patient.policy.yaml]\n"
    (here / "mine.profile.yaml").write_text(text)
    assert said(capsys, "profiles", "show", "mine.profile.yaml") == (0, text, "")
    page = said(capsys, "profiles", "show", "mine.profile.yaml", "--resolved")[1]
    assert page.startswith("profile ")  # it has no description, and so no line for one
    lines = [
        " ".join(line.split())
        for line in said(capsys, "profiles", "show", "mine.profile.yaml", "--resolved")[1].splitlines()
    ]
    assert "idle_sleep 1s profile file mine.profile.yaml:4 profile mine" in lines
    assert any(line.startswith("ack process profile file acme/sleepy.profile.json:") for line in lines)
    value = json.loads(said(capsys, "profiles", "show", "mine.profile.yaml", "--resolved", "--json")[1])
    assert f"digest {value['digest']}" in lines
    assert (value["inherits"], value["policies"]) == (["sleepy"], ["patient.policy.yaml"])


def test_the_policies_of_a_profile_stay_beneath_those_of_the_command_line_and_of_an_order(
    here: Path, capsys: Any
) -> None:
    (here / "mine.profile.yaml").write_text("format: 1\nname: mine\npolicies: [patient.policy.yaml]\n")
    (here / "twice.policy.yaml").write_text(
        PATIENT.replace("patient", "twice").replace("times: 4, wait: 5ms", "times: 2")
    )
    words = ["explain-policy", "uplink", "--graph", "site.graph.yaml", "--profile", "mine.profile.yaml", "--json"]
    (policy,) = json.loads(said(capsys, *words)[1])["policies"]
    assert (policy["file"], policy["instead_of"]) == ("patient", [])
    (policy,) = json.loads(said(capsys, *words, "--policy", "twice.policy.yaml")[1])["policies"]
    assert (policy["file"], [other["file"] for other in policy["instead_of"]]) == ("twice", ["patient"])
    run = ["run", "site.graph.yaml", "--until-idle", "--json", "--profile", "mine.profile.yaml", "--setting", "drain=1"]
    assert json.loads(said(capsys, *run)[1])["nodes"]["uplink"]["retried"] == 9
    assert said(capsys, "policies", "apply", "twice.policy.yaml")[0] == 0
    assert json.loads(said(capsys, *run, "--set", "numbers.to=4")[1])["nodes"]["uplink"]["retried"] == 10
    assert said(capsys, "policies", "apply", "--none")[0] == 0
    assert json.loads(said(capsys, *run, "--set", "numbers.to=5")[1])["nodes"]["uplink"]["retried"] == 13


def test_a_profile_that_is_not_there_is_told_with_the_nearest(here: Path, capsys: Any) -> None:
    code, out, err = said(capsys, "profiles", "show", "sleepi")
    assert (code, out, "write `sleepy`" in err) == (1, "", True)


# -- run --------------------------------------------------------------------------------------------------------


def test_a_policy_file_decides_how_often_a_run_tries(here: Path, capsys: Any) -> None:
    for words, retried in [((), 6), (("--policy", "patient.policy.yaml"), 9)]:
        code, out, err = said(capsys, "simulate", "site.graph.yaml", "--json", *words)
        report = json.loads(out)
        uplink = report["nodes"]["uplink"]
        assert (code, err, uplink["retried"]) == (0, "", retried)
        assert uplink["dead"] == 3


def test_a_run_records_its_profile_in_its_report_its_store_and_its_history(here: Path, capsys: Any) -> None:
    words = ["run", "site.graph.yaml", "--until-idle", "--profile", "edge_low_power", "--policy", "patient.policy.yaml"]
    report = json.loads(said(capsys, *words, "--setting", "commit_interval=0", "--json")[1])
    digest = json.loads(said(capsys, "profiles", "show", "edge_low_power", "--resolved", "--json")[1])["digest"]
    assert report["profile"] == {"name": "edge_low_power", "digest": digest}
    store = SqliteStore(".penstock/site", ack="process")
    store.attach()
    (started,) = [note.facts for note in store.notes() if note.kind == "started"]
    store.close()
    assert (started["profile"], started["profile_digest"]) == ("edge_low_power", digest)
    assert (started["policies"], started["settings"]) == (["patient.policy.yaml"], ["commit_interval=0"])
    assert f"profile edge_low_power {digest}\n" in said(capsys, *words)[1]


def test_what_only_the_code_of_a_policy_can_refuse_is_told_with_its_line(here: Path, capsys: Any) -> None:
    (here / "bad.policy.yaml").write_text(
        "format: 1\nname: bad\nrules:\n  - for: {channel: log}\n    use:\n      - {type: spill, config: {mode: leak}}\n"
    )
    code, _, err = said(capsys, "run", "site.graph.yaml", "--policy", "bad.policy.yaml", "--store", "memory")
    assert code == 1
    assert "bad.policy.yaml:6:31: error P234" in err
    assert not (here / ".penstock").exists()


# -- apply ------------------------------------------------------------------------------------------------------


def test_what_was_applied_holds_for_later_runs_until_a_flag_or_another_order_says_otherwise(
    here: Path, capsys: Any
) -> None:
    run = ["run", "site.graph.yaml", "--until-idle", "--json"]
    assert said(capsys, *run)[0] == 0
    code, out, _ = said(capsys, "policies", "apply", "patient.policy.yaml")
    assert (code, out.splitlines()[1]) == (0, "no process is running on this store; the next run takes them up")
    code, _, err = said(capsys, *run, "--set", "numbers.to=4")
    assert (code, err.startswith("going on with the policies of patient.policy.yaml, applied by ")) == (0, True)
    assert (
        said(
            capsys,
            *run,
            "--set",
            "numbers.to=5",
            "--policy",
            "forever.policy.yaml",
            "--setting",
            "drain=1",
            "--policy",
            "patient.policy.yaml",
        )[2]
        == ""
    )
    assert said(capsys, "policies", "apply", "--none")[0] == 0
    assert said(capsys, *run, "--set", "numbers.to=6")[2] == ""
    changes = json.loads(said(capsys, "policies", "list", "--json")[1])
    applied, digest = "patient.policy.yaml", changes[0]["new"]
    assert [(change["files"], change["new"]) for change in changes] == [
        (applied, digest),
        (f"forever.policy.yaml, {applied}", digest),  # another way to say the same
        ("none", ""),
    ]
    again = json.loads(said(capsys, "policies", "apply", "patient.policy.yaml", "--json")[1])
    assert again["digest"] == changes[0]["new"]
    present = json.loads(said(capsys, "policies", "show", "--json")[1])
    assert present == {"running": [], "next": "patient.policy.yaml"}


def test_what_was_applied_and_no_longer_fits_is_told_before_anything_runs(here: Path, capsys: Any) -> None:
    said(capsys, "run", "site.graph.yaml", "--until-idle")
    said(capsys, "policies", "apply", "patient.policy.yaml")
    (here / "site.graph.yaml").write_text(GRAPH.replace("outside", "abroad"))
    code, out, err = said(capsys, "run", "site.graph.yaml", "--until-idle")
    assert (code, out) == (2, "")
    assert "`penstock policies apply --none` takes them away" in err
    assert "patient.policy.yaml:4:16: error L102" in err
    assert said(capsys, "policies", "apply", "--none")[0] == 0
    assert said(capsys, "run", "site.graph.yaml", "--until-idle")[0] == 0


def test_what_was_applied_can_be_explained(here: Path, capsys: Any) -> None:
    said(capsys, "run", "site.graph.yaml", "--until-idle")
    said(capsys, "policies", "apply", "patient.policy.yaml")
    words = ["explain-policy", "uplink", "--graph", "site.graph.yaml", "--json"]
    assert json.loads(said(capsys, *words)[1])["policies"] == []
    (policy,) = json.loads(said(capsys, *words, "--store", ".penstock/site")[1])["policies"]
    assert policy["config"]["times"]["value"] == 4


def test_an_order_holds_all_of_its_files_whatever_becomes_of_them(here: Path, capsys: Any) -> None:
    (here / "full.policy.yaml").write_text(
        "format: 1\nname: full\nrules:\n  - {for: {channel: log}, set: {capacity: 7}}\n"
    )
    said(capsys, "run", "site.graph.yaml", "--until-idle")
    assert said(capsys, "policies", "apply", "patient.policy.yaml", "full.policy.yaml")[0] == 0
    (here / "full.policy.yaml").write_text("lost")
    order = order_on(".penstock/site")
    assert order is not None
    catalog, wishes = discover(), Wishes(settings=("uplink.concurrency=1", "inbox=3"))
    found = Binder(assemble("site.graph.yaml", catalog, wishes), catalog, wishes).answer(order)
    assert (dict(found.numbers.capacity), dict(found.numbers.concurrency)) == ({"log": 7}, {"uplink": 1})
    assert [one.name for one in found.at("uplink", "failure")] == ["again@uplink"]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"files": [], "digest": 1}', '{"files": [{}], "digest": ""}', "[" * 99_999]
)
def test_an_order_that_nobody_can_read_is_refused(here: Path, body: str) -> None:
    catalog = discover()
    binder = Binder(assemble("site.graph.yaml", catalog, Wishes()), catalog, Wishes())
    with pytest.raises(PenstockError, match="an order in the store cannot be read"):
        binder.answer(Order(1, "policies", body, "somebody", 0.0))


def test_an_order_of_another_kind_is_refused(here: Path) -> None:
    catalog = discover()
    binder = Binder(assemble("site.graph.yaml", catalog, Wishes()), catalog, Wishes())
    with pytest.raises(PenstockError, match="nobody here knows orders of the kind `dance`"):
        binder.answer(Order(1, "dance", "", "somebody", 0.0))


def test_files_with_a_mistake_are_not_applied(here: Path, capsys: Any) -> None:
    said(capsys, "run", "site.graph.yaml", "--until-idle")
    (here / "bad.policy.yaml").write_text(PATIENT.replace("outside", "outsid"))
    code, out, err = said(capsys, "policies", "apply", "bad.policy.yaml")
    assert (code, out, "L102" in err) == (1, "", True)
    assert json.loads(said(capsys, "policies", "show", "--json")[1])["next"] == "no policies"


def test_files_are_held_against_the_graph_that_runs_and_no_other(here: Path, capsys: Any) -> None:
    said(capsys, "run", "site.graph.yaml", "--until-idle")
    (here / "site.graph.yaml").write_text(GRAPH.replace("{type: count}", "{type: count, config: {to: 9}}"))
    code, _, err = said(capsys, "policies", "apply", "patient.policy.yaml")
    assert (code, "L120" in err) == (2, True)
    (here / "site.graph.yaml").unlink()
    assert "is no longer there" in said(capsys, "policies", "apply", "patient.policy.yaml")[2]
    (here / "old.graph.yaml").write_text(GRAPH)
    assert said(capsys, "policies", "apply", "patient.policy.yaml", "--graph", "old.graph.yaml")[0] == 0


@pytest.mark.parametrize("words", [[], ["patient.policy.yaml", "--none"]])
def test_an_order_names_files_or_none(here: Path, capsys: Any, words: list[str]) -> None:
    assert said(capsys, "policies", "apply", *words)[0] == 2


def test_who_does_not_answer_in_time_is_named(here: Path, capsys: Any) -> None:
    said(capsys, "run", "site.graph.yaml", "--until-idle")
    store = SqliteStore(".penstock/site", ack="process")
    store.open("site", [])
    store.begin_run("deaf", store.runs()[-1]["digest"], 0.0)
    clock = iter(range(1000))
    made = apply_policies(
        store, ["patient.policy.yaml"], None, 5.0, sleep=lambda _: None, now=lambda: float(next(clock))
    )
    assert (made.exit_code, dict(made.runs)) == (3, {"deaf": "no answer"})

    def answer(_: float) -> None:
        order = store.orders()[-1].id
        store.note("deaf", "order-refused", {"order": order, "error": "not today"}, 0.0)

    made = apply_policies(store, ["patient.policy.yaml"], None, 5.0, sleep=answer, now=lambda: float(next(clock)))
    assert (made.exit_code, dict(made.runs)) == (1, {"deaf": "refused: not today"})

    def take_a_later_one(_: float) -> None:
        store.note("deaf", "policies", {"order": store.orders()[-1].id + 1, "old": "", "new": "x"}, 0.0)

    made = apply_policies(store, [], None, 5.0, sleep=take_a_later_one, now=lambda: float(next(clock)))
    assert (made.exit_code, [word.partition(",")[0] for word in made.runs.values()]) == (0, ["taken up"])
    assert [change.error for change in changes_of(store)] == ["not today", ""]
    store.end_run("deaf", "stopped", 0.0)
    store.close()


def test_policies_are_exchanged_while_a_process_runs(here: Path, importable: Any, capsys: Any) -> None:
    command = [
        sys.executable,
        "-m",
        "penstock",
        "run",
        "site.graph.yaml",
        "--until-idle",
        "--policy",
        "forever.policy.yaml",
        "--json",
    ]
    with subprocess.Popen(command, env=importable.environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 30
            while not _is_running(here) and time.monotonic() < until:
                time.sleep(0.05)
            code, out, _ = said(capsys, "policies", "apply", "patient.policy.yaml", "--json")
            printed = process.communicate(timeout=30)[0]
        finally:
            process.kill()
    made = json.loads(out)
    assert (code, list(made["runs"].values())) == (0, ["taken up"])
    report = json.loads(printed)
    assert report["nodes"]["uplink"]["dead"] == 3
    changes = json.loads(said(capsys, "policies", "list", "--json")[1])
    assert [(change["files"], change["old"]) for change in changes] == [
        ("forever.policy.yaml", ""),
        ("patient.policy.yaml", changes[0]["new"]),
    ]
    assert changes[1]["new"] == made["digest"]
    plain = json.loads(said(capsys, "simulate", "site.graph.yaml", "--json")[1])
    assert report["graph_digest"] == plain["graph_digest"]  # before, between and after


def _is_running(here: Path) -> bool:
    """Whether the run has said with which policies it began."""
    if not (here / ".penstock" / "site").is_dir() or not list((here / ".penstock" / "site").glob("*.sqlite*")):
        return False
    store = SqliteStore(".penstock/site", ack="process")
    try:
        store.attach()
        return any(note.kind == "policies" for note in store.notes())
    finally:
        store.close()
