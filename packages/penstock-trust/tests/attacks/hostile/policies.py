"""Policy files that would let somebody in who was not meant, and have to be refused whole.

Takes:   `TEXT`, a policy in which everything is in order, for the trusted root of the forge.
Gives:   `POLICIES`: each attack makes another text; `WRITTEN`: policies that look odd and are not.
Ignores: what follows from a policy that was read (`bundles`).
"""

from __future__ import annotations

import hashlib
from functools import cache

from hostile.attack import Collection
from hostile.forge import ISSUER, WORKFLOW, Forge

POLICIES = Collection("policy")
ROOT_FILE = "acme.trusted_root.json"
SECURITY, TWIN = "security", "twin of security"


@cache
def forge() -> Forge:
    """The one forge of a process."""
    return Forge()


@cache
def public_key(seed: str) -> str:
    """An Ed25519 public key, as our files spell it."""
    from penstock_trust.keys import PrivateKey

    return str(PrivateKey.from_seed(hashlib.sha256(seed.encode()).digest()).public)


@cache
def text_of() -> str:
    """The policy."""
    pinned = hashlib.sha256(forge().trusted_root()).hexdigest()
    return f"""\
schema = 1
name = "acme"
sequence = 7
expires = "2027-01-31T00:00:00Z"

[trust.sigstore]
kind = "sigstore"
file = "{ROOT_FILE}"
sha256 = "{pinned}"

[trust.security]
kind = "key"
public-key = "{public_key(SECURITY)}"

[[identity]]
name = "release"
trust = "sigstore"
issuer = "{ISSUER}"
uri = "{WORKFLOW}@refs/tags/v{{version}}"
repository-id = "4711"

[[identity]]
name = "ada"
trust = "sigstore"
issuer = "https://accounts.acme.test"
email = "ada@acme.test"

[[identity]]
name = "vault"
trust = "security"

[[pack]]
match = "acme-flow"
signers = {{any = ["release", "vault"], threshold = 1}}
min-version = "1.0"
load = "verified"

[[pack]]
match = "acme-*"
signers = {{all = ["release", "ada"]}}

[deny]
file = "deny.json"
signers = ["security"]
max-age = "7d"
stale = "refuse"
"""


def _edit(name: str, step: str, code: str, *edits: tuple[str, str]) -> None:
    def make() -> bytes:
        text = text_of()
        for old, new in edits:
            if text.count(old) < 1:
                raise ValueError(f"`{old}` is not in the policy")
            text = text.replace(old, new, 1)
        return text.encode()

    POLICIES.add(name, step, code, make)


_SCHEMA, _URI = "schema = 1\n", f'uri = "{WORKFLOW}@refs/tags/v{{version}}"'
_PACK = 'signers = {any = ["release", "vault"], threshold = 1}'

_edit("the schema is of the future", "schema", "T301", (_SCHEMA, "schema = 2\n"))
_edit("the schema is nought", "schema", "T301", (_SCHEMA, "schema = 0\n"))
_edit("a rule is misspelled and would not hold", "known_keys", "T302", ('min-version = "1.0"', 'min_version = "1.0"'))
_edit("the deny list is misspelled and would not be asked", "known_keys", "T302", ("[deny]", "[denied]"))
_edit("an id is misspelled and would not be compared", "known_keys", "T302", ("repository-id", "repository_id"))
_edit(
    "a pack is called packs and would be forgotten",
    "known_keys",
    "T302",
    ('[[pack]]\nmatch = "acme-*"', '[[packs]]\nmatch = "acme-*"'),
)
_edit("a default allows what nobody knows", "known_keys", "T302", (_SCHEMA, _SCHEMA + "default = true\n"))
_edit("a threshold of nought", "values", "T305", ("threshold = 1", "threshold = 0"))
_edit("a threshold below nought", "values", "T305", ("threshold = 1", "threshold = -1"))
_edit("a sequence below nought", "values", "T305", ("sequence = 7", "sequence = -7"))
_edit("a pattern in the middle of a name", "values", "T305", ('match = "acme-*"', 'match = "a*e"'))
_edit("a pattern that also begins other people's names", "values", "T305", ('match = "acme-*"', 'match = "acme*"'))
_edit("a name that no pack can have", "values", "T305", ('match = "acme-flow"', 'match = "Acme.Flow"'))
_edit("dependencies of any kind of word", "values", "T305", (_PACK, _PACK + '\ndependencies = "whatever"'))
_edit("an allowance that nobody knows", "values", "T305", (_PACK, _PACK + '\nallow = ["everything"]'))
_edit(
    "a key root with a file as well", "kinds", "T316", ('kind = "key"', 'kind = "key"\nfile = "acme.trusted_root.json"')
)
_edit(
    "a sigstore root with a key as well",
    "kinds",
    "T316",
    ('kind = "sigstore"', f'kind = "sigstore"\npublic-key = "{public_key("x")}"'),
)
_edit("a trusted root that was exchanged", "pinned", "T309", ('sha256 = "', 'sha256 = "' + "0" * 64 + '"\n#'))
_edit("a trusted root that is not there", "pinned", "T309", (ROOT_FILE, "gone.json"))
_edit("a trusted root that is a device", "pinned", "T309", (ROOT_FILE, "/dev/zero"))
_edit(
    "two identities of one name",
    "names",
    "T306",
    ('name = "ada"', 'name = "release"'),
    ('["release", "ada"]', '["release"]'),
)
_edit("two rules for one name", "names", "T306", ('match = "acme-*"', 'match = "acme-flow"'))
_edit(
    "one key as two roots",
    "signers_differ",
    "T317",
    ("[[identity]]", f'[trust.other]\nkind = "key"\npublic-key = "{public_key(SECURITY)}"\n\n[[identity]]'),
)
_edit(
    "one signer as two identities",
    "signers_differ",
    "T317",
    ("[[pack]]", '[[identity]]\nname = "again"\ntrust = "security"\n\n[[pack]]'),
)
_edit(
    "one workflow as two identities",
    "signers_differ",
    "T317",
    ("[[pack]]", f'[[identity]]\nname = "again"\ntrust = "sigstore"\nissuer = "{ISSUER}"\n{_URI}\n\n[[pack]]'),
)
_edit("a signer that nobody defined", "references", "T307", ('["release", "vault"]', '["release", "volt"]'))
_edit(
    "a deny list signed by a root that is no key",
    "references",
    "T307",
    ('signers = ["security"]', 'signers = ["sigstore"]'),
)
_edit("an identity without an issuer", "anchored", "T310", (f'issuer = "{ISSUER}"\n', ""))
_edit("an issuer with a star", "anchored", "T310", (ISSUER, "https://*.githubusercontent.com"))
_edit("an issuer with a query", "anchored", "T310", (ISSUER, ISSUER + "?x=y"))
_edit("an issuer with somebody's name before the host", "anchored", "T310", (ISSUER, "https://github.com@evil.test"))
_edit(
    "an issuer that is a regular expression",
    "anchored",
    "T310",
    (ISSUER, "https://token.actions.githubusercontent.com|https://evil.test"),
)
_edit("an identity without a name in its certificate", "anchored", "T310", (_URI + "\n", ""))
_edit(
    "an identity with a uri and an email",
    "anchored",
    "T310",
    ('email = "ada@acme.test"', 'email = "ada@acme.test"\nuri = "https://acme.test/ada"'),
)
_edit("a uri with a star", "anchored", "T310", (_URI, f'uri = "{WORKFLOW}@refs/tags/*"'))
_edit(
    "a uri with a placeholder that nobody knows",
    "anchored",
    "T310",
    (_URI, f'uri = "{WORKFLOW}@refs/heads/{{branch}}"'),
)
_edit("a uri whose host is a placeholder", "anchored", "T310", (_URI, 'uri = "https://{version}.acme.test/release"'))
_edit("a uri that has no host", "anchored", "T310", (_URI, 'uri = "acme/flow"'))
_edit("a uri with a blank at its end", "anchored", "T310", (_URI, _URI[:-1] + ' "'))
_edit("an email with a star", "anchored", "T310", ("ada@acme.test", "*@acme.test"))
_edit("an email with two at signs", "anchored", "T310", ("ada@acme.test", "ada@acme.test@evil.test"))
_edit("an email with a line break", "anchored", "T310", ("ada@acme.test", "ada@acme.test\\n"))
_edit(
    "a key identity with an issuer",
    "anchored",
    "T316",
    ('trust = "security"', f'trust = "security"\nissuer = "{ISSUER}"'),
)
_edit("more have to sign than could", "meetable", "T312", ("threshold = 1", "threshold = 3"))
_edit(
    "a signer counts twice",
    "meetable",
    "T312",
    ('["release", "vault"], threshold = 1', '["vault", "vault"], threshold = 2'),
)
_edit("all of nobody have to sign", "meetable", "T312", ('{all = ["release", "ada"]}', "{all = []}"))
_edit(
    "any of some and all of others",
    "meetable",
    "T312",
    ('{all = ["release", "ada"]}', '{all = ["release"], any = ["ada"]}'),
)
_edit("nobody signs the deny list", "meetable", "T312", ('signers = ["security"]', "signers = []"))
_edit("a rule that does not say who signs", "signed", "T313", (_PACK + "\n", ""))
_edit("a lowest version that is none", "versions", "T314", ('min-version = "1.0"', 'min-version = "latest"'))


# -- what only looks odd ---------------------------------------------------------------------------------------------


def _written(*edits: tuple[str, str]) -> bytes:
    text = text_of()
    for old, new in edits:
        if old not in text:
            raise ValueError(f"`{old}` is not in the policy")
        text = text.replace(old, new, 1)
    return text.encode()


WRITTEN = {
    "a plain policy": _written,
    "a policy of nothing": lambda: b'schema = 1\nsequence = 1\nexpires = "2027-01-31T00:00:00Z"\n',
    "a policy with another line end": lambda: _written().replace(b"\n", b"\r\n"),
    "a policy that ends in another zone": lambda: _written(("2027-01-31T00:00:00Z", "2027-01-31T00:00:00+09:00")),
    "a policy that lets unsigned packs pass, and says so": lambda: _written((_PACK, 'allow = ["unsigned"]')),
    "a policy without a deny list": lambda: text_of().partition("[deny]")[0].encode(),
    "a policy that asks for attestations": lambda: _written(
        (_PACK, _PACK + '\nattestations = ["https://slsa.dev/provenance/v1"]')
    ),
}
