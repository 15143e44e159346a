"""Find out which installed distributions say that they are packs, by looking into their entry points.

Takes:   folders, as in `sys.path`.
Gives:   `claims`: who claims to be a pack, and findings about what cannot be understood.
Why not: `importlib.metadata`: importing it alone costs three times what a bare Python start does.
Ignores: what a pack offers (its manifest), and whether the package that it names exists.
"""

from __future__ import annotations

import os

from penstock._plugins.bytes_of import TooLarge, read_small

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from penstock_findings.finding import Finding

GROUP = "penstock"
LIMIT = 1 << 18  # bytes of an entry_points.txt; the largest in the wild have a tenth of it

_LISTED = ".dist-info"
_OLD = ".egg-info"


class Claim:
    """A distribution's word that `package` is a pack named `name`."""

    __slots__ = ("distribution", "installed_at", "name", "package", "version")

    def __init__(self, name: str, package: str, distribution: str, version: str, installed_at: str) -> None:
        self.name = name
        self.package = package
        self.distribution = distribution
        self.version = version
        self.installed_at = installed_at

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


def normalised(name: str) -> str:
    """A distribution's name as comparisons want it.

    >>> normalised("Penstock__Standard.pack")
    'penstock-standard-pack'
    """
    return "-".join(part for part in name.replace("_", "-").replace(".", "-").lower().split("-") if part)


def claims(path: Sequence[str]) -> tuple[list[Claim], list[Finding]]:
    """Every claim on the path, in its order; of two copies of one distribution, the first hides the other.

    That is how Python itself chooses. Two versions in one folder are another thing: an installation that broke.
    """
    found: list[Claim] = []
    findings: list[Finding] = []
    seen: set[str] = set()
    old: list[tuple[str, str]] = []
    for folder in _folders(path):
        here: dict[str, str] = {}
        for entry in _listing(folder):
            if entry.endswith(_LISTED):
                name, _, version = entry[: -len(_LISTED)].partition("-")
                key = normalised(name)
                if key in here:
                    findings += _twice(folder, here[key], entry)
                    found = [claim for claim in found if claim.distribution != key]
                elif key not in seen:
                    here[key] = entry
                    found += _claims_of(os.path.join(folder, entry), key, version, findings)
            elif entry.endswith(_OLD):
                old.append((folder, entry))
        seen.update(here)
    for folder, entry in old:
        findings += _too_old(os.path.join(folder, entry), seen)
    return found, findings


def _folders(path: Iterable[object]) -> list[str]:
    """The folders of the path, each once; archives and what is not text are none."""
    folders: dict[str, str] = {}
    for item in path:
        if isinstance(item, str) and (folder := item or os.getcwd()) and os.path.isdir(folder):
            folders.setdefault(os.path.realpath(folder), folder)
    return list(folders.values())


def _listing(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # sorted: no two file systems list alike
    except OSError:
        return []  # Python's own import passes over what it may not read, too


def _claims_of(info: str, distribution: str, version: str, findings: list[Finding]) -> list[Claim]:
    path = os.path.join(info, "entry_points.txt")
    try:
        data = read_small(path, LIMIT)
    except FileNotFoundError:
        return []
    except TooLarge as error:
        findings.append(_finding("P101", str(error), path))
        return []
    except OSError:
        return []  # whoever cannot be read has claimed nothing
    if b"penstock" not in data:
        return []
    if not distribution or not version:
        what = f"`{os.path.basename(info)}` does not say which distribution and version it is"
        findings.append(_finding("P101", what, info))
        return []
    return _understood(data, path, Claim("", "", distribution, version, info), findings)


def _understood(data: bytes, path: str, of: Claim, findings: list[Finding]) -> list[Claim]:
    try:
        lines = data.decode("utf-8").removeprefix("\ufeff").splitlines()
    except UnicodeDecodeError:
        findings.append(_finding("P101", f"the entry points of `{of}` are not UTF-8 text", path))
        return []
    found: list[Claim] = []
    group: str | None = None
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text[0] == "[" and text[-1] == "]":
            group = text[1:-1].strip()
        elif group == GROUP:
            name, equals, value = (part.strip() for part in text.partition("="))
            wrong = _wrong(name, equals, value, {claim.name for claim in found})
            if wrong:
                findings.append(_finding("P102", f"`{of}` has an entry point that {wrong}", path, line=number))
            else:
                found.append(Claim(name, value, of.distribution, of.version, of.installed_at))
    return found


def _wrong(name: str, equals: str, value: str, known: set[str]) -> str | None:
    if not equals:
        return "is not of the form `name = package`"
    if name in known:
        return f"gives the name `{name}` a second time"
    if not is_id(name):
        return f"has the name {name[:80]!r}; a pack's short name is like `my-pack`: a lower case letter, then letters, digits, `-`, `_`"
    if not all(part.isidentifier() for part in value.split(".")):
        return f"names {value[:80]!r}, which is not an importable package such as `my_pack`"
    return None


def is_id(text: str) -> bool:
    """Whether the text can be an id in Penstock: `[a-z][a-z0-9_-]{0,62}`."""
    return (
        0 < len(text) < 64
        and "a" <= text[0] <= "z"
        and text.isascii()
        and text == text.lower()
        and text.replace("-", "").replace("_", "").isalnum()
    )


def is_command(text: str) -> bool:
    """Whether the text can name a command: an id, or two for one below a command of ours (`pack new`)."""
    words = text.split(" ")
    return len(words) <= 2 and all(map(is_id, words))


def _twice(folder: str, first: str, second: str) -> list[Finding]:
    """Two versions of one distribution in one folder; said only when it concerns us."""
    both = [os.path.join(folder, name) for name in (first, second)]
    if not any(_claims_of(info, "x", "x", []) for info in both):
        return []
    return [
        _finding(
            "P103",
            f"two installations are mixed in one folder: `{first}` and `{second}`",
            both[1],
            hint="uninstall the distribution until nothing of it is left, then install it again",
        )
    ]


def _too_old(path: str, seen: set[str]) -> list[Finding]:
    name = normalised(os.path.basename(path)[: -len(_OLD)].partition("-")[0])
    if name in seen or not _claims_of(path, name, "?", []):
        return []
    return [
        _finding(
            "P104",
            f"`{name}` is not looked at: it was installed in the old form `{os.path.basename(path)}`",
            path,
            hint="install it again with pip, which writes a *.dist-info folder",
            severity="warning",
        )
    ]


def _finding(
    code: str, message: str, path: str, *, line: int | None = None, hint: str | None = None, severity: str = "error"
) -> Finding:
    """A finding; what one is made of is imported only now that there is one."""
    from penstock_findings.finding import Finding, Location, Severity

    return Finding(code, message, Location(path, line), Severity(severity), hint)
