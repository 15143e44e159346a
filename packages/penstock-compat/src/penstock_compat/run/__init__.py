"""Run the cells of a plan: resolve, build, install, probe and test, each in an environment of its own.

A table of contents: `run` is imported from its room when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_compat.run.driver import run as run

__all__ = ["run"]


def __getattr__(name: str) -> object:
    if name != "run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from penstock_compat.run.driver import run

    return run
