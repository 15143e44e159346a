"""The command `penstock-trust explain`.

Takes:   codes, or none.
Gives:   what they mean; without codes, the list of all that are installed.
Ignores: findings; this is about their kinds.
"""

from __future__ import annotations

import sys

import click

from penstock_findings.codebook import Explanation, all_codes
from penstock_findings.codebook import explain as explanation_of
from penstock_findings.errors import PenstockError
from penstock_findings.spelling import nearest


@click.command()
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def explain(codes: tuple[str, ...], as_json: bool) -> int:
    """Say what the CODEs of findings mean, why they matter and what to do; without a CODE, list all there are.

    \b
    Example:
      penstock-trust explain T324
      penstock-trust explain | grep ^T3
    """
    known = [_known(code) for code in codes] if codes else all_codes()
    if as_json:
        from json import dumps

        rows = [{"code": one.code, "title": one.title, "text": one.text, "owner": one.owner} for one in known]
        sys.stdout.write(dumps(rows, ensure_ascii=False, indent=2) + "\n")
    elif codes:
        sys.stdout.write("\n".join(f"{one.code}: {one.title}\n\n{one.text}\n" for one in known))
    else:
        sys.stdout.write("".join(f"{one.code:<6}{one.title}\n" for one in known))
    return 0


def _known(code: str) -> Explanation:
    found = explanation_of(code)
    if found is not None:
        return found
    near = nearest(code.upper(), [known.code for known in all_codes()])
    hint = f"did you mean `{near}`?" if near else "`penstock-trust explain` lists all there are"
    raise PenstockError(f"no installed package knows the code `{code}`", code="T901", hint=hint)
