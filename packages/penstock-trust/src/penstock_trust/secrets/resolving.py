"""Look behind a reference: in the environment, a file, a keyring, or what a program prints.

Takes:   a `SecretRef` and the environment.
Gives:   `resolve`: a `Secret`; `schemes`: the functions that the core calls for `keyring:` and `cmd:`.
Why so:  `cmd:` runs a program that a graph names, and whoever writes a graph must not decide what may run here. So only
         programs that PENSTOCK_SECRET_COMMANDS lists are run, by their absolute paths; nobody's shell is asked.
Ignores: who may have the secret; the core hands it to the node that the graph gives it to.
"""

from __future__ import annotations

import os
import shlex
from importlib import import_module
from typing import TYPE_CHECKING

from penstock_findings.errors import PenstockError
from penstock_findings.secret import Secret
from penstock_trust.policy.files import read_small
from penstock_trust.secrets.reference import SecretRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIMIT = 1 << 16  # bytes of a secret
PATIENCE = 30.0  # seconds that a program may take
COMMANDS = "PENSTOCK_SECRET_COMMANDS"  # absolute paths, separated as in PATH


class NoSecret(PenstockError):
    """The reference leads to nothing. What holds the secret is at fault, or the reference."""

    code = "T602"

    def __init__(self, code: str, reference: SecretRef, why: str, hint: str | None = None) -> None:
        super().__init__(f"`{reference.label}` gives no secret: {why}", code=code, hint=hint)


def resolve(reference: SecretRef | str, environment: Mapping[str, str] | None = None) -> Secret:
    """The secret behind the reference. Raises `BadReference` (T601) and `NoSecret` (T602 to T607); no value is told."""
    known = SecretRef.parse(reference) if isinstance(reference, str) else reference
    around = os.environ if environment is None else environment
    value = _LOOKS[known.scheme](known, around)
    if not value:
        raise NoSecret("T602", known, "it is empty")
    return Secret(value, known.label)


def schemes() -> dict[str, Callable[[str], str]]:
    """What the core does not know itself: scheme -> function from what stands behind the colon to the value."""

    def looker(scheme: str) -> Callable[[str], str]:
        return lambda place: resolve(f"{scheme}:{place}").reveal()

    return {scheme: looker(scheme) for scheme in ("cmd", "keyring")}


def _env(reference: SecretRef, environment: Mapping[str, str]) -> str:
    value = environment.get(reference.place)
    if value is None:
        raise NoSecret("T602", reference, "the variable is not set", "set it for the user that runs this")
    return value


def _file(reference: SecretRef, environment: Mapping[str, str]) -> str:
    path = os.path.expanduser(reference.place)
    try:
        return _text(read_small(path, LIMIT), reference)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise NoSecret(
            "T603", reference, why, "write it, readable for the user that runs this and for nobody else"
        ) from error


def _keyring(reference: SecretRef, environment: Mapping[str, str]) -> str:
    service, _, user = reference.place.rpartition("/")
    try:
        get_password = import_module("keyring").get_password
    except ImportError as error:
        raise NoSecret(
            "T605", reference, "`keyring` is not installed", "pip install 'penstock-trust[keyring]'"
        ) from error
    try:
        value = get_password(service, user)
    except Exception as error:  # each backend has errors of its own
        raise NoSecret("T605", reference, f"the keyring does not answer ({type(error).__name__})") from error
    if value is None:
        raise NoSecret("T605", reference, "the keyring has no such entry", f"keyring set {service} {user}")
    return str(value)


def _cmd(reference: SecretRef, environment: Mapping[str, str]) -> str:
    import subprocess

    words = _words(reference)
    program = allowed(words[0], environment)
    if program is None:
        hint = f"whoever starts this lists the absolute paths of such programs in {COMMANDS}"
        raise NoSecret("T607", reference, "this program may not be run for secrets", hint)
    try:
        done = subprocess.run(
            [program, *words[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, env=dict(environment), check=False
        )  # fmt: skip  # no shell, no input
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        why = "it took too long" if isinstance(error, subprocess.TimeoutExpired) else "it cannot be run"
        raise NoSecret("T606", reference, why) from None  # the error could hold what the program has printed
    if done.returncode != 0:
        raise NoSecret("T606", reference, f"it ended with {done.returncode}", "run it by hand to see what it says")
    if len(done.stdout) > LIMIT:
        raise NoSecret("T606", reference, f"it printed more than {LIMIT} bytes")
    return _text(done.stdout, reference)


def allowed(program: str, environment: Mapping[str, str]) -> str | None:
    """The absolute path under which a program may be run for secrets; None when it may not.

    A bare name stands for the one listed path that ends in it; PATH is not asked.
    """
    listed = [path for path in environment.get(COMMANDS, "").split(os.pathsep) if os.path.isabs(path)]
    fitting = [
        path for path in listed if program == path or (os.sep not in program and os.path.basename(path) == program)
    ]
    return fitting[0] if len(set(fitting)) == 1 else None


def _words(reference: SecretRef) -> list[str]:
    try:
        words = shlex.split(reference.place)
    except ValueError as error:
        raise NoSecret("T606", reference, f"its words cannot be told apart: {error}") from error
    if not words:
        raise NoSecret("T606", reference, "it names no program")
    return words


def _text(data: bytes, reference: SecretRef) -> str:
    try:
        return data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise NoSecret("T603", reference, "what is there is no text") from None  # the error would hold the bytes


_LOOKS: dict[str, Callable[[SecretRef, Mapping[str, str]], str]] = {
    "env": _env,
    "file": _file,
    "keyring": _keyring,
    "cmd": _cmd,
}
