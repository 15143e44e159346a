"""Read a wheel as bytes, and tell from its file name what it says to be.

Takes:   a path.
Gives:   `read_wheel`: a `Subject` and the bytes that it stands for.
Ignores: what is inside (`hygiene`).
"""

from __future__ import annotations

import os
from hashlib import sha256

from penstock_trust.facts import Subject
from penstock_trust.policy.files import read_small
from penstock_trust.refusal import Refusal

LARGEST = 1 << 30  # bytes


def read_wheel(path: str | os.PathLike[str]) -> tuple[Subject, bytes]:
    """The wheel in a file, read once: whoever goes on uses these bytes.

    Raises `Refusal`: T110 when it cannot be read, T111 when its name is no name of a wheel.
    """
    name = os.fsdecode(path)
    subject = subject_of(os.path.basename(name), b"")
    try:
        data = read_small(name, LARGEST)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise Refusal("T110", f"cannot read the wheel `{name}`: {why}") from error
    return Subject(subject.name, subject.version, subject.filename, sha256(data).hexdigest(), len(data), name), data


def subject_of(filename: str, data: bytes, path: str | None = None) -> Subject:
    """The subject that these bytes are, under this file name. Raises `Refusal` (T111)."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename
    from packaging.version import InvalidVersion

    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except (InvalidWheelFilename, InvalidVersion, ValueError) as error:
        hint = "a wheel is called NAME-VERSION-PYTHON-ABI-PLATFORM.whl"
        raise Refusal("T111", f"`{filename[:200]}` is no name of a wheel", hint=hint) from error
    return Subject(str(name), str(version), filename, sha256(data).hexdigest(), len(data), path)
