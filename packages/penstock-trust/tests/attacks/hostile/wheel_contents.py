"""Wheels that bring what nobody asked for: code that runs by itself, other people's names, native code, another identity.

Gives:   more of `WHEELS`, each of which makes the bytes of a wheel.
Ignores: names and archives.
"""

from __future__ import annotations

from hostile.archive import (
    INFO,
    PACKAGE,
    files_of,
    wheel_of,
)
from hostile.wheeling import DLL, ELF, EVIL, MACHO, WHEELS, made

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
    return made(files=files, info="acme_core-1.2.0.dist-info")


@WHEELS.by("metadata", "T214")
def the_format_of_the_wheel_is_of_the_future() -> bytes:
    return wheel_of({f"{INFO}/WHEEL": b"Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"})


@WHEELS.by("metadata", "T214")
def there_is_no_WHEEL() -> bytes:
    return wheel_of({f"{INFO}/WHEEL": None})
