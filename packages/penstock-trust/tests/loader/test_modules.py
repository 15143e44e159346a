"""Which file is which module: as Python's own finder has it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock_trust.loader.modules import NAMESPACE, NATIVE, SOURCE, Module, modules_of

SO = EXTENSION_SUFFIXES[0]
words = st.sampled_from(["acme_a", "acme_b", "not-a-word", "1st"])
files = st.sampled_from(
    ["__init__.py", "acme_a.py", "acme_b.py", "acme_a" + SO, "data.json", "__init__" + SO, "x.y.py"]
)
paths = st.lists(words, min_size=1, max_size=3).flatmap(
    lambda folder: files.map(lambda file: "/".join(["acme_top", *folder, file]))
)


@pytest.mark.parametrize(
    ("paths", "name", "module"),
    [
        (["acme/__init__.py"], "acme", Module("acme", SOURCE, "acme/__init__.py", "acme")),
        (["acme.py"], "acme", Module("acme", SOURCE, "acme.py")),
        (["acme/a.py"], "acme", Module("acme", NAMESPACE, "acme", "acme")),
        (["acme/a.py", "acme/a" + SO], "acme.a", Module("acme.a", NATIVE, "acme/a" + SO)),
        (["acme/a.py", "acme/a/__init__.py"], "acme.a", Module("acme.a", SOURCE, "acme/a/__init__.py", "acme/a")),
        (["acme/a.py", "acme/a/data.txt"], "acme.a", Module("acme.a", SOURCE, "acme/a.py")),
    ],
    ids=str,
)
def test_of_two_files_for_one_name_python_takes_one(paths, name, module):
    assert modules_of(paths)[name] == module


@settings(max_examples=60)
@given(st.sets(paths, min_size=1, max_size=8))
def test_python_would_find_the_same(tree):
    folder = Path(tempfile.mkdtemp(prefix="penstock-trust-"))
    try:
        for path in tree:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("")
        ours = modules_of(tree)
        for name in {*ours, "acme_top.acme_a", "acme_top.acme_b", "acme_top.nothing"}:
            assert told(folder, ours.get(name)) == as_python_finds(name, folder), (name, tree)
    finally:
        shutil.rmtree(folder)
        sys.path_importer_cache.clear()


def told(folder, module):
    if module is None:
        return None
    return module.kind, None if module.kind == NAMESPACE else str(folder / module.path)


def as_python_finds(name, folder):
    """Kind and place of a module by Python's own path finder, parents first, nothing executed."""
    search = [str(folder)]
    spec = None
    for word in name.split("."):  # the last word only: a dotted name would make it look for parents in `sys.modules`
        spec = PathFinder.find_spec(word, search) if search else None
        if spec is None:
            return None
        search = list(spec.submodule_search_locations or ())
    assert spec is not None
    if spec.origin is None:
        return NAMESPACE, None
    kind = NATIVE if isinstance(spec.loader, importlib.machinery.ExtensionFileLoader) else SOURCE
    return kind, spec.origin
