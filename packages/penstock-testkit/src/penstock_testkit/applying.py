"""Put the kit to every node, policy and channel kind of a pack: what `penstock pack check` runs, as a program of its own.

Takes:   a manifest, the folder from which its package is imported, and the folder of the pack's tests, if it has one.
Gives:   a JSON file: for each node and policy, who put it to the kit (its author's tests, or this program without words
         of the author), and what became of each question; `main`, and `python -m penstock_testkit.applying`.
Runs:    of the author's tests only the suites; nodes without one are asked with their defaults, if they have them.
Ignores: what follows from the answers; that is for whoever reads the file.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock_testkit.suite import CODE, SUITE

FORMAT = 1
_QUIET = ("-q", "-p", "no:cacheprovider", "--no-header", "-o", "addopts=", "--import-mode=importlib", "-W", "ignore")
_REST = """\
from importlib import import_module
from penstock_testkit import channel_suite, node_suite, policy_suite
"""
_KINDS = (("node", "nodes"), ("policy", "policies"), ("channel", "channels"))


class _Suites:
    """A pytest plugin: keeps the tests that suites have made, and notes what becomes of them."""

    def __init__(self, by: str) -> None:
        self.by = by
        self.told: dict[str, dict[str, Any]] = {}
        self.unread: list[str] = []
        self._asked: dict[str, tuple[str, str]] = {}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what is no question of a suite."""
        kept, others = [], []
        for item in items:
            suite = getattr(getattr(item, "cls", None), SUITE, None)
            code = getattr(getattr(item, "function", None), CODE, None)
            if suite is None or code is None:
                others.append(item)
                continue
            kept.append(item)
            self._asked[item.nodeid] = (suite, code)
            self.told.setdefault(suite, {"by": self.by, "answers": []})
        items[:] = kept
        config.hook.pytest_deselected(items=others)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be imported."""
        if report.failed:
            last = str(report.longrepr).strip().splitlines()
            self.unread.append(f"{report.nodeid}: {last[-1].removeprefix('E').strip() if last else 'it failed'}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note an answer; one that fails while it is set up or torn down is no answer, and is noted as a failure."""
        if report.when != "call" and report.passed:
            return
        suite, code = self._asked[report.nodeid]
        said = (
            report.longrepr[2].removeprefix("Skipped: ")
            if isinstance(report.longrepr, tuple)
            else str(report.longrepr or "")
        )
        if report.failed and not said.startswith(f"{code}: "):  # no complaint of a check: what was raised
            raised = [line[2:].strip() for line in said.splitlines() if line.startswith("E ")]
            said = f"{raised[0] if raised else 'it failed'}\n{said}"
        said = said.removeprefix(f"{code}: ")
        self.told[suite]["answers"].append({"code": code, "outcome": report.outcome, "said": said})


def main(words: Sequence[str] | None = None) -> int:
    """Ask, and write what was told; exit code 0 whatever the answers are."""
    reader = argparse.ArgumentParser(prog="penstock_testkit.applying")
    reader.add_argument("--manifest", type=Path, required=True)
    reader.add_argument("--root", required=True, help="where the package is imported from")
    reader.add_argument("--tests", type=Path)
    reader.add_argument("--told", type=Path, required=True, help="the file to write")
    said = reader.parse_args(words)
    sys.path.insert(0, said.root)
    manifest = json.loads(said.manifest.read_text("utf-8"))
    offers = [(kind, one) for kind, key in _KINDS for one in manifest.get(key, ())]
    own = _run(said.tests, said.tests.parent, "author") if said.tests else _Suites("author")
    told, unread = own.told, own.unread
    left = [(kind, one) for kind, one in offers if f"{kind} {one['id']}" not in told]
    rest = [(kind, one) for kind, one in left if not one.get("config", {}).get("required")]
    for kind, one in left:
        needed = ", ".join(f"`{name}`" for name in one.get("config", {}).get("required", ()))
        told[f"{kind} {one['id']}"] = {"by": "nobody", "answers": [], "left_out": f"its config wants {needed}"}
    if rest:
        with tempfile.TemporaryDirectory(prefix="penstock-rest-") as folder:
            Path(folder, "test_rest.py").write_text(_REST + "".join(map(_line, range(len(rest)), rest)), "utf-8")
            asked = _run(Path(folder), Path(folder), "defaults")
        told |= asked.told
        unread += asked.unread
    value = {"format": FORMAT, "told": told, "unread": unread}
    said.told.write_text(json.dumps(value, indent=1, sort_keys=True), "utf-8")
    return 0


def _line(number: int, offer: tuple[str, dict[str, Any]]) -> str:
    kind, facts = offer
    module, _, word = facts["import_path"].partition(":")
    return f"Test{number} = {kind}_suite(import_module({module!r}).{word})\n"


def _run(tests: Path, root: Path, by: str) -> _Suites:
    suites = _Suites(by)
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*_QUIET, "--rootdir", str(root), str(tests)], plugins=[suites])
    return suites


if __name__ == "__main__":
    raise SystemExit(main())
