"""The pytest plugin: a promise that is not kept is told in its own words, without a traceback through the kit.

Takes:   what pytest knows of a failed test.
Gives:   the hook.
Ignores: everything else about pytest.
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Print a `Broken` as it is."""
    report = yield
    if call.excinfo is not None and report.failed:
        from penstock_testkit.question import Broken

        if isinstance(call.excinfo.value, Broken):
            report.longrepr = str(call.excinfo.value)
    return report
