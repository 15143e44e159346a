"""Q418: a channel kind is not what the manifest of its pack says, or is none.

Why: A graph that names the kind is checked against the manifest, without importing anything: which acknowledgement levels
there are, and where the class is. When the two differ, whatever was checked was checked against something else.
Bad:   a level that was added after the last `penstock pack lock`; a class without `@channel_kind`.
Good:  run `penstock pack lock` and commit the file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from penstock.testing import drifted
from penstock_testkit.keeping import Place, StoreCheck
from penstock_testkit.question import Broken

_HINT = "run `penstock pack lock` and commit the file"


def examine(place: Place) -> None:
    """Hold the class against the manifest beside its package."""
    cls = place.kept.cls
    if "__penstock_channel__" not in vars(cls):
        raise Broken("is no channel kind", hint="decorate the class with `@channel_kind(...)`")
    package = cls.__module__.partition(".")[0]
    folders = list(getattr(sys.modules.get(package), "__path__", ()))
    found = [path for folder in folders if (path := Path(folder) / "penstock-pack.json").is_file()]
    if not found:
        raise Broken(f"there is no manifest beside the package `{package}`", hint=_HINT)
    if changed := drifted(cls, found[0]):
        raise Broken("; ".join(changed), hint=_HINT)


CHECK = StoreCheck("Q418", "is a kind that its manifest names", examine)
