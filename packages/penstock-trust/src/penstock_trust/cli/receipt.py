"""The commands `penstock-trust receipt show`.

Takes:   a receipt, or the name of a pack that has one here.
Gives:   what was accepted, by which policy, who had signed it; whether the receipt counts here.
Ignores: whether what is installed is still that; `status` looks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import reads
from penstock_trust.cli.printing import bytes_of, json_text, put, text_of_lines

if TYPE_CHECKING:
    from penstock_trust.receipt import Receipt

FORMAT = "penstock-trust-receipt/1"


@click.group()
def receipt() -> None:
    """Show receipts: what was accepted, by which policy, and when."""


@receipt.command("show", cls=reads.kind)
@click.argument("what", metavar="NAME|FILE")
@options.trusted_key
@click.option("--files", is_flag=True, help="List the files that it speaks for as well.")
@options.python
@options.json_only
@click.pass_context
def show(
    ctx: click.Context, what: str, trusted: tuple[str, ...], files: bool, python: str | None, as_json: bool
) -> int:
    """Show the receipt of a pack, or one in a FILE; refused unless a key signed it that counts here, or a --trusted-key.

    \b
    Example:
      penstock-trust receipt show acme-vision
      penstock-trust receipt show receipt.json --trusted-key office.pub --files
    """
    from packaging.utils import canonicalize_name

    from penstock_trust.receipt import LIMIT, read
    from penstock_trust.store import RECEIPT, Store

    is_file = os.path.sep in what or os.path.isfile(what)
    keys = options.public_keys(trusted) if trusted else options.the_site(ctx).keys
    there = None if is_file else options.environment_of(python)
    folder = "" if is_file else options.the_site(ctx).store_of(None if there is None else there.prefix)
    path = what if is_file else Store(folder).path(canonicalize_name(what), RECEIPT)
    known = read(bytes_of(path, LIMIT), keys, what=f"the receipt `{path}`")
    put(json_text(_value(known, files=files)) if as_json else _text(known, files=files))
    return 0


def _text(known: Receipt, *, files: bool) -> str:
    from penstock_trust.policy.moments import moment_text

    subject = known.subject
    lines = [
        f"{subject.name} {subject.version}, accepted at {moment_text(known.at)}",
        f"  wheel        {subject.filename}",
        f"  sha256       {subject.digest}",
        f"  loads        {known.load}",
        f"  brings       {', '.join(known.top_levels) or 'nothing to import'}; {len(known.files)} files",
        f"  policy       {known.policy}",
        f"  deny list    {known.deny or 'none'}",
        f"  receipt by   {known.by}",
    ]
    lines += [f"  root         {name}: {digest}" for name, digest in known.roots.items()]
    for one in known.signed:
        names = ", ".join(f"`{name}`" for name in one.matched) or "nobody of the policy"
        when = f" at {moment_text(one.time)}" if one.time is not None else ""
        lines.append(f"  signed by    {names}: {one.identity.san or one.identity.key}{when}")
    lines += [f"  file         {fact.sha256}  {path}" for path, fact in sorted(known.files.items())] if files else []
    return text_of_lines(lines)


def _value(known: Receipt, *, files: bool) -> dict[str, object]:
    from penstock_trust.policy.moments import moment_text

    subject = known.subject
    made: dict[str, object] = {
        "format": FORMAT,
        "name": subject.name,
        "version": subject.version,
        "filename": subject.filename,
        "sha256": subject.digest,
        "at": moment_text(known.at),
        "load": known.load,
        "top-levels": list(known.top_levels),
        "policy": known.policy,
        "deny": known.deny or None,
        "roots": dict(known.roots),
        "by": known.by,
        "signed-by": [
            {"as": list(one.matched), "kind": one.identity.kind, "signer": one.identity.san or one.identity.key,
             "type": one.predicate_type, "time": None if one.time is None else moment_text(one.time)}
            for one in known.signed
        ],
    }  # fmt: skip  # a signer in two lines
    if files:
        made["files"] = {path: fact.sha256 for path, fact in known.files.items()}
    return made
