"""Sign result files, and find out whether they are signed by somebody who is trusted.

Takes:   files; a key, where the trust tools are installed; or a command that checks a file, for any other way of signing.
Gives:   `sign`; `verify_with_keys`, `verify_with_command`: nothing when each file is accepted, otherwise they raise with a
         finding for each that is not.
Why so:  keys are the trust tools' business.  This is the only module that imports `penstock_trust`, and only while it is
         being asked, so that everything else works without it.
Ignores: what is in the files.  A file that nobody could check is not accepted: unknown is never yes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from penstock_compat.errors import CannotLook, CannotRead
from penstock_findings import Finding, Location, PenstockError

if TYPE_CHECKING:
    from pathlib import Path

BESIDE = ".dsse.json"  # what the signature of a file is called, behind the file's own name
PLACE = "{file}"
_PAYLOAD = "application/vnd.in-toto+json"
_TYPE = "https://penstock.dev/attestation/compatibility-results/v1"
_SECONDS = 120.0
_ACCEPTED, _REFUSED = 0, 1  # as every Penstock command exits


class NotAccepted(PenstockError):
    """A result file is signed by nobody who is trusted, or not at all."""

    code = "C302"
    exit_code = 1


def sign(file: str, key: str) -> Path:
    """Sign the file's bytes with an Ed25519 private key (PEM); writes and gives `FILE.dsse.json`."""
    from pathlib import Path

    dsse, keys = _trust_tools()
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": os.path.basename(file), "digest": {"sha256": _digest(file)}}],
        "predicateType": _TYPE,
        "predicate": {},
    }
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    path = Path(file + BESIDE)
    envelope = dsse.write(dsse.sign(_PAYLOAD, payload, keys.PrivateKey.load(key)))
    try:
        path.write_bytes(envelope)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotRead(f"cannot write `{path}`: {why}", at=Location(str(path)), code="C104") from error
    return path


def verify_with_keys(files: Sequence[str], trusted: Sequence[str]) -> None:
    """Accept files whose `FILE.dsse.json` one of the keys has signed, for exactly these bytes.

    Keys are `ed25519:...` or paths of public keys.  Raises `NotAccepted` C302, and `CannotLook` C305 where the trust
    tools are not installed.
    """
    dsse, keys = _trust_tools()
    known = [
        keys.PublicKey.parse(word) if word.startswith("ed25519:") else keys.PublicKey.load(word) for word in trusted
    ]
    refused = [
        Finding(
            "C302",
            f"`{file}` is not accepted: {why}",
            Location(file),
            hint=f"it has to have a signature `{file}{BESIDE}`",
        )
        for file in files
        if (why := _why_refused(file, dsse, known))
    ]
    if refused:
        raise NotAccepted("results are not accepted", findings=refused)


def _why_refused(file: str, dsse: Any, keys: Sequence[Any]) -> str:
    """Why the file is not accepted; empty when it is."""
    try:
        with open(file + BESIDE, "rb") as opened:
            data = opened.read(1 << 20)
    except OSError:
        return "it is not signed"
    try:
        envelope = dsse.read(data, f"`{file}{BESIDE}`")
        said = json.loads(envelope.payload)
        digests = [one["digest"]["sha256"] for one in said["subject"]]
        kind = said["predicateType"]
    except PenstockError as error:
        return str(error)
    except (ValueError, LookupError, TypeError, RecursionError):
        return "its signature says nothing about a file"
    if envelope.payload_type != _PAYLOAD or kind != _TYPE or digests != [_digest(file)]:
        return "what is signed is something else; perhaps it was changed afterwards"
    return "" if dsse.signers(envelope, keys) else "it is signed by somebody else"


def verify_with_command(files: Sequence[str], command: Sequence[str]) -> None:
    """Run the command for each file, `{file}` in it replaced by the file's path, or the path put behind it.

    Exit code 0 accepts and 1 refuses; any other means that nobody could tell. Raises `NotAccepted` C302 when one is
    refused, else `CannotLook` C305 when one could not be checked.
    """
    refused: list[Finding] = []
    unknown: list[Finding] = []
    for file in files:
        code, said = _answer(command, os.path.abspath(file))
        if code == _REFUSED:
            refused.append(Finding("C302", f"`{file}` is not accepted{said}", Location(file)))
        elif code != _ACCEPTED:
            unknown.append(Finding("C305", f"whether `{file}` is signed could not be found out{said}", Location(file)))
    if refused:
        raise NotAccepted("results are not accepted", findings=[*refused, *unknown])
    if unknown:
        raise CannotLook("signatures could not be checked", findings=unknown)


def _answer(command: Sequence[str], file: str) -> tuple[int, str]:
    """The exit code of the command for one file, and the last line that it said."""
    import subprocess

    words = [word.replace(PLACE, file) for word in command]
    if words == list(command):
        words.append(file)
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            text=True,
            errors="replace",
        )
    except (OSError, ValueError) as error:
        return -1, f": {words[0]}: {getattr(error, 'strerror', None) or error}".lower()
    except subprocess.TimeoutExpired:
        return -1, f": the command did not answer within {_SECONDS:g} s"
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return done.returncode, f": {lines[-1]}" if lines else ""


def _trust_tools() -> tuple[Any, Any]:
    """The modules `dsse` and `keys` of the trust tools; raises `CannotLook` C305 where they are not installed."""
    try:
        from penstock_trust import dsse, keys
    except ImportError as error:
        raise CannotLook(
            "`penstock-trust` is not installed, so nothing can be signed and no signature be checked",
            code="C305",
            hint="install `penstock-trust`, or name a command that checks a file with `--verify-with`",
        ) from error
    return dsse, keys


def _digest(file: str) -> str:
    try:
        with open(file, "rb") as opened:
            return hashlib.sha256(opened.read()).hexdigest()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotRead(f"cannot read `{file}`: {why}", at=Location(file)) from error
