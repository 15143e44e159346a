"""The commands `penstock-trust sign` and `penstock-trust attest`.

Takes:   wheels; a key, or an identity for sigstore.
Gives:   bundles and envelopes beside the wheels.
Ignores: how signing is done (`penstock_trust.sign`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import changes, told
from penstock_trust.cli.printing import answer, bytes_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMAT = "penstock-trust-sign/1"
_LIMIT = 1 << 20  # bytes of a predicate
_CONFIG = 4 << 20  # bytes of a trust config


def signing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say who signs, and where."""
    for option in (
        options.json_only,
        options.replace,
        click.option("--no-browser", is_flag=True, help="Never open a browser to ask who you are."),
        click.option(
            "--trust-config",
            metavar="FILE",
            type=options.FILE,
            help="Where sigstore's services are. Default: the public-good instance.",
        ),
        click.option(
            "--identity-token",
            metavar="REF",
            help="Where the identity token is: env:NAME or file:PATH. Default: the CI's own, else a browser.",
        ),
        options.key_password,
        options.key,
    ):
        command = option(command)
    return command


@changes("sign")
@click.argument("wheels", metavar="WHEEL...", nargs=-1, required=True, type=options.FILE)
@signing
def sign(wheels: tuple[str, ...], replace: bool, as_json: bool, **how: Any) -> int:
    """Sign wheels; the signature is a file beside each, and is written only after it was verified.

    Without --key it is sigstore that vouches for who you are: in CI by the job's own identity, on a desk by a browser.
    With --key it is whoever holds the key, for shops without a network; policies tell the two apart.

    \b
    Example:
      penstock-trust sign dist/*.whl
      penstock-trust sign dist/*.whl --identity-token env:OIDC_TOKEN --trust-config sigstore.json
      penstock-trust sign dist/*.whl --key office.pem --key-password keyring:penstock/office
    """
    from penstock_trust.sign import sign_with_key

    key, session = _signer(**how)
    rows = []
    for wheel in wheels:
        path = session.sign(wheel, replace=replace) if key is None else sign_with_key(wheel, key, replace=replace)
        rows.append(_row(path, wheel))
        told(written=rows)
    answer([row["file"] for row in rows], {"format": FORMAT, "written": rows}, as_json)
    return 0


@changes("attest")
@click.argument("wheel", metavar="WHEEL", type=options.FILE)
@click.option(
    "--predicate", metavar="FILE", type=options.FILE, required=True, help="What is said about the wheel: a JSON object."
)
@click.option(
    "--type",
    "predicate_type",
    metavar="URI",
    required=True,
    help="What kind of statement it is, such as https://slsa.dev/provenance/v1.",
)
@signing
def attest(wheel: str, predicate: str, predicate_type: str, replace: bool, as_json: bool, **how: Any) -> int:
    """Sign a statement about a wheel (in-toto, in a DSSE envelope), such as how it was built or where it was tested.

    \b
    Example:
      penstock-trust attest dist/acme_vision-1.4.0-py3-none-any.whl --predicate compat.json --type https://acme.example/compat/v1
    """
    from penstock_trust.sign import attest_with_key

    said = bytes_of(predicate, _LIMIT)
    key, session = _signer(**how)
    if key is None:
        path = session.attest(wheel, said, predicate_type, replace=replace)
    else:
        path = attest_with_key(wheel, said, predicate_type, key, replace=replace)
    row = _row(path, wheel)
    told(written=[row])
    answer([row["file"]], {"format": FORMAT, "written": [row]}, as_json)
    return 0


def _signer(
    key: str | None, key_password: str | None, identity_token: str | None, trust_config: str | None, no_browser: bool
) -> tuple[Any, Any]:
    """A key, or a session with sigstore; the other one is None."""
    from penstock_trust.refusal import Misuse

    if key is not None:
        if identity_token is not None or trust_config is not None:
            raise Misuse("T905", "either a key signs or sigstore does", hint="remove --key, or the other options")
        return options.private_key(key, key_password), None
    from penstock_trust.sign import Session

    token = None if identity_token is None else options.revealed(identity_token)
    config = None if trust_config is None else bytes_of(trust_config, _CONFIG)
    session = Session(config=config, token=token, browser=not no_browser)
    return None, session


def _row(path: Path, wheel: str) -> dict[str, str]:
    """What was written for which bytes."""
    from hashlib import sha256

    with open(wheel, "rb") as file:
        digest = sha256(file.read()).hexdigest()
    return {"wheel": wheel, "sha256": digest, "file": os.fspath(path)}
