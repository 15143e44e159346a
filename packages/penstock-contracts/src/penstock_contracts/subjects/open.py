"""Open what people name on a command line: a file, a folder, a pack, an archive, a commit, an installed distribution.

Takes:   words such as `events.json#/$defs/Alert`, `main`, `v1.2.0:events.json`, `dist/site-0.2.0.whl`, `installed:site`.
Gives:   `open_candidate`, `open_baseline`: a `Subject`; `open_history`: the versions of a retention window.
Ignores: how two of them are compared (`gate`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from penstock_contracts.subjects import git, interface, lock, manifest
from penstock_contracts.subjects.errors import CannotRead, GitFailed, NoBaseline, NotASubject
from penstock_contracts.subjects.folder import contracts_in, contracts_of_file, manifest_in
from penstock_contracts.subjects.manifest import read_pack
from penstock_contracts.subjects.reading import language_of, read_document
from penstock_contracts.subjects.trees import ARCHIVES, Archive, Folder, plain
from penstock_findings.finding import Finding, Location

if TYPE_CHECKING:
    from importlib import metadata

    from penstock_contracts.contract import Contract
    from penstock_contracts.subjects.manifest import Pack
    from penstock_contracts.subjects.trees import Tree

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Subject:
    """One side of a comparison: one contract, several by name, or a whole pack."""

    label: str  # as people say it
    contracts: tuple[Contract, ...] = ()
    pack: Pack | None = None
    single: bool = False  # one contract that was named, so that its name does not matter
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a candidate lies on the disk, so that a commit can be asked for the same place."""

    path: str
    pointer: str | None = None


def spot_of(words: str) -> Spot:
    """The path and the pointer of `PATH#/pointer`."""
    path, mark, pointer = words.partition("#")
    if mark and not os.path.exists(words):
        return Spot(path, pointer)
    return Spot(words)


def open_candidate(words: str) -> Subject:
    """What the words name, which has to be there.

    Raises `CannotRead` (F101, and everything that is wrong inside), `NotASubject`, `NoSuchPointer`, `Hostile`.
    """
    if words.startswith("installed:"):
        return _installed(words[len("installed:") :])
    if words.startswith("git:"):
        return _of_git(words[len("git:") :], Spot("."))
    spot = spot_of(words.removeprefix("file:"))
    if not os.path.exists(spot.path):
        raise _not_there(spot.path)
    return _of_path(spot)


def open_baseline(words: str, candidate: str) -> Subject:
    """What the words name as the version to compare with; `candidate` says which file of a commit is meant.

    Raises `NoBaseline` or `GitFailed` when there is nothing, and whatever `open_candidate` raises.
    """
    if words.startswith("installed:"):
        return _installed(words[len("installed:") :])
    if words.startswith("git:"):
        return _of_git(words[len("git:") :], spot_of(candidate))
    spot = spot_of(words.removeprefix("file:"))
    if os.path.exists(spot.path):
        return _of_path(spot)
    if words.startswith("file:") or _is_path(spot.path):
        raise NoBaseline(f"`{spot.path}` is not there")
    return _of_git(words, spot_of(candidate))


def open_history(words: str, candidate: str, retention: float, now: float) -> list[Subject]:
    """Every version in force within `retention` seconds before `now`, newest first.

    A commit has the history of its branch, a lock file the days of release; anything else is one version.
    """
    spot = spot_of(words.removeprefix("file:"))
    if os.path.exists(spot.path):
        if spot.path.endswith(".lock"):
            return _locked_since(spot, retention, now)
        return [_of_path(spot)]
    if words.startswith(("installed:", "file:")) or _is_path(spot.path):
        return [open_baseline(words, candidate)]
    return _commits_since(words.removeprefix("git:"), spot_of(candidate), retention, now)


# -- on the disk


def _of_path(spot: Spot) -> Subject:
    path = spot.path
    if os.path.isdir(path):
        return _of_tree(Folder(path), path)
    if path.endswith(ARCHIVES):
        return _of_tree(Archive(path), os.path.basename(path))
    if path.endswith(".lock"):
        return _of_lock(*_on_disk(path))
    return _of_file(*_on_disk(path), spot.pointer, path)


def _on_disk(path: str) -> tuple[Tree, str]:
    """A tree that holds the file, and the files beside and above it that it may refer to."""
    inside = os.path.relpath(path).replace(os.sep, "/")
    if not inside.startswith("../"):
        return Folder("."), inside
    return Folder(os.sep), os.path.abspath(path).replace(os.sep, "/").lstrip("/")


def _not_there(path: str) -> CannotRead:
    folder, name = os.path.split(path)
    hint = None
    if os.path.isdir(folder or "."):
        from penstock_findings.spelling import nearest

        near = nearest(name, os.listdir(folder or "."))
        hint = f"write `{os.path.join(folder, near)}`" if near else None
    finding = Finding("F101", f"cannot read `{path}`: no such file or directory", Location(path), hint=hint)
    return CannotRead(finding.message, findings=[finding])


def _is_path(words: str) -> bool:
    return (
        words.startswith((".", "/", "~"))
        or words.endswith((*ARCHIVES, ".lock"))
        or (":" not in words and language_of(words) is not None)
    )


# -- a tree


def _of_tree(tree: Tree, label: str) -> Subject:
    found = manifest_in(tree)
    if len(found) == 1:
        return _of_pack(tree, found[0])
    if found:
        raise NotASubject(label, f"holds {len(found)} manifests", f"name one of them, such as `{tree.shown(found[0])}`")
    contracts, findings = contracts_in(tree, label)
    if not contracts:
        raise NotASubject(label, "holds no contract", "schemas have `$schema`, packs a `penstock-pack.json`")
    return Subject(label, tuple(contracts), findings=tuple(findings))


def _of_file(tree: Tree, name: str, pointer: str | None, label: str) -> Subject:
    if name.rpartition("/")[2] == manifest.NAME and pointer is None:
        return _of_pack(tree, name)
    if language_of(name) is None:
        raise NotASubject(label, "is no kind of file that is known here", "name it .json, .yaml or .yml")
    value, source = read_document(tree, name)
    if pointer is None and isinstance(value, dict) and {"pack", "sdk", "format"} <= set(value):
        return _of_pack(tree, name)
    if isinstance(value, dict) and "links" in value and "nodes" in value:
        raise NotASubject(source.path, "is a graph", f"`penstock-contracts check {source.path}` looks at its links")
    contracts, findings = contracts_of_file(tree, name, pointer)
    if not contracts:
        raise NotASubject(label, "describes an interface without schemas")
    single = pointer is not None or not interface.is_interface(value)
    return Subject(
        f"{label}#{pointer}" if pointer else label, tuple(contracts), single=single, findings=tuple(findings)
    )


def _of_pack(tree: Tree, name: str) -> Subject:
    pack = read_pack(tree, name)
    label = f"{tree.label}: {pack}" if tree.label and pack.version not in tree.label else str(pack)
    return Subject(label, pack=pack, findings=pack.findings)


def _of_lock(tree: Tree, name: str) -> Subject:
    newest: dict[str, Contract] = {}
    for one in lock.read_lock(tree, name):
        newest.setdefault(one.contract.name, one.contract)
    return Subject(tree.shown(name), tuple(newest.values()))


def _locked_since(spot: Spot, retention: float, now: float) -> list[Subject]:
    since = datetime.fromtimestamp(now - retention, timezone.utc).date()
    tree, name = _on_disk(spot.path)
    versions: dict[str, list[Contract]] = {}
    expired: set[str] = set()
    for one in lock.read_lock(tree, name):
        if one.contract.name not in expired:
            versions.setdefault(one.contract.name, []).append(one.contract)
        if date.fromisoformat(one.released) <= since:
            expired.add(one.contract.name)  # this one was in force when the window began; older ones were not
    depth = max((len(found) for found in versions.values()), default=0)
    rows = [tuple(found[place] for found in versions.values() if place < len(found)) for place in range(depth)]
    return [Subject(tree.shown(name), row) for row in rows]


# -- git


def _of_git(words: str, spot: Spot) -> Subject:
    reference, mark, inside = words.partition(":")
    where = spot_of(inside) if mark else spot
    repository = git.repository_of(spot.path)
    name = _in_repository(repository, where, written=bool(mark))
    return _of_commit(git.Commit(repository, reference), name, where.pointer or spot.pointer)


def _in_repository(repository: git.Repository, spot: Spot, *, written: bool) -> str:
    if written:
        name = plain(spot.path)
        if name is None:
            raise GitFailed(f"`{spot.path}` leads out of the repository")
        return name
    return repository.inside(spot.path)


def _of_commit(commit: git.Commit, name: str, pointer: str | None) -> Subject:
    label = commit.shown(name)
    if not commit.has(name):
        raise NoBaseline(f"`{commit.reference}` has no `{name}`", "name where it was then, as `REF:PATH`")
    if commit.is_folder(name):
        try:
            return _of_tree(git.Commit(commit.repository, commit.reference, name), label)
        except NotASubject as error:
            raise NoBaseline(str(error)) from error
    if name.endswith(".lock"):
        return _of_lock(commit, name)
    return _of_file(commit, name, pointer, label)


def _commits_since(words: str, spot: Spot, retention: float, now: float) -> list[Subject]:
    reference, mark, inside = words.partition(":")
    where = spot_of(inside) if mark else spot
    repository = git.repository_of(spot.path)
    name = _in_repository(repository, where, written=bool(mark))
    versions = git.versions_since(repository, reference, name, now - retention)
    found = [_of_git(words, spot)]  # the reference itself, by the name that people gave it
    for version in versions[1:]:
        commit = git.Commit(repository, version.commit[:12])
        if commit.has(name):
            found.append(_of_commit(commit, name, where.pointer or spot.pointer))
    return found


# -- installed


def _installed(name: str) -> Subject:
    from importlib import metadata

    try:
        distribution = metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError) as error:
        from penstock_findings.spelling import nearest

        known = [str(one.metadata["Name"]) for one in metadata.distributions()]
        near = nearest(name, known)
        raise NoBaseline(f"`{name}` is not installed here", f"write `installed:{near}`" if near else None) from error
    places = _manifests(distribution)
    if not places:
        raise NoBaseline(f"`{name}` {distribution.version} is installed, and is no pack: it has no {manifest.NAME}")
    folder, file = os.path.split(places[0])
    return _of_pack(Folder(folder), file)


def installed_packs() -> list[Pack]:
    """Every pack that is installed here, read from its manifest; nothing is imported."""
    from importlib import metadata

    packs: dict[str, Pack] = {}
    for distribution in metadata.distributions():
        if any(point.group == "penstock" for point in distribution.entry_points):
            for place in _manifests(distribution)[:1]:
                pack = read_pack(Folder(os.path.dirname(place)), os.path.basename(place))
                packs.setdefault(pack.name, pack)
    return list(packs.values())


def _manifests(distribution: metadata.Distribution) -> list[str]:
    """The paths of the manifests that the distribution brought."""
    from importlib import util

    found = [file for file in distribution.files or () if file.name == manifest.NAME]
    places = [str(distribution.locate_file(file)) for file in found]
    for point in distribution.entry_points:  # an editable installation does not list its files
        if point.group == "penstock" and not places:
            spec = util.find_spec(point.value.partition(".")[0].partition(":")[0])
            folders = list(spec.submodule_search_locations or ()) if spec is not None else []
            below = point.value.partition(":")[0].split(".")[1:]
            places += [os.path.join(folder, *below, manifest.NAME) for folder in folders]
    return [place for place in places if os.path.isfile(place)]
