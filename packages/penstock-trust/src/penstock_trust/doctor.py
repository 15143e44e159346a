"""Say who can write what trust stands on: policy, receipts, packages, launcher, configuration.

Takes:   what the machine's owner decided, the environment, what the file system says of each place.
Gives:   `doctor`: findings T450 to T456; `Holding`, who can write one place.
Why so:  no signature helps where somebody can put another policy, another key or another Python in its place.
Ignores: access control lists and mount options; it says so when it cannot look.
"""

from __future__ import annotations

import os
import stat
import sys

from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penstock_trust.site import Site

PROVIDER = "penstock_trust.admission"
_CODES = {
    "policy": "T451",
    "store of receipts": "T452",
    "packages": "T453",
    "launcher": "T454",
    "configuration": "T455",
}


class Holding(Fact):
    """Who can write one place: `owner` is a name, `group` and `others` whether the group and everybody can.

    `path` is the place or the folder above it through which it can be replaced.
    """

    what: str
    path: str
    owner: str
    group: str = ""
    others: bool = False


def doctor(
    site: Site,
    *,
    environment: Mapping[str, str] | None = None,
    packages: tuple[str, ...] | None = None,
    launcher: tuple[str, ...] | None = None,
) -> tuple[Finding, ...]:
    """Everything that could take the place of what is believed here, gravest first in each group."""
    environment = os.environ if environment is None else environment
    host = host_path(environment)
    places: dict[str, tuple[str, ...]] = {
        "policy": (site.policy,),
        "store of receipts": (site.store_of(),),
        "packages": _packages() if packages is None else packages,
        "launcher": _launcher() if launcher is None else launcher,
        "configuration": (site.path, host),
    }
    found = [*_enforced(host, environment)]
    for what, paths in places.items():
        for path in paths:
            found += findings_of(what, path)
    for folder in places["packages"]:
        found += _started(folder)
    return tuple(dict.fromkeys(found))


def host_path(environment: Mapping[str, str]) -> str:
    """Where the core reads who is asked for admission."""
    named = environment.get("PENSTOCK_CONFIG")
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.abspath(named or os.path.join(home, "penstock", "penstock.toml"))


def holdings(what: str, path: str) -> Iterator[Holding]:
    """Who can write the place itself, and each folder above it; links are followed, each with its own folders."""
    seen: set[str] = set()
    for start in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        place = start
        while place not in seen:
            seen.add(place)
            try:
                facts = os.stat(place)
            except FileNotFoundError:
                place = os.path.dirname(place)
                continue
            kept = bool(facts.st_mode & stat.S_ISVTX) and place != start  # in a sticky folder, others' files stay
            yield Holding(
                what,
                place,
                _user(facts.st_uid),
                _group(facts.st_gid) if facts.st_mode & stat.S_IWGRP and not kept else "",
                bool(facts.st_mode & stat.S_IWOTH) and not kept,
            )
            place = os.path.dirname(place)


def findings_of(what: str, path: str) -> Iterator[Finding]:
    """What is wrong with who can write a place, and, as a note, that whoever runs graphs can."""
    code, at = _CODES[what], Location(path)
    try:
        found = list(holdings(what, path))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        yield Finding("T450", f"cannot look who can write `{path}`: {why}", at, Severity.WARNING)
        return
    for holding in found:
        at = Location(holding.path)
        through = "" if holding.path == os.path.abspath(path) else f", through `{holding.path}`"
        if holding.others:
            hint = f"chmod o-w {holding.path}"
            yield Finding(code, f"everybody on this machine can change the {what}{through}", at, hint=hint)
        elif holding.group and holding.group != holding.owner:
            hint = f"chmod g-w {holding.path}, unless everybody in the group may"
            message = f"the group `{holding.group}` can change the {what}{through}"
            yield Finding(code, message, at, Severity.WARNING, hint)
    own = _user(os.getuid()) if hasattr(os, "getuid") else ""
    first = next((each for each in found if each.owner == own and own != "root"), None)
    if first is not None:
        message = f"`{own}`, who runs this, can change the {what}"
        hint = "let another user own it, and run graphs as one who does not"
        yield Finding(code, message, Location(first.path), Severity.NOTE, hint)


def _enforced(host: str, environment: Mapping[str, str]) -> Iterator[Finding]:
    """T455 when nobody asks us, T456 when Python itself is told to look elsewhere first."""
    from penstock_findings.load import load

    parsed = load(host) if os.path.exists(host) else None
    value = parsed.document.value if parsed is not None and parsed.document is not None else {}
    admission = value.get("admission", {}) if isinstance(value, dict) else {}
    providers = admission.get("providers", []) if isinstance(admission, dict) else []
    if not isinstance(providers, list) or PROVIDER not in providers:
        hint = f'write `[admission]` and `providers = ["{PROVIDER}"]` into it'
        yield Finding("T455", "the core does not ask for trust: every pack may load", Location(host), hint=hint)
    elif isinstance(admission, dict) and admission.get("required") is False:
        hint = "remove `required = false`"
        yield Finding("T455", "admission is not required, so silence counts as a yes", Location(host), hint=hint)
    for name in ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONUSERBASE"):
        if environment.get(name):
            message = f"{name} is set, so that code from `{environment[name]}` may run before anything is asked"
            yield Finding("T456", message, severity=Severity.WARNING, hint=f"start graphs without {name}")


def _started(folder: str) -> Iterator[Finding]:
    """T456: files that Python acts upon before anything can be asked."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".pth") and _has_code(path):
            message = f"`{name}` runs code whenever Python starts, before anything is asked"
        elif name.partition(".")[0] in ("sitecustomize", "usercustomize") or name.endswith(".start"):
            message = f"`{name}` runs whenever Python starts, before anything is asked"
        else:
            continue
        hint = "remove it, unless you know whose it is"
        yield Finding("T456", message, Location(path), Severity.WARNING, hint)


def _has_code(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return any(line.startswith((b"import ", b"import\t")) for line in file.read(1 << 20).splitlines())
    except OSError:
        return True


def _packages() -> tuple[str, ...]:
    import sysconfig

    return tuple(dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))))


def _launcher() -> tuple[str, ...]:
    folder = os.path.dirname(sys.executable)
    scripts = [os.path.join(folder, name) for name in ("penstock", "penstock-trust")]
    return (sys.executable, *(script for script in scripts if os.path.exists(script)))


def _user(number: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)


def _group(number: int) -> str:
    try:
        import grp

        return grp.getgrgid(number).gr_name
    except (ImportError, KeyError):
        return str(number)
