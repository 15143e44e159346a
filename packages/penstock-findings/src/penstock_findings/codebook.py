"""Find what a code means, wherever its documentation is installed, without importing the package that owns it.

Takes:   a code, such as F101; the entry points of the group `penstock.codes` (prefix letters -> dotted package).
Gives:   `explain`, `all_codes`: the `.md` files and the docstrings of the check modules in those packages' folders.
Ignores: layout on the screen; the text is Markdown.
"""

from __future__ import annotations

import re

from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "penstock.codes"

_CODE = re.compile(r"[A-Z]+[0-9]+")
_FILE = re.compile(r"([A-Za-z]+[0-9]+)(?:[_-].*)?\.(?:md|py)")
_TITLE = re.compile(r"(?:#\s*)?([A-Z]+[0-9]+)\s*[:.-]\s*(.+)")


class Explanation(Fact):
    """What a code means: `title` is a sentence, `text` is Markdown, `owner` the distribution that owns the code."""

    code: str
    title: str
    text: str
    owner: str

    def __init__(self, code: str, title: str, text: str, owner: str) -> None:
        self._fill(code, title, text, owner)


class Claim(Fact):
    """A distribution says that the codes with this prefix are documented in that package's folder."""

    prefix: str
    package: str
    owner: str

    def __init__(self, prefix: str, package: str, owner: str) -> None:
        self._fill(prefix, package, owner)


class PrefixClaimedTwice(PenstockError):
    """Two distributions document codes with one prefix, so a code could mean two things. One of them must go."""

    code = "F001"

    def __init__(self, first: Claim, second: Claim) -> None:
        super().__init__(
            f"the codes `{first.prefix}...` are claimed by `{first.owner}` and by `{second.owner}`",
            hint=f"remove `{first.owner}` or `{second.owner}`",
        )


class NoSuchFolder(PenstockError):
    """An installed distribution names a package of codes that is not there. The distribution is at fault."""

    code = "F002"

    def __init__(self, claim: Claim) -> None:
        super().__init__(
            f"`{claim.owner}` says that its codes are documented in `{claim.package}`, which is not installed",
            hint=f"install `{claim.owner}` again",
        )


def explain(code: str) -> Explanation | None:
    """What the code means, or None when nobody who is installed documents it.

    Raises `PrefixClaimedTwice` and `NoSuchFolder`, about the prefix of this code only.
    """
    wanted = code.strip().upper()
    if not _CODE.fullmatch(wanted):
        return None
    prefix = wanted.rstrip("0123456789")
    claims = _undisputed([claim for claim in installed_claims() if claim.prefix == prefix])
    for claim in claims:
        if not _folders(claim):
            raise NoSuchFolder(claim)
    found = (said for claim in claims for said in _explanations(claim, wanted))
    return next(found, None)


def all_codes() -> list[Explanation]:
    """Every documented code, sorted. Raises `PrefixClaimedTwice`.

    A distribution whose folder is missing documents nothing; `explain` says so about a code of its prefix.
    """
    claims = [claim for claim in _undisputed(installed_claims()) if _folders(claim)]
    return sorted((said for claim in claims for said in _explanations(claim)), key=_order)


def installed_claims() -> list[Claim]:
    """Who claims which prefix, in this environment. A distribution found twice on the path counts once."""
    from importlib.metadata import distributions

    claims: dict[tuple[str, str], Claim] = {}
    for distribution in distributions():
        points = [point for point in distribution.entry_points if point.group == GROUP]
        owner = distribution.metadata["Name"] if points else ""
        for point in points:
            claims.setdefault((owner, point.name), Claim(point.name.upper(), point.value.strip(), owner))
    return sorted(claims.values(), key=lambda claim: (claim.prefix, claim.owner))


def _undisputed(claims: list[Claim]) -> list[Claim]:
    known: dict[str, Claim] = {}
    for claim in claims:
        if claim.prefix in known:
            raise PrefixClaimedTwice(known[claim.prefix], claim)
        known[claim.prefix] = claim
    return claims


def _explanations(claim: Claim, wanted: str | None = None) -> Iterator[Explanation]:
    from pathlib import Path

    for folder in _folders(claim):
        for path in sorted(Path(folder).iterdir()):
            named = _FILE.fullmatch(path.name)
            code = named[1].upper() if named else ""
            if code.rstrip("0123456789") != claim.prefix or wanted not in (None, code):
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            text = _docstring(text) if path.suffix == ".py" else text
            first, _, rest = text.strip().partition("\n")
            title = _TITLE.fullmatch(first.strip())
            if title is not None and title[1] == code:
                yield Explanation(code, title[2].rstrip("."), rest.strip(), claim.owner)


def _docstring(source: str) -> str:
    import ast

    try:
        return ast.get_docstring(ast.parse(source)) or ""
    except (SyntaxError, ValueError):
        return ""


def _folders(claim: Claim) -> list[str]:
    """The folders of the package: its top is found as an import would, what is below by name; [] when there is none."""
    from importlib.util import find_spec
    from os.path import isdir, join

    top, *below = claim.package.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    folders = [join(place, *below) for place in places]
    return [folder for folder in folders if isdir(folder)]


def _order(said: Explanation) -> tuple[str, int]:
    letters = said.code.rstrip("0123456789")
    return letters, int(said.code[len(letters) :])
