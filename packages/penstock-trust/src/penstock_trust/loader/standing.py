"""Ask of a pack whether it was accepted here: by whom, under which policy, and whether that still holds.

Takes:   a `Case`.
Gives:   one function for each question; each yields findings.
Ignores: what is installed (`files`, `beside`), and the order of the questions (`checks`).
"""

from __future__ import annotations

import os

from penstock_findings.finding import Finding, Location, Severity
from penstock_trust.facts import Subject
from penstock_trust.loader.case import AGAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.loader.case import Case


def policy(case: Case) -> Iterator[Finding]:
    """T404, T320, T323: the policy that holds now is in force, has a rule for it, and is the one it was accepted under.

    T330: nobody has held what has no receipt against the lowest version yet.
    """
    from penstock_trust.policy.judge import in_force, rule_for

    yield from in_force(case.terms.policy, case.terms.now, seen=case.terms.seen)
    rule = rule_for(case.terms.policy, case.name)
    if isinstance(rule, Finding):
        yield rule
    elif case.receipt is not None and case.receipt.policy != case.terms.policy.digest:
        why = f"`{case.name}` was accepted under another policy than the one that holds now"
        yield Finding("T404", why, Location(case.terms.policy.path), hint="run `penstock trust renew`")
    elif case.receipt is None and rule.min_version is not None:
        from penstock_trust.versions import judge

        yield from judge(rule, case.asked.installed.version)


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
    """T34x, T35x: it is on the deny list, or the deny list cannot be believed.

    What has no receipt, and may load all the same, is known by its version and by its files.
    """
    if case.terms.deny is None:
        return
    errors = [finding for finding in case.terms.deny.findings if finding.severity is Severity.ERROR]
    if case.terms.deny.listed is None:
        yield from errors
    else:
        from penstock_trust.deny.match import denied as hits

        here, known = case.asked.installed, case.receipt
        subject = known.subject if known is not None else Subject(here.name, here.version, "", "", 0)
        files = {path: fact.sha256 for path, fact in case.table.items()}
        signed = known.signed if known is not None else ()
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
