"""Decide whether a text is a reference to a secret, or looks like a secret itself.

Takes:   a text, and for looks the name it stands under.
Gives:   `is_reference`, `looks_secret`.
Ignores: the value behind a reference; only a run looks there.
"""

from __future__ import annotations

from penstock.graph.grammar import is_variable

REFERENCE_RULE = (
    "write `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `cmd:...`, and keep the value out of the graph"
)

_NAMES = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "secret_key",
    "private_key",
    "auth_key",
    "credential",
    "credentials",
)
_SHORTEST = 6  # characters: what is shorter protects nothing

# Marks that are cheap to look for; only a text with one of them meets the patterns, whose making takes longer.
_MARKS = (
    "://",
    "-----BEGIN",
    "earer ",
    "asic ",
    "AKIA",
    "ASIA",
    "gh",
    "github_pat_",
    "glpat-",
    "xox",
    "sk-",
    "AIza",
    "eyJ",
)
_PATTERNS = (
    r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:[^/\s@]+@",  # user:password in an address
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"\b(?:[Bb]earer|[Bb]asic) +[A-Za-z0-9._~+/=-]{16,}",
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{30,}",
    r"\bgithub_pat_[A-Za-z0-9_]{30,}",
    r"\bglpat-[A-Za-z0-9_-]{20,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"\bsk-[A-Za-z0-9_-]{20,}",
    r"\bAIza[0-9A-Za-z_-]{35}\b",
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",  # a signed web token
)


def is_reference(text: str) -> bool:
    """Whether the text names a secret: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `cmd:...`.

    The core resolves the first two, and asks packs for the others (`penstock_secrets`).

    >>> is_reference("env:UPLINK_TOKEN"), is_reference("hunter2")
    (True, False)
    """
    scheme, _, rest = text.partition(":")
    if scheme == "env":
        return is_variable(rest)
    if scheme == "keyring":
        service, slash, user = rest.rpartition("/")
        return bool(slash and service.strip() == service != "" and user.strip() == user != "")
    return scheme in ("file", "cmd") and rest.strip() == rest != ""


def looks_secret(name: str, text: str) -> bool:
    """Whether a literal text under this name is probably a secret: by its name, or by its own looks.

    >>> looks_secret("X-Api-Key", "ab12-cd34"), looks_secret("key", "/camera"), looks_secret("url", "http://me:pass@host")
    (True, False, True)
    """
    if len(text) < _SHORTEST:
        return False
    if _is_secret_name(name) and "${" not in text and text[0] != "/":  # a pointer or a path protects nothing
        return True
    if not any(mark in text for mark in _MARKS):
        return False
    import re

    return any(re.search(pattern, text[:100_000]) for pattern in _PATTERNS)


def _is_secret_name(name: str) -> bool:
    plain = name.lower().replace("-", "_")
    return plain.endswith(_NAMES) and any(plain == word or plain.endswith("_" + word) for word in _NAMES)
