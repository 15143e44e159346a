"""What can be done to an environment between the installation of a pack and its import.

Gives:   `LOADS`: each attack changes a `Place`; a check of the judge refuses it. `RUNS`: each changes a place after the pack
         was admitted, or in a way that only matters to Python's import; the finder is what refuses it.
Ignores: bundles, wheels and policies; the pack was rightly accepted.
"""

from __future__ import annotations

import io
import json
import py_compile
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from hostile.archive import FILENAME, INFO, NAME, wheel_of
from hostile.attack import Collection
from hostile.case import FACTORY
from hostile.denials import private_key, signed_list
from hostile.packs import Place
from penstock_trust.facts import Subject
from penstock_trust.policy.model import DenyRules, Load, PackRule
from penstock_trust.store import RECEIPT

LOADS = Collection("load")
RUNS = Collection("load")
NODES = "acme_flow/nodes.py"
EVIL = "raise SystemExit('owned')\n"
Change = Callable[[Place], Any]


def before(name: str, step: str, code: str, change: Change) -> None:
    """An attack before the pack asks to be admitted."""
    LOADS.add(name, step, code, lambda: change)


def rule(**said: Any) -> Change:
    """Say something else in the rule of the pack, and have it accepted under that."""

    def change(place: Place) -> None:
        place.edit = lambda policy: replace(policy, packs=(replace(policy.packs[0], **said),))

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(place: Place) -> None:
        for one in changes:
            one(place)

    return change


def write(path: str, text: str | bytes = EVIL) -> Change:
    """Write a file below `site-packages`."""
    return lambda place: place.write(path, text)


def append(path: str, text: bytes) -> Change:
    """Add to an installed file."""
    return lambda place: place.write(path, (place.site / path).read_bytes() + text)


def flip(path: str) -> Change:
    """Turn one bit over."""

    def change(place: Place) -> None:
        data = bytearray((place.site / path).read_bytes())
        data[len(data) // 2] ^= 1
        place.write(path, bytes(data))

    return change


def elsewhere(path: str, text: str = EVIL, first: bool = False) -> Change:
    """Write a file into another folder of `sys.path`."""

    def change(place: Place) -> None:
        folder = place.root / "elsewhere"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
        place.path.insert(0 if first else len(place.path), folder)

    return change


def listed(row: Callable[[Place], dict[str, Any]], **said: Any) -> Change:
    """Put something on the deny list after the pack was accepted."""

    def change(place: Place) -> None:
        file = place.root / "deny.json"
        file.write_bytes(signed_list(row(place), **said))
        place.edit = lambda policy: replace(policy, deny=DenyRules(str(file), ("security",), 7 * 86_400.0))

    return change


def receipted(make: Callable[[Place], bytes]) -> Change:
    """Put another receipt in place."""
    return lambda place: place.store.keep(NAME, {RECEIPT: make(place), FILENAME: place.case.wheel})


def _edited(place: Place) -> bytes:
    """The receipt with another time in it, and the signature that it had."""
    import base64

    made = json.loads(place.receipt())
    payload = json.loads(base64.b64decode(made["payload"]))
    payload["predicate"]["timeVerified"] = "2026-11-23T00:00:00Z"
    made["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(made).encode()


def _of_version(place: Place) -> bytes:
    """The receipt of another version of the pack, rightly signed."""
    subject = Subject(NAME, "1.1.0", "acme_flow-1.1.0-py3-none-any.whl", "ab" * 32, 7)
    table = {path.replace("1.2.0", "1.1.0"): fact for path, fact in place.verdict.hygiene.table.items()}
    return place.receipt(replace(place.verdict, subject=subject, hygiene=replace(place.verdict.hygiene, table=table)))


def _of_project(place: Place) -> bytes:
    """The receipt of another project, rightly signed."""
    return place.receipt(replace(place.verdict, subject=replace(place.verdict.subject, name="acme-core")))


def _gone(place: Place) -> None:
    place.store.forget(NAME)


def _module(place: Place) -> None:
    made = ModuleType("acme_flow.nodes")
    made.__file__ = str(place.site / NODES)
    place.modules["acme_flow.nodes"] = made


def _link(place: Place) -> None:
    target = place.root / "evil.py"
    target.write_text(EVIL)
    (place.site / NODES).unlink()
    (place.site / NODES).symlink_to(target)


def _unsigned(place: Place) -> None:
    """Nobody has to sign it, and so it has no receipt; its RECORD speaks of other bytes than are there."""
    rule(allow=frozenset({"unsigned"}))(place)
    _gone(place)
    flip(NODES)(place)


def _unsigned_without_record(place: Place) -> None:
    rule(allow=frozenset({"unsigned"}))(place)
    _gone(place)
    (place.info / "RECORD").unlink()


def _sealed(change: Change) -> Change:
    return both(rule(load=Load.SEALED), change)


def _kept(data: bytes | None) -> Change:
    """Change the wheel that was kept."""

    def change(place: Place) -> None:
        path = Path(place.store.path(NAME, FILENAME))
        path.unlink() if data is None else path.write_bytes(data)

    return change


# -- a receipt that is not to be believed ----------------------------------------------------------------------------

before("there is no receipt", "receipt", "T401", _gone)
before(
    "the receipt is signed by a stranger",
    "receipt.signature",
    "T402",
    receipted(lambda place: place.receipt(by="stranger")),
)
before("the receipt was edited", "receipt.signature", "T402", receipted(_edited))
before(
    "the receipt is signed by the key that signs wheels",
    "receipt.signature",
    "T402",
    receipted(lambda place: place.receipt(by=FACTORY)),
)
before(
    "the key that signed the receipt counts no more",
    "receipt.signature",
    "T402",
    lambda place: setattr(place, "keys", (private_key("new house").public,)),
)
before("the receipt is of another version", "names missing foreign", "T403", receipted(_of_version))
before("the receipt is of another project", "names", "T403", receipted(_of_project))

# -- what changed since ----------------------------------------------------------------------------------------------

before(
    "the policy was changed since",
    "policy",
    "T404",
    lambda place: setattr(place, "edit", lambda policy: replace(policy, digest="0" * 64)),
)
before(
    "the policy has ended since", "policy", "T320", lambda place: setattr(place, "now", place.now + timedelta(days=400))
)
before("an older policy was put back", "policy", "T321", lambda place: place.seen.update(acme=(8, "")))
before(
    "the policy has no rule for it any more",
    "policy",
    "T323",
    lambda place: setattr(place, "edit", lambda policy: replace(policy, packs=())),
)
before(
    "the version was denied since",
    "denied",
    "T352",
    listed(lambda place: {"kind": "version", "name": NAME, "versions": "==1.2.0"}),
)
before(
    "the wheel was denied since",
    "denied",
    "T350",
    listed(lambda place: {"kind": "wheel", "sha256": place.verdict.subject.digest}),
)
before(
    "a file of it was denied since",
    "denied",
    "T351",
    listed(lambda place: {"kind": "file", "sha256": place.verdict.hygiene.table[NODES].sha256}),
)
before(
    "its signer was denied since",
    "denied",
    "T355",
    listed(lambda place: {"kind": "key", "key": str(private_key(FACTORY).public)}),
)
before(
    "the deny list has ended since",
    "denied",
    "T343",
    listed(lambda place: {"kind": "wheel", "sha256": "ab" * 32}, expires="2026-11-22T11:00:00Z"),
)
before(
    "the deny list is gone",
    "denied",
    "T340",
    both(
        listed(lambda place: {"kind": "wheel", "sha256": "ab" * 32}), lambda place: (place.root / "deny.json").unlink()
    ),
)

# -- what was written into the environment ---------------------------------------------------------------------------

before("one bit of a module is turned over", "modified", "T411", flip(NODES))
before("a module has a line more", "modified", "T411", append(NODES, EVIL.encode()))
before("a module is empty", "modified", "T411", write(NODES, b""))
before("a module is another file by a link", "modified", "T411", _link)
before(
    "a module is a folder",
    "modified",
    "T411",
    lambda place: ((place.site / NODES).unlink(), (place.site / NODES).mkdir()),
)
before("the package's own module was exchanged", "modified", "T411", write("acme_flow/__init__.py"))
before("the manifest was changed", "modified", "T411", append("acme_flow/penstock-pack.json", b" "))
before("the metadata were changed", "modified", "T411", append(f"{INFO}/METADATA", b"Requires-Dist: evil\n"))
before("an unsigned pack was changed", "modified", "T411", _unsigned)
before("an unsigned pack has lost its RECORD", "modified foreign", "T411", _unsigned_without_record)
before("a module is gone", "missing", "T412", lambda place: (place.site / NODES).unlink())
before("a module was added", "extra", "T413", write("acme_flow/evil.py"))
before("a module was added deep inside", "extra", "T413", write("acme_flow/deep/evil.py"))
before("compiled code was added beside a module", "extra", "T413", write("acme_flow/nodes.abi3.so", b"\x7fELF"))
before("bytecode without a source was added", "extra", "T413", write("acme_flow/evil.pyc", b"\0" * 16))
before("a data file was added", "extra", "T413", write("acme_flow/settings.json", b"{}"))
before("a file was added to the metadata", "extra", "T413", write(f"{INFO}/direct.txt", b"x"))
before(
    "an entry point was added",
    "foreign",
    "T416",
    append(f"{INFO}/entry_points.txt", b"[console_scripts]\nflow = os:system\n"),
)
before(
    "an entry point leads elsewhere now",
    "foreign",
    "T416",
    write(f"{INFO}/entry_points.txt", "[penstock]\nacme-flow = evil\n"),
)
before(
    "an entry point leads into another package", "foreign", "T416", lambda place: setattr(place, "package", "acme_core")
)
before("a package of the same name comes first", "shadow", "T414", elsewhere("acme_flow/__init__.py", first=True))
before("a package of the same name comes later", "shadow", "T414", elsewhere("acme_flow/__init__.py"))
before("a module of the same name comes first", "shadow", "T414", elsewhere("acme_flow.py", first=True))
before("a module of the same name lies beside it", "shadow", "T414", write("acme_flow.py"))
before("compiled code of the same name lies beside it", "shadow", "T414", write("acme_flow.abi3.so", b"\x7fELF"))
before("bytecode of the same name comes first", "shadow", "T414", elsewhere("acme_flow.pyc", first=True))
before("a module of it was imported before", "preloaded", "T418", _module)
before(
    "two versions are mixed in one folder",
    "twice",
    "T419",
    lambda place: shutil.copytree(place.info, place.site / "acme_flow-1.1.0.dist-info"),
)
before(
    "it is somebody's working copy",
    "editable",
    "T417",
    write(f"{INFO}/direct_url.json", '{"url": "file:///home/you", "dir_info": {"editable": true}}'),
)
before(
    "its working copy says so in a way that nobody can read",
    "editable",
    "T417",
    write(f"{INFO}/direct_url.json", '{"dir_info": {"editable": true}, "dir_info": {}}'),
)
before("the wheel that it runs from was changed", "sealed", "T420", _sealed(_kept(wheel_of({NODES: EVIL.encode()}))))
before("the wheel that it runs from is gone", "sealed", "T420", _sealed(_kept(None)))


# -- what another pack claims ----------------------------------------------------------------------------------------


def thief(name: str, step: str, path: str) -> None:
    """Another pack, which nobody has to sign, brings this file; it is in order, and its RECORD speaks of it."""

    def change(place: Place) -> None:
        files = {"acme_thief/__init__.py": b"", path: EVIL.encode()}
        with zipfile.ZipFile(io.BytesIO(wheel_of(files, name="acme-thief"))) as archive:
            for member in archive.namelist():
                if not member.startswith("acme_thief/nodes") and not member.endswith("penstock-pack.json"):
                    place.write(member, archive.read(member))
        info = place.site / "acme_thief-1.2.0.dist-info"
        kept = [
            line for line in (info / "RECORD").read_text().splitlines() if (place.site / line.split(",")[0]).exists()
        ]
        (info / "RECORD").write_text("\n".join(kept) + "\n")
        more = PackRule("acme-thief", allow=frozenset({"unsigned"}))
        place.edit = lambda policy: replace(policy, packs=(*policy.packs, more))
        place.package, place.asks = "acme_thief", info.name

    before(name, step, "T425", change)


thief("another pack brings a module of it, changed", "claimed", NODES)
thief("another pack adds a module to its package", "claimed", "acme_flow/evil.py")
thief("another pack adds to the standard library", "claimed", "json/evil.py")
thief("another pack adds to the runtime", "claimed", "penstock/evil.py")
thief("another pack brings a library of the runtime", "claimed", "click.py")


# -- what only Python's import would run -----------------------------------------------------------------------------


def after(name: str, code: str, change: Change) -> None:
    """An attack that the finder has to stop; `code` is "" where the pack runs as it was accepted."""
    RUNS.add(name, "finder", code, lambda: change)


def poisoned(mode: py_compile.PycInvalidationMode) -> Change:
    """Put bytecode of other code into `__pycache__`, in the name of the source that is there."""

    def change(place: Place) -> None:
        source = place.site / NODES
        honest = source.read_bytes()
        evil = EVIL.encode().ljust(len(honest) - 1, b"#") + b"\n"
        times = source.stat()
        source.write_bytes(evil)
        import os

        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
        py_compile.compile(str(source), invalidation_mode=mode, doraise=True)
        source.write_bytes(honest)
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))

    return change


_MODES = py_compile.PycInvalidationMode
after("bytecode with the right time lies in the cache", "", poisoned(_MODES.TIMESTAMP))
after("bytecode that wants no check lies in the cache", "", poisoned(_MODES.UNCHECKED_HASH))
after("a module is changed after it was admitted", "T422", write(NODES))
after(
    "a module is added after it was admitted",
    "T423",
    lambda place: (write("acme_flow/evil.py")(place), write("wanted", b"acme_flow.evil")(place)),
)
after(
    "a package of the same name comes first after it was admitted", "", elsewhere("acme_flow/__init__.py", first=True)
)
after(
    "compiled code is put beside a module after it was admitted",
    "",
    lambda place: place.write("acme_flow/nodes/__init__.py", EVIL),
)
