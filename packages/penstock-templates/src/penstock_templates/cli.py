"""The commands `new`, `add` and `update`: below `penstock pack` where the core is installed, else `penstock-templates`.

Takes:   the words of the command line; answers from flags, a file, or a person at a terminal.
Gives:   `main`, the entry point of the console script; `new`, `add`, `update`, the click commands.
Ignores: what the commands do (`making.py`).
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock_findings import PenstockError
from penstock_findings.cli.root import SETTINGS, Group
from penstock_findings.ending import ended
from penstock_findings.report import Report
from penstock_findings.reporters import write

if TYPE_CHECKING:
    from penstock_findings import Finding
    from penstock_templates.making import Made

PROGRAM = "penstock-templates"
_KINDS = ("transform", "source", "sink", "policy", "channel", "pack")
_PARTS = ("node", "transform", "source", "sink", "policy", "channel", "contract")
_dry = click.option("--dry-run", is_flag=True, help="Print the plan as JSON, and write nothing.")
_json = click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON, for programs.")
_templates = click.option(
    "--templates", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Another folder of templates."
)


class WrongAnswers(PenstockError):
    """The answers do not make a pack. Nothing was written."""

    code = "W101"


@click.group(PROGRAM, cls=Group, context_settings=SETTINGS)
def group() -> None:
    """Scaffold packs of Penstock: make, grow and renew them."""


@group.command(context_settings=SETTINGS)
@click.argument("kind", required=False)
@click.option("--name", help="Name of the distribution and of its folder, such as `acme-thresholds`.")
@click.option("--id", help="Name of its first node or policy; the last word of the name when it is not said.")
@click.option("--description", help="One line.")
@click.option("--author", help="Who wrote it.")
@click.option("--answers", "file", type=click.Path(), metavar="FILE", help="Answers as YAML, TOML or JSON; flags win.")
@click.option("--check-index", is_flag=True, help="Ask the package index, by pip, whether the name is taken.")
@click.option("--no-input", is_flag=True, help="Ask nothing, also at a terminal.")
@click.option(
    "--force", is_flag=True, help="Write into a folder that is not empty; files of the same name are replaced."
)
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), help="Folder to make; `./NAME` when it is not said."
)
@_dry
@_json
@_templates
def new(kind: str | None, file: str | None, check_index: bool, no_input: bool, force: bool, into: Path | None, dry_run: bool,
        as_json: bool, templates: Path | None, **flags: str | None) -> int:  # fmt: skip  # a flag is a parameter
    """Make a new pack: a repository with packaging, a node or policy, contracts, tests, an example, docs and CI.

    \b
    KIND is one of
      transform, source, sink   a pack with one node of this role (transform, when it is not said)
      policy                    a pack with one policy
      channel                   a pack with a channel kind: a store for the durable channels of a graph
      pack                      a pack with a transform, a sink and a policy

    \b
    Example:
      penstock pack new                                     asks what it needs to know
      penstock pack new sink --name acme-archive            asks only for the rest
      penstock pack new --name acme-thresholds --no-input   asks nothing
    """
    from penstock_templates.answers import checked
    from penstock_templates.making import new as make
    from penstock_templates.render import TEMPLATES

    said = _from_file(file) | {name: text for name, text in {**flags, "kind": kind}.items() if text is not None}
    if not no_input and sys.stdin.isatty() and sys.stdout.isatty():
        said = _asked(said)
    answers, findings = checked(said)
    if answers is not None and check_index:
        from penstock_templates.published import wrong_with_published

        findings = wrong_with_published(answers.name)
    if answers is None or findings:
        raise WrongAnswers("the answers do not make a pack", findings=findings)
    target = into or Path(answers.name)
    made = make(answers, target, dry_run=dry_run, force=force, templates=templates or TEMPLATES)
    next_ = [f"cd {shlex.quote(str(target))}", f"pip install --editable {_what_to_install()}", "pytest"]
    return _told(
        made, dry_run, as_json, f"made {target} ({len(made.plan['files'])} files); go on with\n  " + "\n  ".join(next_)
    )


@group.command(context_settings=SETTINGS)
@click.argument("part", type=click.Choice(_PARTS))
@click.argument("id")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder of the pack; here, when it is not said.",
)
@_dry
@_json
@_templates
def add(part: str, id: str, folder: Path, dry_run: bool, as_json: bool, templates: Path | None) -> int:
    """Grow a pack by one node, policy, channel kind or contract, with its tests, example and docs, and enter it in the pack.

    PART is node (a transform), source, sink, policy, channel or contract; ID is its name, such as `over-limit`.

    \b
    Example:
      penstock pack add node over-limit
      penstock pack add policy patient
    """
    from penstock_templates.answers import wrong_with_id
    from penstock_templates.making import add as grow
    from penstock_templates.render import TEMPLATES

    findings = wrong_with_id(id)
    if findings:
        raise WrongAnswers(f"nothing can be called `{id}`", findings=findings)
    made = grow(folder, "transform" if part == "node" else part, id, dry_run=dry_run, templates=templates or TEMPLATES)
    return _told(made, dry_run, as_json, f"added {part} `{id}` ({len(made.plan['files'])} files written)")


@group.command(context_settings=SETTINGS)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@_dry
@_json
@_templates
def update(folder: Path, dry_run: bool, as_json: bool, templates: Path | None) -> int:
    """Bring the installed templates to the pack in FOLDER, by a three-way merge of each file.

    What you have changed stays. What was changed on both sides at the same place is left alone; the merge, with both
    sides marked, is put beside it as FILE.conflict, the exit code is 1, and the next update tries again.

    \b
    Example:
      pip install --upgrade penstock-templates && penstock pack update
      penstock pack update --dry-run
    """
    from penstock_templates.making import update as renew
    from penstock_templates.render import TEMPLATES

    made = renew(folder, dry_run=dry_run, templates=templates or TEMPLATES)
    count = len(made.plan["files"])
    return _told(made, dry_run, as_json, f"{count} files written" if count else "there is nothing to update")


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say, `sys.argv` by default; findings and errors are printed, never raised."""
    return ended(lambda: group.run(list(sys.argv[1:] if words is None else words), PROGRAM), PROGRAM)


def _from_file(path: str | None) -> dict[str, Any]:
    """Answers of a file; what is wrong with them is told with the others."""
    if path is None:
        return {}
    from penstock_findings.load import load

    parsed = load(path)
    if parsed.document is None or parsed.findings:
        raise WrongAnswers(f"`{path}` cannot be read", findings=parsed.findings, sources={path: parsed.text})
    if not isinstance(parsed.document.value, dict):
        raise WrongAnswers(f"`{path}` is to hold answers by name", at=parsed.document.at(""))
    return parsed.document.value


def _asked(said: dict[str, Any]) -> dict[str, Any]:
    """Ask a person for what was not said, and show the command that would not have asked."""
    said = dict(said)
    said.setdefault(
        "kind",
        click.prompt("kind", type=click.Choice(_KINDS), default="transform") if "kind" not in said else said["kind"],
    )
    for name, example in (
        ("name", "acme-thresholds"),
        ("id", ""),
        ("description", "Penstock nodes"),
        ("author", "The authors"),
    ):
        if name not in said:
            default = str(said.get("name", "")).rpartition("-")[2] if name == "id" else example
            said[name] = click.prompt(name, default=default)
    flags = " ".join(f"--{name} {shlex.quote(str(text))}" for name, text in said.items() if name != "kind")
    click.echo(f"the same again: penstock pack new {said['kind']} {flags} --no-input", err=True)
    return said


def _told(made: Made, dry_run: bool, as_json: bool, done: str) -> int:
    """Print findings, and what was done: for people, or as JSON."""
    report = Report("pack", made.findings)
    if made.findings:
        write(report, "text", sys.stderr)
    if dry_run or as_json:
        sys.stdout.write(json.dumps(made.plan, indent=2) + "\n")
    elif not any(_stops(finding) for finding in made.findings):
        sys.stdout.write(done + "\n")
    return report.exit_code()


def _what_to_install() -> str:
    """The pack alone where its tests can be run already, which is what `penstock-templates[authors]` is for."""
    from importlib.util import find_spec

    there = all(find_spec(name) for name in ("penstock_testkit", "penstock_standard", "pytest"))
    return "." if there else "'.[test]'"


def _stops(finding: Finding) -> bool:
    return finding.code == "W204"
