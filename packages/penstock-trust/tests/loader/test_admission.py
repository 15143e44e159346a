"""What speaks against a pack that wants to load: each question finds what it is there for, and nothing else does."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import types
from datetime import datetime, timezone

import pytest
from scene import NOW, POLICY, RELEASE, Scene, files_of, wheel_of

from penstock_findings.errors import PenstockError
from penstock_trust.admission import guard_of
from penstock_trust.audit.log import AuditLog
from penstock_trust.deny import compile_list, sign_list
from penstock_trust.loader.case import Asked
from penstock_trust.loader.checks import CHECKS
from penstock_trust.loader.finder import Finder
from penstock_trust.refusal import Refusal

DISTURBANCES = {}


def disturbance(check, code, **words):
    """Something done to a pack that was accepted; `check` finds it, with `code`."""

    def enter(do):
        DISTURBANCES[do.__name__.replace("_", " ")] = (do, check, code, words)
        return do

    return enter


def info(scene):
    return scene.packages / "acme_flow-1.0.dist-info"


@disturbance("modified", "T411")
def a_module_has_one_byte_more(scene):
    module = scene.packages / "acme_flow" / "nodes.py"
    module.write_bytes(module.read_bytes() + b"\n")


@disturbance("modified", "T411")
def a_module_has_one_byte_flipped(scene):
    module = scene.packages / "acme_flow" / "nodes.py"
    module.write_bytes(module.read_bytes().replace(b"2 *", b"3 *"))


@disturbance("modified", "T411")
def a_data_file_differs(scene):
    (scene.packages / "acme_flow" / "words" / "greeting.txt").write_text("HELLO\n")


@disturbance("modified", "T411")
def a_module_is_a_folder(scene):
    (scene.packages / "acme_flow" / "late.py").unlink()
    (scene.packages / "acme_flow" / "late.py").mkdir()


@disturbance("modified", "T411")
def a_module_is_a_pipe_that_nobody_writes(scene):
    (scene.packages / "acme_flow" / "late.py").unlink()
    os.mkfifo(scene.packages / "acme_flow" / "late.py")


@disturbance("signature", "T402")
def its_receipt_is_a_pipe_that_nobody_writes(scene):
    (scene.folder / "store" / "acme-flow" / "receipt.json").unlink()
    os.mkfifo(scene.folder / "store" / "acme-flow" / "receipt.json")


@disturbance("missing", "T412")
def a_module_is_gone(scene):
    (scene.packages / "acme_flow" / "late.py").unlink()


@disturbance("extra", "T413")
def there_is_a_module_more(scene):
    (scene.packages / "acme_flow" / "added.py").write_text("")


@disturbance("extra", "T413")
def there_is_a_link_to_a_folder_more(scene):
    (scene.packages / "acme_flow" / "linked").symlink_to(scene.folder, target_is_directory=True)


@disturbance("extra", "T413")
def something_else_than_a_pyc_is_in_the_cache(scene):
    (scene.packages / "acme_flow" / "__pycache__").mkdir()
    (scene.packages / "acme_flow" / "__pycache__" / "added.py").write_text("")


@disturbance("foreign", "T416")
def an_entry_point_was_added(scene):
    points = info(scene) / "entry_points.txt"
    points.write_text(points.read_text() + "more = acme_flow.nodes\n")


@disturbance("shadow", "T414")
def a_module_of_its_name_lies_beside_it(scene):
    (scene.packages / "acme_flow.py").write_text("")


@disturbance("shadow", "T414", path=("elsewhere",))
def a_package_of_its_name_is_elsewhere_on_the_path(scene):
    (scene.folder / "elsewhere" / "acme_flow").mkdir(parents=True)
    (scene.folder / "elsewhere" / "acme_flow" / "__init__.py").write_text("")


@disturbance("twice", "T419")
def another_version_is_mixed_in(scene):
    (scene.packages / "acme_flow-0.9.dist-info").mkdir()


@disturbance("editable", "T417")
def it_says_that_it_is_editable(scene):
    (info(scene) / "direct_url.json").write_text(json.dumps({"url": "file:///x", "dir_info": {"editable": True}}))


@disturbance("signature", "T402")
def its_receipt_is_signed_by_somebody_else(scene):
    receipt = json.loads((scene.folder / "store" / "acme-flow" / "receipt.json").read_bytes())
    receipt["signatures"][0]["keyid"] = RELEASE.public.id
    (scene.folder / "store" / "acme-flow" / "receipt.json").write_text(json.dumps(receipt))


@disturbance("signature", "T405")
def its_receipt_is_cut_off(scene):
    receipt = scene.folder / "store" / "acme-flow" / "receipt.json"
    receipt.write_bytes(receipt.read_bytes()[:-20])


@disturbance("receipt", "T401")
def its_receipt_is_gone(scene):
    (scene.folder / "store" / "acme-flow" / "receipt.json").unlink()


@disturbance("policy", "T404")
def the_policy_has_changed(scene):
    scene.write_policy(POLICY.replace("sequence = 3", "sequence = 4"))


@disturbance("policy", "T320", now=datetime(2027, 2, 1, tzinfo=timezone.utc))
def the_policy_has_ended(scene):
    pass


@disturbance("preloaded", "T418", modules={"acme_flow.nodes": types.ModuleType("acme_flow.nodes")})
def a_module_of_it_was_imported_before(scene):
    pass


def words_for(scene, words):
    return {**words, "path": tuple(str(scene.folder / each) for each in words.get("path", ()))}


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_disturbed_pack_does_not_load(scene, name):
    do, _, code, words = DISTURBANCES[name]
    scene.install()
    assert scene.codes() == []
    do(scene)
    assert scene.codes(**words_for(scene, words)) == [code]


@pytest.mark.parametrize("name", DISTURBANCES)
def test_each_question_is_the_only_one_that_finds_what_it_is_for(scene, name):
    do, check, _, words = DISTURBANCES[name]
    scene.install()
    do(scene)
    without = {key: value for key, value in CHECKS.items() if key != check}
    assert scene.codes(checks=without, **words_for(scene, words)) == []


def test_the_refusal_names_the_file_and_what_to_do(scene):
    scene.install()
    a_module_has_one_byte_flipped(scene)
    ruling = scene.guard().admit(scene.asked())
    assert ruling.findings[0].at.path == str(scene.packages / "acme_flow" / "nodes.py")
    assert "`acme_flow/nodes.py` of `acme-flow` is not what was accepted" in ruling.reason
    assert "penstock trust install" in ruling.reason


@pytest.mark.parametrize(
    ("word", "disturb"),
    [
        ("extra-files", there_is_a_module_more),
        ("shadowing", a_module_of_its_name_lies_beside_it),
        ("foreign-entry-points", an_entry_point_was_added),
        ("editable", it_says_that_it_is_editable),
        ("unsigned", its_receipt_is_gone),
    ],
)
def test_the_policy_can_let_it_pass(scene, word, disturb):
    scene.allow(word)
    scene.install()
    disturb(scene)
    assert scene.codes() == []


def test_a_modified_pack_never_loads_whatever_is_allowed(scene):
    scene.allow("unsigned", "extra-files", "shadowing", "namespace-portions", "foreign-entry-points")
    scene.install()
    a_module_has_one_byte_flipped(scene)
    assert scene.codes() == ["T411"]
    its_receipt_is_gone(scene)
    assert scene.codes() == ["T411"]


def unsigned(scene, name, modules):
    """A pack without a receipt, in a site that lets such packs load."""
    scene.unpack(wheel_of(files_of(name, "1.0", modules)))
    return scene.asked(name)


def test_a_pack_without_a_receipt_cannot_bring_changed_files_of_an_accepted_one(scene):
    scene.allow("unsigned")
    scene.install()
    thief = unsigned(scene, "acme-thief", {"acme_thief/__init__.py": "", "acme_flow/nodes.py": "EVIL = True\n"})
    assert scene.codes(thief) == ["T425"]
    assert scene.codes() == ["T411"]


def test_a_pack_without_a_receipt_cannot_add_to_the_package_of_an_accepted_one(scene):
    scene.allow("unsigned", "extra-files")
    scene.install()
    thief = unsigned(scene, "acme-thief", {"acme_thief/__init__.py": "", "acme_flow/more.py": "EVIL = True\n"})
    assert scene.codes(thief) == ["T425"]
    assert scene.codes() == []


@pytest.mark.parametrize("module", ["json/evil.py", "penstock/evil.py", "click.py"])
def test_a_pack_without_a_receipt_cannot_bring_what_everything_stands_on(scene, module):
    scene.allow("unsigned")
    thief = unsigned(scene, "acme-thief", {"acme_thief/__init__.py": "", module: ""})
    assert scene.codes(thief) == ["T425"]


def test_two_packs_without_receipts_may_share_a_namespace_with_an_accepted_one(scene):
    scene.allow("unsigned")
    for name, module in (("acme-base", "acme_common.base"), ("acme-more", "acme_common.more")):
        files = files_of(name, "1.0", {f"{module.replace('.', '/')}.py": ""})
        points = next(path for path in files if path.endswith("entry_points.txt"))
        wheel = wheel_of({**files, points: f"[penstock]\n{name} = {module}\n".encode()})
        scene.unpack(wheel)
        if name == "acme-base":
            scene.accept(wheel, name)
    assert scene.codes(scene.asked("acme-base", package="acme_common.base")) == []
    assert scene.codes(scene.asked("acme-more", package="acme_common.more")) == []


def test_a_pack_that_only_says_that_it_is_editable_is_compared_all_the_same(scene):
    scene.allow("editable")
    scene.install()
    it_says_that_it_is_editable(scene)
    a_module_has_one_byte_flipped(scene)
    assert scene.codes() == ["T411"]


def test_a_working_copy_that_nobody_accepted_loads_where_the_policy_allows_it(scene):
    scene.unpack(wheel_of(files_of()))
    it_says_that_it_is_editable(scene)
    a_module_has_one_byte_flipped(scene)
    assert scene.codes() == ["T417"]
    scene.allow("editable")
    assert scene.codes() == []


def test_a_manifest_from_elsewhere_is_told(scene):
    scene.install(modules={"acme_flow/__init__.py": "", "acme_flow/penstock-pack.json": "{}"})
    own = scene.asked()
    assert (
        scene.codes(Asked(own.installed, own.package, str(scene.packages / "acme_flow" / "penstock-pack.json"))) == []
    )
    other = scene.folder / "penstock-pack.json"
    other.write_text("{}")
    assert scene.codes(Asked(own.installed, own.package, str(other))) == ["T416"]


def test_an_unsigned_pack_without_a_record_counts_as_modified(scene):
    scene.allow("unsigned")
    scene.unpack(wheel_of(files_of()))
    assert scene.codes() == []
    (info(scene) / "RECORD").unlink()
    assert "T411" in scene.codes()


def test_a_pack_that_no_rule_names_is_refused(scene):
    scene.install()
    scene.write_policy(POLICY.replace("acme-*", "other-*"))
    assert scene.codes() == ["T323"]


def test_the_receipt_of_another_version_does_not_count(scene):
    scene.install()
    wheel = wheel_of(files_of(version="1.1"))
    for path in info(scene).iterdir():
        path.unlink()
    info(scene).rmdir()
    scene.unpack(wheel)
    assert scene.codes(scene.asked(version="1.1")) == ["T403"]


def test_the_receipt_of_another_project_does_not_count(scene):
    scene.install("acme-base", "1.0", {"acme_base/__init__.py": ""})
    scene.install()
    stolen = (scene.folder / "store" / "acme-base" / "receipt.json").read_bytes()
    (scene.folder / "store" / "acme-flow" / "receipt.json").write_bytes(stolen)
    assert scene.codes() == ["T403"]


def test_an_entry_point_into_somebody_elses_package_is_refused(scene):
    scene.install()
    scene.install("acme-base", "1.0", {"acme_base/__init__.py": ""})
    assert scene.codes(scene.asked("acme-base", package="acme_flow.nodes")) == ["T416"]


def test_a_part_of_a_namespace_elsewhere_is_refused_unless_allowed(scene):
    scene.install("acme-flow", "1.0", {"acme_flow/inner/nodes.py": "HERE = True\n"})
    (scene.folder / "elsewhere" / "acme_flow").mkdir(parents=True)
    elsewhere = (str(scene.folder / "elsewhere"),)
    assert scene.codes(path=elsewhere) == ["T415"]
    scene.allow("namespace-portions")
    scene.install("acme-flow", "1.0", {"acme_flow/inner/nodes.py": "HERE = True\n"})
    assert scene.codes(path=elsewhere) == []


def test_an_empty_folder_of_its_name_shadows_nothing(scene):
    scene.install()
    (scene.folder / "elsewhere" / "acme_flow").mkdir(parents=True)
    assert scene.codes(path=(str(scene.folder / "elsewhere"),)) == []


def test_a_sealed_pack_needs_its_wheel(scene):
    scene.allow(load="sealed")
    scene.install()
    assert scene.codes() == []
    wheel = next((scene.folder / "store" / "acme-flow").glob("*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"\n")
    assert scene.codes() == ["T420"]
    wheel.unlink()
    assert scene.codes() == ["T420"]


def test_compiled_files_of_python_are_passed_over(scene):
    scene.install()
    (scene.packages / "acme_flow" / "__pycache__").mkdir()
    (scene.packages / "acme_flow" / "__pycache__" / "nodes.cpython-311.pyc").write_bytes(b"whatever")
    assert scene.codes() == []


def test_a_module_that_came_through_us_is_not_preloaded(scene):
    scene.install()
    guard = scene.guard(modules=(modules := {}))
    assert guard.admit(scene.asked()).allowed
    spec = guard.finder.find_spec("acme_flow")
    modules["acme_flow"] = types.SimpleNamespace(__spec__=spec)
    assert isinstance(guard.finder, Finder)
    assert guard.finder.owns(modules["acme_flow"])


def test_every_decision_is_written_down_before_it_holds(scene):
    scene.install()
    written = []
    guard = scene.guard(
        journal=lambda lines: written.extend((action, facts["pack"], facts["allowed"]) for action, facts in lines)
    )
    guard.admit(scene.asked())
    guard.admit(scene.asked())
    assert written == [("admit", "acme-flow", True)]


def test_a_name_that_nobody_can_print_is_shown_and_written_down(scene, tmp_path):
    scene.install()
    (scene.packages / "acme_flow" / os.fsdecode(b"a\x1b[31m\xff")).write_text("")
    log = AuditLog(tmp_path / "audit.jsonl")
    ruling = scene.guard(journal=log.extend).admit(scene.asked())
    assert [finding.message for finding in ruling.findings] == [
        "`acme_flow/a\\x1b[31m\\udcff` is in the folder of `acme-flow`, and was not in its wheel"
    ]
    assert (tmp_path / "audit.jsonl").read_bytes().count(b"T413") == 2


def test_what_cannot_be_written_down_does_not_hold(scene):
    scene.install()

    def full(lines):
        raise Refusal("T501", "the disk is full")

    guard = scene.guard(journal=full)
    with pytest.raises(Refusal, match="the disk is full"):
        guard.admit(scene.asked())
    assert guard.finder.find_spec("os") is None
    with pytest.raises(ImportError, match="the disk is full"):
        guard.finder.find_spec("acme_flow")


def _named(*names):
    return [f"acme-{name}" for name in names]


def test_packs_that_will_be_asked_about_are_judged_and_written_down_at_once(tmp_path):
    scene = Scene(tmp_path)
    for name in _named("one", "two", "three"):
        scene.install(name)
    (scene.packages / "acme_two" / "nodes.py").write_text("")
    told = []
    guard = scene.guard(journal=told.append)
    one, two, three = (scene.asked(name) for name in _named("one", "two", "three"))
    assert guard.admit(one, [two, three]).allowed
    assert not guard.admit(two, [three]).allowed
    assert guard.admit(three).allowed
    written = [[(action, facts["pack"], facts["allowed"]) for action, facts in lines] for lines in told]
    assert written == [[("admit", "acme-one", True), ("admit", "acme-two", False), ("admit", "acme-three", True)]]


def test_decisions_that_cannot_be_written_down_hold_for_none_of_them(tmp_path):
    scene = Scene(tmp_path)
    for name in _named("one", "two"):
        scene.install(name)
    full = AuditLog("/dev/full", who="x")
    guard = scene.guard(journal=full.extend)
    one, two = (scene.asked(name) for name in _named("one", "two"))
    for asked, others in ((one, [two]), (two, [])):
        with pytest.raises(PenstockError) as raised:
            guard.admit(asked, others)
        assert raised.value.code == "T501"
    with pytest.raises(ImportError, match="not admitted"):
        guard.finder.find_spec("acme_two")


def test_what_was_foreseen_is_looked_at_again_when_a_module_of_it_stands_there_by_then(tmp_path):
    scene = Scene(tmp_path)
    for name in _named("one", "two"):
        scene.install(name)
    told, modules = [], {"sys": sys}
    guard = scene.guard(journal=told.append, modules=modules)
    one, two = (scene.asked(name) for name in _named("one", "two"))
    assert guard.admit(one, [two]).allowed
    modules["acme_two"] = types.ModuleType("acme_two")  # the code of the first made it up
    ruling = guard.admit(two)
    assert [finding.code for finding in ruling.findings] == ["T418"]
    assert [facts["allowed"] for lines in told for _, facts in lines] == [True, True, False]
    with pytest.raises(ImportError):
        guard.finder.find_spec("acme_two.nodes")


def _listed(scene, sequence, entry=""):
    """A signed deny list of this number, by default with nothing on it."""
    source = f'schema = 1\nname = "site-deny"\nsequence = {sequence}\nexpires = "2027-01-31T00:00:00Z"\n{entry}'
    made, wrong, _ = compile_list(source.encode(), "deny.toml", now=NOW)
    assert made is not None, wrong
    (scene.folder / "deny.json").write_bytes(sign_list(made, RELEASE))


@pytest.fixture
def denying(scene):
    """A pack, and a policy that wants a deny list."""
    deny = '\n[deny]\nfile = "deny.json"\nsigners = ["vendor"]\nmax-age = "30d"\n'
    scene.write_policy(POLICY + deny)
    _listed(scene, 4)
    scene.install()
    return scene


def _codes_of(scene):
    """What speaks against the pack in a process that starts now."""
    guard = guard_of(scene.site, now=NOW, path=[str(scene.packages)])
    return [finding.code for finding in guard.admit(scene.asked()).findings]


def test_a_deny_list_that_was_in_use_once_is_not_followed_by_an_older_one(denying):
    assert _codes_of(denying) == []
    _listed(denying, 5)
    assert _codes_of(denying) == []
    _listed(denying, 4)
    assert _codes_of(denying) == ["T345"]


def test_a_process_that_may_not_write_the_store_starts_all_the_same(denying):
    blocked = denying.folder / "store" / f"seen.json.{os.getpid()}"
    blocked.mkdir()  # where the new one would be written first
    assert _codes_of(denying) == []
    assert not (denying.folder / "store" / "seen.json").exists()


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ('kind = "version"\nname = "acme-flow"\nversions = "<2"', "T352"),
        (f'kind = "file"\nsha256 = "{hashlib.sha256(files_of()["acme_flow/nodes.py"]).hexdigest()}"', "T351"),
    ],
)
def test_a_pack_that_needs_no_receipt_can_be_denied_all_the_same(denying, entry, code):
    text = (denying.folder / "policy.toml").read_text()
    denying.write_policy(text.replace('match = "acme-*"\n', 'match = "acme-*"\nallow = ["unsigned"]\n'))
    denying.store.forget("acme-flow")
    assert _codes_of(denying) == []
    _listed(denying, 5, f"\n[[deny]]\n{entry}\n")
    assert _codes_of(denying) == [code]


def test_a_pack_that_needs_no_receipt_has_to_have_the_lowest_version(scene):
    scene.install()
    scene.store.forget("acme-flow")
    for lowest, found in (("1.0", []), ("1.0.1", ["T330"])):
        scene.write_policy(POLICY + f'allow = ["unsigned"]\nmin-version = "{lowest}"\n')
        assert scene.codes() == found
