"""Judge whether a pack may load: one question about one case each.

Takes:   a `Case`.
Gives:   `CHECKS`: name -> question; each yields findings with codes of its own.  `STAGES` says which are asked together.
Why so:  every question can be left out, which is how a test shows what it is there for.
Ignores: what an answer leads to (`judge`).
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES

from penstock_findings.finding import Finding, Location, Severity
from penstock_trust.loader.case import AGAIN
from penstock_trust.loader.modules import NAMESPACE, modules_of
from penstock_trust.loader.source import read_regular
from penstock_trust.loader.surroundings import ENTRY_POINTS, extras

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from penstock_trust.loader.case import Case
    from penstock_trust.receipt import Receipt

    Check: TypeAlias = "Callable[[Case], Iterator[Finding]]"

_FILES = (".py", *EXTENSION_SUFFIXES, *BYTECODE_SUFFIXES)


# -- who is it, and was it accepted? ---------------------------------------------------------------------------------


def policy(case: Case) -> Iterator[Finding]:
    """T404, T320, T323: the policy that holds now is in force, has a rule for it, and is the one it was accepted under."""
    from penstock_trust.policy.judge import in_force, rule_for

    yield from in_force(case.terms.policy, case.terms.now, seen=case.terms.seen)
    rule = rule_for(case.terms.policy, case.name)
    if isinstance(rule, Finding):
        yield rule
    elif case.receipt is not None and case.receipt.policy != case.terms.policy.digest:
        why = f"`{case.name}` was accepted under another policy than the one that holds now"
        yield Finding("T404", why, Location(case.terms.policy.path), hint="run `penstock trust renew`")


def editable(case: Case) -> Iterator[Finding]:
    """T417: its files are somebody's working copy."""
    if case.is_editable and not case.allows("editable"):
        at = Location(os.path.join(case.asked.installed.info, "direct_url.json"))
        hint = f'{AGAIN}, or write `allow = ["editable"]` into its rule'
        yield Finding(
            "T417", f"`{case.name}` is an editable install, whose files may change at any time", at, hint=hint
        )


def receipt(case: Case) -> Iterator[Finding]:
    """T401: nobody ever accepted it here."""
    if case.receipt is None and case.wrong is None and not (case.allows("unsigned") or case.is_working_copy):
        at = Location(case.asked.installed.info)
        why = f"there is no receipt for `{case.name}`: it was not installed by `penstock trust install`"
        yield Finding("T401", why, at, hint=AGAIN)


def signature(case: Case) -> Iterator[Finding]:
    """T402, T405, T406: its receipt is not one that can be believed."""
    if case.wrong is not None:
        yield case.wrong


def names(case: Case) -> Iterator[Finding]:
    """T403: its receipt is that of another project or version."""
    known, here = case.receipt, case.asked.installed
    if known is None:
        return
    folders = {path.partition("/")[0] for path in known.files if path.partition("/")[0].endswith(".dist-info")}
    if known.subject.name != here.name or folders != {os.path.basename(here.info)}:
        subject = f"{known.subject.name} {known.subject.version}"
        why = f"`{here.name} {here.version}` is installed, and its receipt is that of `{subject}`"
        yield Finding("T403", why, Location(here.info), hint=AGAIN)


def denied(case: Case) -> Iterator[Finding]:
    """T34x, T35x: it is on the deny list, or the deny list cannot be believed."""
    if case.terms.deny is None:
        return
    errors = [finding for finding in case.terms.deny.findings if finding.severity is Severity.ERROR]
    if case.terms.deny.listed is None:
        yield from errors
    elif case.receipt is not None:
        from penstock_trust.deny.match import denied as hits

        files = {path: fact.sha256 for path, fact in case.receipt.files.items()}
        subject, signed = case.receipt.subject, case.receipt.signed
        yield from hits(case.terms.deny.listed, subject, now=case.terms.now, files=files, proofs=signed)


def twice(case: Case) -> Iterator[Finding]:
    """T419: two versions of it are mixed in one folder."""
    same = [each for each in case.surroundings.installed(case.name) if each.folder == case.folder]
    if len(same) > 1:
        both = " and ".join(f"`{os.path.basename(each.info)}`" for each in same)
        hint = "uninstall it until nothing of it is left, then install it again with `penstock trust install`"
        yield Finding(
            "T419", f"two installations of `{case.name}` are mixed: {both}", Location(same[1].info), hint=hint
        )


# -- is it what was accepted? ----------------------------------------------------------------------------------------


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


CHECKS: Mapping[str, Check] = {
    "policy": policy,
    "editable": editable,
    "receipt": receipt,
    "signature": signature,
    "names": names,
    "denied": denied,
    "twice": twice,
    "modified": modified,
    "missing": missing,
    "extra": extra,
    "foreign": foreign,
    "claimed": claimed,
    "shadow": shadow,
    "namespace": namespace,
    "preloaded": preloaded,
    "sealed": sealed,
}
FIRST = ("policy", "editable", "receipt", "signature", "names", "denied", "twice")  # the others need their answers


# -- looking things up -----------------------------------------------------------------------------------------------


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
