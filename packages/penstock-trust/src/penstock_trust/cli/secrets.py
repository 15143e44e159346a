"""The command `penstock-trust secrets check`.

Takes:   graph files, or references.
Gives:   whether each reference leads to a secret, and who else can read it. No value is shown, not even its length.
Ignores: which node uses which; the core hands them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import reads
from penstock_trust.cli.printing import put, report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Location


@click.group()
def secrets() -> None:
    """Check that references to secrets lead somewhere."""


@secrets.command("check", cls=reads.kind)
@click.argument("subjects", metavar="GRAPH|REF...", nargs=-1, required=True)
@options.reporting
def check(subjects: tuple[str, ...], fmt: str, as_json: bool, output: str | None) -> int:
    """Look behind every reference in graph files, or behind those given, as a run on this machine would.

    A reference is env:NAME, file:PATH, keyring:SERVICE/USER or cmd:PROGRAM ARGUMENTS. Programs are run only when whoever
    starts this lists their absolute paths in PENSTOCK_SECRET_COMMANDS.

    \b
    Example:
      penstock-trust secrets check site.graph.yaml
      penstock-trust secrets check "cmd:sops -d --extract '[\"token\"]' secrets.yaml"
    """
    from dataclasses import replace

    from penstock_findings.errors import PenstockError
    from penstock_findings.finding import NOWHERE
    from penstock_trust.secrets.exposure import exposed
    from penstock_trust.secrets.reference import SecretRef
    from penstock_trust.secrets.resolving import resolve

    findings, sources, good = [], {}, 0
    for subject in subjects:
        rows: list[tuple[str, Location]] = []
        if subject.partition(":")[0] in ("env", "file", "keyring", "cmd"):
            rows.append((subject, NOWHERE))
        else:
            found, text = _of_graph(subject)
            rows += found
            sources[subject] = text
        for reference, at in rows:
            try:
                known = SecretRef.parse(reference)
                resolve(known)
                good += 1
                findings += [replace(finding, at=at) for finding in exposed(known)]
            except PenstockError as error:
                findings += [replace(finding, at=at) for finding in error.findings]
    code = report(findings, sources=sources, fmt=fmt, as_json=as_json, output=output)
    if fmt == "text" and not as_json and output is None:
        put(f"{good} references lead to a secret\n")
    return code


def _of_graph(path: str) -> tuple[list[tuple[str, Location]], str]:
    """The references in a graph file, read as a file. Raises `PenstockError` when it cannot be."""
    from penstock_findings.errors import PenstockError
    from penstock_findings.load import load

    parsed = load(path)
    if parsed.document is None or parsed.findings:
        raise PenstockError(f"cannot read `{path}`", findings=parsed.findings, sources={path: parsed.text})
    return [(text, parsed.document.at(pointer)) for pointer, text in _references(parsed.document.value)], parsed.text


def _references(value: Any) -> Iterator[tuple[str, str]]:
    from penstock_findings.pointers import join

    nodes = value.get("nodes") if isinstance(value, dict) else None
    for id, node in (nodes if isinstance(nodes, dict) else {}).items():
        given = node.get("secrets") if isinstance(node, dict) else None
        for name, text in (given if isinstance(given, dict) else {}).items():
            if isinstance(text, str):
                yield join("/nodes", id, "secrets", name), text
