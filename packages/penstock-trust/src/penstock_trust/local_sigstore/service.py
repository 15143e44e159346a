"""Answer the requests of sigstore's own client on loopback.

Takes:   a local sigstore.
Gives:   `Service`: starts, knows its address, stops.
Ignores: what the answers mean; each comes from the part that plays that role.
"""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_csr

from penstock_trust.local_sigstore.authority import Signer
from penstock_trust.local_sigstore.rekor import body_of_v1_request, body_of_v2_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock_trust.local_sigstore import LocalSigstore

_JSON = "application/json"


class Service:
    """A server in a thread of its own, on a free port of 127.0.0.1."""

    def __init__(self, local: LocalSigstore) -> None:
        self.failing: set[str] = set()  # paths that answer 500, for tests of what a client does then
        self.asked: list[str] = []
        self._local = local
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one packet, or the client waits 40 ms for the second

            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            def _answer(self, body: bytes) -> None:
                status, kind, said = service.answer(urlsplit(self.path).path, body, dict(self.headers.items()))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: Any) -> None:
                pass  # a test says what it wants to know

        return Handler

    def answer(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, type and body of the answer."""
        self.asked.append(path)
        role = _ROLES.get(path)
        if role is None:
            return 404, _JSON, b'{"code": 404, "message": "nothing is here"}'
        if path in self.failing:
            return 500, _JSON, b'{"code": 500, "message": "told to fail"}'
        try:
            with self._lock:
                return role(self._local, body, headers)
        except (KeyError, IndexError, TypeError, ValueError, jwt.InvalidTokenError) as error:
            said = {"code": 400, "message": f"{type(error).__name__}: {error}"}
            return 400, _JSON, json.dumps(said).encode("utf-8")


def _certificate(local: LocalSigstore, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    token = headers["Authorization"].removeprefix("Bearer ")
    request = load_pem_x509_csr(base64.b64decode(json.loads(body)["certificateSigningRequest"]))
    if not request.is_signature_valid:
        raise ValueError("the request is not signed with its key")
    signer = Signer.of_claims(local.tokens.claims_of(token))
    leaf = local.fulcio.issue(request.public_key(), signer, local.clock())
    chain = [each.public_bytes(Encoding.PEM).decode("ascii") for each in (leaf, *local.fulcio.chain)]
    return 200, _JSON, json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}).encode("utf-8")


def _entry_v1(local: LocalSigstore, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    entry = local.logs[1].append(body_of_v1_request(json.loads(body)), local.clock())
    proof = entry["inclusionProof"]
    said = {
        "body": entry["canonicalizedBody"],
        "integratedTime": int(entry["integratedTime"]),
        "logID": local.logs[1].id.hex(),
        "logIndex": int(entry["logIndex"]),
        "verification": {
            "inclusionProof": {
                "checkpoint": proof["checkpoint"]["envelope"],
                "hashes": [base64.b64decode(each).hex() for each in proof["hashes"]],
                "logIndex": int(proof["logIndex"]),
                "rootHash": base64.b64decode(proof["rootHash"]).hex(),
                "treeSize": int(proof["treeSize"]),
            },
            "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        },
    }
    return 201, _JSON, json.dumps({f"{int(entry['logIndex']):080x}": said}).encode("utf-8")


def _entry_v2(local: LocalSigstore, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    entry = local.logs[2].append(body_of_v2_request(json.loads(body)), local.clock())
    return 201, _JSON, json.dumps(entry).encode("utf-8")


def _timestamp(local: LocalSigstore, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    return 201, "application/timestamp-reply", local.stamps.answer(body, local.clock())


def _discovery(local: LocalSigstore, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    base = f"http://{headers['Host']}/oidc"
    said = {"issuer": base, "authorization_endpoint": f"{base}/auth", "token_endpoint": f"{base}/token"}
    return 200, _JSON, json.dumps(said).encode("utf-8")


def _ambient(local: LocalSigstore, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    return 200, _JSON, json.dumps({"value": local.tokens.job(local.clock())}).encode("utf-8")


_ROLES: dict[str, Callable[[LocalSigstore, bytes, dict[str, str]], tuple[int, str, bytes]]] = {
    "/api/v2/signingCert": _certificate,
    "/rekor1/api/v1/log/entries": _entry_v1,
    "/rekor2/api/v2/log/entries": _entry_v2,
    "/tsa": _timestamp,
    "/oidc/.well-known/openid-configuration": _discovery,
    "/oidc/ambient": _ambient,  # what a CI service offers to its jobs (ACTIONS_ID_TOKEN_REQUEST_URL)
}
