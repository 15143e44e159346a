"""The commands `penstock-trust keys generate` and `keys show`.

Takes:   names of files.
Gives:   a new Ed25519 key pair; the public half of one, as policies and trust.toml name it.
Ignores: what a key may do; policies say that.
"""

from __future__ import annotations

import os

import click

from penstock_trust.cli import options
from penstock_trust.cli.audited import changes, reads, told
from penstock_trust.cli.printing import answer, json_text, put, write_new


@click.group()
def keys() -> None:
    """Make and show Ed25519 keys, for where there is no sigstore."""


@keys.command("generate", cls=changes.kind)
@click.argument("path", metavar="FILE", type=options.FILE)
@options.json_only
@click.option(
    "--password",
    metavar="REF",
    help="Encrypt it; where the password is: env:NAME, file:PATH, keyring:SERVICE/USER or cmd:...",
)
def generate(path: str, password: str | None, as_json: bool) -> int:
    """Make a key: FILE holds the private half, readable for you alone, and FILE.pub the public one.

    A key that exists is never written over. Keep the private half off machines that only verify.

    \b
    Example:
      penstock-trust keys generate office.pem --password env:OFFICE_PASSWORD
    """
    from penstock_trust.keys import PrivateKey
    from penstock_trust.refusal import Misuse

    secret = None if password is None else options.revealed(password).encode()
    for each in (path, f"{path}.pub"):
        if os.path.lexists(each):
            raise Misuse("T904", f"`{each}` is there already", hint="a key is never written over; choose another name")
    key = PrivateKey.generate()
    key.save(path, password=secret)
    write_new(f"{path}.pub", key.public.pem().encode("ascii"), replace=False)
    facts = {"id": key.public.id, "public": str(key.public), "file": path}
    told(**facts)
    lines = [f"{path}: {key.public.id}", f"{path}.pub", f'  in a policy:   public-key = "{key.public}"']
    answer(lines, facts, as_json)
    return 0


@keys.command("show", cls=reads.kind)
@click.argument("words", metavar="KEY...", nargs=-1, required=True)
@options.key_password
@options.json_only
def show(words: tuple[str, ...], key_password: str | None, as_json: bool) -> int:
    """Show the public half of keys and their ids. KEY is a file, of either half, or `ed25519:...`.

    \b
    Example:
      penstock-trust keys show office.pem.pub
    """
    from penstock_trust.keys import PREFIX, PublicKey

    rows = []
    for word in words:
        is_private = not word.startswith(PREFIX) and "PRIVATE KEY" in _head(word)
        known = options.private_key(word, key_password).public if is_private else options.public_keys((word,))[0]
        assert isinstance(known, PublicKey)
        rows.append({"key": word, "id": known.id, "public": str(known)})
    put(json_text(rows) if as_json else "".join(f"{row['key']}\n  {row['id']}\n  {row['public']}\n" for row in rows))
    return 0


def _head(path: str) -> str:
    from penstock_trust.cli.printing import bytes_of

    return bytes_of(path, 1 << 16)[:64].decode("ascii", "replace")
