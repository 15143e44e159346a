"""What can be wrong with a setting, a file or a record that a standard node or policy was given; each error has its code.

Takes:   the facts of one mistake.
Gives:   errors that stop the run before it harms anything (N1..), and refusals of one record (N2..).
Ignores: lines that could not be decoded (N3..); a source hands those over as `Undecodable` and goes on.
"""

from __future__ import annotations

from penstock import Reject, Transient
from penstock_findings import PenstockError


class CannotRead(PenstockError):
    """The input file is not there, or not ours to read."""

    code = "N101"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"cannot read `{path}`: {why}", hint="see that the path is right and readable for this user")


class OtherInput(PenstockError):
    """The input file is not the one that was read up to the committed position."""

    code = "N102"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"`{path}` is not the file that was read before: {why}",
            hint="put the old file back, or read the new one under another node id or into another store",
        )


class BrokenCompression(PenstockError):
    """The gzip stream of the input file breaks off or is damaged; all lines before that place have been read."""

    code = "N103"

    def __init__(self, path: str, offset: int, why: str) -> None:
        super().__init__(
            f"`{path}` cannot be decompressed behind byte {offset} of its content: {why}",
            hint="mend or complete the file and run again; reading goes on behind that byte",
        )


class BadPointer(PenstockError):
    """A setting should be a JSON Pointer and is not."""

    code = "N104"

    def __init__(self, text: str, why: str) -> None:
        hint = f"write `/{text}`" if text and "~" not in text else None
        super().__init__(f"`{text}` is not a JSON Pointer: {why}", hint=hint)


class BadSetting(PenstockError):
    """A setting has a value that the node or policy cannot work with, in a way that its schema cannot say."""

    code = "N105"

    def __init__(self, setting: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(f"setting `{setting}`: {why}", hint=hint)


class NotOurFile(PenstockError):
    """The output file holds something that this run did not write."""

    code = "N106"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` exists, is not empty, and was not written by this node of this store",
            hint="move the file away or choose another path; it has not been touched",
        )


class FileCut(PenstockError):
    """The output file is shorter than what was committed."""

    code = "N107"

    def __init__(self, path: str, length: int, committed: int) -> None:
        super().__init__(
            f"`{path}` has {length} bytes, but {committed} were written and committed: somebody cut or replaced it",
            hint="put the file back, or move it away: a file that is gone is begun anew",
        )


class FileInUse(PenstockError):
    """Two sinks of one run have the same output file."""

    code = "N108"

    def __init__(self, path: str) -> None:
        super().__init__(f"`{path}` is already written by another sink", hint="give every sink a path of its own")


class SecretInClear(PenstockError):
    """A secret would be sent over an unencrypted connection."""

    code = "N109"

    def __init__(self, url: str) -> None:
        super().__init__(
            f"a secret header would be sent in clear text to `{url}`",
            hint="use an https URL; plain http may carry secrets to this machine only",
        )


class CannotWrite(PenstockError):
    """The output file cannot be created or opened."""

    code = "N110"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"cannot write `{path}`: {why}", hint="see that the directory is writable for this user")


class Missing(Reject):
    """The record lacks a value that the node needs."""

    def __init__(self, pointer: str) -> None:
        super().__init__(f"N201: the payload has nothing at `{pointer}`")


class NoEventTime(Reject):
    """The record has no event time, and the node works by event time."""

    def __init__(self) -> None:
        super().__init__("N202: the record has no event time")


class CannotCast(Reject):
    """A value of the record cannot be made into the type that was asked for."""

    def __init__(self, pointer: str, value: object, wanted: str) -> None:
        super().__init__(f"N203: `{pointer}` cannot be made {wanted}: {_short(value)}")


class NotAccessLog(Reject):
    """The line is not in the combined log format."""

    def __init__(self, why: str) -> None:
        super().__init__(f"N204: not a line of a combined access log: {why}")


class NotJson(Reject):
    """The payload cannot be written as JSON."""

    def __init__(self, why: str) -> None:
        super().__init__(f"N205: the payload cannot be written as JSON: {why}")


class Refused(Reject):
    """The other side refused the record; the same request would be refused again."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"N206: refused with status {status}{': ' + words if words else ''}", status=status)


class Redirected(Reject):
    """The other side sent us elsewhere, and a sink does not follow."""

    def __init__(self, status: int, target: str) -> None:
        where = f" to `{target}`" if target else ""
        super().__init__(f"N207: redirected with status {status}{where}; give the final URL", status=status)


class NoKey(Reject):
    """The record has no key, and the node works by key."""

    def __init__(self) -> None:
        super().__init__("N208: the record has no key")


class ChangedByOthers(Transient):
    """The output file is not as we left it: another process has taken our work over, or does not let go of its own."""

    def __init__(self, path: str) -> None:
        super().__init__(f"N209: `{path}` was changed by somebody else while it was being written")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
