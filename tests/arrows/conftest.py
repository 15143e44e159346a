"""The tree as facts: where it is, what its settings say, which packages it holds, which files are ours.

Ignores: what any of it should be; the tests beside this file say that.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def settings() -> dict[str, Any]:
    """What the root pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def packages() -> dict[str, dict[str, Any]]:
    """Folder name of a package -> what its pyproject.toml says, sorted."""
    return {
        path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(ROOT.glob("packages/*/pyproject.toml"))
    }


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file that is committed or would be with `git add .`, sorted; in a tree without git, all but hidden folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        found = {ROOT / name for name in listed.stdout.decode().split("\0") if name}
    else:
        found = {
            path for path in ROOT.rglob("*") if not any(part[0] == "." for part in path.relative_to(ROOT).parts[:-1])
        }
    return sorted(path for path in found if path.is_file())


@pytest.fixture(scope="session")
def sources(files: list[Path]) -> list[Path]:
    """The Python files among them that we ship or test with."""
    return [path for path in files if path.suffix == ".py"]
