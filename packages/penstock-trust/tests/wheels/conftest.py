"""Let the tests of this folder find `scene`, the site that they put up; and leave Python's import as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SCENES = str(Path(__file__).resolve().parents[1] / "scenes")
if SCENES not in sys.path:
    sys.path.insert(0, SCENES)


@pytest.fixture
def scene(tmp_path):
    """A site, in which nothing is installed yet; whatever a test imports of it is forgotten afterwards."""
    from scene import Scene

    finders, modules = list(sys.meta_path), set(sys.modules)
    yield Scene(tmp_path)
    sys.meta_path[:] = finders
    for name in [name for name in sys.modules if name.startswith("acme") and name not in modules]:
        del sys.modules[name]
