"""A wheel that is in order passes, with everything told that it brings; the smallest disorder is told by one question."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene import files_of, wheel_of

from penstock_trust.hygiene import CHECKS, Rules, check_wheel, rules_of
from penstock_trust.hygiene.archive import read_archive, unpacked_whole
from penstock_trust.hygiene.contents import natives
from penstock_trust.hygiene.names import folded
from penstock_trust.hygiene.wheel import read_entry_points, shown
from penstock_trust.policy.model import PackRule

NAME = "acme_flow-1.0-py3-none-any.whl"


def codes(data, name=NAME, rules=Rules(), **words):  # noqa: B008 - a frozen fact
    _, findings = check_wheel(data, name, rules, **words)
    return sorted({finding.code for finding in findings})


def with_files(**changes):
    return wheel_of({**files_of(), **{path: text.encode() for path, text in changes.items()}})


def test_everything_that_a_wheel_brings_is_told():
    files = files_of()
    hygiene, findings = check_wheel(wheel_of(files), NAME)
    assert findings == ()
    assert set(hygiene.table) == {*files, "acme_flow-1.0.dist-info/RECORD"}
    nodes = files["acme_flow/nodes.py"]
    assert hygiene.table["acme_flow/nodes.py"].sha256 == hashlib.sha256(nodes).hexdigest()
    assert hygiene.top_levels == ("acme_flow",)
    assert hygiene.entry_points == (("penstock", "acme-flow", "acme_flow"),)
    assert hygiene.native == ()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("acme_flow.pth", "T215"),
        ("sitecustomize.py", "T215"),
        ("sitecustomize/__init__.py", "T215"),
        ("acme_flow.start", "T215"),
        ("acme_flow-1.0.data/purelib/json.py", "T216"),
        ("acme_flow-1.0.data/scripts/acme", "T216"),
        ("acme_other/__init__.py", "T217"),
        ("README.md", "T217"),
        ("json/__init__.py", "T217"),
        ("acme_flow/fast.abi3.so", "T220"),
        ("acme_flow/__pycache__/nodes.cpython-311.pyc", "T221"),
        ("acme_flow/nodes.pyc", "T221"),
        ("acme_flow/nodes.py/inner.py", "T207"),
        ("Acme_flow/words.txt", "T207"),
        ("acme_flow/NODES.py", "T207"),
        ("acme_flow/aux.py", "T206"),
        ("acme_flow/../../evil.py", "T206"),
        ("acme_flow/trailing./x.py", "T206"),
        ("acme_flow/a:b.py", "T206"),
    ],
)
def test_a_file_that_must_not_be_there_is_told(path, code):
    assert code in codes(with_files(**{path: "x"}))


def test_what_the_policy_allows_passes():
    rules = Rules(native=True, scripts=True, top_levels=frozenset({"acme_flow", "acme_other"}))
    files = {"acme_flow/fast.abi3.so": "x", "acme_flow-1.0.data/scripts/acme": "x", "acme_other/__init__.py": ""}
    assert codes(with_files(**files), rules=rules) == []
    assert codes(with_files(**files)) == ["T216", "T217", "T220"]


def test_the_rule_of_the_policy_says_what_passes():
    assert rules_of(None) == Rules()
    rule = PackRule("acme-*", allow=frozenset({"native"}), top_levels=frozenset({"acme"}))
    assert rules_of(rule) == Rules(True, False, frozenset({"acme"}))


@pytest.mark.parametrize(
    ("content", "is_native"),
    [(b"\x7fELF" + bytes(60), True), (b"MZ rules\n", False), (b"import os\n", False), (b"\x00asm\x01", True)],
)
def test_compiled_code_is_known_by_its_first_bytes(content, is_native):
    files = {**files_of(), "acme_flow/data.bin": content}
    assert codes(wheel_of(files)) == (["T220"] if is_native else [])
    assert callable(natives)


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ("[penstock]\nx = json\n", "T217"),  # it declares `json`, and its own package is not declared then
        ("[penstock]\nx = acme_flow\n[pytest11]\ny = os.path\n", "T219"),
        ("[penstock]\nx = acme_flow\n[console_scripts]\ny = acme_flow:main\n", "T219"),
        ("[penstock]\nx = acme_flow\nx = acme_flow.nodes\n", "T219"),
        ("nonsense", "T219"),
        ("[penstock]\nx = acme_flow:a b\n", "T219"),
    ],
)
def test_an_entry_point_leads_into_the_wheel_itself(points, code):
    assert code in codes(with_files(**{"acme_flow-1.0.dist-info/entry_points.txt": points}))


@pytest.mark.parametrize(
    "name", ["acme_flow-1.1-py3-none-any.whl", "acme_flow-1.0-cp311-cp311-linux_x86_64.whl", "x.whl"]
)
def test_a_renamed_wheel_is_told(name):
    assert "T214" in codes(wheel_of(files_of()), name)


@given(st.data())
def test_no_byte_can_be_changed_without_being_told_or_being_harmless(data):
    files = files_of()
    whole = wheel_of(files)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    hygiene, findings = check_wheel(bytes(changed), NAME)
    if hygiene is not None:  # a time stamp, a version: nothing that anybody unpacks
        assert {path: fact.sha256 for path, fact in hygiene.table.items() if path in files} == {
            path: hashlib.sha256(content).hexdigest() for path, content in files.items()
        }
    else:
        assert findings


@given(st.binary(max_size=400))
def test_anything_at_all_is_answered(data):
    assert check_wheel(data, NAME)[0] is None
    assert check_wheel(b"PK\x03\x04" + data + b"PK\x05\x06" + data, NAME)[0] is None


def test_what_pip_would_unpack_is_what_was_looked_at():
    whole = wheel_of(files_of())
    hygiene, _ = check_wheel(whole, NAME)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        told = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert {path: fact.sha256 for path, fact in hygiene.table.items()} == told


def test_leaving_a_question_out_lets_pass_what_it_is_for():
    disturbed = with_files(**{"acme_flow.pth": "import os\n"})
    assert codes(disturbed) == ["T215"]
    assert codes(disturbed, checks={name: check for name, check in CHECKS.items() if name != "startup"}) == []


@given(st.text(max_size=30))
def test_entry_points_are_read_or_refused(text):
    points, wrong = read_entry_points(text.encode("utf-8", "surrogatepass"))
    assert isinstance(wrong, str)
    assert all(len(point) == 3 for point in points)


@given(st.text(max_size=20))
def test_names_are_shown_so_that_they_can_be_seen(text):
    assert shown(text).isprintable()
    assert folded(folded(text)) == folded(text)


def test_bytes_behind_the_packed_data_of_a_member_are_told():
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    hidden = packed.compress(b"x = 1\n") + packed.flush() + b"hidden"
    archive = read_archive(wheel_of(files_of()))
    member = replace_fact(archive.members[0], method=8, packed=len(hidden), size=6)
    local = replace_fact(archive.members[0].local, start=0)
    assert unpacked_whole(hidden, replace_fact(member, local=local)) == (b"x = 1\n", False)
    assert unpacked_whole(hidden[:-6], replace_fact(member, local=local, packed=len(hidden) - 6)) == (b"x = 1\n", True)


def replace_fact(fact, **changes):
    return fact.__replace__(**changes)
