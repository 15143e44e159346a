"""The command `explain` of every program.

Takes:   codes, or none.
Gives:   `explaining`, which makes the command: it tells what codes mean, from the documentation that each package brings;
         without codes, the list of all.
Ignores: findings; this is about their kinds.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from penstock_findings.codebook import Explanation, all_codes
from penstock_findings.codebook import explain as explanation_of
from penstock_findings.errors import PenstockError
from penstock_findings.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HELP = """\
Say what the CODEs of findings mean, why they matter and what to do; without a CODE, list all there are.

\b
Example:
  {program} explain {example}
  {program} explain | grep ^{some}
"""


def plainly(known: Iterable[Explanation]) -> str:
    """A line for each code."""
    return "".join(f"{one.code:<6}{one.title}\n" for one in known)


def explaining(
    program: str, example: str, *, unknown: str, listed: Callable[[Iterable[Explanation]], str] = plainly
) -> click.Command:
    """The command; `unknown` is the code of the error that nobody knows a code, `listed` lays the list of all out."""

    @click.command("explain", help=_HELP.format(program=program, example=example, some=example[:2]))
    @click.argument("codes", metavar="[CODE]...", nargs=-1)
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
    def explain(codes: tuple[str, ...], as_json: bool) -> int:
        known = [_known(code, program, unknown) for code in codes] if codes else all_codes()
        if as_json:
            sys.stdout.write(_json(known))
        elif codes:
            sys.stdout.write("\n".join(f"{one.code}: {one.title}\n\n{one.text}\n" for one in known))
        else:
            sys.stdout.write(listed(known))
        return 0

    return explain


def _known(code: str, program: str, unknown: str) -> Explanation:
    found = explanation_of(code)
    if found is not None:
        return found
    near = nearest(code.upper(), [known.code for known in all_codes()])
    all_there_are = f"`{program} explain` lists all there are"
    hint = f"did you mean `{near}`? `{program} explain` lists all" if near else all_there_are
    raise PenstockError(f"no installed package knows the code `{code}`", code=unknown, hint=hint)


def _json(known: Iterable[Explanation]) -> str:
    from json import dumps

    rows = [{"code": one.code, "title": one.title, "text": one.text, "owner": one.owner} for one in known]
    return dumps(rows, ensure_ascii=False, indent=2) + "\n"
