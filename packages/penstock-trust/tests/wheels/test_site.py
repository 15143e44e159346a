"""The trust configuration is read whole or not at all."""

from __future__ import annotations

import pytest
from scene import OFFICE, RELEASE

from penstock_trust.site import SiteError, default_store, read_site, read_site_file, site_path

WHOLE = f'schema = 1\npolicy = "policy.toml"\nkeys = ["{OFFICE.public}"]\n'


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "trust.toml").write_text(text)
        return read_site_file(str(tmp_path / "trust.toml"))

    return read


def test_paths_are_those_beside_the_file(read, tmp_path):
    site = read(WHOLE + 'store = "kept"\naudit = "/var/log/trust.jsonl"\ncheckpoints = "../second"\n')
    assert (site.policy, site.store) == (str(tmp_path / "policy.toml"), str(tmp_path / "kept"))
    assert (site.audit, site.checkpoints) == ("/var/log/trust.jsonl", str(tmp_path.parent / "second"))
    assert site.keys == (OFFICE.public,)


def test_each_environment_has_a_store_of_its_own_unless_one_is_named(read):
    assert read(WHOLE).store_of("/opt/env") == default_store("/opt/env") == "/opt/env/share/penstock-trust"


@pytest.mark.parametrize(
    "text",
    [
        "",
        WHOLE + "polcy = 1\n",
        WHOLE.replace("schema = 1", "schema = 2"),
        WHOLE.replace("schema = 1", "schema = true"),
        WHOLE.replace('"policy.toml"', "7"),
        WHOLE.replace('"policy.toml"', '""'),
        WHOLE.replace(str(OFFICE.public), "ed25519:AAAA"),
        WHOLE.replace(f'"{OFFICE.public}"', "1"),
        WHOLE.replace("keys = [", "keys = [[").replace("]\n", "]]\n"),
        "schema = 1\npolicy",
    ],
)
def test_a_mistake_makes_the_whole_file_unusable(read, text):
    with pytest.raises(SiteError) as caught:
        read(text)
    assert {finding.code for finding in caught.value.findings} == {"T431"}
    assert caught.value.findings[0].at.path


def test_a_misspelt_key_gets_a_hint(read):
    with pytest.raises(SiteError) as caught:
        read(WHOLE + 'aduit = "x"\n')
    assert [finding.hint for finding in caught.value.findings] == ["write `audit`"]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SiteError) as caught:
        read_site({"PENSTOCK_TRUST": str(tmp_path / "none.toml")})
    assert str(tmp_path / "none.toml") in str(caught.value)


def test_the_environment_names_the_file():
    assert site_path({"PENSTOCK_TRUST": "/etc/trust.toml", "XDG_CONFIG_HOME": "/x"}) == "/etc/trust.toml"
    assert site_path({"XDG_CONFIG_HOME": "/x"}) == "/x/penstock/trust.toml"


def test_two_keys_count(read):
    assert read(WHOLE.replace("]\n", f', "{RELEASE.public}"]\n')).keys == (OFFICE.public, RELEASE.public)
