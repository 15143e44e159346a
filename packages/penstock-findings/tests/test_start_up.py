"""What start-up may cost is bounded by what may be imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

import penstock_findings

HEAVY = {
    "asyncio",
    "ast",
    "dataclasses",
    "difflib",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "tomllib",
    "typing",
    "unicodedata",
    "urllib",
    "yaml",
}


def imported(code: str) -> set[str]:
    """The modules that a fresh interpreter has after the code, without those it starts with."""
    shown = "; import sys; print(*sys.modules)"
    runs = [
        subprocess.run([sys.executable, "-I", "-S", "-c", text], capture_output=True, text=True, check=True).stdout
        for text in ("pass" + shown, f"import sys; sys.path[:0] = {sys.path!r}; {code}{shown}")
    ]
    return set(runs[1].split()) - set(runs[0].split())


def test_importing_the_package_imports_nothing_else():
    assert imported("import penstock_findings") == {"penstock_findings"}


@pytest.mark.parametrize(
    "code",
    [
        "from penstock_findings import Finding, Location, PenstockError, Report, load, pointers, reporters, hint_for",
        "from penstock_findings import Report, write; write(Report('t'), 'text', sys.stderr)",
    ],
)
def test_facts_and_an_empty_report_import_nothing_heavy(code):
    assert not HEAVY & imported(code)


def test_loading_yaml_imports_no_more_than_yaml():
    code = "from penstock_findings import parse_yaml; assert parse_yaml(b'a: [1, x, 2.5]', 'x').document"
    yaml = imported("import yaml")
    assert not (HEAVY - {"yaml"}) & (imported(code) - yaml)


@pytest.mark.parametrize("name", penstock_findings.__all__)
def test_every_name_in_the_table_of_contents_exists(name):
    assert getattr(penstock_findings, name) is not None
    assert name in dir(penstock_findings)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_thing"):
        penstock_findings.no_such_thing  # noqa: B018 - looking it up is the test
