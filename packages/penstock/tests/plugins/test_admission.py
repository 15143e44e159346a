"""Nothing of a pack is imported before those have been asked whom the host configuration names."""

from __future__ import annotations

import sys

import pytest

from penstock._plugins.admission import Admission
from penstock._plugins.gate import BrokenProvider, Gate, Refused
from penstock._plugins.host import Host
from penstock._plugins.packs import FoundPack

GUARD = """
from penstock import Admission
asked = []
def penstock_admit(pack):
    asked.append(pack.distribution)
    if pack.distribution == "bad":
        return Admission(False, "it is on the list")
    if pack.distribution == "good":
        return Admission(True, "it is signed")
"""


def pack(distribution="good", package=None):
    return FoundPack(distribution, distribution, "1.0", package or distribution, None, None, "/nowhere")


@pytest.fixture
def guard(importable):
    (importable.folder / "guard.py").write_text(GUARD)
    return importable


def gate(*providers, required=None):
    return Gate(Host(providers, required))


def test_without_providers_everybody_is_admitted():
    gate().admit(pack())


def test_silence_is_no_when_a_yes_is_required():
    with pytest.raises(Refused) as caught:
        gate(required=True).admit(pack())
    assert caught.value.findings[0].code == "P202"


def test_silence_is_yes_when_none_is(guard):
    gate("guard", required=False).admit(pack("unheard-of"))


def test_a_yes_admits_and_a_no_says_why(guard):
    door = gate("guard")
    door.admit(pack("good"))
    with pytest.raises(Refused, match="it is on the list") as caught:
        door.admit(pack("bad"))
    assert caught.value.findings[0].code == "P201"


def test_silence_of_a_provider_is_no_as_well(guard):
    with pytest.raises(Refused, match="nobody said yes"):
        gate("guard").admit(pack("unheard-of"))


def test_each_pack_is_asked_for_once(guard):
    door = gate("guard")
    for _ in range(3):
        door.admit(pack("good"))
    assert sys.modules["guard"].asked == ["good"]


def test_one_no_is_enough_whoever_says_it_first(guard):
    yes = "from penstock import Admission\ndef penstock_admit(pack):\n    return Admission(True, 'everybody')\n"
    (guard.folder / "open_door.py").write_text(yes)
    for order in (("guard", "open_door"), ("open_door", "guard")):
        with pytest.raises(Refused, match="on the list"):
            gate(*order).admit(pack("bad"))
        gate(*order).admit(pack("unheard-of"))


def test_an_object_in_a_module_can_be_the_provider(guard):
    code = "from penstock import Admission\nclass Door:\n    def penstock_admit(self, pack):\n        return Admission(True, 'x')\n"
    (guard.folder / "house.py").write_text(code + "class front:\n    door = Door()\n")
    gate("house:front.door").admit(pack())


@pytest.mark.parametrize(
    "code",
    [
        "raise ImportError('no such key ring')",
        "x = 1",
        "def penstock_admit(pack):\n    raise KeyError('key')",
        "def penstock_admit(pack):\n    return True",
        "def penstock_admit(package):\n    return None",
        "raise SyntaxError",
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_a_guard_that_does_not_work_admits_nobody(importable, code, required):
    (importable.folder / "broken_guard.py").write_text(code + "\n")
    with pytest.raises(BrokenProvider, match="`broken_guard`") as caught:
        gate("broken_guard", required=required).admit(pack())
    assert caught.value.__cause__ is not None


def test_a_pack_cannot_admit_itself(importable):
    """Its own word does not count, even if it is a provider; being named by the host does."""
    code = "from penstock import Admission\ndef penstock_admit(pack):\n    return Admission(True, 'I am good')\n"
    importable.pack("self-made", "thing", code=code + "class Thing: pass\n")
    catalog = importable.discover(host=Host((), required=True))
    with pytest.raises(Refused):
        catalog.load_node("thing")
    assert "self_made" not in sys.modules


def test_a_pack_with_a_provider_in_it_is_admitted_by_having_been_named(importable):
    code = "def penstock_admit(pack):\n    raise RuntimeError('asked about itself')\n"
    importable.package("trusty", code)
    gate("trusty", required=True).admit(pack("trusty"))
    gate("trusty.sub:door", required=True).admit(pack("trusty"))


def test_a_name_that_only_begins_alike_is_somebody_elses(guard):
    with pytest.raises(Refused):
        gate("guard").admit(pack("gua", "gua"))


def test_a_provider_hears_of_the_packs_that_will_be_wanted_next(importable):
    code = GUARD.replace("(pack):", "(pack, others):").replace(
        "(pack.distribution)\n", "((pack.distribution, [other.distribution for other in others]))\n"
    )
    (importable.folder / "guard.py").write_text(code)
    door = gate("guard", required=False)
    door.expect([pack("good"), pack("better"), pack("guard"), pack("good")])
    door.expect([pack("best")])
    for name in ("good", "other", "better", "guard", "best"):
        door.admit(pack(name))
    assert sys.modules["guard"].asked == [
        ("good", ["better", "best"]), ("other", ["better", "best"]), ("better", ["best"]), ("best", [])
    ]  # fmt: skip  # who is asked about, and who is next


def test_nothing_is_imported_of_a_pack_that_is_refused(importable, guard):
    importable.pack("bad", "node")
    with pytest.raises(Refused):
        importable.discover(host=Host(("guard",))).load_node("node")
    assert "bad" not in sys.modules


def test_an_answer_speaks_for_itself():
    assert Admission(True, "signed") == Admission(True, "signed") != Admission(False, "signed")
