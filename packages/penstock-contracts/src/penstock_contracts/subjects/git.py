"""Read older versions of files from git, by asking the `git` program; nothing is checked out or fetched.

Takes:   a path inside of a work tree, a reference such as `main` or `v1.2.0`.
Gives:   `repository_of`, `Commit` (a `Tree`), `versions_since`: the commits that changed a path.
Ignores: what the files mean.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from penstock_contracts.subjects.errors import GitFailed, NoBaseline
from penstock_contracts.subjects.trees import LIMIT, MANY, too_large

_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone must not reach for the network
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
_LINK = "120000"  # how git marks a symbolic link
_SECONDS = 60.0
_MANY_VERSIONS = 1000  # of one path within a window


@dataclass(frozen=True, slots=True)
class Repository:
    """A git work tree: its top folder."""

    top: str

    def inside(self, path: str) -> str:
        """The path as git names it, relative to the top. Raises `GitFailed` when it lies outside."""
        name = os.path.relpath(os.path.realpath(path), os.path.realpath(self.top)).replace(os.sep, "/")
        if name.startswith("../"):
            raise GitFailed(f"`{path}` lies outside of the repository `{self.top}`")
        return "" if name == "." else name


def repository_of(path: str) -> Repository:
    """The repository that a file or folder lies in; it need not exist itself, only a folder above it.

    Raises `GitFailed` when there is none.
    """
    folder = os.path.abspath(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    done = _git(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        raise GitFailed(f"`{path}` is not in a git repository", "name a file, a wheel or `installed:NAME` instead")
    return Repository(_text(done.stdout).rstrip("\n"))


class Commit:
    """The files of one commit, below one folder of the repository."""

    is_released = True

    def __init__(self, repository: Repository, reference: str, folder: str = "") -> None:
        self.repository = repository
        self.reference = reference
        self.commit = commit_of(repository, reference)
        self.folder = folder
        self.home = f"git/{self.commit}/{folder}".strip("/")
        self._read: dict[str, bytes | None] = {}
        self._names: list[str] | None = None
        self._entries: dict[str, tuple[str, int]] = {}

    @property
    def label(self) -> str:
        """The reference as it was written."""
        return self.reference

    def read(self, name: str) -> bytes | None:
        if name not in self._read:
            self._read[name] = self._blob(name)
        return self._read[name]

    def names(self) -> list[str]:
        if self._names is None:
            found = self._listed("-r", *(["--", self.folder] if self.folder else []))
            if len(found) > MANY:
                raise GitFailed(
                    f"`{self.reference}` holds more than {MANY} files", "name the folder with the contracts"
                )
            start = len(self.folder) + 1 if self.folder else 0
            self._entries.update({path[start:]: entry for path, entry in found.items()})
            self._names = sorted(path[start:] for path, (kind, _) in found.items() if kind == "blob")
        return self._names

    def has(self, name: str) -> bool:
        """Whether there is a file or a folder of that name."""
        return self._kind(name) in ("blob", "tree")

    def is_folder(self, name: str) -> bool:
        """Whether there is a folder of that name."""
        return self._kind(name) == "tree"

    def shown(self, name: str) -> str:
        return f"{self.reference}:{self._whole(name)}"

    def _whole(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder and name else self.folder or name

    def _kind(self, name: str) -> str:
        return self._entry(name)[0]

    def _entry(self, name: str) -> tuple[str, int]:
        """What stands under that name, "blob" or "tree", and how many bytes it has; "" when there is nothing."""
        if name not in self._entries:
            whole = self._whole(name)
            self._entries[name] = self._listed("--", whole).get(whole, ("", 0)) if whole else ("tree", 0)
        return self._entries[name]

    def _listed(self, *words: str) -> dict[str, tuple[str, int]]:
        done = _git(self.repository.top, "ls-tree", "-z", "-l", "--full-tree", self.commit, *words)
        found: dict[str, tuple[str, int]] = {}
        for row in _text(done.stdout).split("\0"):
            facts, _, path = row.partition("\t")
            mode, kind, _, size = facts.split() if facts else ("", "", "", "")
            if mode and mode != _LINK:  # a link leads elsewhere, and nobody says that this is in the commit
                found[path] = (kind, int(size) if size.isdecimal() else 0)
        return found

    def _blob(self, name: str) -> bytes | None:
        kind, size = self._entry(name)
        if kind != "blob":
            return None
        if size > LIMIT:
            raise too_large(self.shown(name))
        return _git(self.repository.top, "cat-file", "blob", f"{self.commit}:{self._whole(name)}").stdout


def commit_of(repository: Repository, reference: str) -> str:
    """The commit that a reference names. Raises `NoBaseline` when there is none."""
    if not reference or reference.startswith("-") or any(char in reference for char in "\0\n"):
        raise GitFailed(f"`{reference}` is no name that git could know")
    words = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"]
    done = _git(repository.top, *words)
    if done.returncode:
        raise NoBaseline(f"git knows no commit `{reference}`", _nearest(repository, reference))
    return _text(done.stdout).strip()


@dataclass(frozen=True, slots=True)
class Released:
    """A version of a path: the commit that made it, and when, in seconds since 1970."""

    commit: str
    when: int


def versions_since(repository: Repository, reference: str, name: str, since: float) -> list[Released]:
    """The commits whose version of the path was in force at some time after `since`, newest first.

    That is every commit after that moment which changed the path, and the last one before it. Raises `GitFailed` when
    the history here is too short to tell.
    """
    commit = commit_of(repository, reference)
    words = ["log", "--first-parent", "--format=%H %ct", "-n", str(_MANY_VERSIONS), commit, "--", name or "."]
    done = _git(repository.top, *words)
    if done.returncode:
        raise GitFailed(f"git cannot tell the history of `{name}`: {_text(done.stderr).strip()[:200]}")
    found: list[Released] = []
    for line in _text(done.stdout).splitlines():
        hash_, _, when = line.partition(" ")
        found.append(Released(hash_, int(when)))
        if found[-1].when <= since:
            return found
    if is_shallow(repository) or len(found) >= _MANY_VERSIONS:
        what = f"the history of `{name}` does not reach back to where the window begins"
        raise GitFailed(what, "fetch more of it (`git fetch --unshallow`, or `fetch-depth: 0` in CI)")
    return found


def is_shallow(repository: Repository) -> bool:
    """Whether older commits are missing here, as in most CI checkouts."""
    return _text(_git(repository.top, "rev-parse", "--is-shallow-repository").stdout).strip() == "true"


def _nearest(repository: Repository, reference: str) -> str | None:
    from penstock_findings.spelling import nearest

    if is_shallow(repository):
        return f"this is a shallow clone: `git fetch origin {reference}`, or set `fetch-depth: 0`"
    done = _git(repository.top, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
    names = _text(done.stdout).split()
    near = nearest(reference, names)
    return f"write `{near}`" if near else "fetch it first; nothing is fetched from here"


def _git(folder: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    fixed = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", folder, *words]
    kept = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
    try:
        return subprocess.run(
            fixed, capture_output=True, check=False, timeout=_SECONDS, env={**kept, **_QUIET}, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise GitFailed("the program `git` is not installed", "install it, or name a file as the baseline") from error
    except subprocess.TimeoutExpired as error:
        raise GitFailed(f"git did not answer within {_SECONDS:.0f} seconds") from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
