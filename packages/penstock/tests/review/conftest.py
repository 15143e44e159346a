"""A pack without fault, to be spoilt in one place, as a project and as the wheel that is built from it."""

from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = """\
[project]
name = "acme-review"
version = "0.1.0"
description = "Nodes for reviews"
readme = "README.md"
requires-python = ">=3.10"
license = "Apache-2.0"
classifiers = ["Programming Language :: Python :: 3.10", "Programming Language :: Python :: 3.13"]
dependencies = ["penstock>=0.1,<0.2", "msgspec>=0.19,<1"]

[project.entry-points.penstock]
review = "acme_review"

[project.scripts]
acme-review = "acme_review.cli:main"
"""
INIT = '''"""What the pack offers."""

def penstock_nodes():
    from acme_review.nodes import Double, Keep
    return [Double, Keep]

def penstock_policies():
    from acme_review.policies import Steady
    return [Steady]
'''
NODES = '''"""The nodes."""

from pathlib import Path
from typing import TypedDict

from acme_review import files
from penstock import In, Out, node


class Number(TypedDict):
    n: int


@node("double")
class Double:
    """Double each number."""

    in_: In[Number]
    out: Out[Number]
    factor: int = 2

    def process(self, record, ctx):
        return record.derive({"n": record.payload["n"] * self.factor})


@node("keep", effect="idempotent", capabilities=["filesystem", "external-effects"])
class Keep:
    """Keep each number in a file of its own."""

    in_: In[Number]
    folder: str = "kept"

    def write(self, record, ctx):
        files.put(Path(self.folder, ctx.effect_key), str(record.payload["n"]))
'''
FILES = '''"""Put texts into files."""

def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
'''
POLICIES = '''"""The policies."""

from penstock import DeadLetter, Delay, policy


@policy("steady")
class Steady:
    """Try again at steady intervals."""

    attempts: int = 3

    def failure(self, failure):
        return DeadLetter("tired") if failure.attempt >= self.attempts else Delay(1.0)
'''
README = "# acme-review\n\nNodes for reviews: one that doubles numbers, and one that keeps them.\n\n    pip install acme-review\n"
GRAPH = "format: 1\nname: it\nnodes:\n  a: {type: double}\n  b: {type: keep}\nlinks: []\n"
TEXTS = {
    "pyproject.toml": PROJECT,
    "README.md": README,
    "LICENSE": "Apache License\n",
    "CHANGELOG.md": "# Changes\n\n## 0.1.0\n\n* First version.\n",
    "docs/nodes.md": "# Nodes\n\n## double\n\n`factor`: by what.\n\n## keep\n\n`folder`: where.\n",
    "docs/steady.md": "# steady\n\n`attempts`: how often.\n",
    "examples/it.graph.yaml": GRAPH,
    "src/acme_review/__init__.py": INIT,
    "src/acme_review/nodes.py": NODES,
    "src/acme_review/files.py": FILES,
    "src/acme_review/policies.py": POLICIES,
    "src/acme_review/cli.py": "def main():\n    return 0\n",
    "src/acme_review/py.typed": "",
}
METADATA = """\
Metadata-Version: 2.4
Name: acme-review
Version: 0.1.0
License-Expression: Apache-2.0
License-File: LICENSE
Classifier: Programming Language :: Python :: 3.10
Requires-Python: >=3.10
Requires-Dist: penstock<0.2,>=0.1
Requires-Dist: msgspec<1,>=0.19
Description-Content-Type: text/markdown

"""
INFO = "acme_review-0.1.0.dist-info"


class Tree:
    """A project on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in TEXTS.items():
            self.put(name, text)

    def put(self, name: str, data: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())

    def edit(self, name: str, before: str, after: str) -> None:
        text = (self.folder / name).read_text()
        assert before in text, f"{before!r} is not in {name}"
        self.put(name, text.replace(before, after))

    def drop(self, name: str) -> None:
        (self.folder / name).unlink()

    def lock(self) -> None:
        from penstock.manifest.lock import lock

        self.forget()
        assert lock(str(self.folder)).report.findings == ()

    def review(self, **said: Any) -> Any:
        from penstock._review.review import review

        self.forget()
        return review(str(self.folder), **{"kit": False, **said})

    def forget(self) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "acme_review"]:
            del sys.modules[name]


class Wheel:
    """The files of a wheel, before they are packed."""

    def __init__(self, tree: Tree) -> None:
        source = tree.folder / "src"
        self.path = tree.folder.parent / "acme_review-0.1.0-py3-none-any.whl"
        self.files = {
            path.relative_to(source).as_posix(): path.read_bytes()
            for path in sorted(source.rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        }
        self.files[f"{INFO}/METADATA"] = (METADATA + README).encode()
        self.files[f"{INFO}/WHEEL"] = (
            b"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        self.files[f"{INFO}/entry_points.txt"] = b"[penstock]\nreview = acme_review\n"
        self.files[f"{INFO}/licenses/LICENSE"] = b"Apache License\n"
        self.record: dict[str, str] = {}

    def pack(self) -> str:
        told = {name: self.record.get(name, _hash(data)) for name, data in self.files.items()}
        rows = [f"{name},{digest},{len(self.files[name])}" for name, digest in told.items() if digest]
        with zipfile.ZipFile(self.path, "w") as packed:
            for name, data in self.files.items():
                packed.writestr(name, data)
            packed.writestr(f"{INFO}/RECORD", "\n".join([*rows, f"{INFO}/RECORD,,"]) + "\n")
        return str(self.path)

    def review(self, **said: Any) -> Any:
        from penstock._review.review import review

        return review(self.pack(), **{"kit": False, **said})


def _hash(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    made = Tree(tmp_path / "tree")
    made.lock()
    yield made
    made.forget()


@pytest.fixture
def wheel(tree: Tree) -> Wheel:
    tree.forget()
    return Wheel(tree)
