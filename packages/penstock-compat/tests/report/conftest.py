"""What the tests of reports share: one large matrix, made once."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_PATH = Path(__file__).with_name("synthetic.py")


@pytest.fixture(scope="session")
def synthetic():
    """The module that makes up results; tests have no package to import it from."""
    spec = importlib.util.spec_from_file_location("synthetic", _PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def large(synthetic):
    """A hundred packs, 24 cells each."""
    return synthetic.matrix()
