"""Compiled code is hashed before it is loaded, and cannot run from a wheel."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from scene import files_of, wheel_of

from penstock_trust.loader.finder import NativeLoader
from penstock_trust.loader.governed import NotAsAccepted

CANDIDATES = ("_queue", "_lsprof", "_zoneinfo", "_opcode", "_statistics", "_heapq", "_bisect")


@pytest.fixture
def compiled(scene):
    """A pack with an extension module of Python's own; gives the module's name and its file."""
    specs = [importlib.util.find_spec(name) for name in CANDIDATES]
    spec = next(
        (spec for spec in specs if spec is not None and str(spec.origin).endswith(tuple(EXTENSION_SUFFIXES))), None
    )
    if spec is None:
        pytest.skip("this Python has all of its extension modules built in")
    inside = f"acme_flow/{spec.name}{EXTENSION_SUFFIXES[0]}"
    wheel = wheel_of({**files_of(), inside: Path(str(spec.origin)).read_bytes()})
    scene.unpack(wheel)

    def accept(mode="verified"):
        scene.allow("native", load=mode)
        scene.accept(wheel)

    return accept, f"acme_flow.{spec.name}", scene.packages / inside


@pytest.mark.parametrize("mode", ["verified", "checked"])
def test_an_accepted_extension_module_loads(scene, compiled, mode):
    accept, name, _ = compiled
    accept(mode)
    assert scene.codes() == []
    module = importlib.import_module(name)
    assert isinstance(module.__spec__.loader, NativeLoader)


def test_a_changed_extension_module_does_not_load(scene, compiled):
    accept, name, file = compiled
    accept()
    guard = scene.guard()
    assert guard.admit(scene.asked()).allowed
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(NotAsAccepted, match="T422"):
        importlib.import_module(name)
    assert scene.codes() == ["T411"]


def test_a_sealed_pack_has_none(scene, compiled):
    accept, *_ = compiled
    accept("sealed")
    assert scene.codes() == ["T420"]
