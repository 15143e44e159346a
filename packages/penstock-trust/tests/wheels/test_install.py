"""From a signed wheel to a graph that runs: pip installs it, a receipt is kept, and `penstock run` loads that and nothing else."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import marshal
import os
import py_compile
import subprocess
import sys
import venv
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from scene import OFFICE, POLICY, RELEASE, files_of, wheel_of

from penstock_findings.errors import PenstockError
from penstock_trust.environment import compile_for, look_into, put
from penstock_trust.facts import Accepted, Refused, Subject
from penstock_trust.install import forget, install, renew
from penstock_trust.keys import PrivateKey
from penstock_trust.loader import code
from penstock_trust.refusal import Refusal
from penstock_trust.sign import sign_with_key
from penstock_trust.site import read_site_file
from penstock_trust.status import ACCEPTED, GONE, REFUSED, status

NODES = '''\
"""One node."""

from penstock import Context, Record, node


@node("acme-double")
class Double:
    """Double a number."""

    def process(self, record: Record, ctx: Context) -> Record:
        return record.derive({"n": 2 * record.payload["n"]})
'''
INIT = '''\
"""A pack with one node."""

from acme_flow.nodes import Double


def penstock_nodes():
    """Offer the node."""
    return [Double]
'''
GRAPH = """\
format: 1
name: doubles
nodes:
  numbers: {type: generator, config: {count: 3}}
  double: {type: acme-double}
  show: {type: stdout}
links:
  - {from: numbers, to: double}
  - {from: double, to: show}
"""
OURS = '\n[[pack]]\nmatch = "penstock-*"\nallow = ["unsigned", "editable"]\n'  # as in a checkout, where tests run


class Machine:
    """A Python environment, a policy and a release folder, below one folder; `now` is the time that is believed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime.now(timezone.utc)
        venv.create(folder / "env", with_pip=False, symlinks=os.name != "nt")
        self.python = str(folder / "env" / "bin" / "python")
        self.packages = Path(look_into(self.python).purelib)
        here = "\n".join(path for path in sys.path if path and "scenes" not in path)
        (self.packages / "workspace.pth").write_text(here + "\n")  # the core, as it is installed where we run
        self.write_policy(POLICY.replace("2027-01-31", f"{self.now.year + 1}-01-31") + OURS)
        (folder / "trust.toml").write_text(
            f'schema = 1\npolicy = "policy.toml"\nkeys = ["{OFFICE.public}"]\naudit = "audit.jsonl"\n'
        )
        (folder / "penstock.toml").write_text('[admission]\nproviders = ["penstock_trust.admission"]\n')
        (folder / "doubles.graph.yaml").write_text(GRAPH)

    def write_policy(self, text: str) -> None:
        (self.folder / "policy.toml").write_text(text)

    @property
    def site(self):
        return read_site_file(str(self.folder / "trust.toml"))

    def wheel(self, version: str = "1.0", *, key: PrivateKey = RELEASE, **files: str) -> str:
        """A signed wheel in the release folder."""
        made = files_of("acme-flow", version, {"acme_flow/__init__.py": INIT, "acme_flow/nodes.py": NODES})
        made["acme_flow/penstock-pack.json"] = self.manifest(version)
        made |= {path: text.encode() for path, text in files.items()}
        path = self.folder / "release" / f"acme_flow-{version}-py3-none-any.whl"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wheel_of(made))
        sign_with_key(path, key, replace=True)
        return str(path)

    def manifest(self, version: str) -> bytes:
        """What `penstock pack lock` writes for the pack."""
        port = {"name": "in"}, {"name": "out"}
        doubled = {
            "config": {"$schema": "https://json-schema.org/draft/2020-12/schema", "additionalProperties": False,
                       "properties": {}, "type": "object"},
            "doc": "Double a number.", "effect": "none", "id": "acme-double",
            "import_path": "acme_flow.nodes:Double", "inputs": [port[0]], "outputs": [port[1]],
            "role": "transform",
        }  # fmt: skip
        facts = {"format": 1, "pack": "acme-flow", "version": version, "sdk": 1, "nodes": [doubled]}
        return json.dumps(facts, indent=2, sort_keys=True).encode()

    def install(self, *wheels: str, **words):
        return install(wheels, site=self.site, key=OFFICE, now=self.now, python=self.python, **words)

    def status(self):
        path = [str(self.packages)]
        rows = status(self.site, now=self.now, path=path, prefix=str(self.folder / "env"))
        return {row.name: row for row in rows}

    def poison(self, path: str, text: str) -> None:
        """Leave a `.pyc` that Python would run in place of the file, and never compare with it."""
        evil = self.folder / "evil.py"
        evil.write_text(text)
        cached = importlib.util.cache_from_source(str(self.packages / path))
        py_compile.compile(str(evil), cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)

    def run(self) -> subprocess.CompletedProcess[str]:
        """`penstock run` in the environment, as an operator would."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        settings = {
            "PENSTOCK_CONFIG": str(self.folder / "penstock.toml"),
            "PENSTOCK_TRUST": str(self.folder / "trust.toml"),
            "NO_COLOR": "1",
        }
        words = [self.python, "-m", "penstock", "run", "doubles.graph.yaml", "--until-idle"]
        return subprocess.run(words, cwd=self.folder, env=kept | settings, capture_output=True, text=True, timeout=120)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_signed_wheel_is_installed_runs_and_is_refused_once_it_was_changed(machine):
    pytest.importorskip("penstock_standard")
    [outcome] = machine.install(machine.wheel())
    assert outcome.findings == ()
    assert outcome.done
    assert machine.status()["acme-flow"].verdict == ACCEPTED

    machine.poison("acme_flow/nodes.py", NODES.replace("2 *", "666 *"))
    ran = machine.run()
    assert (ran.returncode, ran.stdout.splitlines()[:3]) == (0, ['{"n":0}', '{"n":2}', '{"n":4}']), ran.stderr
    assert [json.loads(line)["action"] for line in (machine.folder / "audit.jsonl").read_text().splitlines()][
        1
    ] == "admit"

    nodes = machine.packages / "acme_flow" / "nodes.py"
    nodes.write_bytes(nodes.read_bytes().replace(b"2 *", b"3 *"))
    refused = machine.run()
    assert refused.returncode != 0
    assert "pack `acme-flow 1.0` is not admitted: T411: `acme_flow/nodes.py`" in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr
    row = machine.status()["acme-flow"]
    assert (row.verdict, [finding.code for finding in row.findings]) == (REFUSED, ["T411"])
    assert row.findings[0].at.path == str(nodes)

    [again] = machine.install(machine.wheel())
    assert again.done
    assert machine.status()["acme-flow"].verdict == ACCEPTED


def test_nothing_is_installed_when_one_of_the_wheels_is_refused(machine):
    good = machine.wheel()
    stranger = PrivateKey.from_seed(b"s" * 32)
    bad = machine.wheel("1.1", key=stranger)
    for claim in Path(bad).parent.glob("acme_flow-1.1*.json"):
        if claim.name.rpartition("-")[2][:8] != stranger.public.id.partition(":")[2][:8]:
            claim.unlink()
    outcomes = machine.install(good, bad)
    assert [(type(each.verdict), each.done) for each in outcomes] == [(Accepted, False), (Refused, False)]
    assert not (machine.packages / "acme_flow").exists()
    assert machine.status() == {}


def test_a_wheel_that_is_not_in_order_is_not_installed(machine):
    [outcome] = machine.install(machine.wheel(**{"acme_flow.pth": "import os\n"}))
    assert [finding.code for finding in outcome.findings] == ["T215"]
    assert not (machine.packages / "acme_flow.pth").exists()


def test_an_older_version_does_not_come_back(machine):
    assert machine.install(machine.wheel("1.1"))[0].done
    [older] = machine.install(machine.wheel("1.0"))
    assert [finding.code for finding in older.findings] == ["T331"]
    assert machine.status()["acme-flow"].version == "1.1"


def test_two_wheels_of_one_project_are_too_many(machine):
    outcomes = machine.install(machine.wheel("1.0"), machine.wheel("1.1"))
    assert [[finding.code for finding in each.findings] for each in outcomes] == [["T449"], ["T449"]]
    assert machine.status() == {}


def test_the_receipt_names_the_bytes_that_were_installed(machine):
    wheel = machine.wheel()
    machine.install(wheel)
    known = machine.status()["acme-flow"].receipt
    assert known.subject.digest == hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    for path, fact in known.files.items():
        if not path.endswith("/RECORD"):
            assert hashlib.sha256((machine.packages / path).read_bytes()).hexdigest() == fact.sha256
    assert [signed.matched for signed in known.signed] == [("release",)]


def test_after_a_change_of_the_policy_packs_wait_until_they_are_renewed(machine):
    machine.install(machine.wheel())
    text = (machine.folder / "policy.toml").read_text()
    machine.write_policy(text.replace("sequence = 3", "sequence = 4"))
    assert [finding.code for finding in machine.status()["acme-flow"].findings] == ["T404"]
    [outcome] = renew(site=machine.site, key=OFFICE, now=machine.now, python=machine.python)
    assert outcome.done
    assert machine.status()["acme-flow"].verdict == ACCEPTED
    machine.write_policy(text)
    assert {finding.code for finding in machine.status()["acme-flow"].findings} == {"T321", "T404"}


def test_what_was_changed_is_not_renewed(machine):
    machine.install(machine.wheel())
    (machine.packages / "acme_flow" / "nodes.py").write_text("")
    [outcome] = renew(["acme_flow"], site=machine.site, key=OFFICE, now=machine.now, python=machine.python)
    assert [finding.code for finding in outcome.findings] == ["T442"]


def test_what_is_forgotten_is_not_accepted_any_more(machine):
    machine.install(machine.wheel())
    prefix = str(machine.folder / "env")
    assert forget("acme-flow", site=machine.site, prefix=prefix)
    assert not forget("acme-flow", site=machine.site, prefix=prefix)
    assert [finding.code for finding in machine.status()["acme-flow"].findings] == ["T401"]


def test_a_receipt_without_its_pack_is_told(machine):
    machine.install(machine.wheel())
    (machine.packages / "acme_flow-1.0.dist-info").rename(machine.packages / "gone")
    row = machine.status()["acme-flow"]
    assert (row.verdict, [finding.code for finding in row.findings]) == (GONE, ["T424"])


def test_a_key_whose_receipts_do_not_count_installs_nothing(machine):
    with pytest.raises(Refusal) as caught:
        install([machine.wheel()], site=machine.site, key=RELEASE, now=machine.now, python=machine.python)
    assert caught.value.code == "T444"


def test_no_environment_is_told(machine):
    with pytest.raises(Refusal) as caught:
        install([machine.wheel()], site=machine.site, key=OFFICE, now=machine.now, python=str(machine.folder / "none"))
    assert caught.value.code == "T440"


def test_uv_installs_the_same(machine):
    pytest.importorskip("uv")
    [outcome] = machine.install(machine.wheel(), installer="uv")
    assert outcome.findings == ()
    row = machine.status()["acme-flow"]
    assert (row.verdict, row.findings) == (ACCEPTED, ())


def test_an_installer_that_nobody_knows_is_told(machine):
    with pytest.raises(PenstockError) as caught:
        machine.install(machine.wheel(), installer="conda")
    assert caught.value.code == "T445"


def test_bytes_that_were_swapped_are_refused_by_the_installer(machine, tmp_path):
    wheel = Path(machine.wheel())
    subject = Subject("acme-flow", "1.0", wheel.name, "ab" * 32, 1)
    with pytest.raises(Refusal) as caught:
        put([(subject, str(wheel))], look_into(machine.python), str(tmp_path))
    assert caught.value.code == "T441"
    assert not (machine.packages / "acme_flow").exists()


def test_another_interpreter_compiles_for_itself(machine):
    sources = {"ab" * 32: ("/x/acme.py", b"ANSWER = 6 * 7\n"), "cd" * 32: ("/x/bad.py", b"def (:\n")}
    foreign = replace(look_into(machine.python), tag="another-python")
    made = code.unpacked(compile_for(foreign, sources))
    assert list(made) == ["ab" * 32]
    space: dict[str, object] = {}
    exec(marshal.loads(made["ab" * 32]), space)
    assert space["ANSWER"] == 42


def test_without_a_trust_configuration_no_pack_is_admitted(machine):
    pytest.importorskip("penstock_standard")
    machine.install(machine.wheel())
    (machine.folder / "trust.toml").unlink()
    refused = machine.run()
    assert refused.returncode != 0
    assert "is not admitted: T431: the trust configuration cannot be used" in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr


def test_without_a_policy_that_can_be_read_no_pack_is_admitted_and_that_is_written_down(machine):
    pytest.importorskip("penstock_standard")
    machine.install(machine.wheel())
    machine.write_policy("schema = 1\n")
    refused = machine.run()
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr
    last = json.loads((machine.folder / "audit.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["facts"]["allowed"]) == ("admit", False)
    assert last["facts"]["codes"][0].startswith("T3")


def test_no_program_in_the_working_folder_takes_the_place_of_the_installer(machine, tmp_path, monkeypatch):
    """`python -m pip` would run a `pip.py` that somebody has put beside the wheels."""
    release = Path(machine.wheel()).parent
    ran = tmp_path / "ran"
    (release / "pip.py").write_text(f"open({str(ran)!r}, 'w')\n")
    monkeypatch.chdir(release)
    (outcome,) = machine.install("acme_flow-1.0-py3-none-any.whl")
    assert (outcome.done, ran.exists()) == (True, False)
    assert (machine.packages / "acme_flow" / "nodes.py").exists()
