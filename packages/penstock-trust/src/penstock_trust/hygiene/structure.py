"""Judge a wheel as an archive: whether everyone who unpacks it gets the same files.

Takes:   a `Wheel`.
Gives:   one function for each question; each yields findings with one code of its own.
Ignores: how members are called (`names`), and what is in them (`record`, `contents`).
"""

from __future__ import annotations

import zlib
from itertools import pairwise

from penstock_trust.hygiene.archive import DEFLATED, DESCRIPTOR, ENCRYPTED, LOCAL, STORED, UTF8, unpacked_whole
from penstock_trust.hygiene.wheel import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.hygiene.archive import Member
    from penstock_trust.hygiene.wheel import Wheel

LARGEST = 256 << 20  # bytes of a wheel, and of one file in it
MEMBERS = 20_000
UNPACKED = 1 << 30  # bytes of all files together
RATIO = 250  # unpacked to packed, of a file above this size; plain text reaches about 20
SMALL = 1 << 20
_RENAMES, _ZIP64 = 0x7075, 0x0001  # extra fields
_AGAIN = "build the wheel again with a current build tool"


def size(wheel: Wheel) -> Iterator[Finding]:
    """T201: more than a wheel needs."""
    total = sum(member.size for member in wheel.archive.members)
    for what, much, limit in (
        ("bytes", len(wheel.archive.data), LARGEST),
        ("members", len(wheel.archive.members), MEMBERS),
        ("bytes when unpacked", total, UNPACKED),
    ):
        if much > limit:
            yield wheel.said("T201", f"the wheel has {much} {what}, the limit is {limit}")


def zip_file(wheel: Wheel) -> Iterator[Finding]:
    """T202: not exactly one archive with one central directory, from the first byte to the last."""
    archive = wheel.archive
    start, end = archive.directory
    first = min((member.local.at for member in archive.members if member.local), default=start)
    wrong = [
        (archive.ends != 1, "there is more than one end-of-archive record in it"),
        (any(archive.disks[:3]), "it says that it is a part of several"),
        (archive.counted == 0xFFFF or 0xFFFFFFFF in archive.directory, "it is in the ZIP64 form, which no wheel needs"),
        (bool(archive.tail), "there are bytes behind its end, or a comment"),
        (archive.shift != 0 or first != 0, "there are bytes before its beginning"),
        (
            archive.counted != len(archive.members),
            f"it says {archive.counted} members, and lists {len(archive.members)}",
        ),
        (
            end != archive.end or _listed(wheel) != end - start,
            "there are bytes that its directory does not account for",
        ),
    ]
    for is_wrong, why in wrong:
        if is_wrong:
            yield wheel.said("T202", f"the wheel is not one plain zip archive: {why}", _AGAIN)


def _listed(wheel: Wheel) -> int:
    return sum(46 + len(each.raw) + len(each.extra) + len(each.comment) for each in wheel.archive.members)


def headers(wheel: Wheel) -> Iterator[Finding]:
    """T203: a member that is one thing to those who read the directory, and another to those who read its header."""
    for member in wheel.archive.members:
        why = _two_faced(member)
        if why:
            yield wheel.said("T203", f"`{shown(member.name)}` {why}", _AGAIN, member.name)


def _two_faced(member: Member) -> str:
    local = member.local
    if local is None:
        return "has no header where the directory says"
    told = (local.name, local.flags, local.method, local.crc, local.packed, local.size)
    if (member.flags | local.flags) & ENCRYPTED:
        return "is encrypted"
    if (member.flags | local.flags) & DESCRIPTOR:
        return "has its size behind its data"
    if told != (member.raw, member.flags, member.method, member.crc, member.packed, member.size):
        return "is described differently in the directory and in its own header"
    if member.method not in (STORED, DEFLATED):
        return f"is packed by method {member.method}, which not everyone can unpack"
    if member.flags & ~(UTF8 | 0x6):
        return f"has flags that mean nothing in a wheel: {member.flags:#x}"
    if {_RENAMES, _ZIP64} & {*_extras(member.extra), *_extras(local.extra)}:
        return "has a second name or size in an extra field"
    return ""


def _extras(extra: bytes) -> Iterator[int]:
    while len(extra) >= 4:
        yield int.from_bytes(extra[:2], "little")
        extra = extra[4 + int.from_bytes(extra[2:4], "little") :]


def layout(wheel: Wheel) -> Iterator[Finding]:
    """T204: members that share bytes, or bytes that belong to none."""
    locals_ = sorted((each.local.at, each.local.end, each.name) for each in wheel.archive.members if each.local)
    places = [*locals_, (wheel.archive.directory[0], 0, "")]
    for (_, end, name), (start, _, following) in pairwise(places):
        if start < end:
            other = f"`{shown(following)}`" if following else "the directory"
            yield wheel.said("T204", f"`{shown(name)}` and {other} share bytes", _AGAIN, name)
        elif start > end:
            hidden = wheel.archive.data[end : end + 4] == LOCAL
            what = "a member that is not in the directory" if hidden else f"{start - end} bytes that belong to no file"
            yield wheel.said("T204", f"behind `{shown(name)}` there is {what}", _AGAIN, name)


def duplicates(wheel: Wheel) -> Iterator[Finding]:
    """T205: two members with one name, of which every tool chooses one."""
    seen: set[str] = set()
    for member in wheel.archive.members:
        if member.name in seen:
            yield wheel.said("T205", f"there are two files `{shown(member.name)}` in the wheel", _AGAIN, member.name)
        seen.add(member.name)


def bomb(wheel: Wheel) -> Iterator[Finding]:
    """T209: a member that unpacks to something else than it says, or to far more than it should."""
    sound = len(wheel.archive.data) <= LARGEST and sum(each.size for each in wheel.archive.members) <= UNPACKED
    for member in wheel.archive.members:
        if member.size > LARGEST or (member.size > SMALL and member.size > RATIO * max(member.packed, 1)):
            why = f"unpacks to {member.size} bytes from {member.packed}"
        elif not sound or member.local is None or member.method not in (STORED, DEFLATED):
            continue  # refused by another check, and not to be unpacked
        else:
            data, whole = unpacked_whole(wheel.archive.data, member)
            if whole and len(data) == member.size and zlib.crc32(data) == member.crc:
                continue
            why = "does not unpack to what its header says"
        yield wheel.said("T209", f"`{shown(member.name)}` {why}", _AGAIN, member.name)
