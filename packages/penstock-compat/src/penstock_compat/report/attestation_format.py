"""A report as the predicate of an attestation: what a release job signs together with the wheel.

Takes:   a `Report` about one build of one pack, or the name of the pack and its version.
Gives:   `render`: the predicate for `penstock trust attest WHEEL --predicate FILE --type TYPE`; `TYPE`.
Why so:  a statement speaks for bytes, so every cell in it is of exactly one wheel, or of no evidence at all.
Ignores: logs and signing.  The wheel's digest is repeated inside, so that a predicate cannot be put to another wheel.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from penstock_compat.errors import Misuse
from penstock_compat.report.model import Report
from penstock_compat.standing import Standing
from penstock_compat.versions import in_order
from penstock_findings.reporters import portable

TYPE = "https://penstock.dev/attestation/compatibility/v1"


def render(report: Report, *, pack: str = "", version: str = "") -> str:
    """The predicate, keys sorted; raises `Misuse` C303 when it is not about exactly one build of one pack."""
    found = _chosen(report, pack, version)
    name, release = found[0].cell.pack, found[0].cell.version
    digests = sorted({s.result.evidence.pack_digest for s in found if s.result.evidence is not None} - {""})
    if len(digests) > 1:
        raise Misuse(
            f"the evidence for {name} {release} is of {len(digests)} different builds",
            code="C303",
            hint="test the wheel that is to be released, and make the report of those results only",
        )
    told = {
        "predicateType": TYPE,
        "pack": {"name": name, "version": release, "digest": digests[0] if digests else ""},
        "label": report.label,
        "as_of": report.as_of,
        "made_by": report.made_by,
        "counts": {look: n for look, n in _counted(found).items() if n},
        "cells": [_cell(standing) for standing in found],
    }
    return json.dumps(portable(told), sort_keys=True, indent=2) + "\n"


def _chosen(report: Report, pack: str, version: str) -> list[Standing]:
    """The standings of one version of one pack: the named ones, else the only one there is."""
    names = sorted({standing.cell.pack for standing in report.standings})
    if pack not in names and (pack or len(names) != 1):
        if pack:
            raise Misuse(f"the results have no pack `{pack}`", code="C303", hint=f"choose one of {_few(names)}")
        raise Misuse(
            f"an attestation is about one pack, and the results have {len(names)}",
            code="C303",
            hint=f"choose with `--pack`: {_few(names)}" if names else "run some cells first",
        )
    of_pack = [standing for standing in report.standings if standing.cell.pack == (pack or names[0])]
    wanted = version or max((standing.cell.version for standing in of_pack), key=in_order)
    found = [standing for standing in of_pack if standing.cell.version == wanted]
    if not found:
        raise Misuse(f"the results have no version {wanted} of `{pack}`", code="C303")
    return found


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (" and others" if len(names) > 8 else "")


def _counted(found: list[Standing]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for standing in found:
        counts[standing.look.key] = counts.get(standing.look.key, 0) + 1
    return counts


def _cell(standing: Standing) -> dict[str, Any]:
    cell, result = standing.cell, standing.result
    told: dict[str, Any] = {
        "core": cell.core,
        "os": cell.os,
        "arch": cell.arch,
        "python": cell.python,
        "dependencies": cell.deps,
        "state": str(result.state),
        "rung": str(result.rung),
        "cause": str(result.cause),
        "look": standing.look.key,
    }
    evidence = result.evidence
    if evidence is not None:
        told["evidence"] = {
            "core_digest": evidence.core_digest,
            "environment_digest": environment_digest(evidence.environment),
            "log_digest": evidence.log_digest,
            "interpreter": {k: v for k, v in evidence.interpreter.items() if k != "executable"},
            "at": evidence.at,
            "by": evidence.by,
        }
    return told


def environment_digest(environment: Any) -> str:
    """One digest for everything that was installed: sha256 of `name version digest` lines, sorted by name."""
    lines = "".join(f"{name} {version} {digest}\n" for name, (version, digest) in sorted(environment.items()))
    return f"sha256:{hashlib.sha256(lines.encode('utf-8', 'replace')).hexdigest()}"
