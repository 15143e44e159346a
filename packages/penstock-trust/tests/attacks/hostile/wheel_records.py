"""Wheels whose RECORD does not speak of what is in them, or not like that.

Gives:   more of `WHEELS`, each of which makes the bytes of a wheel.
Ignores: how the archive is written (`wheel_archives`).
"""

from __future__ import annotations

import hashlib

from hostile.archive import (
    INFO,
    PACKAGE,
    Member,
    Wheel,
    archive,
    digest_of,
    files_of,
)
from hostile.wheeling import EVIL, NODES, WHEELS, made, row


@WHEELS.by("digests", "T213")
def a_module_was_changed_after_RECORD_was_written() -> bytes:
    return made(rows=row(NODES, digest_of(b"what it was")))


@WHEELS.by("digests", "T213")
def RECORD_says_another_size() -> bytes:
    return made(rows=row(NODES, size="7"))


@WHEELS.by("digests", "T213")
def RECORD_says_a_size_that_is_no_number() -> bytes:
    return made(rows=row(NODES, size="47 bytes"))


@WHEELS.by("digests", "T213")
def RECORD_says_no_digest_of_a_module() -> bytes:
    return made(rows=row(NODES, "", ""))


@WHEELS.by("digests", "T213")
def RECORD_is_content_with_MD5() -> bytes:
    return made(rows=row(NODES, digest_of(files_of()[NODES], "md5")))


@WHEELS.by("digests", "T213")
def RECORD_is_content_with_SHA1() -> bytes:
    return made(rows=row(NODES, digest_of(files_of()[NODES], "sha1")))


@WHEELS.by("digests", "T213")
def RECORD_names_a_digest_that_nobody_knows() -> bytes:
    return made(rows=row(NODES, "blake9=AAAA"))


@WHEELS.by("digests", "T213")
def RECORD_has_a_digest_cut_short() -> bytes:
    return made(rows=row(NODES, digest_of(files_of()[NODES])[:30]))


@WHEELS.by("digests", "T213")
def RECORD_has_a_digest_in_hexadecimal() -> bytes:
    return made(rows=row(NODES, "sha256=" + hashlib.sha256(files_of()[NODES]).hexdigest()))


@WHEELS.by("digests", "T213")
def RECORD_has_a_digest_that_is_not_canonical() -> bytes:
    """The last character carries bits that no digest has; a lax decoder drops them."""
    text = digest_of(files_of()[NODES])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return made(rows=row(NODES, text[:-1] + letters[letters.index(text[-1]) | 1]))


@WHEELS.by("unlisted", "T211")
def a_file_is_in_no_line_of_RECORD() -> bytes:
    return made(files={**files_of(), f"{PACKAGE}/extra.py": EVIL}, unlisted={f"{PACKAGE}/extra.py"})


@WHEELS.by("unlisted", "T211")
def a_file_of_the_metadata_is_in_no_line_of_RECORD() -> bytes:
    return made(unlisted={f"{INFO}/entry_points.txt"})


@WHEELS.by("absent", "T212")
def RECORD_lists_a_file_that_is_not_there() -> bytes:
    return made(rows=lambda rows: rows.update({f"{PACKAGE}/gone.py": (digest_of(EVIL), str(len(EVIL)))}))


@WHEELS.by("record", "T210")
def RECORD_lists_a_file_twice() -> bytes:
    return made(lines=lambda lines: lines.insert(0, next(line for line in lines if line.startswith(NODES))))


@WHEELS.by("record", "T210")
def there_is_no_RECORD() -> bytes:
    return archive(Wheel().members(with_record=False))


@WHEELS.by("record", "T210")
def RECORD_is_no_text() -> bytes:
    return archive([*Wheel().members(with_record=False), Member(f"{INFO}/RECORD", b"\xff\xfe\x00\x01")])


@WHEELS.by("record", "T210")
def a_line_of_RECORD_has_five_fields() -> bytes:
    return made(lines=lambda lines: lines.insert(0, f"{PACKAGE}/other.py,,,,"))


@WHEELS.by("record", "T210")
def RECORD_opens_a_quote_and_never_closes_it() -> bytes:
    return made(lines=lambda lines: lines.insert(1, '"open'))
