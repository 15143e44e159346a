"""Make, grow and renew packs: what the three commands do.

Takes:   answers, a folder.
Gives:   `new`, `add`, `update`: each says what it did as a plan, with findings.
Ignores: flags and printing (`cli.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from penstock_findings import Finding, Location, Severity
from penstock_templates.answers import Answers
from penstock_templates.merge import merged
from penstock_templates.parts import entered, entry_of, part, parts_of, table_of, whole, with_entry
from penstock_templates.record import FILE, Record, read_record, text_of
from penstock_templates.render import TEMPLATES, version_of
from penstock_templates.tree import locked, plan_of, put, put_new, with_manifest

CONFLICT = ".conflict"  # what is put beside a file that could not be merged


@dataclass(frozen=True, slots=True)
class Made:
    """What was done, or would have been: the plan, and what there is to say about it."""

    plan: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)


def new(
    answers: Answers, target: Path, *, dry_run: bool = False, force: bool = False, templates: Path = TEMPLATES
) -> Made:
    """Make a pack in a folder; nothing is there when it fails. Raises `CannotWrite`."""
    files = whole(answers, [], templates)
    record = Record(answers, (), version_of(templates), _texts(files))
    everything = with_manifest(answers.name, {**files, FILE: text_of(record)})
    if not dry_run:
        put_new(target, everything, force=force)
    return Made(plan_of(answers.name, everything))


def add(folder: Path, kind: str, id: str, *, dry_run: bool = False, templates: Path = TEMPLATES) -> Made:
    """Grow a pack by one node, policy, channel kind or contract, and its entry; files that are there already are left alone, and said."""
    record = read_record(folder)
    answers = record.answers
    if (kind, id) in [*parts_of(answers), *record.added]:
        return Made(plan_of(answers.name, {}), [Finding("W204", f"the pack has a {kind} `{id}` already")])
    files = part(answers, kind, id, templates)
    taken = [path for path in files if (folder / path).exists()]
    if taken:
        findings = [Finding("W204", f"`{path}` is there already", Location(str(folder / path))) for path in taken]
        return Made(plan_of(answers.name, {}), findings)
    findings = []
    changed = dict(files)
    entry = entry_of(answers, kind, id)
    if entry is not None:
        path = table_of(answers)
        text = with_entry((folder / path).read_text("utf-8"), *entry) if (folder / path).is_file() else None
        if text is None:
            hint = f'write `"{entry[1]}"` into `{entry[0]}`, then run `penstock pack lock`'
            findings.append(
                Finding("W203", f"`{path}` has no table `{entry[0]}` any more", Location(str(folder / path)), hint=hint)
            )
        else:
            changed[path] = text.encode("utf-8")
    base = entered({path: text.encode("utf-8") for path, text in record.files.items()} | files, answers, kind, id)
    grown = replace(record, added=(*record.added, (kind, id)), files=_texts(base))
    changed[FILE] = text_of(grown)
    if not dry_run:
        put(folder, changed)
        findings += _lock(folder)
    return Made(plan_of(answers.name, changed), findings)


def update(folder: Path, *, dry_run: bool = False, templates: Path = TEMPLATES) -> Made:
    """Bring the present templates to a pack: three-way merges, file by file.

    What the author has changed stays; what could not be merged is left as it is, with the merge beside it in a file whose
    name ends in `.conflict`, and the next update tries again.  What the author has taken away stays away.
    """
    record = read_record(folder)
    after = whole(record.answers, list(record.added), templates)
    known = dict(record.files)
    changed: dict[str, bytes] = {}
    findings: list[Finding] = []
    for path in sorted(after.keys() | record.files.keys()):
        base, theirs = record.files.get(path), after.get(path)
        here = folder / path
        ours = here.read_bytes() if here.is_file() else None
        told = f"`{path}`"
        at = Location(str(here))
        if theirs is None:  # the template has it no more
            known.pop(path, None)
            if ours is not None:
                findings.append(
                    Finding(
                        "W302",
                        f"{told} is no longer part of the template",
                        at,
                        severity=Severity.NOTE,
                        hint="remove it, or keep it as your own",
                    )
                )
            continue
        new_text = theirs.decode("utf-8")
        if base == new_text:
            continue
        if base is None and ours is None:
            changed[path], known[path] = theirs, new_text
        elif ours is None:
            known[path] = new_text  # taken away by the author
        elif base is not None and ours == base.encode("utf-8"):
            changed[path], known[path] = theirs, new_text
        elif ours == theirs:
            known[path] = new_text
        else:
            text, clean = merged(ours, (base or "").encode("utf-8"), theirs)
            if clean:
                changed[path], known[path] = text, new_text
            else:
                changed[path + CONFLICT] = text
                hint = f"take over what you want from `{path}{CONFLICT}`, remove it, and run the update again"
                findings.append(
                    Finding("W301", f"{told} was changed here and in the template, at the same place", at, hint=hint)
                )
    fresh = not any(finding.code == "W301" for finding in findings)
    renewed = replace(
        record, templates=version_of(templates) if fresh else record.templates, files=dict(sorted(known.items()))
    )
    if renewed != record:
        changed[FILE] = text_of(renewed)
    if not dry_run and changed:
        put(folder, changed)
        findings += _lock(folder)
    return Made(plan_of(record.answers.name, changed), findings)


def _lock(folder: Path) -> list[Finding]:
    complaint = locked(folder)
    if not complaint:
        return []
    hint = "mend what it says, then run `penstock pack lock`"
    return [
        Finding(
            "W205", "the manifest could not be compiled", Location(str(folder)), hint=hint, evidence={"said": complaint}
        )
    ]


def _texts(files: dict[str, bytes]) -> dict[str, str]:
    return {path: data.decode("utf-8") for path, data in sorted(files.items())}
