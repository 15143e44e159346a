"""Keep accepted wheels, their bundles, their receipts and their compiled code, one folder for each project.

Takes:   a folder.
Gives:   `Store`; the receipt is written last, so that what was only half done does not count.
Why so:  nothing in here is believed for where it lies: receipts are signed, and everything else has its digest in one.
Ignores: what any of it says.
"""

from __future__ import annotations

import os
import re

from penstock_trust.policy.files import read_small
from penstock_trust.refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

RECEIPT = "receipt.json"
_LARGEST = 300 << 20  # bytes
_PROJECT = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")


class Store:
    """The folder of receipts and accepted wheels."""

    __slots__ = ("root",)

    def __init__(self, root: str) -> None:
        self.root = root

    def names(self) -> list[str]:
        """The projects that have a receipt here, sorted."""
        try:
            with os.scandir(self.root) as entries:
                found = [entry.name for entry in entries if not entry.name.startswith(".")]
        except OSError:
            return []
        return sorted(name for name in found if os.path.isfile(self.path(name, RECEIPT)))

    def path(self, name: str, filename: str) -> str:
        """Where a file of the project lies, or would."""
        return os.path.join(self.root, name, filename)

    def read(self, name: str, filename: str, *, limit: int = _LARGEST) -> bytes | None:
        """The bytes of a file, None when there is none; `OSError` when it cannot be read."""
        try:
            return read_small(self.path(name, filename), limit)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValueError as error:  # a name that no file can have
            raise OSError(str(error)) from error

    def keep(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write the files of a project, the receipt last; what was there under other names goes. Raises `Refusal` (T443)."""
        folder = os.path.join(self.root, name)
        if not _PROJECT.fullmatch(name):
            raise Refusal("T443", f"`{name[:80]}` is no normalised name of a project")
        try:
            os.makedirs(folder, mode=0o755, exist_ok=True)
            for filename in sorted(files, key=lambda each: each == RECEIPT):
                _replace(os.path.join(folder, filename), files[filename])
            for stale in set(os.listdir(folder)) - set(files) if RECEIPT in files else ():
                os.unlink(os.path.join(folder, stale))
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise Refusal("T443", f"cannot keep what was accepted in `{folder}`: {why}") from error

    def forget(self, name: str) -> bool:
        """Remove everything about a project, the receipt first; false when there was nothing."""
        folder = os.path.join(self.root, name)
        if not _PROJECT.fullmatch(name):
            return False  # and a name with `/` in it would be another folder's
        try:
            found = sorted(os.listdir(folder), key=lambda each: each != RECEIPT)
            for filename in found:
                os.unlink(os.path.join(folder, filename))
            os.rmdir(folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise Refusal("T443", f"cannot forget `{name}` in `{self.root}`: {why}") from error
        return True


def _replace(path: str, data: bytes) -> None:
    """Write the file so that a reader sees the old one or the new one, also after a power cut."""
    part = f"{path}.{os.getpid()}.part"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
