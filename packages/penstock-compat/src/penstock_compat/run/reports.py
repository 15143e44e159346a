"""Read what was left behind in a cell: the probe's lines, and the test runner's JUnit file.

Takes:   paths of files that somebody else's code could write to.
Gives:   `read_probe`, `read_junit`; None where there is nothing usable.
Ignores: what it means.
"""

from __future__ import annotations

import json
import os
from typing import Any

from penstock_compat.outcome import Broken, TestReport

_LIMIT = 16 * 2**20  # bytes of a file that is read at all
_SHOWN = 50  # broken tests that are kept
_TEXT = 8000  # characters of each


def read_probe(path: str) -> dict[str, Any] | None:
    """What the environment said of itself: interpreter, installed, imported (names), `begins` or `fails` where it broke."""
    data = _data(path)
    if data is None:
        return None
    found: dict[str, Any] = {"imported": []}
    for text in data.decode("utf-8", "replace").splitlines():
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue  # cut off
        if not isinstance(line, dict):
            continue
        if "interpreter" in line:
            found.update(interpreter=line["interpreter"], installed=line.get("installed", {}))
        elif "begins" in line:
            found["begins"] = line["begins"]
        elif "ends" in line:
            found["imported"].append(line["ends"])
            found.pop("begins", None)
        elif "fails" in line:
            found["fails"] = line
            found.pop("begins", None)
    return found if isinstance(found.get("interpreter"), dict) else None


def read_junit(path: str) -> TestReport | None:
    """What the test runner counted."""
    data = _data(path)
    if data is None or b"<!DOCTYPE" in data or b"<!ENTITY" in data:  # no test runner writes those; a bomb needs them
        return None
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError):
        return None
    count = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in [root] if root.tag == "testsuite" else root.findall("testsuite"):
        for name in count:
            text = suite.get(name, "0")
            count[name] += int(text) if text.isdigit() else 0
    return TestReport(
        tests=count["tests"],
        failed=count["failures"],
        errors=count["errors"],
        skipped=count["skipped"],
        broken=tuple(_broken(root))[:_SHOWN],
    )


def _broken(root: Any) -> Any:
    for case in root.iter("testcase"):
        for kind in ("failure", "error"):
            found = case.find(kind)
            if found is not None:
                name = "::".join(word for word in (case.get("classname", ""), case.get("name", "")) if word)
                message = (found.get("message") or "").split("\n")[0][:500]
                yield Broken(name, kind, message, (found.text or "")[:_TEXT])
                break


def _data(path: str) -> bytes | None:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LIMIT:
            return None
        with open(path, "rb") as file:
            return file.read(_LIMIT)
    except OSError:
        return None
