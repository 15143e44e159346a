"""Read what this machine's owner decided about trust: `trust.toml`.

Takes:   the environment; PENSTOCK_TRUST names the file, else it is $XDG_CONFIG_HOME/penstock/trust.toml.
Gives:   `Site`: which policy holds, whose receipts count, where they lie, where decisions are written down.
Why not: a `trust.toml` in the working directory: whoever can write a graph there must not decide what may run.
Ignores: what the policy says (`policy`), and who is asked at all; that is the core's `penstock.toml`.
"""

from __future__ import annotations

import os
import sys

from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from penstock_findings.document import Document
    from penstock_trust.keys import PublicKey

LIMIT = 1 << 16  # bytes
SCHEMA = 1
_KEYS: dict[str, type] = {
    "schema": int,
    "policy": str,
    "keys": list,
    "store": str,
    "audit": str,
    "checkpoints": str,
}
_NEEDED = ("schema", "policy", "keys")


class SiteError(PenstockError):
    """The trust configuration cannot be used, so nothing is accepted. Its file is at fault."""

    code = "T431"


class Site(Fact):
    """What holds on this machine; paths are absolute. `audit` is the log of decisions and `checkpoints` its second place, None where there is none.

    `keys` are those whose receipts count; `store` is the folder of receipts and accepted wheels, None where each environment has its own.
    """

    path: str
    policy: str
    keys: tuple[PublicKey, ...]
    store: str | None = None
    audit: str | None = None
    checkpoints: str | None = None

    def store_of(self, prefix: str | None = None) -> str:
        """The folder of receipts for the environment with this prefix, by default our own."""
        return self.store or default_store(prefix)


def site_path(environment: Mapping[str, str]) -> str:
    """Where the trust configuration is, or would be."""
    named = environment.get("PENSTOCK_TRUST")
    if named:
        return os.path.abspath(named)
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(home, "penstock", "trust.toml")


def default_store(prefix: str | None = None) -> str:
    """Where receipts lie unless somebody says otherwise: inside the environment that they speak of."""
    return os.path.join(sys.prefix if prefix is None else prefix, "share", "penstock-trust")


def read_site(environment: Mapping[str, str] | None = None) -> Site:
    """The trust configuration. Raises `SiteError` with every mistake in it, also when there is none."""
    return read_site_file(site_path(os.environ if environment is None else environment))


def read_site_file(path: str) -> Site:
    """The trust configuration in this file. Raises as `read_site`."""
    from penstock_findings.load import load

    parsed = load(path, limit=LIMIT)
    if parsed.document is None or parsed.findings:
        raise SiteError(
            f"the trust configuration `{path}` cannot be used",
            findings=[Finding("T431", f"the trust configuration cannot be used: {each.message}", each.at, hint=_HINT)
                      for each in parsed.findings],
            sources={path: parsed.text},
        )  # fmt: skip
    keys: list[PublicKey] = []
    findings = list(_mistakes(parsed.document, keys))
    if findings:
        raise SiteError(
            f"the trust configuration `{path}` cannot be used", findings=findings, sources={path: parsed.text}
        )
    value: Any = parsed.document.value
    folder = os.path.dirname(os.path.abspath(path))

    def place(name: str) -> str | None:
        return os.path.normpath(os.path.join(folder, value[name])) if name in value else None

    return Site(
        os.path.abspath(path),
        place("policy") or "",
        tuple(keys),
        place("store"),
        place("audit"),
        place("checkpoints"),
    )


_HINT = "the how-to `Write a trust policy` shows one; PENSTOCK_TRUST names another file"


def _mistakes(document: Document, keys: list[PublicKey]) -> Iterable[Finding]:
    from penstock_findings.pointers import join
    from penstock_findings.spelling import hint_for

    table: dict[str, Any] = document.value  # type: ignore[assignment]  # a TOML file is a table
    for name in _NEEDED:
        if name not in table:
            yield Finding("T431", f"the trust configuration does not say `{name}`", document.at(""), hint=_HINT)
    for name, value in table.items():
        at = join("", name)
        if name not in _KEYS:
            yield Finding("T431", f"unknown key `{name}`", document.key_at(at), hint=hint_for(name, _KEYS))
        elif not isinstance(value, _KEYS[name]) or value is True:
            wanted = {int: "a whole number", str: "a text", list: "a list of public keys"}[_KEYS[name]]
            yield Finding("T431", f"`{name}` is {wanted}", document.at(at))
        elif name == "schema" and value != SCHEMA:
            yield Finding("T431", f"schema {value} is not known here; {SCHEMA} is", document.at(at))
        elif name == "keys":
            for place, text in enumerate(table[name]):
                yield from _key(text, document, join(at, place), keys)
        elif isinstance(value, str) and (not value or "\0" in value):
            yield Finding("T431", f"`{name}` is a path", document.at(at))


def _key(text: object, document: Document, at: str, keys: list[PublicKey]) -> Iterable[Finding]:
    from penstock_trust.keys import PublicKey

    try:
        keys.append(PublicKey.parse(text if isinstance(text, str) else ""))
    except PenstockError as error:
        yield Finding(
            "T431", str(error), document.at(at), hint="write `ed25519:BASE64`, as `penstock trust key` shows it"
        )
