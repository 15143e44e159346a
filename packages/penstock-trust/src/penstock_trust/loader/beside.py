"""Ask of a pack whether Python would run its files and no others: nothing on the path, in memory or in the store is in the way.

Takes:   a `Case`.
Gives:   one function for each question; `portions` and `wheel_of`, which also say what an allowed pack is run from.
Ignores: its own files (`files`), and the order of the questions (`checks`).
"""

from __future__ import annotations

import os
from hashlib import sha256
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES

from penstock_findings.finding import Finding, Location
from penstock_trust.loader.case import AGAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.loader.case import Case

_FILES = (".py", *EXTENSION_SUFFIXES, *BYTECODE_SUFFIXES)


def shadow(case: Case) -> Iterator[Finding]:
    """T414: another package or module of the same name, anywhere on the path."""
    if case.allows("shadowing"):
        return
    for top, is_namespace in case.tops.items():
        for folder in case.surroundings.folders if not is_namespace else ():
            for name in _same_name(case, folder, top):
                why = f"there is another `{top}` on the path than that of `{case.name}`"
                yield Finding("T414", why, Location(os.path.join(folder, name)), hint="remove it, or rename it")


def namespace(case: Case) -> Iterator[Finding]:
    """T415: a part of its namespace in another folder."""
    if case.allows("namespace-portions"):
        return
    for folder in portions(case):
        why = f"a part of a namespace of `{case.name}` is in another folder"
        yield Finding("T415", why, Location(folder), hint="install all parts of it into one environment, or rename it")


def preloaded(case: Case) -> Iterator[Finding]:
    """T418: a module of it was imported before anybody asked."""
    if case.mode == "off":
        return
    for name, module in list(case.surroundings.modules.items()):
        if name.partition(".")[0] in case.tops and module is not None and not case.owns(module):
            if case.tops[name.partition(".")[0]] and name not in case.modules:
                continue  # somebody else's part of the namespace
            at = Location(getattr(module, "__file__", None))
            why = f"`{name}` of `{case.name}` was imported before anybody asked whether it may be"
            yield Finding("T418", why, at, hint="find out who imports it; a `.pth` file in this environment can")
            return


def sealed(case: Case) -> Iterator[Finding]:
    """T420: it is to run from its wheel, and cannot."""
    if case.mode != "sealed":
        return
    at = Location(case.terms.store.path(case.name, case.receipt.subject.filename if case.receipt else ""))
    if case.receipt is None:
        yield Finding("T420", f"`{case.name}` is to run from its wheel, and has no receipt", at, hint=AGAIN)
    elif case.receipt.native:
        hint = 'write `load = "verified"` into its rule'
        yield Finding("T420", f"`{case.name}` is to run from its wheel, and has compiled code", at, hint=hint)
    elif wheel_of(case) is None:
        why = f"the wheel of `{case.name}` that was accepted is gone, or was changed"
        yield Finding("T420", why, at, hint=AGAIN)


def wheel_of(case: Case) -> bytes | None:
    """The bytes of the wheel that was accepted; None when they are not there any more."""
    if case.receipt is None:
        return None
    try:
        data = case.terms.store.read(case.name, case.receipt.subject.filename)
    except OSError:
        return None
    return data if data is not None and sha256(data).hexdigest() == case.receipt.subject.digest else None


def portions(case: Case) -> list[str]:
    """Folders of its namespaces elsewhere on the path."""
    namespaces = [top for top, is_namespace in case.tops.items() if is_namespace]
    return [
        os.path.join(folder, top)
        for top in namespaces
        for folder in case.surroundings.folders
        if folder != case.folder and top in case.surroundings.listing(folder)
    ]


def _same_name(case: Case, folder: str, top: str) -> Iterator[str]:
    here = case.surroundings.listing(folder)
    if top in here and not os.path.samefile(folder, case.folder) and _is_package(os.path.join(folder, top)):
        yield top
    for name in {f"{top}{suffix}" for suffix in _FILES} & here:
        if name not in case.table or folder != case.folder:
            yield name


def _is_package(folder: str) -> bool:
    return any(os.path.lexists(os.path.join(folder, f"__init__{suffix}")) for suffix in _FILES)
