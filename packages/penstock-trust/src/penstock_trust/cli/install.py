"""The commands `penstock-trust install`, `renew` and `forget`.

Takes:   wheels or names, the organisation's key.
Gives:   packs that are installed and have receipts; or none, and why.
Ignores: how it is done (`penstock_trust.install`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import anchored_by, changes, told
from penstock_trust.cli.printing import answer, json_text, put, told_of
from penstock_trust.cli.verify import exit_of, text_of, value_of, word_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock_trust.install import Outcome

FORMAT = "penstock-trust-install/1"
_python = click.option(
    "--python", metavar="FILE", default=sys.executable, help="The Python of the environment. Default: this one."
)


@changes("install")
@click.argument("wheels", metavar="WHEEL...", nargs=-1, required=True, type=options.FILE)
@options.needed_key
@options.key_password
@_python
@click.option(
    "--installer",
    type=click.Choice(("pip", "uv")),
    default="pip",
    show_default=True,
    help="What puts the files in place.",
)
@options.json_only
@click.pass_context
def install(
    ctx: click.Context,
    wheels: tuple[str, ...],
    key: str,
    key_password: str | None,
    python: str,
    installer: str,
    as_json: bool,
) -> int:
    """Verify WHEEL... by this machine's policy, install exactly those bytes, and sign a receipt for each with your key.

    Nothing is installed unless all are accepted. From then on packs are checked by their receipts, which is fast and
    needs no network.

    \b
    Example:
      penstock-trust install dist/*.whl --key office.pem --key-password keyring:penstock/office
    """
    from penstock_trust.install import install as bring

    site, signer = options.the_site(ctx), options.private_key(key, key_password)
    anchored_by(signer)
    outcomes = bring(wheels, site=site, key=signer, now=options.now_of(), python=python, installer=installer)
    return _ended(outcomes, "installed", as_json)


@changes("renew")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@options.needed_key
@options.key_password
@_python
@options.json_only
@click.pass_context
def renew(
    ctx: click.Context, names: tuple[str, ...], key: str, key_password: str | None, python: str, as_json: bool
) -> int:
    """Verify installed packs again, all unless NAMEs are given, and sign new receipts; as after a change of the policy.

    \b
    Example:
      penstock-trust renew --key office.pem
    """
    from penstock_trust.install import renew as again

    site, signer = options.the_site(ctx), options.private_key(key, key_password)
    anchored_by(signer)
    outcomes = again(names, site=site, key=signer, now=options.now_of(), python=python)
    return _ended(outcomes, "renewed", as_json)


@changes("forget")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@options.python
@options.json_only
@click.pass_context
def forget(ctx: click.Context, names: tuple[str, ...], python: str | None, as_json: bool) -> int:
    """Take the acceptance of packs back: their receipts go, so they load no more. What is installed stays.

    \b
    Example:
      penstock-trust forget acme-vision
    """
    from penstock_trust.install import forget as drop

    site, there = options.the_site(ctx), options.environment_of(python)
    known = {name: drop(name, site=site, prefix=None if there is None else there.prefix) for name in names}
    gone = [name for name, was in known.items() if was]
    told(forgotten=gone)
    lines = [f"{name}: {'forgotten' if was else 'there was no receipt'}" for name, was in known.items()]
    answer(lines, {"forgotten": gone}, as_json)
    return 0 if all(known.values()) else 1


def _ended(outcomes: Sequence[Outcome], done: str, as_json: bool) -> int:
    told(outcomes=[_fact(outcome, done) for outcome in outcomes])
    if as_json:
        rows: list[dict[str, Any]] = [{**value_of(one.path, one.verdict), "done": one.done} for one in outcomes]
        put(json_text({"format": FORMAT, "wheels": rows}))
    else:
        put("".join(_text(outcome, done) for outcome in outcomes))
    code = exit_of([outcome.verdict for outcome in outcomes])
    return code or int(not all(outcome.done for outcome in outcomes))


def _text(outcome: Outcome, done: str) -> str:
    state = done if outcome.done else f"not {done}"
    more = [finding for finding in outcome.findings if finding not in outcome.verdict.findings]
    lines = told_of(more)
    return f"{text_of(outcome.path, outcome.verdict)}  {state}\n" + "".join(f"{line}\n" for line in lines)


def _fact(outcome: Outcome, done: str) -> dict[str, Any]:
    subject = outcome.verdict.subject
    return {
        "path": outcome.path,
        "sha256": subject.digest if subject is not None else "",
        "verdict": word_of(outcome.verdict),
        "codes": [finding.code for finding in (*outcome.verdict.findings, *outcome.findings)],
        "done": done if outcome.done else "",
    }
