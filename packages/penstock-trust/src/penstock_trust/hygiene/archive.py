"""Read a zip archive as a list of claims: what its central directory says, and what stands at the places it names.

Takes:   bytes.
Gives:   `Archive`, `Member`, `Local`; `read_archive`, which is None where not even a directory can be found.
Why not: `zipfile`, which mends what is wrong without a word, as every installer does in a way of its own.
Ignores: whether any of it is in order (`structure`, `names`).
"""

from __future__ import annotations

import struct
import zlib

from penstock_findings.fact import Fact

LOCAL, CENTRAL, END, END64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"
STORED, DEFLATED = 0, 8
UTF8, DESCRIPTOR, ENCRYPTED = 0x800, 0x8, 0x2061  # flags; strong encryption and masked headers count as encrypted
_HEADER = struct.Struct("<HHHHHIIIHH")  # version, flags, method, time, date, crc, packed, size, name, extra
_CENTRAL = struct.Struct("<BBHHHHHIIIHHHHHII")
_END = struct.Struct("<HHHHIIH")
_FARTHEST = 65_535 + 22  # bytes from the end: the longest comment, and the record itself


class Local(Fact):
    """What a member's local header says; its data are `[start, end)`, the header begins at `at`."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    extra: bytes
    at: int
    start: int
    end: int


class Member(Fact):
    """What the central directory says of one member; `local` is None where no local header is at its offset."""

    raw: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    extra: bytes
    comment: bytes
    local: Local | None

    @property
    def is_folder(self) -> bool:
        """Whether installers take it for a folder."""
        return self.name.endswith("/")


class Archive:
    """The members in the order of the directory, and where the directory, the end record and the bytes stand.

    `directory` is `[start, end)`, `end` is the offset of the end record, `ends` counts what looks like one.
    """

    __slots__ = ("_contents", "counted", "data", "directory", "disks", "end", "ends", "members", "shift", "tail")

    def __init__(self, data: bytes, end: int) -> None:
        disk, first, here, counted, size, offset, comment = _END.unpack_from(data, end + 4)
        self.data = data
        self.end = end
        self.ends = data.count(END, end) + data.count(END64, max(0, end - 76), end)
        self.tail = data[end + 4 + _END.size :]
        self.disks = (disk, first, here != counted, len(self.tail) != comment)
        self.counted: int = counted
        self.shift: int = max(0, end - size - offset)  # what stands before the archive, as `zipfile` sees it
        self.directory: tuple[int, int] = (offset + self.shift, offset + self.shift + size)
        self.members = tuple(_members(data, *self.directory, self.shift))
        self._contents: dict[str, bytes] = {}

    def content(self, member: Member) -> bytes:
        """The bytes of a member, at most as many as it says that it has; what cannot be unpacked is empty."""
        if member.name not in self._contents:
            self._contents[member.name] = unpacked(self.data, member)[: member.size]
        return self._contents[member.name]


def read_archive(data: bytes) -> Archive | None:
    """The archive in `data`, as loosely as installers read one; None when there is no end record or no directory."""
    end = data.rfind(END, max(0, len(data) - _FARTHEST))
    if end < 0 or end + 4 + _END.size > len(data):
        return None
    try:
        return Archive(data, end)
    except struct.error:
        return None


def unpacked(data: bytes, member: Member) -> bytes:
    """What a member holds, and one byte more than it says when there is more; never more than that."""
    return unpacked_whole(data, member)[0]


def unpacked_whole(data: bytes, member: Member) -> tuple[bytes, bool]:
    """What a member holds, and whether its packed bytes are that and nothing else."""
    local = member.local
    if local is None:
        return b"", False
    packed = data[local.start : local.start + member.packed]
    if member.method == STORED:
        return packed[: member.size + 1], len(packed) == member.size
    if member.method != DEFLATED:
        return b"", False
    inflate = zlib.decompressobj(-15)
    try:
        found = inflate.decompress(packed, member.size + 1)
    except zlib.error:
        return b"", False
    return found, inflate.eof and not inflate.unused_data and not inflate.unconsumed_tail


def _members(data: bytes, start: int, end: int, shift: int) -> list[Member]:
    found: list[Member] = []
    at = start
    while at < end and data[at : at + 4] == CENTRAL and at + 4 + _CENTRAL.size <= len(data):
        (_, _, _, flags, method, _, _, crc, packed, size, named, extra, said, _, _, attributes, offset) = (
            _CENTRAL.unpack_from(data, at + 4)
        )
        name_at = at + 4 + _CENTRAL.size
        extra_at = name_at + named
        at = extra_at + extra + said
        raw = data[name_at:extra_at]
        member = Member(
            raw,
            raw.decode("utf-8", "surrogateescape"),
            flags,
            method,
            crc,
            packed,
            size,
            attributes >> 16,
            data[extra_at : extra_at + extra],
            data[extra_at + extra : at],
            _local(data, offset + shift, packed),
        )
        found.append(member)
    return found


def _local(data: bytes, at: int, packed: int) -> Local | None:
    if data[at : at + 4] != LOCAL or at + 4 + _HEADER.size > len(data):
        return None
    _, flags, method, _, _, crc, own_packed, size, named, extra = _HEADER.unpack_from(data, at + 4)
    name_at = at + 4 + _HEADER.size
    start = name_at + named + extra
    end = start + packed
    if flags & DESCRIPTOR and data[end : end + 4] == b"PK\x07\x08":
        end += 16
    return Local(
        data[name_at : name_at + named],
        flags,
        method,
        crc,
        own_packed,
        size,
        data[name_at + named : start],
        at,
        start,
        end,
    )
