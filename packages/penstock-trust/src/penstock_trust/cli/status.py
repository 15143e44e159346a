"""The commands `penstock-trust status` and `penstock-trust doctor`.

Takes:   this machine.
Gives:   how every pack stands; who can write what trust stands on.
Ignores: how it is found out (`penstock_trust.status`, `penstock_trust.doctor`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import reads
from penstock_trust.cli.printing import json_text, put, report, text_of_lines, told_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from penstock_trust.status import PackStatus

FORMAT = "penstock-trust-status/1"


@reads("status")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--explain", is_flag=True, help="Say what speaks for each as well.")
@options.reporting
@options.python
@options.at
@click.pass_context
def status(
    ctx: click.Context,
    names: tuple[str, ...],
    explain: bool,
    python: str | None,
    fmt: str,
    as_json: bool,
    output: str | None,
    at: datetime | None,
) -> int:
    """List every pack: may it load, in which way, and when not, which file differs and what to do.

    Exit code 1 when one of them may not load, 2 when one that you name is not here.

    \b
    Example:
      penstock-trust status
      penstock-trust status acme-vision --explain
      penstock-trust status --python /opt/site/bin/python
    """
    from penstock_trust.status import ACCEPTED
    from penstock_trust.status import status as look

    site, now, there = options.the_site(ctx), options.now_of(at), options.environment_of(python)
    path = None if there is None else [*dict.fromkeys((there.purelib, there.platlib))]
    every = look(site, now=now, path=path, prefix=None if there is None else there.prefix)
    rows = _named(every, names)
    refused = [row for row in rows if row.verdict != ACCEPTED and row.findings]
    if as_json or fmt == "json":
        put(json_text({"format": FORMAT, "packs": [_value(row) for row in rows]}), output)
    elif fmt == "text":
        put(_text(rows, explain=explain), output)
    else:
        report([finding for row in rows for finding in row.findings], fmt=fmt, output=output)
    return int(bool(refused))


@reads("doctor")
@options.reporting
@click.pass_context
def doctor(ctx: click.Context, fmt: str, as_json: bool, output: str | None) -> int:
    """Say who can write the policy, the receipts, the packages, the launcher and the configuration.

    No signature helps where somebody else can put another policy or another Python in its place.

    \b
    Example:
      penstock-trust doctor
    """
    from penstock_trust.doctor import doctor as look

    findings = look(options.the_site(ctx), environment=os.environ)
    code = report(findings, fmt=fmt, as_json=as_json, output=output)
    if not findings and fmt == "text" and not as_json and output is None:
        put("nobody but their owner can write what trust stands on here\n")
    return code


def _named(rows: Sequence[PackStatus], names: Sequence[str]) -> list[PackStatus]:
    """The rows of these packs, all when none is named. Raises `Misuse` (T906) for one that is not here."""
    from penstock_findings.spelling import hint_for
    from penstock_trust.loader.surroundings import normalised
    from penstock_trust.refusal import Misuse

    wanted = [normalised(name) for name in names]
    known = [row.name for row in rows]
    for name in wanted:
        if name not in known:
            hint = hint_for(name, known) or "`penstock-trust status` lists all there are"
            raise Misuse("T906", f"no pack `{name}` is installed here, and there is no receipt for one", hint=hint)
    return [row for row in rows if not wanted or row.name in wanted]


def _text(rows: list[PackStatus], *, explain: bool) -> str:
    if not rows:
        return "there are no packs here\n"
    width = max(len(f"{row.name} {row.version}") for row in rows) + 2
    lines = []
    for row in rows:
        lines.append(
            f"{f'{row.name} {row.version}'.strip():<{width}}{row.verdict}" + (f" ({row.mode})" if row.mode else "")
        )
        lines += [f"  {sentence}" for sentence in row.evidence] if explain else []
        lines += told_of(row.findings)
    return text_of_lines(lines)


def _value(row: PackStatus) -> dict[str, object]:
    from penstock_findings.reporters.json_format import finding_value

    return {
        "name": row.name,
        "version": row.version,
        "verdict": row.verdict,
        "mode": row.mode,
        "evidence": list(row.evidence),
        "findings": [finding_value(finding) for finding in row.findings],
    }
