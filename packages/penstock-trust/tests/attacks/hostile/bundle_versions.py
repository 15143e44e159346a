"""Wheels that are rightly signed, and of a version or with dependencies that are not wanted.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: deny lists (`bundle_denials`).
"""

from __future__ import annotations

from collections.abc import Callable

from hostile.bundling import (
    BUNDLES,
    requiring,
    version_of,
)
from hostile.case import Case, signed
from hostile.forge import (
    Edit,
    nothing,
)


def versioned(name: str, code: str, change: Edit, make: Callable[[], Case] = signed) -> None:
    """An attack with a version that is not wanted."""

    def made() -> Case:
        case = make()
        change(case)
        return case

    BUNDLES.add(name, "versions", code, made)


def _listed(case: Case) -> None:
    case.more = 'dependencies = "listed"'


versioned("a version below the lowest", "T330", nothing, lambda: version_of("0.9"))
versioned("a version before the lowest is final", "T330", nothing, lambda: version_of("1.0rc1"))
versioned(
    "a version of another age of versions",
    "T330",
    lambda case: setattr(case, "edits", (('min-version = "1.0"', 'min-version = "1!0"'),)),
)
versioned("a version older than one that was here", "T331", lambda case: setattr(case, "installed", "1.2.1"))
versioned(
    "a version older than the same with a local part", "T331", lambda case: setattr(case, "installed", "1.2.0+acme.1")
)
versioned("a dependency that no rule names", "T334", _listed, requiring("requests>=2"))
versioned("a dependency of an extra that no rule names", "T334", _listed, requiring("requests>=2; extra == 'all'"))
versioned(
    "a dependency from an address of its own", "T334", _listed, requiring("acme-flow @ https://evil.test/acme_flow.whl")
)
versioned("a dependency that cannot be read", "T333", _listed, requiring("acme-flow >=> 2"))
versioned(
    "a dependency that is not among the two that may be",
    "T334",
    lambda case: setattr(case, "more", 'dependencies = ["numpy", "penstock"]'),
    requiring("numpi"),
)
