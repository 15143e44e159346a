"""Write a manifest: facts to the bytes of a file.

Takes:   a `Manifest`.
Gives:   `value_of`, `text_of_manifest`, and `write_atomically`, which leaves the old file or the new one, never half.
Ignores: where the facts come from.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from penstock.manifest.canonical import text_of
from penstock.manifest.model import FORMAT

if TYPE_CHECKING:
    from penstock.manifest.model import Manifest
    from penstock_findings.fact import Fact


def value_of(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON. What is empty or usual is left out; `read` fills it in again."""
    return {"format": FORMAT, **value_of_fact(manifest)}


def text_of_manifest(manifest: Manifest) -> str:
    """The text of the file; equal manifests give equal text. Raises `ValueError` for what JSON cannot say."""
    return text_of(value_of(manifest))


def write_atomically(path: str, text: str) -> None:
    """Put the text there in one go, in UTF-8 and with its line ends as they are; safe against a power cut."""
    beside = f"{path}.{os.getpid()}.new"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def value_of_fact(fact: Fact) -> dict[str, Any]:
    """One part of a manifest as JSON."""
    return {
        name: _plain(getattr(fact, name))
        for name in fact.__match_args__
        if name not in fact._defaults or getattr(fact, name) != fact._defaults[name] or name == "sdk"
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value_of_fact(value) if hasattr(value, "__match_args__") else value
