"""Write a claim beside its wheel: whole or not at all.

Takes:   the path of a wheel, what the claim is called, its bytes.
Gives:   `write_beside`, `place_for`; `slug`, a short name for a predicate type.
Ignores: what the claim says.
"""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path

from penstock_trust.refusal import Misuse


def write_beside(wheel: str | os.PathLike[str], suffix: str, text: bytes, *, replace: bool = False) -> Path:
    """Write `WHEEL` + `suffix`. Raises `Misuse` (T196) when it is there already, or cannot be written."""
    path = place_for(wheel, suffix, replace=replace)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(text)
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Misuse("T196", f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error
    return path


def place_for(wheel: str | os.PathLike[str], suffix: str, *, replace: bool = False) -> Path:
    """Where the claim is to be written. Raises `Misuse` (T196) when it is there already, and is not to be replaced."""
    path = Path(os.fsdecode(wheel) + suffix)
    if path.exists() and not replace:
        raise Misuse("T196", f"`{path}` is there already", hint="remove it, or replace it with `--replace`")
    return path


def slug(predicate_type: str) -> str:
    """A name that tells predicate types apart, in a file name.

    >>> slug("https://slsa.dev/provenance/v1")
    'slsa-dev-provenance-v1-2e6ec3ae'
    """
    words = re.sub(r"[^a-z0-9]+", "-", predicate_type.lower().partition("://")[2] or predicate_type.lower()).strip("-")
    return f"{words[:60]}-{sha256(predicate_type.encode('utf-8')).hexdigest()[:8]}"
