"""A channel kind of a pack: found without import, opened by a run, and looked into by the commands that read a store."""

from __future__ import annotations

import subprocess
import sys

import pytest

from penstock_findings import PenstockError

GRAPH = """\
format: 1
name: kept
channels:
  between: {kind: acme-vault}
nodes:
  count: {type: generator, config: {count: 5, template: {n: {$count: 1}}}}
  show: {type: stdout}
links:
  - {from: count, to: between}
  - {from: between, to: show}
"""
VAULT = """\
from penstock import channel_kind
from penstock.stores import SqliteStore

@channel_kind("acme-vault", ack=["power", "process"])
class Vault:
    \"\"\"Keep records beside a mark; a store inside of it does the work.\"\"\"

    def __init__(self, place, *, ack):
        if place.endswith("refused"):
            raise ValueError("not there")
        self.ack = ack
        self.inner = SqliteStore(place + "/inner", ack=ack)

    def commit(self, work, owner, now, *, safe=True):
        return self.inner.commit(work, owner, now, safe=safe)

    def __getattr__(self, name):
        return getattr(self.inner, name)
"""
FACTS = {"id": "acme-vault", "ack": ["power", "process"], "import_path": "acme_vault.kept:Vault", "doc": "Keep it."}


@pytest.fixture
def home(tmp_path, site):
    """A folder with the graph, where the pack is installed whose package nobody but a run may import."""
    package = site.pack("acme-vault", channels=[FACTS])
    (package / "kept.py").write_text(VAULT)
    (tmp_path / "kept.graph.yaml").write_text(GRAPH)
    return Home(tmp_path, site, package)


class Home:
    def __init__(self, folder, site, package):
        self.folder, self.site, self.package = folder, site, package

    def harmless(self):
        (self.package / "__init__.py").write_text("")
        return self

    def penstock(self, *words, code=0):
        command = [sys.executable, "-m", "penstock", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self.site.environment(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


def test_a_check_imports_nothing_of_a_kind(home):
    assert home.penstock("check", "kept.graph.yaml") == "kept.graph.yaml: no mistakes\n"


def test_a_run_opens_the_store_of_the_kind_and_commands_look_into_it(home):
    home.harmless()
    told = home.penstock("run", "kept.graph.yaml", "--until-idle")
    assert [line for line in told.splitlines() if line.startswith('{"n"')] == [f'{{"n":{n}}}' for n in range(1, 6)]
    assert (home.folder / ".penstock/kept/inner/store.sqlite3").is_file()
    assert "no dead letters" in home.penstock("dlq", "list", "--store", "acme-vault:.penstock/kept")
    again = home.penstock("run", "kept.graph.yaml", "--until-idle")
    assert '{"n"' not in again  # it goes on where it stopped
    assert "S114" in home.penstock("store", "stats", "acme-vault:.penstock/kept", code=3)
    assert "S102" in home.penstock("dlq", "list", "--store", "acme-vault:elsewhere", code=3)
    assert "P225" in home.penstock("dlq", "list", "--store", "acme-valut:.penstock/kept", code=2)
    assert not (home.folder / "elsewhere").exists()


def test_records_of_a_run_in_memory_need_no_pack(home):
    assert '{"n":5}' in home.penstock("run", "kept.graph.yaml", "--until-idle", "--store", "memory")


def test_policies_that_were_applied_to_a_store_of_a_pack_hold_again(home):
    home.harmless()
    (home.folder / "site.policy.yaml").write_text(
        "format: 1\nname: patient\nrules:\n  - for: {node: show}\n    use:\n      - {type: retry, config: {attempts: 3}}\n"
    )
    home.penstock("run", "kept.graph.yaml", "--until-idle")
    home.penstock("policies", "apply", "site.policy.yaml", "--store", "acme-vault:.penstock/kept")
    assert "going on with the policies of site.policy.yaml" in home.penstock("run", "kept.graph.yaml", "--until-idle")


def test_a_store_that_cannot_be_made_is_a_finding(home):
    home.harmless()
    told = home.penstock("run", "kept.graph.yaml", "--store", "refused", code=3)
    assert "S112" in told
    assert "ValueError: not there" in told
    assert "Traceback" not in told


def test_a_flag_cannot_ask_for_more_than_a_kind_gives(home):
    home.harmless()
    (home.package / "kept.py").write_text(VAULT.replace('["power", "process"]', '["process"]'))
    (home.package / "penstock-pack.json").write_text(
        (home.package / "penstock-pack.json").read_text().replace('["power", "process"]', '["process"]')
    )
    (home.folder / "kept.graph.yaml").write_text(GRAPH.replace("channels:", "settings: {ack: process}\nchannels:"))
    home.penstock("run", "kept.graph.yaml", "--until-idle")
    assert "S113" in home.penstock("run", "kept.graph.yaml", "--setting", "ack=power", "--until-idle", code=3)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (VAULT.replace('"acme-vault"', '"acme-other"'), "P222"),
        (VAULT.replace('["power", "process"]', '["power"]'), "P223"),
        ("Vault = 5", "P222"),
        ("raise RuntimeError", "P221"),
    ],
)
def test_a_kind_that_is_not_what_its_manifest_says_is_refused(importable, code, expected):
    package = importable.pack("acme-vault", code="", channels=[FACTS])
    (package / "kept.py").write_text(code)
    with pytest.raises(PenstockError) as caught:
        importable.discover().load_channel("acme-vault")
    assert caught.value.findings[0].code == expected


def test_two_packs_with_one_kind_leave_it_to_neither(site):
    for name in ("acme-one", "acme-two"):
        package = name.replace("-", "_")
        site.pack(name, channels=[{**FACTS, "import_path": f"{package}:Vault"}])
    catalog = site.discover()
    assert catalog.channels == {}
    assert [pack.name for pack in catalog.clashes["channel kind", "acme-vault"]] == ["acme-one", "acme-two"]
    with pytest.raises(PenstockError) as caught:
        catalog.load_channel("acme-vault")
    assert caught.value.findings[0].code == "P302"


def test_a_kind_that_lies_outside_of_its_package_breaks_the_pack(site):
    site.pack("acme-vault", channels=[{**FACTS, "import_path": "elsewhere:Vault"}])
    assert [finding.code for finding in site.discover().findings] == ["P111"]
