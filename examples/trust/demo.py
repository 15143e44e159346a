"""Sign a pack, verify it, install it, run a graph with it; then attack it in five ways, and show five refusals.

Takes:   nothing; everything goes into `work/` beside this file. The sigstore is one on loopback, made for this run.
Gives:   what each command prints, then a proof of it, line by line, and exit code 1 when one of its statements is false.
Ignores: how it is done; `penstock trust` does it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from penstock_trust.local_sigstore import LocalSigstore

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKS = (ROOT / "examples/site-safety/pack", ROOT / "packages/penstock-standard")
TRUST = (sys.executable, "-m", "penstock", "trust")
REPOSITORY = "https://github.com/acme/site-safety"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml"
RUNTIME = ("penstock", "penstock-trust")  # what a machine needs that runs graphs
COLD = {"sigstore"}  # and what it does not need, although the package asks for it: only verifying a bundle does

POLICY = """\
schema = 1
name = "demo"
sequence = {sequence}
expires = "{expires}"

[trust.sigstore]
kind = "sigstore"
file = "trusted_root.json"
sha256 = "{root}"

[trust.security]
kind = "key"
public-key = "{security}"

[[identity]]
name = "release"
trust = "sigstore"
issuer = "https://token.actions.githubusercontent.com"
uri = "{workflow}@refs/tags/v{{version}}"
repository = "{repository}"

[[pack]]
match = "site-safety-pack"
signers = {{all = ["release"]}}
load = "verified"

[[pack]]
match = "penstock-standard"
signers = {{all = ["release"]}}

[deny]
file = "deny.json"
signers = ["security"]
max-age = "30d"
"""
DETECTION = {
    "id": "gate-north-0000001", "time": "2026-11-22T06:00:00.000Z", "camera": "gate-north", "frame": 1,
    "class": "PERSON", "confidence": 0.9, "bbox": [0.45, 0.5, 0.05, 0.2], "track_id": "gate-north-t00001",
}  # fmt: skip  # what one camera saw


class Proof:
    """Statements, each printed with its evidence and remembered."""

    def __init__(self) -> None:
        self.failed = 0

    def that(self, statement: str, holds: bool, evidence: str = "") -> None:
        """State something."""
        self.failed += not holds
        print(f"  {'yes' if holds else 'NO '}  {statement}{f': {evidence}' if evidence else ''}")


class Machine:
    """A folder that plays a machine: what its owner decided, what is signed, an environment."""

    def __init__(self, work: Path, local: LocalSigstore, **more: str) -> None:
        self.work = work
        self.local = local
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PENSTOCK_", "PYTHON"))},
            "XDG_CONFIG_HOME": str(work / "config"),
            "XDG_STATE_HOME": str(work / "state"),
            "NO_COLOR": "1",
            "COLUMNS": "160",
            **more,
        }

    def run(self, *words: object, shown: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command, and show it with what it prints."""
        done = subprocess.run(
            list(map(str, words)), cwd=self.work, env={**self.environment, **more}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip  # where, with what, how
        if shown:
            told = " ".join(map(str, words)).replace(f"{sys.executable} -m ", "").replace(str(self.work) + "/", "")
            told = told.replace("site/bin/python -m penstock", "site/bin/penstock")
            print(
                f"$ {told}\n{done.stdout}{done.stderr}$ echo $?\n{done.returncode}\n".replace(str(self.work) + "/", "")
            )
        return done

    def trust(self, *words: object, shown: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `penstock trust`."""
        return self.run(*TRUST, *words, shown=shown)

    def public(self, name: str) -> str:
        """The public half of a key, as policies write it."""
        said = self.trust("keys", "show", f"{name}.pub", shown=False).stdout
        return next(word for word in said.split() if word.startswith("ed25519:"))

    def policy(self, name: str = "policy.toml", *, expires: str = "2099-01-01T00:00:00Z", sequence: int = 1) -> Path:
        """Write a policy."""
        path = self.work / name
        key = self.public("security.pem")
        root = hashlib.sha256((self.work / "trusted_root.json").read_bytes()).hexdigest()
        path.write_text(
            POLICY.format(
                sequence=sequence, expires=expires, root=root, security=key, workflow=WORKFLOW, repository=REPOSITORY
            ),
            "utf-8",
        )
        return path

    def deny(self, versions: str, sequence: int) -> None:
        """Sign a deny list."""
        (self.work / "deny.toml").write_text(
            f'schema = 1\nname = "demo-deny"\nsequence = {sequence}\nexpires = "2099-01-01T00:00:00Z"\n\n[[deny]]\n'
            f'kind = "version"\nname = "site-safety-pack"\nversions = "{versions}"\nreason = "it forgets the dog"\n',
            "utf-8",
        )
        words = ("deny", "sign", "deny.toml", "--key", "security.pem", "--output", "deny.json")
        self.trust(*words).check_returncode()

    def token(self, name: str, *, workflow: str = "release.yml", ref: str = "refs/tags/v0.1.0") -> str:
        """Write the identity token that a job of that workflow would have."""
        text = self.local.tokens.job(self.local.clock(), repository="acme/site-safety", workflow=workflow, ref=ref)
        (self.work / name).write_text(text)
        return f"file:{self.work / name}"


# -- the environment -------------------------------------------------------------------------------------------------


def needed(names: tuple[str, ...]) -> Iterator[Distribution]:
    """These distributions and everything that they need, but for what only verifying needs."""
    todo, seen = list(names), set()
    while todo:
        name = todo.pop().lower()
        if name in seen or name in COLD:
            continue
        seen.add(name)
        found = distribution(name)
        yield found
        for line in found.requires or ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                todo.append(wanted.name)


def scratch(folder: Path) -> Path:
    """An environment with the runtime in it, linked from this one, and with nothing else; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    purelib = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    libraries = folder / "libraries"
    libraries.mkdir()
    for one in needed(RUNTIME):
        for top in {path.parts[0] for path in one.files or () if path.parts[0] not in ("..", "__pycache__")}:
            place = Path(str(one.locate_file(top)))
            if place.suffix != ".pth" and not (libraries / top).exists():
                (libraries / top).symlink_to(place)
        word = one.metadata["Name"].replace("-", "_")
        source = ROOT / "packages" / one.metadata["Name"] / "src" / word
        if source.is_dir() and not (libraries / word).exists():
            (libraries / word).symlink_to(source)
    (purelib / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "bin/python"


def built(work: Path) -> list[Path]:
    """The wheels of the packs."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--disable-pip-version-check", "--wheel-dir", work / "dist", *PACKS], check=True)
    return sorted((work / "dist").glob("*.whl"), reverse=True)


def with_more(wheel: Path, folder: Path, name: str, data: bytes) -> Path:
    """The wheel with one file more, of which its RECORD speaks as it should."""
    folder.mkdir()
    made = folder / wheel.name
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename.endswith(".dist-info/RECORD"):
                new.writestr(name, data)
                record = old.read(member).decode() + f"{name},sha256={digest},{len(data)}\n"
                new.writestr(member.filename, record)
            else:
                new.writestr(member, old.read(member))
    return made


# -- the acts --------------------------------------------------------------------------------------------------------


def prepared(machine: Machine) -> None:
    """Keys, the root of the sigstore, what the owner of the machine decided."""
    work = machine.work
    print("A machine: two keys, a policy that pins the sigstore, a deny list, and what its owner decided.\n")
    for name in ("office.pem", "security.pem"):
        machine.trust("keys", "generate", name).check_returncode()
    machine.local.write_root(work / "trusted_root.json")
    machine.local.write_config(work / "sigstore.json")
    office = machine.public("office.pem")
    trust = f'schema = 1\npolicy = "policy.toml"\nkeys = ["{office}"]\nstore = "store"\naudit = "trust.jsonl"\n'
    (work / "trust.toml").write_text(trust)
    machine.environment["PENSTOCK_TRUST"] = str(work / "trust.toml")
    (work / "penstock.toml").write_text('[admission]\nproviders = ["penstock_trust.admission"]\nrequired = true\n')
    print(f"{machine.policy().read_text()}")
    machine.deny("<0.1", 1)


def signed(machine: Machine, wheels: list[Path], proof: Proof) -> None:
    """The packs are signed by a job, and verified."""
    print("\nA release job signs the wheels; the sigstore is on loopback.\n")
    token = machine.token("release.token")
    words = ("--identity-token", token, "--trust-config", "sigstore.json")
    done = machine.trust("sign", *wheels, *words)
    proof.that(
        "the wheels are signed", done.returncode == 0 and all(Path(f"{one}.sigstore.json").is_file() for one in wheels)
    )
    print("\nWhoever has the policy can verify that, without any network.\n")
    done = machine.trust("verify", *wheels, "--policy", "policy.toml", "--explain")
    proof.that("the policy accepts them", done.returncode == 0)


def installed(machine: Machine, wheels: list[Path], python: Path, proof: Proof) -> None:
    """The packs are installed into an environment that has no sigstore."""
    print("\nThey are installed into an environment of their own, which has the runtime and no sigstore client.\n")
    done = machine.trust("install", *wheels, "--key", "office.pem", "--python", python)
    proof.that("they are installed", done.returncode == 0)
    has = machine.run(python, "-c", "import sigstore", shown=False)
    proof.that("there is no sigstore in it", has.returncode != 0, has.stderr.strip().splitlines()[-1])


def graph(machine: Machine, python: Path, *, name: str = "zones") -> subprocess.CompletedProcess[str]:
    """Run the graph there."""
    words = (python, "-m", "penstock", "run", "zones.graph.yaml", "--store", name, "--until-idle")
    return machine.run(*words, PENSTOCK_CONFIG=str(machine.work / "penstock.toml"))


def ran(machine: Machine, python: Path, proof: Proof) -> None:
    """The graph runs."""
    work = machine.work
    print("\nA graph runs with them; every module is hashed before it is executed.\n")
    shutil.copy(HERE / "zones.graph.yaml", work)
    (work / "detections.jsonl").write_text(json.dumps(DETECTION) + "\n")
    done = graph(machine, python)
    told = (
        [json.loads(line) for line in (work / "archive.jsonl").read_text().splitlines()] if done.returncode == 0 else []
    )
    proof.that("it runs, and says who stands at the barrier", len(told) == 1, json.dumps(told)[:160])


def flipped(machine: Machine, python: Path) -> tuple[int, str]:
    """One byte of one installed module."""
    module = next((python.parents[1] / "lib").glob("python*/site-packages/site_safety/zone_rule.py"))
    kept = module.read_bytes()
    data = bytearray(kept)
    data[len(data) // 2] ^= 0x20
    print(f"\nOne byte of {module.relative_to(machine.work)} is changed.\n")
    module.write_bytes(bytes(data))
    done = graph(machine, python, name="again")
    machine.run(python, "-m", "penstock", "trust", "status", "site-safety-pack")
    module.write_bytes(kept)
    return done.returncode, done.stdout + done.stderr


def refused(machine: Machine, wheels: list[Path], python: Path, proof: Proof) -> None:
    """Five attacks, five refusals."""
    work, wheel = machine.work, wheels[0]
    outcomes = {"a module with one byte changed": (*flipped(machine, python), "T411", "zone_rule.py")}

    print("\nA wheel with a `.pth` file, which Python would run at every start; the same job has signed it.\n")
    evil = with_more(wheel, work / "pth", "site_safety.pth", b"import os\n")
    words = ("--trust-config", "sigstore.json")
    machine.trust("sign", evil, "--identity-token", "file:release.token", *words)
    done = machine.trust("verify", evil, "--policy", "policy.toml")
    outcomes["a wheel with a .pth file"] = (done.returncode, done.stdout + done.stderr, "T215", "site_safety.pth")

    print("\nThe right wheel, signed by another workflow of the same repository.\n")
    (work / "other").mkdir()
    copied = Path(shutil.copy(wheel, work / "other"))
    token = machine.token("test.token", workflow="test.yml")
    machine.trust("sign", copied, "--identity-token", token, *words)
    done = machine.trust("verify", copied, "--policy", "policy.toml")
    outcomes["another workflow's signature"] = (done.returncode, done.stdout + done.stderr, "T142", "test.yml")

    print("\nThe policy of last year.\n")
    machine.policy("old.toml", expires="2025-12-31T00:00:00Z")
    done = machine.trust("verify", wheel, "--policy", "old.toml")
    outcomes["a policy that has ended"] = (done.returncode, done.stdout + done.stderr, "T320", "2025-12-31")

    print("\nThe version is put on the deny list.\n")
    machine.deny("<0.2", 2)
    done = machine.trust("verify", wheel, "--policy", "policy.toml")
    outcomes["a version on the deny list"] = (done.returncode, done.stdout + done.stderr, "T352", "it forgets the dog")

    print("\nWhat was refused, and as what.\n")
    for what, (exit_code, said, code, word) in outcomes.items():
        line = next((line.strip() for line in said.splitlines() if code in line), "")
        line = line.replace(f"{work}/", "")
        proof.that(f"{what} is refused as {code}", exit_code != 0 and bool(line) and word in said, line)
    proof.that("these are five codes", len({code for _, _, code, _ in outcomes.values()}) == 5)


def audited(machine: Machine, proof: Proof) -> None:
    """Everything that was done is in the log, and the log is whole."""
    print("\nEverything that changed something is in the audit log.\n")
    machine.trust("audit", "checkpoint", "--key", "security.pem", "--to", "elsewhere.jsonl")
    words = ("--checkpoints", "elsewhere.jsonl", "--trusted-key", "security.pem.pub")
    done = machine.trust("audit", "verify", *words)
    proof.that("the log is whole", done.returncode == 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=HERE / "work", help="emptied first")
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    given.work.mkdir(parents=True)
    work = given.work.resolve()
    proof = Proof()
    with LocalSigstore() as local:
        machine = Machine(work, local)
        prepared(machine)
        wheels = built(work)
        signed(machine, wheels, proof)
        python = scratch(work / "site")
        installed(machine, wheels, python, proof)
        ran(machine, python, proof)
        refused(machine, wheels, python, proof)
        audited(machine, proof)
    print(f"\n{proof.failed} statements are false" if proof.failed else "\nall of it holds")
    raise SystemExit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()
