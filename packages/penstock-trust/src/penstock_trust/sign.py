"""Sign a wheel with sigstore, or with a key of one's own; nothing is written that does not verify.

Takes:   wheels; for sigstore where its services are (`--trust-config`) and an identity token, for a key the key.
Gives:   `Session`: signs and attests with sigstore; `sign_with_key`, `attest_with_key`.
Facts:   a timestamp that could not be had is only a warning to sigstore's client, so the fresh bundle is verified by our own
         profile, and a configured timestamp has to be there.
Ignores: policies; who may sign is decided by those who verify.
"""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from penstock_trust import dsse
from penstock_trust.claims import SIGSTORE
from penstock_trust.facts import Claim, Subject
from penstock_trust.patience import Patience
from penstock_trust.predicates import RELEASE, statement
from penstock_trust.reading import Reading
from penstock_trust.refusal import Doubt, Misuse, Refusal
from penstock_trust.roots import TrustedRoot, first_line, hush
from penstock_trust.steps.bundle import parsed_by_sigstore, reason_against
from penstock_trust.steps.strict import misfits
from penstock_trust.strict import json_of
from penstock_trust.wheels import read_wheel
from penstock_trust.written import place_for, slug, write_beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penstock_trust.keys import PrivateKey

CONFIG_LIMIT = 4 << 20  # bytes
PATIENCE = 90.0  # seconds for a certificate, and for each signature; a log may take half a minute to answer


class Session:
    """Signs with one identity token; the certificate is asked for once and used for every wheel.

    `config` is the text of a client trust config; without one the public-good instance is asked where everything is.
    `token` is an identity token; without one the CI's is used, or a browser is opened.
    `patience` is how many seconds the services may take for a certificate, and for each signature.
    Raises `Misuse` (T194, T197) and `Doubt` (T193).
    """

    def __init__(
        self, *, config: bytes | None = None, token: str | None = None, browser: bool = True, patience: float = PATIENCE
    ) -> None:
        self._config = _config(config)
        self._root = TrustedRoot("the trust config", _root_text(self._config))
        self._patience = Patience(patience)
        identity = _foreign("learn who you are", lambda: _identity(self._config, token, browser))
        get = partial(_signer, self._config, identity)
        self._signer = _foreign("get a certificate", lambda: self._patience.wait_for(get))
        self._stamped = bool(self._config.signing_config.get_tsas())

    def sign(self, wheel: str | os.PathLike[str], *, replace: bool = False) -> Path:
        """Sign the bytes of the wheel; writes and gives `WHEEL.sigstore.json`. Raises `Refusal` (T195) as well."""
        place_for(wheel, SIGSTORE, replace=replace)  # before a log is told of it for ever
        subject, data = read_wheel(wheel)
        made = self._bundle(partial(self._signer.sign_artifact, data))
        return self._write(wheel, SIGSTORE, made, subject, data, replace)

    def attest(
        self, wheel: str | os.PathLike[str], predicate: bytes, predicate_type: str, *, replace: bool = False
    ) -> Path:
        """Sign a statement about the wheel; writes and gives `WHEEL.TYPE.sigstore.json`. Raises as `sign`, and T198."""
        from sigstore.dsse import Statement

        suffix = f".{slug(_type(predicate_type))}{SIGSTORE}"
        place_for(wheel, suffix, replace=replace)
        subject, data = read_wheel(wheel)
        said = statement(subject, predicate_type, _predicate(predicate))
        made = self._bundle(partial(self._signer.sign_dsse, Statement(said)))
        return self._write(wheel, suffix, made, subject, data, replace)

    def _bundle(self, work: Callable[[], Any]) -> Any:
        """What sigstore's client made; one that lacks a part (T195), such as a timestamp that could not be had, is none."""
        from sigstore.models import InvalidBundle

        def made() -> Any:
            try:
                return self._patience.wait_for(work)
            except InvalidBundle as error:
                raise _worthless(first_line(error)) from error

        return _foreign("sign", made)

    def _write(
        self, wheel: str | os.PathLike[str], suffix: str, made: Any, subject: Subject, data: bytes, replace: bool
    ) -> Path:
        text: bytes = made.to_json().encode("utf-8")
        self._verify(Reading(Claim(subject, "sigstore", text, f"{subject.filename}{suffix}")), data)
        return write_beside(wheel, suffix, text, replace=replace)

    def _verify(self, reading: Reading, data: bytes) -> None:
        reason = reason_against(self._root, parsed_by_sigstore(reading), data)
        if reason is None and self._stamped and not reading.stamps:
            reason = "the timestamp authority gave no timestamp"
        wrong = [] if reason else [finding.message for finding in misfits(reading, self._root)]
        if reason or wrong:
            message = f"what was just signed does not verify, so nothing is written: {reason or '; '.join(wrong)}"
            raise Refusal(
                "T195", message, hint="try again; if it stays, the services or their trust config are at fault"
            )


def _config(text: bytes | None) -> Any:
    from sigstore.models import ClientTrustConfig

    hush()
    if text is None:
        return _foreign("ask the public-good instance for its trust config", ClientTrustConfig.production)
    json_of(text, "the trust config", limit=CONFIG_LIMIT, code="T197")
    try:
        config = ClientTrustConfig.from_json(text.decode("utf-8"))
        _ = config.trusted_root, config.signing_config
    except Exception as error:  # whatever pydantic and sigstore raise about a config
        raise Misuse("T197", f"the trust config cannot be used: {first_line(error)}") from error
    return config


def _root_text(config: Any) -> bytes:
    text: str = config._inner.trusted_root.to_json()  # there is no public way from a config to its text
    return text.encode("utf-8")


def _signer(config: Any, identity: Any) -> Any:
    from sigstore.sign import Signer, SigningContext

    return Signer(identity, SigningContext.from_trust_config(config))


def _identity(config: Any, token: str | None, browser: bool) -> Any:
    from sigstore.oidc import IdentityError, IdentityToken, Issuer, detect_credential

    hint = "give one with `--identity-token`, run it where the CI gives one, or let it open a browser"
    try:
        found = token if token is not None else detect_credential()
        if found is not None:
            return IdentityToken(found.strip())
    except IdentityError as error:
        raise Misuse("T194", f"the identity token cannot be used: {first_line(error)}", hint=hint) from error
    if not browser:
        raise Misuse("T194", "there is no identity token", hint=hint)
    return Issuer(config.signing_config.get_oidc_url()).identity_token()


def _worthless(why: str) -> Refusal:
    message = f"what was just signed does not verify, so nothing is written: {why}"
    return Refusal("T195", message, hint="try again; if it stays, the services or their trust config are at fault")


def _foreign(doing: str, work: Any) -> Any:
    """The result of somebody else's code; whatever it raises becomes a doubt, as the services are not ours."""
    from penstock_findings.errors import PenstockError

    try:
        return work()
    except PenstockError:
        raise
    except Exception as error:  # requests, sigstore, pydantic, cryptography: each has kinds of its own
        hint = "look at the network and at the addresses in the trust config"
        raise Doubt("T193", f"cannot {doing}: {type(error).__name__}: {first_line(error)}", hint=hint) from error


def sign_with_key(wheel: str | os.PathLike[str], key: PrivateKey, *, replace: bool = False) -> Path:
    """Say with a key of one's own that these bytes are released; writes and gives `WHEEL.key-ID.dsse.json`."""
    subject, _ = read_wheel(wheel)
    said = statement(subject, RELEASE, {"name": subject.name, "version": subject.version})
    return _keyed(wheel, "key", said, key, replace)


def attest_with_key(
    wheel: str | os.PathLike[str], predicate: bytes, predicate_type: str, key: PrivateKey, *, replace: bool = False
) -> Path:
    """Sign a statement about the wheel with a key of one's own; writes and gives `WHEEL.TYPE-ID.dsse.json`."""
    subject, _ = read_wheel(wheel)
    said = statement(subject, _type(predicate_type), _predicate(predicate))
    return _keyed(wheel, slug(predicate_type), said, key, replace)


def _keyed(wheel: str | os.PathLike[str], name: str, said: bytes, key: PrivateKey, replace: bool) -> Path:
    envelope = dsse.sign(dsse.IN_TOTO, said, key)
    if dsse.signers(envelope, [key.public]) != (key.public,):
        raise Refusal("T195", "what was just signed does not verify, so nothing is written")
    short = key.public.id.partition(":")[2][:8]
    return write_beside(wheel, f".{name}-{short}.dsse.json", dsse.write(envelope), replace=replace)


def _type(predicate_type: str) -> str:
    if "://" not in predicate_type or not predicate_type.isascii() or not predicate_type.isprintable():
        hint = "a type is a URI, like `https://slsa.dev/provenance/v1`"
        raise Misuse("T198", f"`{predicate_type[:80]}` is no type of a predicate", hint=hint)
    return predicate_type


def _predicate(text: bytes) -> Any:
    try:
        value = json_of(text, "the predicate", code="T198")
    except Refusal as error:
        raise Misuse("T198", str(error), hint="a predicate is a JSON object") from error
    if not isinstance(value, dict):
        raise Misuse("T198", f"the predicate is {json.dumps(value)[:40]}, and has to be an object")
    return value
