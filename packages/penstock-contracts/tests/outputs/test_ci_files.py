"""The files for CI do what they say: every step of them is run, in a git repository of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

PACKAGE = Path(__file__).resolve().parents[2]
ACTION = PACKAGE / "ci/github/action.yml"
JOB = PACKAGE / "ci/gitlab/contracts.yml"
HOOKS = PACKAGE.parents[1] / ".pre-commit-hooks.yaml"
OLD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"id": {"type": "string"}},
}
BROKEN = {**OLD, "required": ["id"]}
REWRITTEN = {"description": "the same in other words", **OLD, "allOf": [{"type": ["object"]}]}

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or shutil.which("bash") is None, reason="git and bash are needed, and one is not here"
)


@dataclass
class Repository:
    """A clone with one schema on `main`, and a remote that it was cloned from."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def git(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *words], cwd=cwd or self.folder, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def bash(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env={**self.environment, **more}, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip  # what, where, how

    def write(self, schema: object, name: str = "schemas/event.schema.json") -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(schema, indent=2) + "\n", "utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Cloned with one commit only, as CI does; the programs of this Python are on its path."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, module in (("penstock-contracts", "penstock_contracts.cli"), ("pre-commit", "pre_commit.main")):
        program = programs / name
        program.write_text(f"#!{sys.executable}\nfrom {module} import main\n\nraise SystemExit(main())\n", "utf-8")
        program.chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    known = ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in known if name in os.environ}
    environment |= {
        "PATH": f"{programs}{os.pathsep}{environment.get('PATH', os.defpath)}", "HOME": str(tmp_path), "NO_COLOR": "1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))},
    }  # fmt: skip  # whose it is, which packages it finds, what git may read, who commits
    origin = Repository(tmp_path / "origin", environment)
    origin.folder.mkdir()
    origin.git("init", "--quiet", "--initial-branch=main")
    origin.write(OLD)
    origin.git("add", ".")
    origin.git("commit", "--quiet", "--message=Say what an event is")
    clone = Repository(tmp_path / "clone", environment)
    origin.git("clone", "--quiet", "--depth=1", origin.folder.as_uri(), str(clone.folder))
    clone.git("checkout", "--quiet", "-b", "change")
    return clone


# -- the action -------------------------------------------------------------------------------------------------

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Runner:
    """As much of a runner of actions as a composite action needs: expressions that are names, steps, outputs, a summary."""

    repository: Repository
    inputs: dict[str, str]
    github: dict[str, str]
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    summary: str = ""
    printed: str = ""

    def value(self, name: str) -> str:
        place, _, rest = name.partition(".")
        if place == "inputs":
            return self.inputs[rest]
        if place == "steps":
            step, _, output = rest.partition(".outputs.")
            return self.steps.get(step, {}).get(output, "")
        if name == "runner.temp":
            return str(self.repository.folder.parent / "temp")
        return self.github.get(name, "")

    def holds(self, condition: str) -> bool:
        return all(self.value(name) == text for name, text in re.findall(r"([\w.]+) == '([^']*)'", condition))

    def run(self, action: Mapping[str, Any]) -> int:
        """Run every step; the code of the first that fails."""
        folder = self.repository.folder.parent
        for step in action["runs"]["steps"]:
            if not self.holds(step.get("if", "")):
                continue
            files = {name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
            for path in files.values():
                path.write_text("", "utf-8")
            environment = {
                name: EXPRESSION.sub(lambda found: self.value(found[1]), text) for name, text in step["env"].items()
            }
            environment |= {name: str(path) for name, path in files.items()}
            done = self.repository.bash(step["run"], GITHUB_ACTION_PATH=str(ACTION.parent), **environment)
            self.printed += done.stdout + done.stderr
            self.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
            outputs = (line.partition("=") for line in files["GITHUB_OUTPUT"].read_text("utf-8").splitlines())
            self.steps[step["id"]] = {name: value for name, _, value in outputs}
            if done.returncode:
                return done.returncode
        return 0


def act(repository: Repository, *, base: str = "main", **given: str) -> tuple[int, Runner]:
    """Run the action as a job of a pull request would; nothing is installed, for it is there."""
    action = yaml.safe_load(ACTION.read_text("utf-8"))
    defaults = {name: EXPRESSION.sub("", facts.get("default", "")) for name, facts in action["inputs"].items()}
    github = {
        "github.base_ref": base, "github.event_name": "pull_request" if base else "push", "github.repository": "ada/site",
        "github.event.pull_request.number": "7",
    }  # fmt: skip  # what an action is told
    runner = Runner(repository, {**defaults, "package": "", "contracts": "schemas", **given}, github)
    return runner.run(action), runner


def test_the_action_passes_a_rewritten_contract_and_fails_a_broken_one(repository):
    repository.write(REWRITTEN)
    code, runner = act(repository)
    assert (code, runner.steps["gate"]["standing"]) == (0, "compatible"), runner.printed
    repository.write(BROKEN)
    code, runner = act(repository)
    assert (code, runner.steps["gate"]["standing"]) == (1, "breaking")
    assert "::error file=schemas/event.schema.json,line=" in runner.printed
    assert runner.summary.startswith("<!-- penstock contracts -->\n### ✗ Contracts breaking")


def test_the_action_leaves_every_report(repository):
    repository.write(BROKEN)
    _, runner = act(repository)
    folder = Path(runner.steps["gate"]["folder"])
    assert {path.name for path in folder.iterdir()} == {
        f"contracts.{kind}" for kind in ("sarif", "html", "json", "junit.xml", "md")
    }
    assert json.loads((folder / "contracts.json").read_text("utf-8"))["standing"] == "breaking"


def test_the_action_takes_another_baseline_and_options(repository):
    repository.write(BROKEN)
    repository.git("commit", "--quiet", "--all", "--message=Break it")
    repository.git("tag", "v1")
    code, runner = act(repository, base="", against="v1", options="--mode full")
    assert code == 0, runner.printed
    assert (
        json.loads(Path(runner.steps["gate"]["folder"], "contracts.json").read_text("utf-8"))["comparisons"][0]["mode"]
        == "full"
    )


def test_the_action_says_so_when_there_is_nothing_to_compare_with(repository):
    code, runner = act(repository, base="")
    assert (code, runner.steps["gate"]["standing"]) == (2, "misuse")
    assert "say what to compare with" in runner.printed
    code, runner = act(repository, base="", against="v9")
    assert code in (2, 3)
    assert "v9" in runner.printed


def test_the_action_installs_what_it_runs(repository):
    """Into an environment of its own, from this tree and without an index; what the package needs is there already."""
    folder = repository.folder.parent / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    site.joinpath("others.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages")), "utf-8"
    )
    (repository.folder.parent / "bin/penstock-contracts").unlink()
    repository.environment |= {
        "PATH": f"{folder / 'bin'}{os.pathsep}{repository.environment['PATH']}", "PIP_IGNORE_INSTALLED": "1",
        "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_ROOT_USER_ACTION": "ignore",
    }  # fmt: skip  # where it goes, where it comes from
    repository.environment.pop("PYTHONPATH")
    repository.write(BROKEN)
    source = repository.folder.parent / "source"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__", ".*", "tests"))
    code, runner = act(repository, package=str(source))
    assert (code, runner.steps["gate"]["standing"]) == (1, "breaking"), runner.printed
    assert (folder / "bin/penstock-contracts").is_file()
    assert (site / "penstock_contracts/reports/page.css").is_file()
    assert (site / "penstock_contracts/reports/report.schema.json").is_file()
    assert (site / "penstock_contracts/codes/K208.md").is_file()


@pytest.mark.parametrize("known", ["", "41"])
def test_the_action_keeps_one_comment(repository, known):
    """`gh` is a program that notes what it was asked, and knows a comment or none."""
    notes = repository.folder.parent / "notes"
    gh = repository.folder.parent / "bin/gh"
    gh.write_text(
        f'#!/bin/bash\nprintf "%s\\n" "$*" >>{notes}\nif [[ "$*" == *--jq* ]]; then echo "{known}"; fi\n', "utf-8"
    )
    gh.chmod(0o755)
    repository.write(BROKEN)
    code, runner = act(repository, comment="true", token="secret")
    assert code == 1, runner.printed
    asked, written = notes.read_text("utf-8").splitlines()
    assert asked.startswith("api --paginate repos/ada/site/issues/7/comments --jq ")
    assert "<!-- penstock contracts -->" in asked
    place = f"PATCH repos/ada/site/issues/comments/{known}" if known else "POST repos/ada/site/issues/7/comments"
    assert written.startswith(f"api --silent --method {place} --field body=@")
    assert "secret" not in runner.printed


def test_no_expression_of_the_action_reaches_a_shell():
    """What strangers may name, such as a branch, comes in as a variable and never as part of a script."""
    for step in yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]:
        assert not EXPRESSION.search(step["run"])


def test_the_action_and_the_job_install_the_version_that_they_belong_to():
    version = re.search(r'^version = "(.+)"$', (PACKAGE / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version is not None
    wanted = f"penstock-contracts=={version[1]}"
    assert yaml.safe_load(ACTION.read_text("utf-8"))["inputs"]["package"]["default"] == wanted
    assert yaml.safe_load(JOB.read_text("utf-8"))["contracts"]["variables"]["CONTRACTS_PACKAGE"] == wanted


# -- the job ----------------------------------------------------------------------------------------------------


def test_the_job_runs_and_leaves_what_it_promises(repository):
    job = yaml.safe_load(JOB.read_text("utf-8"))["contracts"]
    base = repository.git("rev-parse", "HEAD")
    variables = {
        **job["variables"],
        "CONTRACTS_PACKAGE": "",
        "CONTRACTS": "schemas",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
    }
    script = "set -eo pipefail\n" + "\n".join(job["script"])
    repository.write(BROKEN)
    done = repository.bash(script, **variables)
    assert done.returncode == 1, done.stderr
    assert "breaking: 1 change breaks" in done.stdout
    suite = ElementTree.parse(repository.folder / job["artifacts"]["reports"]["junit"]).getroot()
    assert suite.get("failures") == "1"
    assert all((repository.folder / path).is_file() for path in job["artifacts"]["paths"])
    repository.write(REWRITTEN)
    assert repository.bash(script, **{**variables, "CONTRACTS_OPTIONS": "--mode full --format json"}).returncode == 0


# -- the hook ---------------------------------------------------------------------------------------------------


@pytest.fixture
def hooks(repository: Repository) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Our hooks, used from the clone: a commit of everything."""
    if find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed here")
    ours = Repository(repository.folder.parent / "hooks", repository.environment)
    ours.folder.mkdir()
    shutil.copy(HOOKS, ours.folder)
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message=Hooks")):
        ours.git(*words)
    used = {"repo": str(ours.folder), "rev": ours.git("rev-parse", "HEAD"), "hooks": [{"id": "penstock-contracts"}]}
    config = yaml.safe_dump({"repos": [used]})
    (repository.folder / ".pre-commit-config.yaml").write_text(config, "utf-8")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message=Use the hook")
    installed = repository.bash("pre-commit install")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return lambda: repository.bash("git add . && git commit --quiet --message='Change the contract'")


def test_the_hook_stops_a_commit_that_breaks_and_lets_others_pass(repository, hooks):
    repository.write(BROKEN)
    done = hooks()
    assert done.returncode == 1
    assert "contracts stay compatible" in done.stdout + done.stderr
    assert "breaking: 1 change breaks" in done.stdout + done.stderr
    repository.write(REWRITTEN)
    done = hooks()
    assert done.returncode == 0, done.stdout + done.stderr
    (repository.folder / "README.md").write_text("no contract\n", "utf-8")
    assert "(no files to check)Skipped" in (quiet := hooks()).stdout + quiet.stderr
