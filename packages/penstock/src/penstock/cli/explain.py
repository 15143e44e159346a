"""The command `penstock explain`.

Takes:   codes, or none.
Gives:   what they mean, from the documentation that each package brings; without codes, the list of all.
Ignores: findings; this is about their kinds.
"""

from __future__ import annotations

import sys

import click

from penstock.cli.options import as_json
from penstock.cli.tables import json_text, table
from penstock_findings.codebook import Explanation, all_codes
from penstock_findings.codebook import explain as explanation_of
from penstock_findings.errors import PenstockError
from penstock_findings.spelling import nearest


@click.command()
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@as_json
def explain(codes: tuple[str, ...], as_json: bool) -> int:
    """Say what the CODEs of findings mean, why they matter and what to do; without a CODE, list all there are.

    \b
    Example:
      penstock explain G104
      penstock explain | grep ^P
    """
    known = [_known(code) for code in codes] if codes else all_codes()
    if as_json:
        sys.stdout.write(
            json_text([{"code": e.code, "title": e.title, "text": e.text, "owner": e.owner} for e in known])
        )
    elif codes:
        sys.stdout.write("\n".join(f"{e.code}: {e.title}\n\n{e.text}\n" for e in known))
    else:
        sys.stdout.write(table(("code", "what it means", "from"), [(e.code, e.title, e.owner) for e in known]))
    return 0


def _known(code: str) -> Explanation:
    found = explanation_of(code)
    if found is not None:
        return found
    near = nearest(code.upper(), [known.code for known in all_codes()])
    hint = f"did you mean `{near}`? `penstock explain` lists all" if near else "`penstock explain` lists all there are"
    raise PenstockError(f"no installed package knows the code `{code}`", code="P240", hint=hint)
