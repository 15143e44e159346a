"""Verify real bundles, of people whom we do not know, offline against the public-good and the staging root.

Takes:   the folder of an unpacked sdist of `sigstore` (its roots) and of one of `pypi-attestations` (its test assets).
Gives:   a line for each bundle; exit 1 when one that holds is refused, or one that does not hold passes.
Ignores: the network; nothing here opens a connection.
"""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

from penstock_findings.errors import PenstockError
from penstock_trust.claims import Found
from penstock_trust.facts import Accepted, Claim, Subject
from penstock_trust.pep740 import bundles_of, import_pep740
from penstock_trust.policy.load import load_policy
from penstock_trust.reading import Reading
from penstock_trust.roots import TrustedRoot
from penstock_trust.steps.bundle import parsed_by_sigstore, reason_against
from penstock_trust.steps.limits import read_strictly
from penstock_trust.steps.strict import misfits
from penstock_trust.steps.subject import about
from penstock_trust.strict import canonical
from penstock_trust.verify import verify

ENDS = (".publish.attestation", ".slsa.attestation", ".attestation", ".provenance", ".sigstore")
STAGING = "rfc8785-0.1.2-py3-none-any.whl"  # the one artifact that was signed with the staging instance
ROOTS = {"public": "sigstore.dev", "staging": "sigstage.dev"}
AT_LEAST = 12  # bundles; when the sdist has fewer, we look at the wrong place

POLICY = """schema = 1
sequence = 1
expires = "2100-01-01T00:00:00Z"

[trust.staging]
kind = "sigstore"
file = "staging.json"
sha256 = "{staging}"

[trust.public]
kind = "sigstore"
file = "public.json"
sha256 = "{public}"

[[identity]]
name = "william"
trust = "staging"
issuer = "https://github.com/login/oauth"
email = "william@yossarian.net"

[[identity]]
name = "circle"
trust = "public"
issuer = "https://oidc.circleci.com"
uri = "https://circleci.com/api/v2/projects/fdd9283f-e619-46af-8f9c-851f7d3e8b2b/pipeline-definitions/8e4f8ab2-8d7c-4827-9f15-de076d6d647f"

[[pack]]
match = "rfc8785"
signers = {{any = ["william"]}}

[[pack]]
match = "circleci-sign-publish-example"
signers = {{any = ["circle"]}}
"""


def no_connection(*_: object) -> None:
    raise AssertionError("something wanted to open a connection")


def claims(assets: Path) -> Iterator[tuple[Path, str, bytes]]:
    """`(artifact, name of the claim, bundle)` of everything that is signed there."""
    for path in sorted(assets.iterdir()):
        end = next((end for end in ENDS if path.name.endswith(end)), None)
        artifact = path.with_name(path.name.removesuffix(end)) if end else path
        if end and artifact.is_file():
            data = path.read_bytes()
            made = [data] if end == ".sigstore" else [canonical(each) for each in bundles_of(data, path.name)]
            yield from ((artifact, path.name, text) for text in made)


def answer(root: TrustedRoot, artifact: bytes, name: str, source: str, text: bytes) -> str:
    """Why the bundle is refused, "" when it is not."""
    subject = Subject("", "", name, sha256(artifact).hexdigest(), len(artifact))
    reading = Reading(Claim(subject, "sigstore", text, source))
    try:
        read_strictly(Found("sigstore", text, source))
        about(reading, subject)
        reason = reason_against(root, parsed_by_sigstore(reading), artifact)
        return reason or "; ".join(f"{finding.code} {finding.message}" for finding in misfits(reading, root))
    except PenstockError as error:
        return f"{error.code} {error}"


def look(roots: dict[str, TrustedRoot], assets: Path) -> int:
    """Verify every bundle by both roots, and every bundle about other bytes; gives how many answers were wrong."""
    wrong = seen = 0
    for artifact, source, text in claims(assets):
        data = artifact.read_bytes()
        home = "staging" if artifact.name == STAGING else "public"
        for name, root in roots.items():
            why = answer(root, data, artifact.name, source, text)
            wrong += bool(why) == (name == home)
            print(f"{'refused' if why else 'holds':8}{name:9}{source}  {why[:100]}")
        other = answer(roots[home], data + b"\0", artifact.name, source, text)
        wrong += not other
        seen += 1
    print(f"{seen} real bundles, {wrong} wrong answers")
    return wrong + (seen < AT_LEAST)


def whole_wheels(roots: dict[str, TrustedRoot], assets: Path) -> int:
    """Take the two real wheels through every step, under a policy; gives how many were not accepted."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name, root in roots.items():
            (here / f"{name}.json").write_bytes(root.data)
        digests = {name: root.digest for name, root in roots.items()}
        (here / "policy.toml").write_text(POLICY.format(**digests), encoding="utf-8")
        policy = load_policy(here / "policy.toml")
        for path in sorted(assets.glob("*.whl")):
            wheel = here / path.name
            wheel.write_bytes(path.read_bytes())
            said = path.with_name(f"{path.name}.publish.attestation")
            import_pep740(wheel, said.read_bytes(), said.name)
            verdict = verify(wheel, policy=policy, now=datetime.now(timezone.utc))
            wrong += not isinstance(verdict, Accepted)
            print(f"{type(verdict).__name__.lower():9}{path.name}")
    return wrong


def main(sigstore: Path, attestations: Path) -> int:
    socket.socket.connect = no_connection  # type: ignore[assignment,method-assign]  # so that "offline" is a fact
    store = sigstore / "sigstore/_store"
    roots = {
        name: TrustedRoot(name, next(store.glob(f"*{host}/trusted_root.json")).read_bytes())
        for name, host in ROOTS.items()
    }
    assets = attestations / "test/assets"
    return 1 if look(roots, assets) + whole_wheels(roots, assets) else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
