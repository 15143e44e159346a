"""The store keeps a project whole or not at all, and leaves everything else alone."""

from __future__ import annotations

import os

import pytest

from penstock_trust.install import forget
from penstock_trust.refusal import Refusal
from penstock_trust.store import RECEIPT, Store

KEPT = {RECEIPT: b"receipt", "a.whl": b"wheel"}


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


def test_what_is_kept_is_found(store):
    store.keep("acme-flow", KEPT)
    assert store.names() == ["acme-flow"]
    assert {name: store.read("acme-flow", name) for name in KEPT} == KEPT
    assert store.read("acme-flow", "b.whl") is None
    assert store.read("acme-other", RECEIPT) is None


def test_what_belongs_to_the_version_before_goes(store):
    store.keep("acme-flow", KEPT)
    store.keep("acme-flow", {RECEIPT: b"receipt", "b.whl": b"wheel"})
    assert sorted(os.listdir(store.path("acme-flow", ""))) == ["b.whl", RECEIPT]


def test_a_project_without_a_receipt_is_not_listed(store):
    store.keep("acme-flow", {"a.whl": b"wheel"})
    assert store.names() == []


def test_what_is_forgotten_is_gone(store):
    store.keep("acme-flow", KEPT)
    assert store.forget("acme-flow")
    assert not store.forget("acme-flow")
    assert not os.path.exists(store.path("acme-flow", ""))


def test_a_file_that_is_too_large_is_not_read(store):
    store.keep("acme-flow", KEPT)
    with pytest.raises(OSError, match="more than 3 bytes"):
        store.read("acme-flow", RECEIPT, limit=3)


@pytest.mark.parametrize("name", ["../victim", "/victim", "..", "", "Victim", "victim/", "a--b"])
def test_no_name_leads_out_of_the_store(scene, name):
    victim = scene.folder / "victim"
    victim.mkdir()
    (victim / RECEIPT).write_text("")
    store = Store(str(scene.folder / "store"))
    os.makedirs(store.root)
    assert not store.forget(name)
    assert not forget(f"../{name}", site=scene.site)
    with pytest.raises(Refusal) as caught:
        store.keep(name, KEPT)
    assert caught.value.code == "T443"
    assert os.listdir(victim) == [RECEIPT]


def test_a_store_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "store").write_text("a file in its place")
    with pytest.raises(Refusal) as caught:
        Store(str(tmp_path / "store")).keep("acme-flow", KEPT)
    assert caught.value.code == "T443"
