"""What is imported is what was accepted, in every mode."""

from __future__ import annotations

import importlib
import importlib.resources
import inspect
import py_compile
import sys
import types

import pytest
from scene import files_of, wheel_of

from penstock_trust.admission import NotAdmitted
from penstock_trust.loader.governed import NotAsAccepted

MODES = ("verified", "checked", "sealed")


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


def admitted(scene, mode="verified", *allow, modules=None):
    scene.allow(*allow, load=mode)
    scene.install(modules=modules)
    guard = scene.guard()
    ruling = guard.admit(scene.asked())
    assert ruling.allowed, ruling.findings
    return guard


def test_an_admitted_pack_is_imported_through_the_finder(scene, mode):
    guard = admitted(scene, mode)
    pack = importlib.import_module("acme_flow")
    assert pack.double(4) == 8
    assert guard.finder.owns(pack)
    assert guard.finder.owns(sys.modules["acme_flow.nodes"])


def test_a_wheel_may_be_gone_from_disk_and_still_run_sealed(scene):
    admitted(scene, "sealed")
    (scene.packages / "acme_flow" / "nodes.py").write_text("def double(number):\n    return 666\n")
    pack = importlib.import_module("acme_flow")
    assert pack.double(4) == 8
    assert ".whl/acme_flow/__init__.py" in pack.__file__


def test_a_file_that_changes_after_admission_is_not_run(scene):
    admitted(scene)
    changed = scene.packages / "acme_flow" / "nodes.py"
    changed.write_text("def double(number):\n    return 666\n")
    with pytest.raises(NotAsAccepted, match=r"T422: .*nodes.py. was changed after `acme-flow` was admitted"):
        importlib.import_module("acme_flow")


def test_checked_runs_what_was_accepted_though_the_file_changes_later(scene):
    admitted(scene, "checked")
    (scene.packages / "acme_flow" / "nodes.py").write_text("def double(number):\n    return 666\n")
    assert importlib.import_module("acme_flow").double(4) == 8


def test_without_kept_code_the_accepted_source_is_compiled(scene, mode):
    guard = admitted(scene, mode)
    for kept in (scene.folder / "store" / "acme-flow").glob("code-*.bin"):
        kept.write_bytes(b"not what the receipt names")
    assert importlib.import_module("acme_flow").double(4) == 8
    assert guard.finder.owns(sys.modules["acme_flow.nodes"])


def test_a_poisoned_pyc_is_nobodys_code(scene, mode):
    admitted(scene, mode)
    evil = scene.folder / "evil.py"
    evil.write_text("def double(number):\n    return 666\n")
    cached = importlib.util.cache_from_source(str(scene.packages / "acme_flow" / "nodes.py"))
    py_compile.compile(str(evil), cfile=cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert importlib.import_module("acme_flow").double(4) == 8


def test_a_file_beside_the_accepted_ones_cannot_be_imported(scene):
    admitted(scene, "verified", "extra-files")
    (scene.packages / "acme_flow" / "added.py").write_text("")
    with pytest.raises(NotAsAccepted, match=r"T423: .*added.py"):
        importlib.import_module("acme_flow.added")


def test_a_module_that_nobody_has_is_missing_as_always(scene):
    admitted(scene)
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'acme_flow.nothing'"):
        importlib.import_module("acme_flow.nothing")


def test_an_accepted_pack_is_judged_when_another_imports_it_unasked(scene):
    scene.install("acme-base", "1.0", {"acme_base/__init__.py": "NAME = 'base'\n"})
    scene.install("acme-user", "1.0", {"acme_user/__init__.py": "from acme_base import NAME\n"})
    guard = scene.guard()
    assert guard.admit(scene.asked("acme-user")).allowed
    assert importlib.import_module("acme_user").NAME == "base"
    assert guard.finder.owns(sys.modules["acme_base"])


def test_a_modified_pack_does_not_load_when_another_imports_it_unasked(scene):
    scene.install("acme-base", "1.0", {"acme_base/__init__.py": "NAME = 'base'\n"})
    scene.install("acme-user", "1.0", {"acme_user/__init__.py": "from acme_base import NAME\n"})
    (scene.packages / "acme_base" / "__init__.py").write_text("NAME = 'evil'\n")
    assert scene.guard().admit(scene.asked("acme-user")).allowed
    with pytest.raises(NotAdmitted, match=r"T411: `acme_base/__init__.py` of `acme-base`"):
        importlib.import_module("acme_user")


def test_a_library_that_is_in_use_already_is_left_to_python(scene):
    files = files_of("acme-lib", "1.0", {"acme_lib/__init__.py": "", "acme_lib/more.py": ""})
    wheel = wheel_of({path: data for path, data in files.items() if not path.endswith("entry_points.txt")})
    scene.unpack(wheel)
    scene.accept(wheel, "acme-lib")
    in_use = {"acme_lib": types.ModuleType("acme_lib")}
    assert scene.guard(modules=in_use).finder.find_spec("acme_lib.more") is None
    assert scene.guard().finder.find_spec("acme_lib.more") is not None


def test_a_pack_that_is_wanted_while_it_is_judged_is_refused(scene):
    scene.install()

    def curious(case):
        importlib.import_module("acme_flow")
        yield from ()

    guard = scene.guard(checks={"policy": curious})
    guard.finder.stand_first()
    with pytest.raises(NotAdmitted, match="it is wanted while it is being judged"):
        importlib.import_module("acme_flow")


def test_two_packs_share_a_namespace(scene):
    for word in ("left", "right"):
        name = f"acme-{word}"
        files = files_of(name, "1.0", {f"acme_common/{word}.py": f"SIDE = '{word}'\n"})
        files[f"acme_{word}-1.0.dist-info/entry_points.txt"] = f"[penstock]\n{name} = acme_common.{word}\n".encode()
        wheel = wheel_of(files)
        scene.unpack(wheel)
        scene.accept(wheel, name)
    guard = scene.guard()
    for word in ("left", "right"):
        assert guard.admit(scene.asked(f"acme-{word}", package=f"acme_common.{word}")).allowed
        side = importlib.import_module(f"acme_common.{word}").SIDE
        assert side == word


def test_resources_are_what_was_accepted(scene, mode):
    admitted(scene, mode)
    words = importlib.resources.files("acme_flow") / "words"
    assert (words / "greeting.txt").read_text() == "hello\n"
    assert [each.name for each in words.iterdir()] == ["greeting.txt"]
    assert not (words / "absent.txt").is_file()
    with importlib.resources.as_file(words / "greeting.txt") as place:
        assert place.read_bytes() == b"hello\n"


def test_a_changed_resource_is_not_handed_out(scene):
    admitted(scene)
    greeting = importlib.resources.files("acme_flow") / "words" / "greeting.txt"
    (scene.packages / "acme_flow" / "words" / "greeting.txt").write_text("goodbye\n")
    with pytest.raises(NotAsAccepted, match=r"T422"):
        greeting.read_text()


def test_tools_can_ask_for_the_source(scene, mode):
    admitted(scene, mode)
    pack = importlib.import_module("acme_flow")
    assert "return 2 * number" in inspect.getsource(pack.double)
    assert pack.__spec__.loader.get_source("acme_flow") == '"""A pack."""\n\nfrom acme_flow.nodes import double\n'


def test_off_leaves_the_import_to_python(scene):
    guard = admitted(scene, "off")
    sys.path.insert(0, str(scene.packages))
    try:
        assert importlib.import_module("acme_flow").double(2) == 4
    finally:
        sys.path.remove(str(scene.packages))
    assert not guard.finder.owns(sys.modules["acme_flow"])


def test_the_finder_moves_back_to_the_front(scene):
    guard = admitted(scene)
    sys.meta_path.insert(0, type("Pushy", (), {"find_spec": staticmethod(lambda *_: None)})())
    scene.install("acme-more", "1.0", {"acme_more/__init__.py": ""})
    guard.admit(scene.asked("acme-more"))
    assert sys.meta_path[0] is guard.finder


def test_a_module_can_be_reloaded(scene, mode):
    admitted(scene, mode)
    pack = importlib.import_module("acme_flow.late")
    pack.WHEN = "changed"
    assert importlib.reload(pack).WHEN == "late"


def test_a_syntax_error_is_told_by_the_module_that_has_it(scene):
    admitted(scene, modules={"acme_flow/__init__.py": "", "acme_flow/broken.py": "def (:\n"})
    with pytest.raises(SyntaxError) as caught:
        importlib.import_module("acme_flow.broken")
    assert caught.value.filename == str(scene.packages / "acme_flow" / "broken.py")
