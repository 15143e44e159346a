"""The questions that every node, policy and channel kind is asked, one module each; the docstring is what `penstock explain` prints.

Takes:   nothing.
Gives:   `all_checks`, `all_policy_checks`, `all_channel_checks`: the modules of this folder, in order of code.
Ignores: when they are asked (`suite.py`).
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock_testkit.keeping import StoreCheck
    from penstock_testkit.question import Check, PolicyCheck


def all_checks() -> tuple[Check, ...]:
    """Every check of nodes, in order of code."""
    from penstock_testkit.question import Check

    return tuple(one for one in _found() if isinstance(one, Check))


def all_policy_checks() -> tuple[PolicyCheck, ...]:
    """Every check of policies, in order of code."""
    from penstock_testkit.question import PolicyCheck

    return tuple(one for one in _found() if isinstance(one, PolicyCheck))


def all_channel_checks() -> tuple[StoreCheck, ...]:
    """Every check of channel kinds, in order of code."""
    from penstock_testkit.keeping import StoreCheck

    return tuple(one for one in _found() if isinstance(one, StoreCheck))


@lru_cache(maxsize=1)
def _found() -> tuple[object, ...]:
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").CHECK for name in names)
