"""Attack a node, a policy or a channel kind with one line.

A table of contents: each name is imported from its room when it is first used, so that pytest, which loads the plugin in
every project where the kit is installed, starts as fast as without it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_testkit.checks import all_channel_checks as all_channel_checks
    from penstock_testkit.checks import all_checks as all_checks
    from penstock_testkit.checks import all_policy_checks as all_policy_checks
    from penstock_testkit.question import Broken as Broken
    from penstock_testkit.question import Check as Check
    from penstock_testkit.suite import channel_suite as channel_suite
    from penstock_testkit.suite import check as check
    from penstock_testkit.suite import node_suite as node_suite
    from penstock_testkit.suite import policy_suite as policy_suite

_HOMES = {
    "Broken": "question",
    "Check": "question",
    "all_channel_checks": "checks",
    "all_checks": "checks",
    "all_policy_checks": "checks",
    "channel_suite": "suite",
    "check": "suite",
    "node_suite": "suite",
    "policy_suite": "suite",
}

__all__ = [
    "Broken",
    "Check",
    "all_channel_checks",
    "all_checks",
    "all_policy_checks",
    "channel_suite",
    "check",
    "node_suite",
    "policy_suite",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
