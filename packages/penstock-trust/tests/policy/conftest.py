"""A site that trusts one key and one sigstore, in a folder of its own."""

from __future__ import annotations

import hashlib

import pytest

from penstock_trust.keys import PrivateKey
from penstock_trust.policy.load import read_policy

ROOT_TEXT = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}\n'
KEY = PrivateKey.from_seed(b"k" * 32)
OTHER = PrivateKey.from_seed(b"o" * 32)

POLICY = f"""\
schema = 1
name = "site"
sequence = 3
expires = "2027-01-31T00:00:00Z"

[trust.github]
kind = "sigstore"
file = "root.json"
sha256 = "{hashlib.sha256(ROOT_TEXT).hexdigest()}"

[trust.office]
kind = "key"
public-key = "{KEY.public}"

[trust.lab]
kind = "key"
public-key = "{OTHER.public}"

[[identity]]
name = "ci"
trust = "github"
issuer = "https://token.actions.githubusercontent.com"
uri = "https://github.com/acme/vision/.github/workflows/release.yml@refs/tags/v{{version}}"
repository-id = "123"
owner-id = "42"

[[identity]]
name = "release"
trust = "office"

[[identity]]
name = "tester"
trust = "lab"

[[pack]]
match = "acme-vision"
signers = {{any = ["ci", "release"], threshold = 2}}
attestations = ["https://slsa.dev/provenance/v1"]
min-version = "1.2"
dependencies = "listed"

[[pack]]
match = "acme-*"
signers = {{all = ["release"]}}
load = "sealed"
allow = ["native"]

[deny]
file = "deny.json"
signers = ["office"]
max-age = "7d"
"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "root.json").write_bytes(ROOT_TEXT)
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def read(site):
    """Read a policy text as if it stood in the site's folder."""

    def read(text, **how):
        return read_policy(text.encode(), str(site / "policy.toml"), **how)

    return read
