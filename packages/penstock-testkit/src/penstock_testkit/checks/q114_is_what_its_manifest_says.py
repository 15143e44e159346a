"""Q114: the manifest of the pack does not say what the code of the node says.

Why: Every tool knows a node by the manifest and never imports it: graphs are checked against it, signatures speak for
it. When the two differ, whatever was checked was checked against something else.
Bad:   a field, a port or an effect class that was changed after the last `penstock pack lock`.
Good:  run `penstock pack lock` and commit the file.
"""

from __future__ import annotations

from penstock.testing import drifted
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject, manifest_of

_HINT = "run `penstock pack lock` and commit the file"


def examine(subject: Subject, port: str, records: Records) -> None:
    """Hold the class against the manifest beside its package."""
    path = manifest_of(subject)
    if path is None:
        raise Broken(f"there is no manifest beside the package `{subject.package}`", hint=_HINT)
    if changed := drifted(subject.node, path):
        raise Broken("; ".join(changed), hint=_HINT)


CHECK = Check("Q114", "is what its manifest says", examine, generated=False)
