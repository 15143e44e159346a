"""Write the audit log: a line is on the disk before what it tells of is done.

Takes:   the path of the log, who is at work, a clock.
Gives:   `AuditLog.append`, `AuditLog.extend`; `AuditError` where a line cannot be written, and then nothing may be done.
Why so:  beside the log stands `<log>.head`, with the size and the peaks of its tree, so that a line can be added without
         reading all those before it. `examine` never looks at it.
Ignores: whether what is there already is whole (`examine`).
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from penstock_findings.errors import PenstockError
from penstock_trust.audit.entry import BEGIN, LONGEST, Entry, line_of
from penstock_trust.audit.tree import Tree
from penstock_trust.strict import base64_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

REPAIRED = "log.repaired"  # a line that was never finished was cut off; nothing had been done in its name


class AuditError(PenstockError):
    """The audit log cannot be written, so whatever was to be logged is not done."""

    code = "T501"
    exit_code = 1

    def __init__(self, path: str, why: str) -> None:
        hint = "nothing was done; mend it, or name another log with --audit"
        super().__init__(f"cannot write the audit log `{path}`: {why}", hint=hint)


class AuditLog:
    """The log at a path; it is made when the first line is written."""

    def __init__(
        self, path: str | os.PathLike[str], *, who: str | None = None, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.path = os.path.abspath(os.fsdecode(path))
        self._who = who if who is not None else _this_user()
        self._clock = clock or (lambda: datetime.now(timezone.utc))

    def append(self, action: str, facts: Mapping[str, Any] | None = None) -> Entry:
        """Add a line and wait until it is on the disk. Raises `AuditError`; the line is not there then."""
        return self.extend([(action, facts or {})])[0]

    def extend(self, said: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Entry, ...]:
        """Add a line for each action and its facts, and wait once until all are on the disk.

        Raises `AuditError`; then none of them is there.
        """
        said = list(said)
        if not said:
            return ()
        try:
            with self._locked() as descriptor:
                tree = self._head(descriptor)
                if tree.size == 0:
                    said = [(BEGIN, {"origin": secrets.token_hex(16)}), *said]
                entries = self._write(descriptor, tree, said)
                self._keep_head(tree, os.fstat(descriptor).st_size)
                return entries[1:] if entries[0].action == BEGIN and entries[0].seq == 0 else entries
        except (OSError, ValueError, TypeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise AuditError(self.path, why.lower()) from error

    def _write(self, descriptor: int, tree: Tree, said: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Entry, ...]:
        """Spell all lines first, so that one that cannot be spelt leaves the log as it was; then one write, one wait."""
        grown, entries, lines = Tree(tree.size, tuple(tree.peaks)), [], []
        for action, facts in said:
            entry = Entry(grown.size, self._clock(), action, self._who, facts, grown.root().hex())
            line = line_of(entry)
            if len(line) > LONGEST:
                raise ValueError(f"the line would have {len(line)} bytes, more than {LONGEST}")
            grown.add(line)
            entries.append(entry)
            lines.append(line + b"\n")
        before = os.fstat(descriptor).st_size
        try:
            _write_all(descriptor, b"".join(lines))
            os.fsync(descriptor)
            if before == 0:
                _settle_name(self.path)
        except OSError:
            try:
                os.ftruncate(descriptor, before)  # half a line helps nobody, and of several none may stay
            except OSError:
                pass  # the next writer cuts half a line off
            raise
        tree.size, tree.peaks = grown.size, grown.peaks
        return tuple(entries)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.path, flags, 0o640)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("it is not a regular file")
            _lock(descriptor)
            if not os.path.samestat(os.fstat(descriptor), os.stat(self.path)):
                raise OSError("another file was put in its place just now")
            yield descriptor
        finally:
            os.close(descriptor)  # and with it the lock

    def _head(self, descriptor: int) -> Tree:
        """The tree of what is in the file; from beside it where that fits, else by reading all."""
        size = os.fstat(descriptor).st_size
        if size == 0:
            return Tree()
        known = self._kept_head(size)
        return known if known is not None else self._counted(descriptor)

    def _counted(self, descriptor: int) -> Tree:
        tree = Tree()
        end = 0
        torn = b""
        with open(self.path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    torn = line
                    break
                tree.add(line[:-1])
                end += len(line)
        if torn:
            os.ftruncate(descriptor, end)
            self._write(descriptor, tree, [(REPAIRED, {"cut": base64_text(torn[: LONGEST // 2])})])
        return tree

    def _kept_head(self, size: int) -> Tree | None:
        try:
            with open(f"{self.path}.head", "rb") as file:
                kept = json.loads(file.read(8192))
            if kept["bytes"] != size or not isinstance(kept["size"], int):
                return None
            return Tree(kept["size"], tuple(bytes.fromhex(peak) for peak in kept["peaks"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _keep_head(self, tree: Tree, size: int) -> None:
        """Replaced as a whole; without it the next line only costs more."""
        kept = {"bytes": size, "peaks": [peak.hex() for peak in tree.peaks], "size": tree.size}
        fresh = f"{self.path}.head.{os.getpid()}"
        try:
            with open(fresh, "w", encoding="ascii") as file:
                json.dump(kept, file)
            os.replace(fresh, f"{self.path}.head")
        except OSError:
            pass


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _settle_name(path: str) -> None:
    """Wait until the folder knows the new file too, or a power cut takes the log away as a whole."""
    if os.name == "nt":
        return  # folders cannot be opened there
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _lock(descriptor: int) -> None:
    """Wait for whoever is writing now."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]  # only there
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _this_user() -> str:
    """Who is at work, as the system knows them and not as the environment says."""
    try:
        import pwd

        return f"{pwd.getpwuid(os.getuid()).pw_name} ({os.getuid()})"
    except (ImportError, KeyError):
        from getpass import getuser

        return getuser() if os.name == "nt" else f"({os.getuid()})"
