"""The commands `penstock-trust deny lint`, `sign` and `show`.

Takes:   deny lists, as somebody writes them (TOML) and as they are signed.
Gives:   what is wrong with one; a signed one; what a signed one holds.
Ignores: how it is read, believed and matched (`penstock_trust.deny`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import changes, reads, told
from penstock_trust.cli.printing import answer, bytes_of, json_text, put, report, text_of_lines, write_new

if TYPE_CHECKING:
    from datetime import datetime

    from penstock_trust.deny.model import DenyList

FORMAT = "penstock-trust-deny/1"


@click.group()
def deny() -> None:
    """Sign, show and check deny lists: what must not run any more, whoever signed it."""


@deny.command("lint", cls=reads.kind)
@click.argument("file", metavar="FILE", type=options.FILE)
@options.reporting
@options.at
def lint(file: str, fmt: str, as_json: bool, output: str | None, at: datetime | None) -> int:
    """Find every mistake in a deny list that is still to be signed.

    \b
    It looks like this, with as many entries as there are things to deny:
      schema = 1
      sequence = 12
      expires = "2026-12-31T00:00:00Z"

    \b
      [[deny]]
      kind = "version"
      name = "acme-vision"
      versions = "<1.4.2"
      reason = "reads past the end of a frame"

    Kinds: wheel, file, certificate (sha256), version (name, versions), identity (issuer, uri or email or
    repository-id), key (key), log-entry (log-id, index); `effective-from` says since when.

    \b
    Example:
      penstock-trust deny lint deny.toml
    """
    from penstock_trust.deny.read import LIMIT
    from penstock_trust.deny.source import compile_list

    _, findings, text = compile_list(bytes_of(file, LIMIT), file, now=options.now_of(at))
    return report(findings, sources={file: text}, fmt=fmt, as_json=as_json, output=output)


@deny.command("sign", cls=changes.kind)
@click.argument("file", metavar="FILE", type=options.FILE)
@click.option(
    "--output", metavar="FILE", type=options.FILE, required=True, help="The signed list, as policies name it."
)
@options.needed_key
@options.key_password
@options.json_only
def sign(file: str, output: str, key: str, key_password: str | None, as_json: bool) -> int:
    """Sign a deny list. The signed file replaces the one before; its sequence has to be higher.

    \b
    Example:
      penstock-trust deny sign deny.toml --key security.pem --output deny.json
    """
    import os
    from hashlib import sha256

    from penstock_trust.deny.read import LIMIT, read_list
    from penstock_trust.deny.source import compile_list, sign_list

    signer, now = options.private_key(key, key_password), options.now_of()
    payload, findings, text = compile_list(bytes_of(file, LIMIT), file, now=now)
    if payload is None:
        return report(findings, sources={file: text}, as_json=as_json)
    signed = sign_list(payload, signer)
    keys = {"the key": signer.public}
    seen: dict[str, tuple[int, str]] = {}
    if os.path.exists(output):
        old = read_list(bytes_of(output, LIMIT), output, keys, now=now).listed
        seen = {} if old is None else {old.name: (old.sequence, old.digest)}
    read = read_list(signed, output, keys, now=now, seen=seen)
    if read.listed is None:
        return report(read.findings, as_json=as_json)
    write_new(output, signed, replace=True)
    facts = {"sequence": read.listed.sequence, "sha256": sha256(signed).hexdigest(), "file": output}
    told(**facts)
    answer([f"{output}: sequence {read.listed.sequence}, {len(read.listed.entries)} entries"], facts, as_json)
    return 0


@deny.command("show", cls=reads.kind)
@click.argument("file", metavar="[FILE]", required=False, type=options.FILE)
@options.trusted_key
@options.policy
@options.json_only
@options.at
@click.pass_context
def show(
    ctx: click.Context,
    file: str | None,
    trusted: tuple[str, ...],
    policy: str | None,
    as_json: bool,
    at: datetime | None,
) -> int:
    """Show what a signed deny list holds, if it is to be believed: by --trusted-key, or as the policy says.

    \b
    Example:
      penstock-trust deny show
      penstock-trust deny show deny.json --trusted-key security.pub
    """
    from penstock_trust.deny.read import LIMIT, list_for, read_list
    from penstock_trust.policy.load import load_policy
    from penstock_trust.refusal import Misuse

    now = options.now_of(at)
    if file is not None and trusted:
        keys = {str(key): key for key in options.public_keys(trusted)}
        read = read_list(bytes_of(file, LIMIT), file, keys, now=now)
    elif file is None and not trusted:
        found = list_for(load_policy(options.policy_path(ctx, policy)), now=now)
        if found is None:
            raise Misuse("T902", "the policy names no deny list", hint="name a FILE, and a --trusted-key")
        read = found
    else:
        raise Misuse("T905", "a FILE and a --trusted-key go together", hint="give both, or neither")
    if read.findings:
        report(read.findings)
    if read.listed is None:
        return 3 if read.doubtful else 1
    put(json_text(_value(read.listed)) if as_json else _text(read.listed))
    return 0


def _text(listed: DenyList) -> str:
    from penstock_trust.policy.moments import moment_text

    head = f"{listed.name}, sequence {listed.sequence}, issued {moment_text(listed.issued)}, until {moment_text(listed.expires)}"
    lines = [head, f"  signed by {', '.join(listed.signed_by)}"]
    for entry in listed.entries:
        since = f" from {moment_text(entry.effective_from)}" if entry.effective_from is not None else ""
        lines.append(f"  {entry}{since}" + (f": {entry.reason}" if entry.reason else ""))
    return text_of_lines(lines)


def _value(listed: DenyList) -> dict[str, Any]:
    from penstock_trust.policy.moments import moment_text

    return {
        "format": FORMAT,
        "name": listed.name,
        "sequence": listed.sequence,
        "issued": moment_text(listed.issued),
        "expires": moment_text(listed.expires),
        "sha256": listed.digest,
        "signed-by": list(listed.signed_by),
        "entries": [
            {"kind": entry.kind, **entry.names, "reason": entry.reason,
             "effective-from": None if entry.effective_from is None else moment_text(entry.effective_from)}
            for entry in listed.entries
        ],
    }  # fmt: skip  # an entry in two lines
