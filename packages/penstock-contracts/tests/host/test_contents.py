"""The table of contents: every name is there, importing it costs nothing, and the examples of the README run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import penstock_contracts

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.parametrize("name", penstock_contracts.__all__)
def test_every_name_in_the_table_of_contents_exists(name):
    assert getattr(penstock_contracts, name) is not None
    assert name in dir(penstock_contracts)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_thing"):
        penstock_contracts.no_such_thing  # noqa: B018 - looking it up is the test


@pytest.mark.parametrize(
    "code",
    [
        "import penstock_contracts",
        "import penstock_contracts; penstock_contracts.penstock_graph_checks()",
        "from penstock_contracts.host import _links; import types; _links(types.SimpleNamespace(contracts={}))",
    ],
)
def test_what_the_core_asks_at_every_start_imports_no_engine(code):
    shown = f"import sys; {code}; print(*sorted(name for name in sys.modules if name.startswith(('penstock', 'jsonschema', 'click'))))"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"penstock_contracts", "penstock_contracts.host"}


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL))
def test_the_examples_of_the_readme_run(block):
    exec(compile(block, str(README), "exec"), {"__name__": "readme"})
