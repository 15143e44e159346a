"""The commands `penstock pack lock`, `check` and `show`.

Takes:   the folder of a project, or the name of an installed pack.
Gives:   a manifest on disk, findings about drift, or the manifest for reading.
Ignores: what a manifest holds (`manifest/`).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.added import OpenGroup
from penstock.cli.options import as_json, print_report, report_format
from penstock.cli.tables import facts, table
from penstock_findings.errors import PenstockError

if TYPE_CHECKING:
    from penstock._review.quality import Quality
    from penstock.manifest.model import Manifest
    from penstock_findings.report import Report

LEVELS = ("bronze", "silver", "gold", "platinum")  # those of `_review.quality`, which is read when it is needed
FOLDER = click.argument("folder", type=click.Path(), default=".")


@click.group(cls=OpenGroup)
def pack() -> None:
    """Lock, check and show the manifest of a pack: the one file by which every tool knows it.

    \b
    Example:
      penstock pack lock             in the folder with the pack's pyproject.toml
      penstock pack check            in CI: everything that a reviewer would ask
      penstock pack show standard    what an installed pack offers
    """


@pack.command()
@FOLDER
@report_format
def lock(folder: str, fmt: str) -> int:
    """Compile penstock-pack.json from the code of the pack in FOLDER, and write it beside the code.

    The pack is imported. The file is the same, byte for byte, on every machine; commit it.

    \b
    Example:
      penstock pack lock
      penstock pack lock packages/my-pack
    """
    from penstock.manifest.lock import lock as locked

    done = locked(folder)
    code = print_report(done.report, fmt)
    if done.manifest is not None and fmt == "text":
        verb = "wrote" if done.changed else "unchanged:"
        sys.stdout.write(f"{verb} {os.path.relpath(done.path)} ({_counts(done.manifest)})\n")
    return code


@pack.command()
@click.argument("path", metavar="[FOLDER|WHEEL]", type=click.Path(), default=".")
@click.option("--against", metavar="WHEEL|GIT-REF", help="The last release, whose contracts this one has to keep.")
@click.option("--static", is_flag=True, help="Import and run nothing of the pack; what that leaves unknown is said.")
@click.option("--kit/--no-kit", default=True, help="Put the test kit to every node and policy, if it is installed.")
@click.option("--at-least", metavar="LEVEL", type=click.Choice(LEVELS), help="Fail when the pack is below this level.")
@click.option("--badge", metavar="FILE", type=click.Path(), help="Write the level there, as JSON for a badge.")
@click.option("--against-sdk", "sdk", metavar="VERSION", help="Only say what the pack uses and that SDK has not.")
@report_format
def check(
    path: str,
    against: str | None,
    static: bool,
    kit: bool,
    at_least: str | None,
    badge: str | None,
    sdk: str | None,
    fmt: str,
) -> int:
    """Ask of a pack, a folder or a wheel, what a reviewer would ask: one finding for each thing to mend.

    Is the manifest what the code makes? Do the packaging, the files, the docs, the capabilities and the contracts hold
    what they say? Does every node and policy keep the promises that the test kit asks about? Nothing is written. The
    pack is imported, and the test kit runs it in a process of its own; with --static its files are only read.

    The answers add up to a level, bronze to platinum, and to a list of what the next one wants. Exit code 1 when
    something is missing that bronze wants, or when a promise is broken.

    With --against-sdk nothing else is asked, and nothing is imported: each name of the SDK that the code uses is held
    against what that version of the SDK has, deprecates and promises.

    \b
    Example:
      penstock pack check
      penstock pack check dist/acme_pack-0.2.0-py3-none-any.whl --against v0.1.0
      penstock pack check --static --format github
      penstock pack check --at-least gold --badge badge.json
      penstock pack check packages/my-pack --against-sdk 0.1
    """
    if sdk is not None:
        return _check_against(sdk, path, fmt)
    from penstock._review.quality import lines_of
    from penstock._review.review import review

    reviewed = review(path, against=against, run=not static, kit=kit, at_least=at_least)
    report, quality = reviewed.report, reviewed.quality
    if badge is not None:
        _write_badge(badge, quality)
    code = print_report(report, fmt)
    if fmt == "text":
        sys.stdout.write(_diff(report))
        if not static and "manifest" not in quality.missing:
            sys.stdout.write("the manifest is what the code makes\n")
        sys.stdout.write("\n".join(lines_of(quality)) + "\n")
    return code


@pack.command()
@click.argument("pack", metavar="[FOLDER|PACK]", default=".")
@as_json
def show(pack: str, as_json: bool) -> int:
    """Show what a pack offers, from its manifest: the pack in FOLDER, or the installed PACK. Nothing is imported.

    \b
    Example:
      penstock pack show
      penstock pack show penstock-standard
      penstock pack show standard --json | jq '.nodes[].id'
    """
    from penstock.manifest.write import text_of_manifest

    manifest, path = _manifest_of(pack)
    sys.stdout.write(text_of_manifest(manifest) if as_json else _page(manifest, path))
    return 0


def _write_badge(path: str, quality: Quality) -> None:
    import json

    from penstock._review.quality import badge
    from penstock.manifest.write import write_atomically

    try:
        write_atomically(path, json.dumps(badge(quality), indent=2) + "\n")
    except OSError as error:
        raise PenstockError(f"`{path}` cannot be written: {error.strerror}", code="M572") from error


def _check_against(sdk: str, folder: str, fmt: str) -> int:
    from penstock.surface.compare import against_sdk

    report = against_sdk(folder, sdk)
    code = print_report(report, fmt)
    if fmt == "text" and not report.findings:
        sys.stdout.write(f"all that the pack uses of the SDK, version {sdk} has\n")
    return code


def _manifest_of(pack: str) -> tuple[Manifest, str]:
    """The manifest in a folder or of an installed pack, and its path."""
    if os.sep in pack or os.path.isfile(os.path.join(pack, "pyproject.toml")) or pack == ".":
        from penstock.manifest.project import find_project

        path = find_project(pack).manifest
        return _read(path), path
    from penstock._plugins.discovery import discover
    from penstock_findings.spelling import hint_for

    catalog = discover()
    found = next((one for one in catalog.packs if pack in (one.name, one.distribution)), None)
    if found is None:
        hint = hint_for(pack, [one.name for one in catalog.packs])
        raise PenstockError(f"no pack `{pack}` is installed, and there is no such folder", code="P226", hint=hint)
    if found.manifest is None or found.location is None:
        findings = [f for f in catalog.findings if f.at.path in (found.location, found.installed_at)]
        raise PenstockError(f"pack `{found}` has no manifest that can be used", code="P226", findings=findings)
    return found.manifest, found.location


def _read(path: str) -> Manifest:
    from penstock.manifest.read import LIMIT, read_manifest
    from penstock_findings.load import load

    parsed = load(path, limit=LIMIT)
    if parsed.document is None:
        raise PenstockError(f"`{path}` cannot be read", findings=parsed.findings, sources={path: parsed.text})
    manifest, mistakes = read_manifest(parsed.text.encode("utf-8", "surrogatepass"), path)
    if manifest is None:
        raise PenstockError(f"`{path}` is no manifest", findings=mistakes, sources={path: parsed.text})
    return manifest


def _page(manifest: Manifest, path: str) -> str:
    head = facts(
        [
            ("pack", f"{manifest.pack} {manifest.version}"),
            ("manifest", os.path.relpath(path)),
            ("sdk level", str(manifest.sdk)),
            ("needs", ", ".join(manifest.capabilities)),
            ("hooks", ", ".join(manifest.hooks)),
        ]
    )
    parts: list[tuple[tuple[str, ...], list[Any]]] = [
        (("node", "role", "effect", "what it does"), [(n.id, n.role, n.effect, n.doc) for n in manifest.nodes]),
        (("policy", "decides", "what it does"), [(p.id, ", ".join(p.points), p.doc) for p in manifest.policies]),
        (("channel kind", "gives", "what it does"), [(c.id, ", ".join(c.ack), c.doc) for c in manifest.channels]),
        (
            ("contract", "stands at", "digest"),
            [(c.ref, ", ".join(c.positions), c.digest[:19]) for c in manifest.contracts],
        ),
        (("command", "what it does"), [(c.name, c.doc) for c in manifest.commands]),
    ]
    return "\n".join([head, *(table(names, rows) for names, rows in parts if rows)])


def _counts(manifest: Manifest) -> str:
    counts = [
        (len(manifest.nodes), "node type"),
        (len(manifest.policies), "policy type"),
        (len(manifest.channels), "channel kind"),
        (len(manifest.contracts), "contract"),
        (len(manifest.commands), "command"),
    ]
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count) or "empty"


def _diff(report: Report) -> str:
    return "".join(f"\n{finding.evidence['diff']}" for finding in report.findings if "diff" in finding.evidence)
