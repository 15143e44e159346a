"""The host configuration is read from two places only, and a mistake in it admits nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock._plugins.host import HostError, host_path, read_host


def configured(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "penstock.toml"
    file.write_text(text)
    return {"PENSTOCK_CONFIG": str(file)}


def test_without_a_file_nobody_is_asked(tmp_path):
    host = read_host({"XDG_CONFIG_HOME": str(tmp_path)})
    assert (host.providers, host.required, host.path) == ((), False, None)


def test_the_users_own_file_is_found(tmp_path):
    home = tmp_path / "penstock"
    home.mkdir()
    (home / "penstock.toml").write_text('[admission]\nproviders = ["guard:door"]\n')
    host = read_host({"XDG_CONFIG_HOME": str(tmp_path)})
    assert (host.providers, host.required) == (("guard:door",), True)
    assert host.path == str(home / "penstock.toml")


def test_the_working_directory_has_no_say(tmp_path, monkeypatch):
    (tmp_path / "penstock.toml").write_text("[admission]\nrequired = true\n")
    monkeypatch.chdir(tmp_path)
    assert read_host({"XDG_CONFIG_HOME": str(tmp_path / "none")}).required is False


def test_a_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(HostError) as caught:
        read_host({"PENSTOCK_CONFIG": str(tmp_path / "nowhere.toml")})
    assert caught.value.findings[0].code == "F101"


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("", False),
        ("[admission]\n", False),
        ("[admission]\nproviders = []\n", False),
        ('[admission]\nproviders = ["a"]\n', True),
        ('[admission]\nproviders = ["a.b:c.d"]\nrequired = false\n', False),
        ("[admission]\nrequired = true\n", True),
    ],
)
def test_naming_a_provider_requires_a_yes_unless_it_is_said_otherwise(tmp_path, text, required):
    assert read_host(configured(tmp_path, text)).required is required


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[admision]\n", [("P212", 1, 2)]),
        ("admission = 1\n", [("P213", 1, 13)]),
        ("[admission]\nprovider = []\nrequired = 1\n", [("P212", 2, 1), ("P213", 3, 12)]),
        ('[admission]\nproviders = ["a b", "ok:x", 3, "x:"]\n', [("P213", 2, 14), ("P213", 2, 29), ("P213", 2, 32)]),
        ("[admission\n", [("F104", 1, 11)]),
    ],
)
def test_every_mistake_is_found_in_one_pass_and_none_is_forgiven(tmp_path, text, expected):
    with pytest.raises(HostError) as caught:
        read_host(configured(tmp_path, text))
    assert [(f.code, f.at.line, f.at.column) for f in caught.value.findings] == expected


def test_a_misspelt_key_has_the_right_one_beside_it(tmp_path):
    with pytest.raises(HostError) as caught:
        read_host(configured(tmp_path, "[admission]\nprovidrs = []\n"))
    assert caught.value.findings[0].hint == "write `providers`"


def test_there_is_a_place_for_the_file_even_without_a_home_of_configurations(tmp_path):
    assert host_path({}).endswith(str(Path(".config", "penstock", "penstock.toml")))
