"""Ask of a policy file everything that makes it one; each check is one question, and leaves out what others ask.

Takes:   a `Draft`.
Gives:   `CHECKS`, in the order in which they are asked: functions from a draft to findings (T301 to T318).
Ignores: whether the policy is wise (`lint`), and whether it is in force today (`judge`).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from penstock_findings.finding import Related
from penstock_findings.pointers import join
from penstock_findings.spelling import hint_for
from penstock_trust.policy import fields, moments, shape
from penstock_trust.policy.model import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from penstock_findings.finding import Finding
    from penstock_trust.policy.draft import Draft, Row

    Check: TypeAlias = "Callable[[Draft], Iterable[Finding]]"

ROOT_LIMIT = 4 << 20  # bytes; the public-good root has 7 KiB
_HOST = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?"
_ISSUER = re.compile(rf"https?://{_HOST}(/[A-Za-z0-9._~/-]*)?")
_URI = re.compile(rf"https?://{_HOST}/[!-~]+")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'+/=?^_`|~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*")
_OF_SIGSTORE = ("issuer", "uri", "email", "repository", "repository-id", "owner-id")


def schema(draft: Draft) -> Iterator[Finding]:
    """T301: the file says in which schema it is written, and it is ours."""
    found = draft.top.values.get("schema")
    if found is not None and (type(found) is not int or found != SCHEMA):
        hint = f"write `schema = {SCHEMA}`, or use a newer penstock-trust"
        yield draft.finding("T301", f"this is no policy of schema {SCHEMA}", "/schema", hint)


def known_keys(draft: Draft) -> Iterable[Finding]:
    """T302: no key is there that nobody reads; it could be a rule that was meant to hold."""
    return shape.unknown_keys(draft.document, fields.POLICY)


def values(draft: Draft) -> Iterable[Finding]:
    """T303, T304, T305: what must be there is there, and of the right kind."""
    return shape.wrong_values(draft.document, fields.POLICY)


def expiry(draft: Draft) -> Iterator[Finding]:
    """T308: it says until when it holds, as one moment and not as a day somewhere."""
    text = draft.top.text("expires")
    if text is not None and moments.moment_of(text) is None:
        hint = "write a moment with its zone, like `2027-01-31T00:00:00Z`"
        yield draft.finding("T308", f"`{text[:60]}` is no moment", "/expires", hint)


def kinds(draft: Draft) -> Iterator[Finding]:
    """T303, T316: a root has what its kind needs, and nothing of the other kind."""
    needs = {"sigstore": ("file", "sha256"), "key": ("public-key",)}
    for name, row in draft.trust().items():
        wanted = needs.get(row.text("kind") or "")
        if wanted is None:
            continue
        for key in wanted:
            if key not in row.values:
                yield draft.finding("T303", f"the root `{name}` needs `{key}`", row.pointer, f"add `{key}`")
        for key in row.values:
            if key in ("file", "sha256", "public-key") and key not in wanted:
                message = f"a root of kind `{row.text('kind')}` has no `{key}`"
                yield draft.finding("T316", message, join(row.pointer, key), "remove it")


def pinned(draft: Draft) -> Iterator[Finding]:
    """T309: the trusted root is the very text that was pinned."""
    for name, row in draft.trust().items():
        file, wanted = row.text("file"), row.text("sha256")
        if row.text("kind") != "sigstore" or file is None:
            continue
        data = _bytes_of(draft.path(file))
        at = join(row.pointer, "file")
        if isinstance(data, str):
            yield draft.finding("T309", f"the trusted root `{file[:200]}` of `{name}` cannot be read: {data}", at)
        elif wanted and (found := hashlib.sha256(data).hexdigest()) != wanted:
            message = f"the trusted root `{file[:200]}` of `{name}` is not the one that is pinned"
            hint = f'find out who changed it; if it is right, write sha256 = "{found}"'
            yield draft.finding("T309", message, at, hint, evidence={"sha256": found, "pinned": wanted})


def keys(draft: Draft) -> Iterator[Finding]:
    """T311: a key is an Ed25519 public key, and none for which anybody can sign."""
    from penstock_trust.keys import PublicKey
    from penstock_trust.refusal import Refusal

    for row in draft.trust().values():
        text = row.text("public-key")
        if text is None:
            continue
        try:
            PublicKey.parse(text)
        except Refusal as refusal:
            yield draft.finding("T311", str(refusal), join(row.pointer, "public-key"))


def names(draft: Draft) -> Iterator[Finding]:
    """T306: no name, no pattern and no signer is there twice."""
    yield from _twice(draft, draft.identities(), "name", "identity")
    yield from _twice(draft, draft.packs(), "match", "rule for packs")


def signers_differ(draft: Draft) -> Iterator[Finding]:
    """T317: two names are two signers; otherwise one of them would fill a threshold of two."""
    seen: dict[tuple[object, ...], tuple[str, str]] = {}
    for name, row in draft.trust().items():
        value = row.text("public-key") or row.text("sha256")
        if value is not None:
            yield from _same(draft, seen, ("root", value), name, row.pointer, "root")
    keyed = {name for name, row in draft.trust().items() if row.text("kind") == "key"}
    for row in draft.identities():
        named, trust = row.text("name"), row.text("trust")
        if named is None or trust is None:
            continue
        # the ids narrow a signer down, and do not make another one of it
        says = () if trust in keyed else tuple(row.text(key) for key in ("issuer", "uri", "email"))
        facts = ("identity", trust, *says)
        yield from _same(draft, seen, facts, named, row.pointer, "identity")


def references(draft: Draft) -> Iterator[Finding]:
    """T307: every root and identity that is named is defined."""
    roots, known = draft.trust(), {row.text("name") or "" for row in draft.identities()}
    for row in draft.identities():
        name = row.text("trust")
        if name is not None and name not in roots:
            yield _unknown(draft, "root", name, roots, join(row.pointer, "trust"))
    for row in draft.quorums():
        for key in ("any", "all"):
            for at, name in row.texts(key):
                if name not in known:
                    yield _unknown(draft, "identity", name, known, at)
    deny = draft.deny()
    keyed = {name for name, row in roots.items() if row.text("kind") == "key"}
    for at, name in deny.texts("signers") if deny is not None else ():
        if name not in keyed:
            yield _unknown(draft, "root of kind `key`", name, keyed, at)


def anchored(draft: Draft) -> Iterator[Finding]:
    """T310, T316: an identity is one signer and not a family of them."""
    roots = draft.trust()
    for row in draft.identities():
        root = roots.get(row.text("trust") or "")
        kind = root.text("kind") if root is not None else None
        if kind == "key":
            for key in _OF_SIGSTORE:
                if key in row.values:
                    message = f"the identity `{row.text('name')}` is a key, and has no `{key}`"
                    yield draft.finding("T316", message, join(row.pointer, key), "remove it")
        elif kind == "sigstore":
            yield from _anchored(draft, row)


def meetable(draft: Draft) -> Iterator[Finding]:
    """T312: somebody is named who has to sign, and as many as have to."""
    for row in draft.quorums():
        any_, all_ = row.values.get("any"), row.values.get("all")
        threshold = row.values.get("threshold", 1)
        if (any_ is None) == (all_ is None):
            hint = "write `signers = {any = [...], threshold = 1}` or `signers = {all = [...]}`"
            yield draft.finding("T312", "signers are either `any` of some or `all` of them", row.pointer, hint)
            continue
        key = "any" if all_ is None else "all"
        listed = [name for _, name in row.texts(key)]
        if not listed:
            yield draft.finding("T312", "nobody is named who could sign", join(row.pointer, key), "name an identity")
        if len(set(listed)) != len(listed):
            yield draft.finding("T312", "a signer is named twice", join(row.pointer, key), "name each once")
        if all_ is not None and "threshold" in row.values:
            at = join(row.pointer, "threshold")
            yield draft.finding("T312", "`all` has no threshold", at, "remove it, or write `any`")
        elif type(threshold) is int and threshold > len(set(listed)) > 0:
            message = f"{threshold} have to sign, and only {len(set(listed))} could"
            yield draft.finding("T312", message, join(row.pointer, "threshold"))
    deny = draft.deny()
    if deny is not None and deny.values.get("signers") == []:
        yield draft.finding("T312", "nobody is named who could sign the deny list", "/deny/signers", "name a key root")


def signed(draft: Draft) -> Iterator[Finding]:
    """T313: a rule says who has to sign, or says openly that nobody has to."""
    for row in draft.packs():
        if "signers" not in row.values and "unsigned" not in [word for _, word in row.texts("allow")]:
            message = f"the rule for `{row.text('match')}` does not say who has to sign"
            hint = 'write `signers = {any = ["NAME"]}`, or `allow = ["unsigned"]` if you mean that'
            yield draft.finding("T313", message, row.pointer, hint)


def versions(draft: Draft) -> Iterator[Finding]:
    """T314: a version is one by PEP 440."""
    from packaging.version import InvalidVersion, Version

    for row in draft.packs():
        text = row.text("min-version")
        if text is None:
            continue
        try:
            Version(text)
        except InvalidVersion:
            at = join(row.pointer, "min-version")
            yield draft.finding("T314", f"`{text[:60]}` is no version", at, "write it like `1.4.0`")


CHECKS: tuple[Check, ...] = (
    schema,
    known_keys,
    values,
    expiry,
    kinds,
    pinned,
    keys,
    names,
    signers_differ,
    references,
    anchored,
    meetable,
    signed,
    versions,
)


def _anchored(draft: Draft, row: Row) -> Iterator[Finding]:
    name, issuer, uri, email = row.text("name"), row.text("issuer"), row.text("uri"), row.text("email")
    if issuer is None:
        message = f"the identity `{name}` has no `issuer`: anybody's word about the name would do"
        yield draft.finding("T310", message, row.pointer, 'write the exact issuer, like `issuer = "https://..."`')
    elif not _ISSUER.fullmatch(issuer):
        message = f"the issuer `{issuer[:100]}` is not one exact address"
        yield draft.finding("T310", message, join(row.pointer, "issuer"), "write it without patterns")
    if (uri is None) == (email is None):
        message = f"the identity `{name}` needs either a `uri` or an `email`"
        yield draft.finding("T310", message, row.pointer, "write the name that stands in its certificates")
    if uri is not None:
        plain = uri.replace("{version}", "0")
        host = uri.partition("://")[2].partition("/")[0]
        if not _URI.fullmatch(plain) or "{" in host or set(plain) & set("{}*"):
            message = f"the uri `{uri[:100]}` is not anchored"
            hint = "write it from its scheme to its end; only `{version}` may stand for something, behind the host"
            yield draft.finding("T310", message, join(row.pointer, "uri"), hint)
    if email is not None and (not _EMAIL.fullmatch(email)):
        message = f"the email `{email[:100]}` is not one exact address"
        yield draft.finding("T310", message, join(row.pointer, "email"), "write it without patterns")


def _twice(draft: Draft, rows: list[Row], key: str, what: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for row in rows:
        name = row.text(key)
        if name is None:
            continue
        if name in seen:
            first = Related("the first is here", draft.document.at(seen[name]))
            yield draft.finding(
                "T306", f"there are two: {what} `{name}`", row.pointer, "give one another name", related=[first]
            )
        seen.setdefault(name, row.pointer)


def _same(
    draft: Draft,
    seen: dict[tuple[object, ...], tuple[str, str]],
    facts: tuple[object, ...],
    name: str,
    at: str,
    what: str,
) -> Iterator[Finding]:
    first, place = seen.setdefault(facts, (name, at))
    if first != name:
        related = Related(f"`{first}` is here", draft.document.at(place))
        message = f"the {what} `{name}` is the same signer as `{first}`"
        yield draft.finding("T317", message, at, "keep one of them", related=[related])


def _unknown(draft: Draft, what: str, name: str, known: Iterable[str], at: str) -> Finding:
    return draft.finding("T307", f"there is no {what} `{name}`", at, hint_for(name, known))


def _bytes_of(path: str) -> bytes | str:
    """The bytes of a file, or why there are none."""
    from penstock_trust.policy.files import read_small

    try:
        return read_small(path, ROOT_LIMIT)
    except (OSError, ValueError) as error:
        return (getattr(error, "strerror", None) or str(error)).lower()
