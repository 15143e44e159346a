"""Wheels that pip installs, or might install, and that have to be refused before anybody installs them.

Gives:   `WHEELS`: each attack makes the bytes of a wheel named `archive.FILENAME`; `DECENT`: wheels that look odd and are not.
Ignores: signatures; every one of these could be signed.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

from hostile.archive import (
    FIFO,
    FILE,
    INFO,
    LINK,
    PACKAGE,
    STORED,
    Member,
    Rows,
    Wheel,
    archive,
    digest_of,
    files_of,
    wheel_of,
)
from hostile.attack import Collection

WHEELS = Collection("wheel")
NODES = f"{PACKAGE}/nodes.py"
EVIL = b"raise SystemExit('owned')\n"
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
MACHO = b"\xcf\xfa\xed\xfe" + bytes(60)
DLL = b"MZ" + bytes(62)


def _of(**words: object) -> bytes:
    return Wheel(**words).packed()  # type: ignore[arg-type]  # the words of `Wheel`, handed through


def _row(path: str, digest: str | None = None, size: str | None = None):  # type: ignore[no-untyped-def]  # an edit
    def edit(rows: Rows) -> None:
        rows[path] = (rows[path][0] if digest is None else digest, rows[path][1] if size is None else size)

    return edit


# -- RECORD ----------------------------------------------------------------------------------------------------------


@WHEELS.by("digests", "T213")
def a_module_was_changed_after_RECORD_was_written() -> bytes:
    return _of(rows=_row(NODES, digest_of(b"what it was")))


@WHEELS.by("digests", "T213")
def RECORD_says_another_size() -> bytes:
    return _of(rows=_row(NODES, size="7"))


@WHEELS.by("digests", "T213")
def RECORD_says_a_size_that_is_no_number() -> bytes:
    return _of(rows=_row(NODES, size="47 bytes"))


@WHEELS.by("digests", "T213")
def RECORD_says_no_digest_of_a_module() -> bytes:
    return _of(rows=_row(NODES, "", ""))


@WHEELS.by("digests", "T213")
def RECORD_is_content_with_MD5() -> bytes:
    return _of(rows=_row(NODES, digest_of(files_of()[NODES], "md5")))


@WHEELS.by("digests", "T213")
def RECORD_is_content_with_SHA1() -> bytes:
    return _of(rows=_row(NODES, digest_of(files_of()[NODES], "sha1")))


@WHEELS.by("digests", "T213")
def RECORD_names_a_digest_that_nobody_knows() -> bytes:
    return _of(rows=_row(NODES, "blake9=AAAA"))


@WHEELS.by("digests", "T213")
def RECORD_has_a_digest_cut_short() -> bytes:
    return _of(rows=_row(NODES, digest_of(files_of()[NODES])[:30]))


@WHEELS.by("digests", "T213")
def RECORD_has_a_digest_in_hexadecimal() -> bytes:
    return _of(rows=_row(NODES, "sha256=" + hashlib.sha256(files_of()[NODES]).hexdigest()))


@WHEELS.by("digests", "T213")
def RECORD_has_a_digest_that_is_not_canonical() -> bytes:
    """The last character carries bits that no digest has; a lax decoder drops them."""
    text = digest_of(files_of()[NODES])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return _of(rows=_row(NODES, text[:-1] + letters[letters.index(text[-1]) | 1]))


@WHEELS.by("unlisted", "T211")
def a_file_is_in_no_line_of_RECORD() -> bytes:
    return _of(files={**files_of(), f"{PACKAGE}/extra.py": EVIL}, unlisted={f"{PACKAGE}/extra.py"})


@WHEELS.by("unlisted", "T211")
def a_file_of_the_metadata_is_in_no_line_of_RECORD() -> bytes:
    return _of(unlisted={f"{INFO}/entry_points.txt"})


@WHEELS.by("absent", "T212")
def RECORD_lists_a_file_that_is_not_there() -> bytes:
    return _of(rows=lambda rows: rows.update({f"{PACKAGE}/gone.py": (digest_of(EVIL), str(len(EVIL)))}))


@WHEELS.by("record", "T210")
def RECORD_lists_a_file_twice() -> bytes:
    return _of(lines=lambda lines: lines.insert(0, next(line for line in lines if line.startswith(NODES))))


@WHEELS.by("record", "T210")
def there_is_no_RECORD() -> bytes:
    return archive(Wheel().members(with_record=False))


@WHEELS.by("record", "T210")
def RECORD_is_no_text() -> bytes:
    return archive([*Wheel().members(with_record=False), Member(f"{INFO}/RECORD", b"\xff\xfe\x00\x01")])


@WHEELS.by("record", "T210")
def a_line_of_RECORD_has_five_fields() -> bytes:
    return _of(lines=lambda lines: lines.insert(0, f"{PACKAGE}/other.py,,,,"))


@WHEELS.by("record", "T210")
def RECORD_opens_a_quote_and_never_closes_it() -> bytes:
    return _of(lines=lambda lines: lines.insert(1, '"open'))


# -- the archive -----------------------------------------------------------------------------------------------------


@WHEELS.by("duplicates", "T205")
def one_name_is_in_the_archive_twice() -> bytes:
    made = Wheel()
    return archive([Member(NODES, EVIL), *made.members()])


@WHEELS.by("duplicates", "T205")
def one_name_is_in_the_archive_twice_the_evil_one_last() -> bytes:
    """RECORD speaks of the one that a reader meets last."""
    made = Wheel(rows=_row(NODES, digest_of(EVIL), str(len(EVIL))))
    return archive([*made.members(), Member(NODES, EVIL)])


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
    return _of(packing={NODES: {"local_name": f"{PACKAGE}/other.py"}})


@WHEELS.by("layout headers", "T204")
def two_members_share_their_bytes() -> bytes:
    made = Wheel(files={**files_of(), f"{PACKAGE}/twin.py": files_of()[NODES]})
    made.packing[f"{PACKAGE}/twin.py"] = {"same_bytes_as": NODES}
    return made.packed()


@WHEELS.by("bomb", "T209")
def a_member_has_a_wrong_checksum() -> bytes:
    return _of(packing={NODES: {"claimed_crc": 12345}})


@WHEELS.by("bomb digests", "T209")
def a_member_is_longer_than_it_says() -> bytes:
    return _of(packing={NODES: {"claimed_size": 8, "claimed_crc": zlib.crc32(files_of()[NODES][:8])}})


@WHEELS.by("headers", "T203")
def a_member_is_encrypted() -> bytes:
    return _of(packing={NODES: {"flags": 1}})


@WHEELS.by("headers reading", "T203")
def a_member_is_packed_in_a_way_that_few_can_read() -> bytes:
    return _of(packing={NODES: {"method": 99}})


@WHEELS.by("headers", "T203")
def a_member_has_a_second_name_in_an_extra_field() -> bytes:
    """The Info-ZIP Unicode path field: some readers prefer it to the name."""
    other = f"{PACKAGE}/../evil.py".encode()
    field = struct.pack("<BI", 1, zlib.crc32(NODES.encode())) + other
    return _of(packing={NODES: {"extra": struct.pack("<HH", 0x7075, len(field)) + field}})


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
    return _of(packing={NODES: {"claimed_size": 0xFFFFFFF0}})


@WHEELS.by("size", "T201")
def there_are_more_members_than_any_pack_needs() -> bytes:
    files = {f"{PACKAGE}/m{number}.py": b"" for number in range(30_000)}
    return _of(files={**files_of(), **files})


# -- names -----------------------------------------------------------------------------------------------------------


def _named(path: str | bytes, **words: object) -> bytes:
    """A member with this name, listed in RECORD as that, if it can be written there."""
    made = Wheel()
    text = path.decode("utf-8", "replace") if isinstance(path, bytes) else path
    made.rows = lambda rows: rows.update({text: (digest_of(EVIL), str(len(EVIL)))})
    made.further.append(Member(path, EVIL, **words))  # type: ignore[arg-type]  # the words of `Member`, handed through
    return made.packed()


_OUTSIDE = {  # besides, nobody declared what they are the top level of, or RECORD cannot say them
    "a path begins by climbing out": "toplevels",
    "a path is absolute": "toplevels",
    "a path has a drive": "toplevels",
    "a path has a backslash": "toplevels",
}
for _name, _path in {
    "a path climbs out": f"{PACKAGE}/../../evil.py",
    "a path begins by climbing out": "../evil.py",
    "a path is absolute": "/etc/cron.d/evil",
    "a path has a backslash": f"{PACKAGE}\\evil.py",
    "a path has a drive": "C:/evil.py",
    "a path has an empty part": f"{PACKAGE}//evil.py",
    "a path has a dot for a part": f"{PACKAGE}/./evil.py",
    "a path has a NUL": f"{PACKAGE}/evil.py\0.txt",
    "a path has a line break": f"{PACKAGE}/evil\n.py",
    "a path has an escape for the terminal": f"{PACKAGE}/\x1b[2Kevil.py",
    "a path is a device of Windows": f"{PACKAGE}/CON.py",
    "a path ends with a dot": f"{PACKAGE}/evil.py.",
    "a path ends with a space": f"{PACKAGE}/evil.py ",
    "a path names a stream of NTFS": f"{PACKAGE}/nodes.py:evil",
    "a path is a million characters long": f"{PACKAGE}/{'e' * 60_000}.py",
}.items():
    WHEELS.add(_name, f"paths {_OUTSIDE.get(_name, '')}", "T206", lambda path=_path: _named(path))


for _name, _path in {
    "a path turns the reading direction": f"{PACKAGE}/\u202eyp.live.py",
    "a path has a character that nobody sees": f"{PACKAGE}/ev\u200bil.py",
}.items():
    WHEELS.add(_name, "collisions", "T207", lambda path=_path: _named(path))


@WHEELS.by("paths reading", "T206")
def a_path_is_no_UTF8() -> bytes:
    return _named(f"{PACKAGE}/".encode() + b"ev\xffil.py", flags=0x800)


@WHEELS.by("collisions", "T207")
def two_paths_differ_in_case_only() -> bytes:
    return wheel_of({f"{PACKAGE}/Nodes.py": EVIL})


@WHEELS.by("collisions paths", "T207")
def two_paths_look_alike_to_a_filesystem() -> bytes:
    return wheel_of({f"{PACKAGE}/caf\u00e9.py": b"", f"{PACKAGE}/cafe\u0301.py": EVIL})


@WHEELS.by("collisions", "T207")
def two_paths_fold_to_one() -> bytes:
    return wheel_of({f"{PACKAGE}/stra\u00dfe.py": b"", f"{PACKAGE}/strasse.py": EVIL})


@WHEELS.by("collisions", "T207")
def a_path_is_a_file_and_a_folder() -> bytes:
    return wheel_of({f"{PACKAGE}/nodes.py/evil.py": EVIL})


@WHEELS.by("links", "T208")
def a_member_is_a_symbolic_link() -> bytes:
    made = Wheel(files={**files_of(), f"{PACKAGE}/link.py": b"/etc/passwd"})
    made.packing[f"{PACKAGE}/link.py"] = {"mode": LINK | 0o777}
    return made.packed()


@WHEELS.by("links", "T208")
def a_member_is_a_pipe() -> bytes:
    made = Wheel(files={**files_of(), f"{PACKAGE}/pipe": b""})
    made.packing[f"{PACKAGE}/pipe"] = {"mode": FIFO | 0o644}
    return made.packed()


@WHEELS.by("links", "T208")
def a_member_runs_as_its_owner() -> bytes:
    return _of(packing={NODES: {"mode": FILE | 0o4755}})


@WHEELS.by("links absent", "T208")
def a_folder_has_contents() -> bytes:
    return _named(f"{PACKAGE}/folder/")


# -- what runs without being asked -----------------------------------------------------------------------------------


for _name, _files in {
    "a pth file is beside the package": {"acme_flow.pth": b"import evil\n"},
    "a pth file is spelled in capitals": {"acme_flow.PTH": b"import evil\n"},
    "a start file is beside the package": {"acme_flow.start": b"evil:main\n"},
}.items():
    WHEELS.add(_name, "startup", "T215", lambda files=_files: wheel_of(files))
for _name, _files in {
    "sitecustomize is a module": {"sitecustomize.py": EVIL},
    "sitecustomize is a package": {"sitecustomize/__init__.py": EVIL},
    "usercustomize is a module": {"usercustomize.py": EVIL},
}.items():
    WHEELS.add(_name, "startup", "T215", lambda files=_files: wheel_of(files))
for _name, _path in {
    "data are dropped into purelib": "purelib/os_evil.py",
    "data are dropped into platlib": "platlib/os_evil.py",
    "data are dropped where site-packages is": "data/lib/python3.11/site-packages/evil.py",
    "data hold a program": "scripts/python",
    "data hold a header": "headers/evil.h",
    "data have a place that nobody knows": "somewhere/evil.py",
}.items():
    WHEELS.add(_name, "data", "T216", lambda path=_path: wheel_of({f"{PACKAGE}-1.2.0.data/{path}": EVIL}))


# -- what it brings --------------------------------------------------------------------------------------------------


_STANDARD = dict.fromkeys(
    ("a module lies on top", "a module of the standard library is shadowed", "the core is shadowed"), "stdlib"
)
for _name, _files in {
    "a second package comes along": {"requests/__init__.py": EVIL},
    "a module lies on top": {"yaml.py": EVIL},
    "a module of the standard library is shadowed": {"json/__init__.py": EVIL},
    "the core is shadowed": {"penstock/evil.py": EVIL},
    "a folder without a package comes along": {"tests/test_evil.py": EVIL},
    "a text file lies on top": {"README.txt": b"hello\n"},
}.items():
    WHEELS.add(_name, f"toplevels {_STANDARD.get(_name, '')}", "T217", lambda files=_files: wheel_of(files))


def _entries(text: str) -> bytes:
    return wheel_of({f"{INFO}/entry_points.txt": text.encode()})


_STRANGERS = dict.fromkeys(
    ("an entry point is another project's module", "an entry point only begins with our name"), "toplevels"
)
for _name, _text in {
    "an entry point is another project's module": "[penstock]\nacme-flow = requests.evil\n",
    "an entry point is of the standard library": "[console_scripts]\nflow = os:system\n",
    "an entry point only begins with our name": "[penstock]\nacme-flow = acme_flow_evil\n",
}.items():
    WHEELS.add(_name, f"entrypoints {_STRANGERS.get(_name, '')}", "T219", lambda text=_text: _entries(text))
for _name, _text in {
    "entry points cannot be read": "[penstock\nacme-flow = acme_flow\n",
    "one entry point is there twice": "[penstock]\nacme-flow = acme_flow\nacme-flow = acme_flow.nodes\n",
    "an entry point names no object": "[penstock]\nacme-flow = \n",
}.items():
    WHEELS.add(_name, "entrypoints", "T219", lambda text=_text: _entries(text))


for _name, _files in {
    "an extension module is inside": {f"{PACKAGE}/fast.cpython-311-x86_64-linux-gnu.so": ELF},
    "an extension module of Windows is inside": {f"{PACKAGE}/fast.pyd": DLL},
    "a library is inside": {f"{PACKAGE}/libfast.so.1": ELF},
    "a library of a Mac is inside": {f"{PACKAGE}/libfast.dylib": MACHO},
    "native code hides behind another suffix": {f"{PACKAGE}/picture.png": ELF},
    "native code of a Mac hides behind another suffix": {f"{PACKAGE}/table.csv": MACHO},
}.items():
    WHEELS.add(_name, "native", "T220", lambda files=_files: wheel_of(files))


for _name, _files in {
    "bytecode comes along": {f"{PACKAGE}/__pycache__/nodes.cpython-311.pyc": b"\xa7\r\r\n" + bytes(12)},
    "bytecode comes without a source": {f"{PACKAGE}/hidden.pyc": b"\xa7\r\r\n" + bytes(12)},
}.items():
    WHEELS.add(_name, "bytecode", "T221", lambda files=_files: wheel_of(files))


# -- who it says it is -----------------------------------------------------------------------------------------------


def _meta(text: str) -> bytes:
    return wheel_of({f"{INFO}/METADATA": text.encode()})


for _name, _text in {
    "METADATA names another project": "Metadata-Version: 2.1\nName: acme-core\nVersion: 1.2.0\n",
    "METADATA has another version": "Metadata-Version: 2.1\nName: acme-flow\nVersion: 1.3.0\n",
    "METADATA names two projects": "Metadata-Version: 2.1\nName: acme-flow\nName: acme-core\nVersion: 1.2.0\n",
    "METADATA names none": "Metadata-Version: 2.1\nVersion: 1.2.0\n",
}.items():
    WHEELS.add(_name, "metadata", "T214", lambda text=_text: _meta(text))


@WHEELS.by("metadata", "T214")
def there_is_no_METADATA() -> bytes:
    return wheel_of({f"{INFO}/METADATA": None})


@WHEELS.by("record", "T210")
def there_are_two_folders_of_metadata() -> bytes:
    return wheel_of({"acme_core-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: acme-core\nVersion: 1.0\n"})


@WHEELS.by("metadata", "T214")
def the_folder_of_metadata_is_of_another_project() -> bytes:
    files = {path.replace(INFO, "acme_core-1.2.0.dist-info"): data for path, data in files_of().items()}
    return _of(files=files, info="acme_core-1.2.0.dist-info")


@WHEELS.by("metadata", "T214")
def the_format_of_the_wheel_is_of_the_future() -> bytes:
    return wheel_of({f"{INFO}/WHEEL": b"Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"})


@WHEELS.by("metadata", "T214")
def there_is_no_WHEEL() -> bytes:
    return wheel_of({f"{INFO}/WHEEL": None})


# -- what only looks odd ---------------------------------------------------------------------------------------------


def _stored() -> bytes:
    made = Wheel()
    made.packing = {path: {"method": STORED} for path in made.files}
    return made.packed()


DECENT = {
    "a plain wheel": wheel_of,
    "a wheel that is not packed": _stored,
    "a wheel made on MS-DOS": lambda: archive(
        [Member(one.name, one.data, mode=0, system=0) for one in Wheel().members()]
    ),
    "a wheel with executable files": lambda: _of(packing={NODES: {"mode": FILE | 0o755}}),
    "a wheel with SHA-512": lambda: _of(rows=_row(NODES, digest_of(files_of()[NODES], "sha512"))),
    "a wheel with licences": lambda: wheel_of({f"{INFO}/licenses/LICENSE": b"Do as you like.\n"}),
    "a wheel with a path that needs quoting": lambda: wheel_of({f"{PACKAGE}/a, b.txt": b"text\n"}),
    "a wheel with an accent": lambda: wheel_of({f"{PACKAGE}/caf\u00e9.txt": b"text\n"}),
    "a wheel with an empty file": lambda: wheel_of({f"{PACKAGE}/py.typed": b""}),
    "a wheel with a folder deep down": lambda: wheel_of({f"{PACKAGE}/a/b/c/d/e.py": b""}),
}
