"""Baselines and candidates from the places where people keep them: files, folders, git, archives, lock files."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from penstock_contracts.subjects import lock, trees
from penstock_contracts.subjects.errors import CannotRead, GitFailed, Hostile, NoBaseline, NoSuchPointer, NotASubject
from penstock_contracts.subjects.open import open_baseline, open_candidate, open_history
from penstock_contracts.subjects.trees import Archive, Limits
from penstock_findings.errors import PenstockError

NUMBER = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "number"}
INTEGER = {**NUMBER, "type": "integer"}
PACK = {
    "format": 1,
    "pack": "site-pack",
    "version": "0.2.0",
    "sdk": 1,
    "nodes": [
        {
            "id": "zone",
            "role": "transform",
            "effect": "none",
            "import_path": "site:Zone",
            "config": {"type": "object"},
            "inputs": [{"name": "in"}],
            "outputs": [{"name": "out", "contract": "alert@0.2"}],
        }
    ],
    "contracts": [{"name": "alert", "version": "0.2", "digest": "sha256:0", "schema": {"type": "object"}}],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path, value):
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return str(path)


class Repository:
    """A real git repository in a scratch folder, whose clock is set by whoever commits."""

    def __init__(self, home):
        self.home = home
        self.git("init", "-q", "-b", "main")

    def git(self, *words, when=None):
        fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        named = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        dated = {f"GIT_{who}_DATE": f"{when} +0000" for who in ("AUTHOR", "COMMITTER")} if when else {}
        subprocess.run(["git", *words], cwd=self.home, check=True, env={**os.environ, **fixed, **named, **dated})

    def commit(self, when=None, **files):
        for name, value in files.items():
            put(self.home / name.replace("__", "/").replace("_json", ".json"), value)
        self.git("add", "-A", when=when)
        self.git("commit", "-q", "-m", "one", when=when)


@pytest.fixture
def repository(here):
    return Repository(here)


def only(subject):
    (contract,) = subject.contracts
    return contract


# -- files and folders


def test_a_schema_file_is_one_contract(here):
    put("a.json", NUMBER)
    found = open_candidate("a.json")
    assert found.single
    assert only(found).schema == NUMBER
    assert only(found).at("/type").line == 1


def test_yaml_is_as_good_as_json(here):
    put("a.yaml", "type: number\nmultipleOf: 0.1\n")
    found = only(open_candidate("a.yaml"))
    assert str(found.schema["multipleOf"]) == "0.1"
    assert found.at("/multipleOf").line == 2


def test_a_pointer_names_a_schema_inside_of_a_file(here):
    put("a.json", {"$defs": {"x": {"type": "null"}}})
    assert only(open_candidate("a.json#/$defs/x")).start == "/$defs/x"
    with pytest.raises(NoSuchPointer) as caught:
        open_candidate("a.json#/$defs/y")
    assert caught.value.findings[0].hint == "write `/$defs/x`"


def test_a_schema_can_say_where_it_stands_and_how_it_is_filled(here):
    put("a.json", {**NUMBER, "x-penstock": {"positions": ["output"], "content": "declared", "version": "1.2.0"}})
    found = only(open_candidate("a.json"))
    assert (found.positions, found.content, found.version) == (("output",), "declared", "1.2.0")
    put("b.json", {**NUMBER, "x-penstock": {"position": ["ouput"], "content": "closed"}})
    with pytest.raises(CannotRead) as caught:
        open_candidate("b.json")
    assert [(one.code, one.hint) for one in caught.value.findings] == [
        ("K111", "write `positions`"),
        ("K113", "choose one of `declared`, `open`"),
    ]


def test_a_folder_holds_its_schemas_by_name_and_nothing_else(here):
    put("c/a.json", NUMBER)
    put("c/deep/b.yaml", "type: object\n")
    put("c/example.json", {"camera": "gate"})
    put("c/package.json", {"name": "x", "version": "1"})
    assert [one.name for one in open_candidate("c").contracts] == ["a.json", "deep/b.yaml"]


def test_all_mistakes_of_all_files_of_a_folder_are_told_at_once(here):
    put("c/a.json", '{"type": "numbr", "properties": {}, "required": "x"}')
    put("c/b.json", '{"type": "object", "minLength": -1}')
    put("c/c.json", '{"type": "object",}')
    with pytest.raises(CannotRead) as caught:
        open_candidate("c")
    found = sorted((finding.at.path, finding.at.line, finding.code) for finding in caught.value.findings)
    assert found == [
        ("c/a.json", 1, "K101"),
        ("c/a.json", 1, "K101"),
        ("c/b.json", 1, "K101"),
        ("c/c.json", 1, "F104"),
    ]
    assert "write `number`" in [finding.hint for finding in caught.value.findings]


def test_payloads_that_lie_beside_schemas_are_no_contracts(here):
    put("c/a.schema.json", NUMBER)
    put("c/examples/1.json", {"type": "g", "items": 3, "format": "x", "enum": "y"})
    assert [one.name for one in open_candidate("c").contracts] == ["a.schema.json"]


def test_what_was_released_with_mistakes_can_still_be_compared_with(here):
    schema = '{"type": "object", "properties": {"a": {"type": "integer"}, "a": {"type": "number"}}}'
    files = {"a.json": schema, "b.json": {"$schema": NUMBER["$schema"], "$ref": "gone.json"}}
    put("c/a.json", schema)
    with pytest.raises(CannotRead, match="has mistakes"):
        open_candidate("c")
    subject = open_candidate(wheel("x-1-py3-none-any.whl", files))
    assert subject.contracts[0].schema["properties"] == {"a": {"type": "number"}}
    assert [(one.code, str(one.severity)) for one in subject.findings] == [("F105", "warning"), ("K102", "warning")]


def test_neighbours_by_the_wrong_kind_of_address_are_found(here):
    put("a.json", {"$ref": "file://b.json#/definitions/x"})
    put("b.json", {"definitions": {"x": {"$ref": "file://b.json#/definitions/y"}, "y": {"type": "null"}}})
    subject = open_candidate("a.json")
    assert list(only(subject).documents) == ["file://b.json"]
    assert subject.findings == ()


def test_what_is_no_address_is_told(here):
    put("a.json", {"$ref": "http://[", "$id": "http://]"})
    assert [finding.code for finding in open_candidate("a.json").findings] == ["K103"]


def test_references_to_other_files_are_read_and_remote_ones_are_not(here):
    put(
        "c/a.json",
        {"properties": {"x": {"$ref": "../shared/id.json#/$defs/id"}, "y": {"$ref": "https://example.org/y"}}},
    )
    put("shared/id.json", {"$defs": {"id": {"type": "integer"}}})
    subject = open_candidate("c/a.json")
    (known,) = only(subject).documents.values()
    assert known.source.path == os.path.join("shared", "id.json")
    assert [finding.code for finding in subject.findings] == ["K103"]


def test_a_reference_to_a_missing_file_is_told(here):
    put("a.json", '{\n  "$ref": "gone.json"\n}')
    with pytest.raises(CannotRead) as caught:
        open_candidate("a.json")
    (finding,) = caught.value.findings
    assert (finding.code, finding.at.line, finding.at.column) == ("K102", 2, 11)


def test_files_that_know_each_other_by_id_are_found_beside(here):
    put("a.json", {"$id": "https://example.org/s/a.json", "$ref": "b.json"})
    put("b.json", {"$id": "https://example.org/s/b.json", "type": "null"})
    assert list(only(open_candidate("a.json")).documents) == ["https://example.org/s/b.json"]


@pytest.mark.parametrize("words", ["gone.json", "gone", "c/gone.yaml", "gone.whl"])
def test_a_candidate_that_is_not_there_is_misuse(here, words):
    with pytest.raises(CannotRead) as caught:
        open_candidate(words)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("words", ["gone.json", "./gone", "c/gone.yaml", "gone.whl", "old.lock"])
def test_a_baseline_that_is_not_there_is_no_pass(here, words):
    put("a.json", NUMBER)
    with pytest.raises(NoBaseline) as caught:
        open_baseline(words, "a.json")
    assert caught.value.exit_code == 3


def test_what_is_no_contract_is_refused_with_a_reason(here):
    put("empty/readme.txt", "x")
    put("list.json", [1])
    put("flow.graph.yaml", "format: 1\nname: x\nnodes: {}\nlinks: []\n")
    for words in ("empty", "list.json", "flow.graph.yaml", "empty/readme.txt"):
        with pytest.raises(NotASubject):
            open_candidate(words)


def test_a_huge_file_and_a_deep_one_are_findings(here):
    with open("big.json", "wb") as file:
        file.truncate(trees.LIMIT + 1)
    put("deep.json", '{"not":' * 10_000 + "true" + "}" * 10_000)
    for words, code in (("big.json", "F102"), ("deep.json", "F110")):
        with pytest.raises(CannotRead) as caught:
            open_candidate(words)
        assert [finding.code for finding in caught.value.findings] == [code]


# -- git


def test_a_commit_has_the_file_of_the_same_place(repository):
    repository.commit(a_json=NUMBER)
    put("a.json", INTEGER)
    found = only(open_baseline("main", "a.json"))
    assert found.schema == NUMBER
    assert found.label == "main:a.json"


def test_a_commit_may_have_had_it_elsewhere(repository):
    repository.commit(old__b_json=NUMBER)
    put("a.json", INTEGER)
    assert only(open_baseline("main:old/b.json", "a.json")).schema == NUMBER
    with pytest.raises(NoBaseline, match=r"has no `a\.json`"):
        open_baseline("main", "a.json")


def test_references_are_followed_inside_of_the_commit(repository):
    repository.commit(c__a_json={"$ref": "b.json"}, c__b_json=NUMBER)
    put("c/b.json", INTEGER)
    (known,) = only(open_baseline("main", "c/a.json")).documents.values()
    assert known.value == NUMBER
    assert known.source.path == "main:c/b.json"


def test_a_folder_of_a_commit_has_only_what_it_had(repository):
    repository.commit(c__a_json=NUMBER, other_json=NUMBER)
    put("c/new.json", INTEGER)
    assert [one.name for one in open_baseline("main", "c").contracts] == ["a.json"]


def test_a_link_in_a_commit_is_not_followed(repository):
    repository.commit(a_json=NUMBER)
    os.symlink("/etc/passwd", repository.home / "l.json")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "link")
    assert [one.name for one in open_baseline("main", ".").contracts] == ["a.json"]
    with pytest.raises(NoBaseline):
        open_baseline("main:l.json", "a.json")


def test_a_tag_from_a_folder_below(repository, monkeypatch):
    repository.commit(c__a_json=NUMBER)
    repository.git("tag", "v1.2.0")
    monkeypatch.chdir(repository.home / "c")
    assert only(open_baseline("v1.2.0", "a.json")).schema == NUMBER


@pytest.mark.parametrize("words", ["nope", "main~9", "git:nope", "-x", "--upload-pack=x", "v1:a.json"])
def test_an_unknown_reference_is_no_pass(repository, words):
    repository.commit(a_json=NUMBER)
    with pytest.raises((NoBaseline, GitFailed)) as caught:
        open_baseline(words, "a.json")
    assert caught.value.exit_code == 3


def test_the_nearest_reference_is_named(repository):
    repository.commit(a_json=NUMBER)
    with pytest.raises(NoBaseline) as caught:
        open_baseline("mian", "a.json")
    assert caught.value.findings[0].hint == "write `main`"


def test_outside_of_a_repository_git_has_no_baseline(here, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(here.parent))
    put("a.json", NUMBER)
    with pytest.raises(GitFailed, match="not in a git repository"):
        open_baseline("main", "a.json")


def test_the_window_of_retention_decides_which_commits_count(repository):
    day = 86_400
    now = 1_800_000_000
    for number, age in enumerate((30, 8, 3)):
        repository.commit(when=now - age * day, a_json={**NUMBER, "maximum": number})

    def in_force(days):
        return [only(one).schema["maximum"] for one in open_history("main", "a.json", days * day, now)]

    assert in_force(2) == [2]  # the last one was made three days ago, and is still in force
    assert in_force(5) == [2, 1]  # the one before was in force when the window began
    assert in_force(20) == [2, 1, 0]
    assert in_force(90) == [2, 1, 0]


def test_a_history_that_is_cut_off_is_no_pass(repository, tmp_path_factory):
    now = 1_800_000_000
    for number in range(3):
        repository.commit(when=now - (3 - number) * 86_400, a_json={**NUMBER, "maximum": number})
    shallow = tmp_path_factory.mktemp("shallow")
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository.home}", str(shallow)], check=True)
    os.chdir(shallow)
    with pytest.raises(GitFailed, match="does not reach back") as caught:
        open_history("main", "a.json", 10 * 86_400.0, now)
    assert caught.value.exit_code == 3


# -- archives


def wheel(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data if isinstance(data, (bytes, str)) else json.dumps(data))
    return str(path)


def sdist(path, files, links=()):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            raw = data if isinstance(data, bytes) else json.dumps(data).encode()
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return str(path)


def test_a_wheel_and_an_sdist_hold_a_pack(here):
    one = wheel("site_pack-0.2.0-py3-none-any.whl", {"site/penstock-pack.json": PACK, "site/__init__.py": "boom("})
    two = sdist("site_pack-0.2.0.tar.gz", {"site_pack-0.2.0/src/site/penstock-pack.json": PACK})
    for words in (one, two):
        pack = open_candidate(words).pack
        assert pack is not None
        assert (pack.name, pack.version, list(pack.contracts)) == ("site-pack", "0.2.0", ["alert@0.2"])


def test_a_wheel_may_hold_schemas_and_no_pack(here):
    path = wheel("x-1-py3-none-any.whl", {"x/a.json": NUMBER, "x-1.dist-info/METADATA": "Name: x"})
    assert [one.name for one in open_candidate(path).contracts] == ["x/a.json"]


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "C:\\evil.json", "..\\evil.json"]
)
def test_a_member_that_leads_out_is_hostile(here, name):
    with pytest.raises(Hostile):
        Archive(wheel("x.whl", {name: NUMBER}))
    if "\\" not in name:
        with pytest.raises(Hostile):
            Archive(sdist("x.tar.gz", {name: NUMBER}))


def test_two_members_of_one_name_are_hostile(here):
    with zipfile.ZipFile("x.whl", "w") as archive:
        archive.writestr("a.json", json.dumps(NUMBER))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.json", json.dumps(INTEGER))
    with pytest.raises(Hostile):
        Archive("x.whl")


def test_links_in_an_sdist_are_not_followed(here):
    put("secret.json", NUMBER)
    path = sdist("x.tar.gz", {"x-1/a.json": INTEGER}, links=[("x-1/b.json", str(here / "secret.json"))])
    assert Archive(path).names() == ["a.json"]


def test_bombs_are_refused_before_they_fill_the_memory(here):
    zeros = b" " * (2 << 20)
    two = Limits(unpacked=3 << 20)  # so that the test need not make a real bomb
    with pytest.raises(Hostile):
        Archive(wheel("x.whl", {"a.json": zeros, "b.json": zeros}), two)
    with pytest.raises(Hostile):
        Archive(sdist("x.tar.gz", {"a.json": zeros, "b.json": zeros}), two)


def test_an_archive_of_too_many_members_is_refused(here):
    with pytest.raises(Hostile):
        Archive(wheel("y.whl", {f"{n}.json": b"1" for n in range(4)}), Limits(members=3))
    with pytest.raises(Hostile):
        Archive(sdist("y.tar.gz", {f"{n}.json": b"1" for n in range(4)}), Limits(members=3))


def test_one_member_beyond_the_limit_is_a_finding_when_it_is_read(here):
    archive = Archive(wheel("x.whl", {"a.json": b" " * 5000}), Limits(file=1000))
    with pytest.raises(CannotRead) as caught:
        archive.read("a.json")
    assert caught.value.code == "F102"


@pytest.mark.parametrize("name", ["x.whl", "x.tar.gz", "x.tgz", "x.tar.xz", "x.tar.bz2", "x.tar"])
def test_a_broken_archive_is_a_finding(here, name):
    Path(name).write_bytes(b"this is none")
    with pytest.raises(NotASubject):
        open_candidate(name)
    Path(name).write_bytes(b"")
    with pytest.raises(PenstockError):
        open_candidate(name)


def test_a_truncated_archive_is_a_finding(here):
    for path in (wheel("x.whl", {"a.json": NUMBER}), sdist("x.tar.gz", {"x/a.json": NUMBER})):
        data = Path(path).read_bytes()
        Path(path).write_bytes(data[: len(data) // 2])
        with pytest.raises(NotASubject):
            open_candidate(path)


# -- installed, lock files


def test_an_installed_pack_is_read_and_not_imported(here, monkeypatch):
    put("lib/site_pack-0.2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: site-pack\nVersion: 0.2.0\n")
    put("lib/site_pack-0.2.0.dist-info/RECORD", "site/__init__.py,,\nsite_x/penstock-pack.json,,\n")
    put("lib/site_x/__init__.py", "raise RuntimeError('imported')")
    put("lib/site_x/penstock-pack.json", PACK)
    monkeypatch.syspath_prepend(str(here / "lib"))
    pack = open_baseline("installed:site-pack", ".").pack
    assert pack is not None
    assert pack.version == "0.2.0"
    with pytest.raises(NoBaseline) as caught:
        open_baseline("installed:site-pak", ".")
    assert caught.value.findings[0].hint == "write `installed:site-pack`"


def test_a_lock_file_keeps_what_was_released(here):
    put("alert.json", NUMBER)
    first = only(open_candidate("alert.json"))
    from dataclasses import replace

    text = lock.lock_text([], [replace(first, version="1.0.0")], "2026-01-01")
    put("penstock-contracts.lock", text)
    known = lock.read_lock(trees.Folder("."), "penstock-contracts.lock")
    more = lock.lock_text(known, [replace(first, schema=INTEGER, version="1.1.0")], "2026-02-01")
    put("penstock-contracts.lock", more)
    assert only(open_baseline("penstock-contracts.lock", "alert.json")).schema == INTEGER
    after = 1_770_000_000  # 2026-02-02
    assert [only(one).version for one in open_history("penstock-contracts.lock", "alert.json", 86_400.0, after)] == [
        "1.1.0"
    ]
    window = open_history("penstock-contracts.lock", "alert.json", 86_400.0 * 40, after)
    assert [only(one).version for one in window] == ["1.1.0", "1.0.0"]


def test_a_lock_file_that_was_edited_is_refused(here):
    put("alert.json", NUMBER)
    from dataclasses import replace

    text = lock.lock_text([], [replace(only(open_candidate("alert.json")), version="1")], "2026-01-01")
    put("x.lock", text.replace('"number"', '"integer"'))
    with pytest.raises(CannotRead) as caught:
        open_baseline("x.lock", "alert.json")
    assert "digest" in caught.value.findings[0].message


def test_mistakes_in_a_lock_file_have_places_and_hints(here):
    put("x.lock", '{"format": 1, "contract": [],\n "contracts": [{"nme": "a", "version": 1, "released": "soon"}]}')
    with pytest.raises(CannotRead) as caught:
        open_baseline("x.lock", "alert.json")
    found = {(finding.code, finding.at.line, finding.hint) for finding in caught.value.findings}
    assert ("K111", 1, "write `contracts`") in found
    assert ("K111", 2, "write `name`") in found
    assert ("K113", 2, "write it like `2026-01-31`") in found
    assert ("K112", 2, "add `schema`") in found


# -- interfaces

API = """\
openapi: 3.1.0
info: {title: Pets, version: 1.2.0}
components:
  schemas:
    Pet:
      type: object
      properties: {owner: {$ref: "#/components/schemas/Owner"}}
    Owner: {type: object, required: [name]}
"""
EVENTS = """\
asyncapi: 2.6.0
info: {title: Events, version: 1.0.0}
channels:
  alerts:
    publish:
      message:
        payload: {type: object, required: [id]}
components:
  messages:
    Gone: {schemaFormat: application/vnd.apache.avro, payload: {type: record}}
"""


def test_component_schemas_of_openapi_are_contracts_of_that_version(here):
    put("api.yaml", API)
    found = open_candidate("api.yaml").contracts
    assert [(one.name, one.version, one.start) for one in found] == [
        ("Pet", "1.2.0", "/components/schemas/Pet"),
        ("Owner", "1.2.0", "/components/schemas/Owner"),
    ]
    assert found[0].at("/components/schemas/Pet/type").line == 6


def test_payloads_of_asyncapi_are_contracts_and_avro_is_not(here):
    put("events.yaml", EVENTS)
    (found,) = open_candidate("events.yaml").contracts
    assert (found.name, found.start) == ("alerts publish", "/channels/alerts/publish/message/payload")
    assert only(open_candidate("events.yaml#/channels/alerts/publish/message/payload")).start == found.start


@pytest.mark.parametrize("head", ["openapi: 3.0.3", 'swagger: "2.0"', "asyncapi: 1.2.0"])
def test_descriptions_without_json_schemas_are_refused(here, head):
    put("api.yaml", f"{head}\ninfo: {{title: x, version: 1.0.0}}\n")
    with pytest.raises(CannotRead) as caught:
        open_candidate("api.yaml")
    assert caught.value.code == "K114"


# -- manifests


def test_mistakes_in_a_manifest_are_told_at_once_with_places(here):
    broken = {
        **PACK,
        "nodes": [{**PACK["nodes"][0], "effect": "nome", "outputs": [{"name": "out", "contract": "alrt@0.2"}]}],
    }
    broken["contracts"] = [{**PACK["contracts"][0], "schema": {"type": "strin"}}]
    put("penstock-pack.json", json.dumps(broken, indent=1))
    with pytest.raises(CannotRead) as caught:
        open_candidate("penstock-pack.json")
    (finding,) = caught.value.findings
    assert (finding.code, finding.hint) == ("K113", "write `none`")
    broken["nodes"][0]["effect"] = "none"
    put("penstock-pack.json", json.dumps(broken, indent=1))
    with pytest.raises(CannotRead) as caught:
        open_candidate("penstock-pack.json")
    assert {(one.code, one.hint) for one in caught.value.findings} == {
        ("K101", "write `string`"),
        ("K113", "write `alert@0.2`"),
    }
    assert all(one.at.line for one in caught.value.findings)


def test_a_manifest_of_a_newer_format_says_so(here):
    put("penstock-pack.json", {**PACK, "format": 2, "surprise": 1})
    with pytest.raises(CannotRead) as caught:
        open_candidate("penstock-pack.json")
    assert [one.hint for one in caught.value.findings] == ["upgrade `penstock-contracts`"]


def test_our_own_packs_can_be_read():
    pytest.importorskip("penstock_standard")
    pack = open_candidate("installed:penstock-standard").pack
    assert pack is not None
    assert "cooldown" in pack.nodes
