"""A desk: a folder with a wheel, keys, a policy, a deny list and this machine's trust.toml, and somebody who asks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock_trust.cli import main
from penstock_trust.keys import PrivateKey

SCENES = str(Path(__file__).resolve().parents[1] / "scenes")
if SCENES not in sys.path:
    sys.path.insert(0, SCENES)

RELEASE, OFFICE = (PrivateKey.from_seed(letter * 32) for letter in (b"r", b"o"))
WHEEL = "acme_flow-1.0-py3-none-any.whl"
POLICY = f"""\
schema = 1
name = "site"
sequence = 3
expires = "2099-01-31T00:00:00Z"

[trust.vendor]
kind = "key"
public-key = "{RELEASE.public}"

[trust.office]
kind = "key"
public-key = "{OFFICE.public}"

[[identity]]
name = "release"
trust = "vendor"

[[pack]]
match = "acme-*"
signers = {{all = ["release"]}}
dependencies = "listed"

[deny]
file = "deny.json"
signers = ["office"]
"""
CASES = """\
schema = 1

[[case]]
name = "ours"
pack = "acme-flow"
version = "1.0"
signed-by = ["release"]
expect = "accept"

[[case]]
name = "somebody else's"
pack = "acme-flow"
version = "1.0"
signed-by = ["stranger"]
expect = "refuse"
"""
DENY = """\
schema = 1
sequence = 12
expires = "2099-12-31T00:00:00Z"

[[deny]]
kind = "version"
name = "acme-flow"
versions = "<0.9"
reason = "loses the last frame"
"""
GRAPH = """\
format: 1
name: flow
nodes:
  uplink:
    type: http-sink
    secrets: {token: "env:TRUST_TOKEN", other: "file:token"}
"""


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The folder, which is also where we are; nothing of this machine's own is looked at or written."""
    from scene import files_of, wheel_of

    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("PENSTOCK_TRUST", raising=False)
    monkeypatch.setenv("TRUST_TOKEN", "tok3n-0f-the-desk")
    desk = tmp_path / "desk"
    (desk / "site").mkdir(parents=True)
    (desk / "home").mkdir()
    monkeypatch.chdir(desk)
    Path(WHEEL).write_bytes(wheel_of(files_of()))
    for name, text in (
        ("policy.toml", POLICY),
        ("policy.cases.toml", CASES),
        ("deny.toml", DENY),
        ("flow.graph.yaml", GRAPH),
    ):
        Path(name).write_text(text, encoding="utf-8")
    Path("looser.toml").write_text(
        POLICY.replace('"acme-*"', '"*"').replace("sequence = 3", "sequence = 4"), encoding="utf-8"
    )
    Path("predicate.json").write_text('{"passed": true}')
    Path("token").write_text("f1le-tok3n")
    Path("token").chmod(0o600)
    RELEASE.save("release.pem")
    OFFICE.save("office.pem")
    Path("office.pub").write_text(OFFICE.public.pem())
    Path("trust.toml").write_text(
        f'schema = 1\npolicy = "policy.toml"\nkeys = ["{OFFICE.public}"]\nstore = "site/store"\n'
        'audit = "site/audit.jsonl"\ncheckpoints = "site/anchors.jsonl"\n'
    )
    return desk


@pytest.fixture
def ask(desk, monkeypatch, capsys):
    """Ask as whoever owns the machine: PENSTOCK_TRUST names its trust.toml."""
    monkeypatch.setenv("PENSTOCK_TRUST", str(desk / "trust.toml"))

    def said(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return said


@pytest.fixture
def ready(ask, desk):
    """A signed wheel and a signed deny list."""
    assert ask("sign", WHEEL, "--key", "release.pem")[0] == 0
    assert ask("deny", "sign", "deny.toml", "--key", "office.pem", "--output", "deny.json")[0] == 0
    return ask
