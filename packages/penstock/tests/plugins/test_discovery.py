"""Packs are found by their manifests, and nothing of them is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from penstock.manifest.canonical import digest_of
from penstock_findings import PenstockError


def codes(catalog):
    return sorted(finding.code for finding in catalog.findings)


def test_a_hundred_packs_are_listed_and_none_is_imported(site):
    for number in range(100):
        site.pack(f"pack-{number}", f"node-{number}")
    before = set(sys.modules)
    catalog = site.discover()
    assert len(catalog.packs) == len(catalog.nodes) == 100
    assert catalog.findings == ()
    assert not {name for name in set(sys.modules) - before if name.startswith("pack_")}


def test_a_pack_says_where_it_is_and_what_it_offers(site):
    package = site.pack("acme-vision", "zone", "blur", name="vision", version="2.1")
    (pack,) = site.discover().packs
    assert str(pack) == "acme-vision 2.1"
    assert (pack.name, pack.package, pack.location) == ("vision", "acme_vision", str(package / "penstock-pack.json"))
    assert [node.id for node in pack.manifest.nodes] == ["zone", "blur"]


def test_a_package_within_a_namespace_is_found_without_importing_its_parents(site):
    site.info("acme-deep", "1.0", "[penstock]\ndeep = acme.packs.deep\n")
    value = {"format": 1, "pack": "acme-deep", "version": "1.0", "sdk": 1}
    site.package("acme.packs.deep", manifest=value)
    assert codes(site.discover()) == []


def test_an_editable_installation_is_found_through_its_pth_file(site, tmp_path):
    tree = tmp_path / "tree" / "src"
    elsewhere = type(site)(tree)
    elsewhere.package("acme", manifest={"format": 1, "pack": "acme", "version": "1.0", "sdk": 1, "nodes": []})
    site.info("acme", "1.0", "[penstock]\nacme = acme\n")
    (site.folder / "_editable_impl_acme.pth").write_text(f"{tree}\n")
    start = f"import site; site.addsitedir({str(site.folder)!r})\n"  # as the interpreter does with its own folders
    code = start + "from penstock.cli import main; raise SystemExit(main(['packs']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=site.environment(PYTHONPATH="")
    )
    assert "acme" in done.stdout
    assert "P105" not in done.stderr


def test_an_editable_installation_with_a_finder_of_its_own_is_found(site, tmp_path):
    tree = tmp_path / "tree" / "deep"
    type(site)(tree).package("acme_editable", manifest={"format": 1, "pack": "acme", "version": "1.0", "sdk": 1})
    site.info("acme", "1.0", "[penstock]\nacme = acme_editable\n")
    finder = f"""
import sys
from importlib.machinery import PathFinder
class EditableFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [{str(tree)!r}]) if name == "acme_editable" else None
class BrokenFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "acme_editable":
            raise RuntimeError("somebody else's plug-in")
sys.meta_path += [EditableFinder]
sys.meta_path.insert(0, BrokenFinder)
from penstock._plugins.discovery import discover
print([(str(pack), pack.manifest is not None) for pack in discover().packs if pack.name == "acme"])
print("acme_editable" in sys.modules)
"""
    imported_first = "import penstock._plugins.discovery, penstock_findings.finding\n"
    done = subprocess.run(
        [sys.executable, "-c", imported_first + finder], capture_output=True, text=True, env=site.environment()
    )
    assert done.stdout.splitlines() == ["[('acme 1.0', True)]", "False"], done.stderr


BROKEN = {
    "no manifest": (None, ["P106"]),
    "no json": ("{", ["F104", "P107"]),
    "no utf-8": (b'{"\xff": 1}', ["F103", "P107"]),
    "nothing": ("", ["F112", "P107"]),
    "a key twice": ('{"format": 1, "format": 1}', ["F105", "P107"]),
    "not a number": ('{"format": NaN}', ["F107", "P107"]),
    "a list": ("[]", ["M101", "P107"]),
    "deep": ("[" * 100_000, ["F110", "P107"]),
    "unknown format": ('{"format": 2, "flavour": 1}', ["M105", "P108"]),
    "newer sdk": ('{"format": 1, "pack": "bad", "version": "1.0", "sdk": 99, "flavour": 1}', ["M106", "P108"]),
    "wrong shape": ('{"format": 1, "pack": "bad", "version": "1.0", "nods": []}', ["M102", "M103", "P107"]),
    "another pack's": ('{"format": 1, "pack": "good", "version": "1.0", "sdk": 1}', ["P109"]),
    "another version's": ('{"format": 1, "pack": "bad", "version": "0.9", "sdk": 1}', ["P110"]),
}


@pytest.mark.parametrize(("manifest", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_broken_pack_is_reported_and_costs_the_others_nothing(site, manifest, expected):
    site.pack("good", "fine")
    site.info("bad", "1.0", "[penstock]\nbad = bad\n")
    site.package("bad", manifest=manifest)
    catalog = site.discover()
    assert codes(catalog) == expected
    assert list(catalog.nodes) == ["fine"]
    assert [pack.name for pack in catalog.packs] == ["bad", "good"]
    usable = {pack.name: pack.manifest is not None for pack in catalog.packs}
    assert usable == {"good": True, "bad": expected == ["P110"]}
    assert all(finding.at.path for finding in catalog.findings)


def test_a_package_that_is_not_there_is_reported(site):
    site.info("gone", "1.0", "[penstock]\ngone = gone_package\n")
    assert codes(site.discover()) == ["P105"]


def test_a_single_module_cannot_be_a_pack(site):
    site.info("flat", "1.0", "[penstock]\nflat = flat\n")
    (site.folder / "flat.py").write_text("x = 1\n")
    assert codes(site.discover()) == ["P105"]


def test_code_outside_of_the_package_is_not_offered(site):
    from_elsewhere = {"id": "sly", "role": "sink", "effect": "none", "import_path": "os:system", "config": {}}
    site.info("sly", "1.0", "[penstock]\nsly = sly\n")
    site.package("sly", manifest={"format": 1, "pack": "sly", "version": "1.0", "sdk": 1, "nodes": [from_elsewhere]})
    catalog = site.discover()
    assert (codes(catalog), dict(catalog.nodes)) == (["P111"], {})


def test_two_packs_that_claim_one_name_are_both_named_and_neither_has_it(site):
    site.pack("first", "same", "mine")
    site.pack("second", "same", "other")
    catalog = site.discover()
    (finding,) = catalog.findings
    assert finding.code == "P302"
    assert "`first 1.0`" in finding.message
    assert "`second 1.0`" in finding.message
    assert finding.evidence["distributions"] == ["first", "second"]
    assert sorted(catalog.nodes) == ["mine", "other"]
    assert [pack.name for pack in catalog.clashes["node type", "same"]] == ["first", "second"]


def test_three_packs_that_claim_one_name_are_all_named(site):
    for name in ("a", "b", "c"):
        site.pack(name, "same")
    catalog = site.discover()
    assert codes(catalog) == ["P302", "P302"]
    assert [pack.name for pack in catalog.clashes["node type", "same"]] == ["a", "b", "c"]


def test_two_packs_with_one_short_name_are_neither_offered(site):
    site.pack("first", "one", name="same")
    site.pack("second", "two", name="same")
    catalog = site.discover()
    assert (codes(catalog), catalog.packs) == (["P301"], ())


def contract(schema, name="detection", version="1.0"):
    return {"name": name, "version": version, "digest": digest_of(schema), "schema": schema}


def test_packs_may_share_a_contract_as_long_as_they_mean_the_same(site):
    site.pack("first", contracts=[contract({"type": "object"})])
    site.pack("second", contracts=[contract({"type": "object"})])
    catalog = site.discover()
    assert (codes(catalog), list(catalog.contracts)) == ([], ["detection@1.0"])


def test_one_contract_with_two_meanings_is_offered_by_neither(site):
    site.pack("first", contracts=[contract({"type": "object"}), contract({}, version="2.0")])
    site.pack("second", contracts=[contract({"type": "array"})])
    catalog = site.discover()
    assert (codes(catalog), list(catalog.contracts)) == (["P303"], ["detection@2.0"])


def test_policies_and_commands_are_offered_too(site):
    policy = {"id": "patient", "points": ["failure"], "import_path": "tool:Patient", "config": {}}
    site.pack("tool", policies=[policy], commands=[{"name": "fix", "doc": "Fix it.", "import_path": "tool.cli:main"}])
    catalog = site.discover()
    assert catalog.policy("patient").facts.points == ("failure",)
    assert catalog.commands["fix"].pack.name == "tool"


@pytest.mark.parametrize("word", ["zones", "zon", "Zone"])
def test_an_unknown_name_is_an_error_with_the_nearest_one(site, word):
    site.pack("vision", "zone")
    with pytest.raises(PenstockError) as caught:
        site.discover().node(word)
    (finding,) = caught.value.findings
    assert (finding.code, finding.hint) == ("P225", "write `zone`")


def test_asking_for_a_claimed_name_says_who_claims_it(site):
    site.pack("first", "same")
    site.pack("second", "same")
    with pytest.raises(PenstockError, match=r"`first 1\.0` and `second 1\.0`") as caught:
        site.discover().node("same")
    assert caught.value.findings[0].code == "P302"


def test_the_order_of_the_folder_does_not_matter(site, tmp_path):
    other = type(site)(tmp_path / "other")
    names = ["b", "a", "c"]
    for name in names:
        site.pack(name, f"node-{name}")
    for name in reversed(names):
        other.pack(name, f"node-{name}")
    assert [pack.name for pack in site.discover().packs] == [pack.name for pack in other.discover().packs]
