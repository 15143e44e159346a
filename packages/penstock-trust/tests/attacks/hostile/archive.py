"""Write zip archives and wheels byte by byte, so that they can be wrong in ways in which no library writes them.

Takes:   members, each with whatever its two headers shall claim.
Gives:   `archive`: the bytes; `wheel_of`: a wheel with its RECORD, edited where an attack wants it edited.
Ignores: whether what comes out is an attack (`wheels`).
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
STORED, DEFLATED = 0, 8
FILE, LINK, FIFO = 0o100000, 0o120000, 0o010000


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; what is None is told as it is."""

    name: str | bytes
    data: bytes
    method: int = DEFLATED
    mode: int = FILE | 0o644
    flags: int = 0
    system: int = 3  # 3 is Unix, 0 is MS-DOS
    local_name: str | bytes | None = None
    claimed_size: int | None = None
    claimed_crc: int | None = None
    extra: bytes = b""
    listed: bool = True  # in the central directory
    same_bytes_as: str | None = None  # no local header of its own: the central directory points at this member's

    @property
    def raw_name(self) -> bytes:
        """The name as bytes."""
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @property
    def packed(self) -> bytes:
        """The data as it stands in the archive."""
        if self.method != DEFLATED:
            return self.data
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.data) + deflate.flush()

    @property
    def all_flags(self) -> int:
        """The flags; a name that is not ASCII says that it is UTF-8."""
        return self.flags | (0x800 if not self.raw_name.isascii() else 0)

    def headers(self, offset: int) -> tuple[bytes, bytes]:
        """Its local header with its data, and its line of the central directory."""
        packed = self.packed
        size = len(self.data) if self.claimed_size is None else self.claimed_size
        crc = zlib.crc32(self.data) if self.claimed_crc is None else self.claimed_crc
        local = self.raw_name if self.local_name is None else Member(self.local_name, b"").raw_name
        shared = struct.pack(
            "<HHHHHIII", 20, self.all_flags, self.method, 0, 0x5921, crc, len(packed), size
        )  # version, flags, method, time, date, crc, packed size, size
        front = LOCAL + shared + struct.pack("<HH", len(local), len(self.extra)) + local + self.extra + packed
        line = (
            CENTRAL
            + bytes([20, self.system])
            + shared
            + struct.pack("<HHHHHII", len(self.raw_name), len(self.extra), 0, 0, 0, self.mode << 16, offset)
            + self.raw_name
            + self.extra
        )
        return front, line


def archive(
    members: Iterable[Member],
    *,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    counted: int | None = None,
    shift: int = 0,
) -> bytes:
    """A zip archive of the members, in order; `counted` is how many there are said to be, `shift` is added to offsets."""
    body, lines, where = bytearray(before), [], {}
    for member in members:
        offset = where.get(member.same_bytes_as, len(body)) if member.same_bytes_as else len(body)
        front, line = member.headers(offset + shift)
        if not member.same_bytes_as:
            where[member.name] = offset
            body += front
        if member.listed:
            lines.append(line)
    directory = b"".join(lines)
    count = len(lines) if counted is None else counted
    end = END + struct.pack(
        "<HHHHIIH", 0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), len(body) + shift, len(comment)
    )
    return bytes(body) + directory + end + comment + after


# -- wheels ----------------------------------------------------------------------------------------------------------

NAME, VERSION = "acme-flow", "1.2.0"
PACKAGE = "acme_flow"
INFO = f"{PACKAGE}-{VERSION}.dist-info"
FILENAME = f"{PACKAGE}-{VERSION}-py3-none-any.whl"
MANIFEST = b'{"format": 1, "pack": "acme-flow", "version": "1.2.0", "sdk": 1, "nodes": []}\n'


def files_of(name: str = NAME, version: str = VERSION) -> dict[str, bytes]:
    """The files of a small pack, without its RECORD."""
    package = name.replace("-", "_")
    info = f"{package}-{version}.dist-info"
    return {
        f"{package}/__init__.py": b'"""A pack."""\n\nfrom ' + package.encode() + b".nodes import double\n",
        f"{package}/nodes.py": b'"""Nodes."""\n\n\ndef double(number):\n    return 2 * number\n',
        f"{package}/penstock-pack.json": MANIFEST.replace(b"acme-flow", name.encode()).replace(
            b"1.2.0", version.encode()
        ),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: acme\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[penstock]\n{name} = {package}\n".encode(),
    }


def digest_of(data: bytes, algorithm: str = "sha256") -> str:
    """A digest as RECORD writes it."""
    found = hashlib.new(algorithm, data).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(found).rstrip(b'=').decode()}"


Rows = dict[str, tuple[str, str]]  # path -> digest, size


@dataclass(slots=True)
class Wheel:
    """A wheel while it is being made: files, the rows of RECORD, and how each file is packed."""

    files: dict[str, bytes] = field(default_factory=files_of)
    info: str = INFO
    filename: str = FILENAME
    packing: dict[str, dict[str, object]] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    further: list[Member] = field(default_factory=list)
    rows: Callable[[Rows], None] = lambda rows: None
    lines: Callable[[list[str]], None] = lambda lines: None

    def record(self) -> bytes:
        """RECORD, after its edits."""
        rows: Rows = {
            path: (digest_of(data), str(len(data))) for path, data in self.files.items() if path not in self.unlisted
        }
        self.rows(rows)
        lines = [f"{quoted(path)},{digest},{size}" for path, (digest, size) in rows.items()]
        lines.append(f"{self.info}/RECORD,,")
        self.lines(lines)
        return ("\n".join(lines) + "\n").encode()

    def members(self, *, with_record: bool = True) -> list[Member]:
        """All members, RECORD last."""
        made = [Member(path, data) for path, data in self.files.items()]
        if with_record:
            made.append(Member(f"{self.info}/RECORD", self.record()))
        return [replace(one, **self.packing.get(str(one.name), {})) for one in made] + self.further

    def packed(self, **words: object) -> bytes:
        """The bytes of the wheel."""
        return archive(self.members(), **words)  # type: ignore[arg-type]  # the words of `archive`, handed through


def quoted(path: str) -> str:
    """A field of a CSV line."""
    return '"' + path.replace('"', '""') + '"' if any(mark in path for mark in ',"\n\r') else path


def wheel_of(
    files: Mapping[str, bytes | None] | None = None, *, name: str = NAME, version: str = VERSION, **words: object
) -> bytes:
    """The bytes of a wheel with these files added or, where None, left out; RECORD speaks of all of them."""
    package = name.replace("-", "_")
    made = Wheel(files=files_of(name, version), info=f"{package}-{version}.dist-info")
    for path, data in (files or {}).items():
        if data is None:
            made.files.pop(path, None)
        else:
            made.files[path] = data
    return made.packed(**words)
