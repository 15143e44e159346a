"""Wheels that are read in one way by one reader, and in another by the next; and those that are too large.

Gives:   more of `WHEELS`, each of which makes the bytes of a wheel.
Ignores: names (`wheel_names`).
"""

from __future__ import annotations

import struct
import zlib

from hostile.archive import (
    PACKAGE,
    Member,
    Wheel,
    archive,
    digest_of,
    files_of,
    wheel_of,
)
from hostile.wheeling import EVIL, NODES, WHEELS, made, row


@WHEELS.by("duplicates", "T205")
def one_name_is_in_the_archive_twice() -> bytes:
    wheel = Wheel()
    return archive([Member(NODES, EVIL), *wheel.members()])


@WHEELS.by("duplicates", "T205")
def one_name_is_in_the_archive_twice_the_evil_one_last() -> bytes:
    """RECORD speaks of the one that a reader meets last."""
    wheel = Wheel(rows=row(NODES, digest_of(EVIL), str(len(EVIL))))
    return archive([*wheel.members(), Member(NODES, EVIL)])


@WHEELS.by("zip", "T202")
def there_are_two_archives_one_behind_the_other() -> bytes:
    good = Wheel().packed()
    evil = archive(Wheel(files={**files_of(), NODES: EVIL}).members(), shift=len(good))
    return good + evil


@WHEELS.by("zip", "T202")
def the_comment_holds_another_archive() -> bytes:
    evil = Wheel(files={**files_of(), NODES: EVIL}).packed()
    return Wheel().packed(comment=evil[:60000])


@WHEELS.by("zip", "T202")
def something_stands_before_the_archive() -> bytes:
    return archive(Wheel().members(), before=b"#!/bin/sh\nexec evil\n")


@WHEELS.by("zip", "T202")
def something_stands_before_the_archive_and_offsets_do_not_know() -> bytes:
    return b"#!/bin/sh\nexec evil\n" + Wheel().packed()


@WHEELS.by("zip", "T202")
def something_stands_behind_the_archive() -> bytes:
    return Wheel().packed(after=b"\0" * 40)


@WHEELS.by("zip", "T202")
def a_member_is_not_in_the_central_directory() -> bytes:
    """Readers that stream see it; readers that seek do not."""
    return archive([Member(f"{PACKAGE}/hidden.py", EVIL, listed=False), *Wheel().members()])


@WHEELS.by("zip", "T202")
def the_end_counts_fewer_members_than_there_are() -> bytes:
    members = Wheel().members()
    return archive(members, counted=len(members) - 1)


@WHEELS.by("headers", "T203")
def the_two_headers_of_a_member_name_it_differently() -> bytes:
    return made(packing={NODES: {"local_name": f"{PACKAGE}/other.py"}})


@WHEELS.by("layout headers", "T204")
def two_members_share_their_bytes() -> bytes:
    wheel = Wheel(files={**files_of(), f"{PACKAGE}/twin.py": files_of()[NODES]})
    wheel.packing[f"{PACKAGE}/twin.py"] = {"same_bytes_as": NODES}
    return wheel.packed()


@WHEELS.by("bomb", "T209")
def a_member_has_a_wrong_checksum() -> bytes:
    return made(packing={NODES: {"claimed_crc": 12345}})


@WHEELS.by("bomb digests", "T209")
def a_member_is_longer_than_it_says() -> bytes:
    return made(packing={NODES: {"claimed_size": 8, "claimed_crc": zlib.crc32(files_of()[NODES][:8])}})


@WHEELS.by("headers", "T203")
def a_member_is_encrypted() -> bytes:
    return made(packing={NODES: {"flags": 1}})


@WHEELS.by("headers reading", "T203")
def a_member_is_packed_in_a_way_that_few_can_read() -> bytes:
    return made(packing={NODES: {"method": 99}})


@WHEELS.by("headers", "T203")
def a_member_has_a_second_name_in_an_extra_field() -> bytes:
    """The Info-ZIP Unicode path field: some readers prefer it to the name."""
    other = f"{PACKAGE}/../evil.py".encode()
    field = struct.pack("<BI", 1, zlib.crc32(NODES.encode())) + other
    return made(packing={NODES: {"extra": struct.pack("<HH", 0x7075, len(field)) + field}})


@WHEELS.by("zip reading", "T202")
def it_is_no_archive_at_all() -> bytes:
    return b"this is a wheel, believe me\n" * 100


@WHEELS.by("zip reading", "T202")
def it_is_empty() -> bytes:
    return b""


@WHEELS.by("zip reading", "T202")
def it_is_cut_off() -> bytes:
    return Wheel().packed()[:-30]


# -- sizes -----------------------------------------------------------------------------------------------------------


@WHEELS.by("bomb", "T209")
def a_member_is_a_bomb() -> bytes:
    return wheel_of({f"{PACKAGE}/zeros.bin": bytes(80 << 20)})


@WHEELS.by("size bomb reading", "T201")
def a_member_says_that_it_is_larger_than_any_memory() -> bytes:
    return made(packing={NODES: {"claimed_size": 0xFFFFFFF0}})


@WHEELS.by("size", "T201")
def there_are_more_members_than_any_pack_needs() -> bytes:
    files = {f"{PACKAGE}/m{number}.py": b"" for number in range(20_001)}
    return made(files={**files_of(), **files})
