"""Deliver records over HTTP.

Takes:   records whose payload is JSON.
Gives:   `HttpSink`.
Ignores: retries and their timing; it says what happened, and the failure policy decides.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from penstock import Context, Record, Transient, node
from penstock.decisions import parse_retry_after, status_class
from penstock_standard._json import encode, envelope
from penstock_standard.errors import BadSetting, CannotRead, Redirected, Refused, SecretInClear

_WORDS = 200  # characters of an answer that go into the reason of a refusal
_ANSWER = 1 << 16  # bytes of an answer that are read; a connection with more left is not used again
_OURS = frozenset({"content-length", "content-type", "host", "idempotency-key", "transfer-encoding"})
_SECRET = re.compile(r"\{([^{}]+)\}")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@node(
    "http-sink",
    effect="idempotent",
    blocking=True,
    concurrency=16,
    capabilities=("network", "external-effects", "secrets"),
)
class HttpSink:
    """Send each record as JSON to a URL, with an idempotency key.

    Ports:   in.
    State:   none.
    Effects: one request for each attempt. The header `Idempotency-Key` is the same in every attempt and every run, so a
             server that remembers it does the work once; one that does not may do it again after a crash.
    Errors:  N206 when the answer is a 4xx other than 408, 425 and 429, with a piece of its text; N207 when it is a
             redirect, which is not followed; N205 when a payload is not JSON. All else is transient: no connection, no
             answer within `timeout`, 408, 425, 429, 5xx; `Retry-After` is honoured. The run does not start when a
             secret would travel in clear text to another machine (N109).
    Notes:   up to 16 requests at a time, each over a connection that is kept. Certificates are verified. Proxy settings
             of the environment are not looked at.
    """

    url: str
    method: Literal["POST", "PUT"] = "POST"
    body: Literal["payload", "record"] = "payload"  # the payload alone, or an object with id, key, times and payload
    headers: dict[str, str] = field(default_factory=dict)
    secret_headers: dict[str, str] = field(default_factory=dict)  # "Authorization": "Bearer {token}", token a secret
    timeout: Annotated[float, Meta(gt=0)] = 10.0  # seconds, for connecting and for each wait on the socket
    ca_file: str | None = None  # PEM file of certificate authorities to trust instead of the system's

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadSetting("url", f"`{self.url}` is not an http or https URL")
        if parts.username is not None:
            raise BadSetting("url", "it holds a user name", hint="send credentials by `secret_headers`")
        if self.secret_headers and parts.scheme == "http" and parts.hostname not in _HERE:
            raise SecretInClear(self.url)
        for name in (*self.headers, *self.secret_headers):
            if name.lower() in _OURS:
                raise BadSetting("headers", f"`{name}` is set by the sink itself")
        try:
            self._host, self._port = parts.hostname, parts.port
        except ValueError as error:
            raise BadSetting("url", str(error)) from error
        self._encrypted = parts.scheme == "https"
        self._all: list[http.client.HTTPConnection] = []
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def open(self, ctx: Context) -> None:
        """Fetch the secrets once; connections are made when they are needed."""
        secret = {name: _filled(text, ctx) for name, text in self.secret_headers.items()}
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/plain;q=0.5, */*;q=0.1",
            "User-Agent": "penstock-standard",
            **self.headers,
            **secret,
        }
        self._context = _verifying(self.ca_file) if self._encrypted else None
        self._mine = threading.local()  # http.client connections belong to one thread

    def write(self, record: Record, ctx: Context) -> None:
        """Send the record and judge the answer."""
        body = encode(record.payload if self.body == "payload" else envelope(record))
        headers = {**self._headers, "Idempotency-Key": ctx.effect_key}
        status, answer, words = self._exchange(body, headers)
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise Redirected(status, answer.get("Location", ""))
        if status_class(status).is_permanent:
            raise Refused(status, words)
        wait = answer.get("Retry-After")
        raise Transient(
            f"answered with status {status}{': ' + words if words else ''}",
            status=status,
            retry_after=None if wait is None else parse_retry_after(wait, ctx.now),
        )

    def close(self, ctx: Context) -> None:
        """Close the connections of all threads."""
        for connection in self._all:
            connection.close()
        self._all.clear()

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, http.client.HTTPMessage, str]:
        """Send one request: status, headers and the beginning of the text of the answer."""
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._connection()
        kept = connection.sock is not None
        try:
            return _ask(connection, self.method, self._target, body, headers)
        except ConnectionError:
            if not kept:
                raise
        # the server closed a connection that was waiting for us: no attempt of ours, so try once on a new one
        return _ask(connection, self.method, self._target, body, headers)

    def _connection(self) -> http.client.HTTPConnection:
        made: http.client.HTTPConnection
        if self._context is None:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout)
        else:
            made = http.client.HTTPSConnection(self._host, self._port, timeout=self.timeout, context=self._context)
        self._all.append(made)
        return made


def _ask(
    connection: http.client.HTTPConnection, method: str, target: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, http.client.HTTPMessage, str]:
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        response = connection.getresponse()
        answer = response.read(_ANSWER)
        if not response.isclosed():
            connection.close()
        return response.status, response.headers, _words(answer)
    except http.client.HTTPException as error:
        connection.close()
        if isinstance(error, ConnectionError):  # RemoteDisconnected is both
            raise
        raise Transient(f"not an answer in HTTP: {type(error).__name__}: {error}") from error
    except OSError:
        connection.close()
        raise


def _words(answer: bytes) -> str:
    """The beginning of an answer on one line."""
    text = " ".join(answer[: 4 * _WORDS].decode("utf-8", "replace").split())
    text = "".join(letter for letter in text if letter.isprintable())
    return text if len(text) <= _WORDS else text[: _WORDS - 3] + "..."


def _filled(text: str, ctx: Context) -> str:
    """A header's text with each `{name}` replaced by that secret."""
    try:
        return _SECRET.sub(lambda match: ctx.secret(match[1]).reveal(), text)
    except KeyError as error:
        raise BadSetting(
            "secret_headers", f"the graph gives no secret {error}", hint="add it under `secrets`"
        ) from None


def _verifying(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise CannotRead(str(ca_file), error.strerror or str(error)) from error
