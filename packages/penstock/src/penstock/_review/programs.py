"""Ask those who are no part of the core: the contract gate and the test kit, each as a program of its own.

Takes:   a `Material`.
Gives:   `gate`: findings K..., or M542 when it could not be asked; `kit`: findings Q..., M551 to M553.
Ignores: what they ask.  They are siblings, and speak through files: SARIF of the gate, JSON of the kit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock._review.papers import versions_told
from penstock._review.quality import severity_of
from penstock_findings.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from penstock._review.material import Material
    from penstock.manifest.model import ChannelFacts, NodeFacts, PolicyFacts

_PATIENCE = 900.0  # seconds for a program; a kit that takes longer has hung
_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING}


def gate(material: Material, against: str | None) -> tuple[list[Finding], str | None]:
    """What the contract gate says of the last release, and why it could not be asked, if so."""
    manifest = material.manifest
    if manifest is None or not (manifest.contracts or manifest.nodes or manifest.policies):
        return [], None
    if against is None:
        told = versions_told(material.top)[1] if material.of == "folder" else []
        if len(told) == 1 and told[0] == manifest.version:
            return [], None  # the first version has no promises to keep
        return [], "nobody said what the last release was: give `--against WHEEL|GIT-REF`"
    at = Location(material.project.manifest)
    if find_spec("penstock_contracts") is None:
        message = f"the contracts were not compared with `{against}`: penstock-contracts is not installed"
        return [Finding("M542", message, at, severity_of("M542"), "run `pip install penstock-contracts`")], None
    subject = material.project.manifest if material.of == "folder" else material.path
    here = str(material.top) if material.of == "folder" else None
    reference = os.path.abspath(against) if os.path.exists(against) else against
    if material.of == "folder":
        subject = "." if not os.path.exists(against) else os.path.abspath(material.path)
    words = ("diff", "--against", reference, "--format", "sarif", subject)
    ran = _run(("-m", "penstock_contracts", *words), here)
    try:
        results = json.loads(ran.stdout)["runs"][0]["results"]
    except (ValueError, KeyError, IndexError):
        said = (ran.stderr or ran.stdout).strip().splitlines()
        message = f"the contracts could not be compared with `{against}`: {said[0] if said else 'nothing was said'}"
        return [
            Finding("M542", message, at, severity_of("M542"), "name a wheel or a git reference of the last release")
        ], None
    return [_carried(one, here or "") for one in results], None


def _carried(result: Mapping[str, Any], folder: str) -> Finding:
    physical = (result.get("locations") or [{}])[0].get("physicalLocation", {})
    path = physical.get("artifactLocation", {}).get("uri")
    region = physical.get("region", {})
    at = Location(os.path.join(folder, path) if path else None, region.get("startLine"), region.get("startColumn"))
    return Finding(result["ruleId"], result["message"]["text"], at, _LEVELS.get(result.get("level", ""), Severity.NOTE))


def kit(material: Material) -> list[Finding]:
    """What the test kit says when it is put to every node, policy and channel kind."""
    manifest = material.manifest
    if manifest is None or not (manifest.nodes or manifest.policies or manifest.channels):
        return []
    at = Location(material.project.manifest)
    if find_spec("penstock_testkit") is None:
        message = "nobody asked whether the nodes keep their promises: penstock-testkit is not installed"
        return [Finding("M552", message, at, severity_of("M552"), "run `pip install penstock-testkit`")]
    with tempfile.TemporaryDirectory(prefix="penstock-kit-") as beside:
        told = Path(beside, "told.json")
        words = [
            "--manifest",
            os.path.abspath(material.project.manifest),
            "--root",
            material.project.root,
            "--told",
            str(told),
        ]
        tests = material.top / "tests"
        if material.of == "folder" and tests.is_dir():
            words += ["--tests", str(tests)]
        try:
            ran = _run(("-m", "penstock_testkit.applying", *words), beside)
            answers = json.loads(told.read_text("utf-8"))
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            said = (
                ran.stderr.strip().splitlines()[-1:]
                if not isinstance(error, subprocess.TimeoutExpired)
                else [str(error)]
            )
            message = f"the test kit could not be put to the pack: {said[0] if said else error}"
            return [Finding("M552", message, at, severity_of("M552"), "run the tests of the pack by themselves")]
    return list(_of_kit(material, answers))


def _of_kit(material: Material, answers: Mapping[str, Any]) -> Iterator[Finding]:
    at = Location(material.project.manifest)
    for said in answers["unread"]:
        message = f"the tests could not be read: {said}"
        yield Finding("M552", message, at, severity_of("M552"), "run the tests of the pack by themselves")
    manifest = material.manifest
    assert manifest is not None  # asked above
    of_kinds: list[tuple[str, Sequence[Any]]] = [
        ("node", manifest.nodes),
        ("policy", manifest.policies),
        ("channel", manifest.channels),
    ]
    for kind, offers in of_kinds:
        for offer in offers:
            yield from _of_offer(material, kind, offer, answers["told"].get(f"{kind} {offer.id}", {}))


def _of_offer(
    material: Material, kind: str, offer: NodeFacts | PolicyFacts | ChannelFacts, told: Mapping[str, Any]
) -> Iterator[Finding]:
    at = Location(material.project.manifest)
    suite = f"{kind}_suite"
    own = told.get("by") == "author"
    whose = f"channel kind `{offer.id}`" if kind == "channel" else f"{kind} type `{offer.id}`"
    if not own and material.of == "folder":
        hint = f"write `Test{offer.import_path.rpartition(':')[2]} = {suite}(...)` into the tests, with its config and records"
        yield Finding("M551", f"no test of the pack puts {whose} to the test kit", at, severity_of("M551"), hint)
    if told.get("left_out"):
        message = f"{whose} was not put to the test kit: {told['left_out']}"
        yield Finding("M552", message, at, severity_of("M552"), f"put it to `{suite}` in the tests, with a config")
    for answer in told.get("answers", ()):
        if answer["outcome"] == "skipped":
            message = f"{answer['code']} is not asked of {whose}: {answer['said']}"
            yield Finding(
                "M553", message, at, severity_of("M553"), "give the suite what it needs, or stand by the reason"
            )
        elif answer["outcome"] == "failed":
            # without its author's words a node may be given what it is not made for, unless its contracts say what it is
            sure = own or kind != "node" or all(port.contract for port in offer.inputs)  # type: ignore[union-attr]  # it is a node then
            severity = Severity.ERROR if sure else Severity.WARNING
            lines = str(answer["said"]).strip().splitlines() or [""]
            message = lines[0].removeprefix(f"{answer['code']}: ")
            hints = [line.partition("hint:")[2].strip() for line in lines if line.strip().startswith("hint:")]
            evidence: dict[str, Any] = {"said": str(answer["said"])[:4000]}
            hint = hints[0] if hints else f"see what it asks: `penstock explain {answer['code']}`"
            yield Finding(answer["code"], f"{whose}: {message}", at, severity, hint, evidence=evidence)


def _run(words: tuple[str, ...], folder: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
