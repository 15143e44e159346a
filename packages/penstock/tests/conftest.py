"""A site of installed packs, made of real files in a temporary folder.

Ignores: packs that are really installed on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock._plugins.discovery import Catalog, discover

EXPLODES = 'raise RuntimeError("nobody may import this")\n'


def manifest_value(pack: str, version: str = "1.0", **more: Any) -> dict[str, Any]:
    """The smallest manifest, and what is added to it."""
    return {"format": 1, "pack": pack, "version": version, "sdk": 1, **more}


def node_value(id: str, package: str, **more: Any) -> dict[str, Any]:
    """A node type as manifests have it."""
    return {
        "id": id,
        "role": "transform",
        "effect": "none",
        "import_path": f"{package}:{id.title().replace('-', '')}",
        "config": {"type": "object", "additionalProperties": False},
        "inputs": [{"name": "in"}],
        "outputs": [{"name": "out"}],
        **more,
    }


class Site:
    """A folder as `site-packages` is one."""

    def __init__(self, folder: Path, bytecode: Path | None = None) -> None:
        self.folder = folder
        self.bytecode = bytecode or folder / "bytecode"
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def path(self) -> list[str]:
        return [str(self.folder)]

    def info(self, distribution: str, version: str = "1.0", entry_points: str | bytes | None = None) -> Path:
        """A *.dist-info folder."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        if entry_points is not None:
            data = entry_points.encode() if isinstance(entry_points, str) else entry_points
            (info / "entry_points.txt").write_bytes(data)
        return info

    def package(self, name: str, code: str = EXPLODES, manifest: Any = None) -> Path:
        """An importable package; by default one that nobody may import."""
        package = self.folder.joinpath(*name.split("."))
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(code)
        if manifest is not None:
            text = manifest if isinstance(manifest, (str, bytes)) else json.dumps(manifest)
            (package / "penstock-pack.json").write_bytes(text.encode() if isinstance(text, str) else text)
        return package

    def pack(
        self,
        distribution: str,
        *nodes: str,
        version: str = "1.0",
        name: str | None = None,
        code: str = EXPLODES,
        **more: Any,
    ) -> Path:
        """A whole pack with these node types."""
        package = distribution.replace("-", "_")
        self.info(distribution, version, f"[penstock]\n{name or distribution} = {package}\n")
        said = manifest_value(distribution, version, nodes=[node_value(id, package) for id in nodes], **more)
        return self.package(package, code, said)

    def discover(self, **options: Any) -> Catalog:
        return discover(self.path, **options)

    def environment(self, **more: str) -> dict[str, str]:
        """An environment in which Python finds this site before everything else, and no configuration of this machine."""
        foreign = ("PENSTOCK", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            "PYTHONPATH": str(self.folder),
            "PYTHONPYCACHEPREFIX": str(self.bytecode),  # compiled once, and not beside anybody's code
            "XDG_CONFIG_HOME": str(self.folder / "no-config"),
            **more,
        }

    def penstock(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """The command itself, in a process of its own."""
        environment = self.environment(**options.pop("environment", {}))
        return subprocess.run(
            [sys.executable, "-m", "penstock", *words],
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            cwd=options.pop("cwd", self.folder),
            **options,
        )


@pytest.fixture
def site(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path / "site", tmp_path_factory.getbasetemp() / "bytecode")


@pytest.fixture
def importable(site: Site) -> Iterator[Site]:
    """The site, with its packages importable in this process and forgotten afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(site.folder))
    yield site
    sys.path.remove(str(site.folder))
    for name in set(sys.modules) - before:
        if str(site.folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
