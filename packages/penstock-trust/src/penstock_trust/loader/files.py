"""Ask of a pack whether its files are what was accepted: none changed, none gone, none added, none somebody else's.

Takes:   a `Case`.
Gives:   one function for each question; each yields findings.
Ignores: what lies elsewhere on the path (`beside`), and the order of the questions (`checks`).
"""

from __future__ import annotations

import os
import sys

from penstock_findings.finding import Finding, Location
from penstock_trust.loader.case import AGAIN
from penstock_trust.loader.modules import NAMESPACE, modules_of
from penstock_trust.loader.source import read_regular
from penstock_trust.loader.surroundings import ENTRY_POINTS, extras

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.loader.case import Case
    from penstock_trust.receipt import Receipt


def modified(case: Case) -> Iterator[Finding]:
    """T411: a file that is not what was accepted. No rule lets this pass."""
    if not case.table:
        why = f"nobody can tell whether `{case.name}` was modified: its RECORD is missing, or cannot be read"
        yield Finding("T411", why, Location(case.asked.installed.info), hint=AGAIN)
    for path, found in case.compared.changed.items():
        if not _is_entry_points(path):
            said = f"its sha256 is {found}" if found else "it cannot be read"
            evidence = {"expected": case.table[path].sha256, "found": found}
            hint = f"find out who changed it, then {AGAIN}"
            why = f"`{_shown(path)}` of `{case.name}` is not what was accepted: {said}"
            yield Finding("T411", why, case.place(path), hint=hint, evidence=evidence)


def missing(case: Case) -> Iterator[Finding]:
    """T412: a file that is gone."""
    for path in case.compared.gone:
        yield Finding("T412", f"`{_shown(path)}` of `{case.name}` is gone", case.place(path), hint=AGAIN)


def extra(case: Case) -> Iterator[Finding]:
    """T413: a file in its folders that its wheel did not hold."""
    if case.allows("extra-files"):
        return
    for path in extras(case.folder, case.table):
        if not _is_entry_points(path):
            why = f"`{_shown(path)}` is in the folder of `{case.name}`, and was not in its wheel"
            yield Finding("T413", why, case.place(path), hint="remove it, and find out who put it there")


def foreign(case: Case) -> Iterator[Finding]:
    """T416: entry points in its name that its wheel did not hold, or that lead to what somebody else brings."""
    if case.allows("foreign-entry-points"):
        return
    at = Location(os.path.join(case.asked.installed.info, ENTRY_POINTS))
    top = case.asked.package.partition(".")[0]
    if top and top not in case.tops:
        why = f"an entry point of `{case.name}` leads into `{case.asked.package}`, which it does not bring"
        yield Finding("T416", why, at, hint="ask its author which project the package belongs to")
    if case.asked.manifest and not _brings(case, case.asked.manifest):
        why = f"what `{case.name}` offers was read from a manifest that is not its own"
        yield Finding("T416", why, Location(case.asked.manifest), hint="remove it, and find out who put it there")
    path = f"{os.path.basename(case.asked.installed.info)}/{ENTRY_POINTS}"
    if (path in case.table and path not in case.compared.changed) or not os.path.lexists(str(at.path)):
        return
    added = ", ".join(f"`{_shown(name)}` in `{_shown(group)}`" for group, name in _added(case, str(at.path)))
    why = f"the entry points of `{case.name}` are not those of its wheel" + (f": {added}" if added else "")
    yield Finding("T416", why, at, hint=f"find out who changed them, then {AGAIN}")


def claimed(case: Case) -> Iterator[Finding]:
    """T425: it brings files or names that another accepted pack brings, or that Python and Penstock stand on."""
    for top, is_namespace in case.tops.items():
        for project, other in case.bringing(top):
            if project != case.name:
                both_share = is_namespace and _is_namespace(other, top)
                shared = [path for path in case.table if path in other.files and not path.endswith(".dist-info/RECORD")]
                if shared or not both_share:
                    what = shared[0] if shared else top
                    why = f"`{_shown(what)}` belongs to `{project}`, and `{case.name}` claims it as well"
                    yield Finding("T425", why, Location(case.asked.installed.info), hint="uninstall one of the two")
        if case.receipt is None and _is_reserved(case, top):
            why = f"`{case.name}` brings `{top}`, on which everything here stands"
            yield Finding("T425", why, Location(case.asked.installed.info), hint="uninstall it")


def _is_entry_points(path: str) -> bool:
    """Whether it is judged by `foreign`, and not as one file among others."""
    folder, _, name = path.partition("/")
    return name == ENTRY_POINTS and folder.endswith(".dist-info")


def _is_namespace(other: Receipt, top: str) -> bool:
    found = modules_of(path for path in other.files if path.startswith(top)).get(top)
    return found is not None and found.kind == NAMESPACE


def _is_reserved(case: Case, top: str) -> bool:
    from penstock_trust.hygiene.contents import RESERVED

    return top in sys.stdlib_module_names or (top in RESERVED and top != case.name.replace("-", "_"))


def _brings(case: Case, path: str) -> bool:
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(case.folder))
    return inside.replace(os.sep, "/") in case.table


def _shown(text: str) -> str:
    """A name that somebody else chose, so that it can be seen, written down and printed."""
    from penstock_trust.hygiene.wheel import shown

    return shown(text)


def _added(case: Case, path: str) -> list[tuple[str, str]]:
    from penstock_trust.hygiene.wheel import read_entry_points

    try:
        points, _ = read_entry_points(read_regular(path, 1 << 18))
    except OSError:
        return []
    known = case.receipt.entry_points if case.receipt is not None else ()
    return [(group, name) for group, name, value in points if (group, name, value) not in known]
