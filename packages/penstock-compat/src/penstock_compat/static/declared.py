"""Hold a cell against what the pack's metadata declares: Pythons, wheel tags, the versions of the core.

Takes:   metadata, a target, the core's name and version.
Gives:   reasons; a cell that is refused here needs no run.
Ignores: the sources of pack and core (`uses`), and other distributions' requirements (`resolving`).
"""

from __future__ import annotations

from penstock_compat.static.metadata import Metadata
from penstock_compat.static.surface import normal
from penstock_compat.static.target import Target
from penstock_compat.static.verdict import Reason, Verdict, When
from penstock_findings import Location

_MICROS = range(0, 40)  # no Python of one minor has had more releases than that


def declared(said: Metadata, where: Target, core: str = "", version: str = "") -> tuple[Reason, ...]:
    """Everything that the metadata has against a cell."""
    return (*said.problems, *_python(said, where), *_tags(said, where), *_requirements(said, where, core, version))


def python_fits(specifier: str, where: Target) -> bool | None:
    """Whether `Requires-Python` lets the Python in; None when that hangs on its third number. Raises `ValueError`."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(specifier)
    except InvalidSpecifier as error:
        raise ValueError(str(error)) from error
    fits = {allowed.contains(f"{where.python_text}.{micro}") for micro in _MICROS}
    return fits.pop() if len(fits) == 1 else None


def tag_fits(tags: tuple[str, ...], where: Target) -> bool | None:
    """Whether a wheel with these tags can be installed; None when that hangs on more than the target says."""
    answers = {_one_tag_fits(tag, where) for tag in tags}
    return True if True in answers or not answers else None if None in answers else False


def _python(said: Metadata, where: Target) -> tuple[Reason, ...]:
    if not said.requires_python:
        return ()
    try:
        fits = python_fits(said.requires_python, where)
    except ValueError:
        return (_reason("C404", f"`{said.requires_python}` is no set of Pythons", said, Verdict.BROKEN),)
    if fits:
        return ()
    text = f"it requires Python {said.requires_python}, and this is {where.python_text}"
    return (_reason("C401", text, said, Verdict.UNKNOWN if fits is None else Verdict.BROKEN),)


def _tags(said: Metadata, where: Target) -> tuple[Reason, ...]:
    fits = tag_fits(said.tags, where)
    if fits:
        return ()
    text = f"its wheel is for {', '.join(said.tags[:3])}, not for Python {where.python_text} on {where.os} {where.arch}"
    return (_reason("C402", text, said, Verdict.UNKNOWN if fits is None else Verdict.BROKEN),)


def _requirements(said: Metadata, where: Target, core: str, version: str) -> tuple[Reason, ...]:
    from packaging.requirements import InvalidRequirement, Requirement

    found: list[Reason] = []
    for line in said.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            found.append(
                _reason("C404", f"`{line}` is no requirement: {str(error).splitlines()[0]}", said, Verdict.BROKEN)
            )
            continue
        about_core = (
            core and version and normal(requirement.name) == normal(core) and _applies(requirement.marker, where)
        )
        if about_core and not requirement.specifier.contains(version, prereleases=True):
            text = f"it requires `{line}`, and this is {core} {version}"
            found.append(_reason("C403", text, said, Verdict.BROKEN, requirement.name))
    return tuple(found)


def applies(line: str, where: Target) -> bool:
    """Whether a requirement holds on the target without any extra; one that cannot be read does not."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return _applies(Requirement(line).marker, where)
    except InvalidRequirement:
        return False


def names_of(said: Metadata, where: Target) -> frozenset[str]:
    """The distributions that are required on the target, by normalised name."""
    from packaging.requirements import Requirement

    return frozenset(normal(Requirement(line).name) for line in said.requires if applies(line, where))


def _applies(marker: object, where: Target) -> bool:
    from packaging.markers import Marker, UndefinedEnvironmentName

    if not isinstance(marker, Marker):
        return True
    whole = {"python_full_version": f"{where.python_text}.0", **where.markers()}
    try:
        return marker.evaluate(dict(whole))
    except UndefinedEnvironmentName:
        return False


def _one_tag_fits(tag: str, where: Target) -> bool | None:
    python, abi, platform = tag.split("-")
    here = f"cp{where.python[0]}{where.python[1]}"
    major, minor = where.python
    pure = python in ("py3", "py2.py3", f"py3{minor}") or (
        python.startswith("py3") and python[3:].isdigit() and int(python[3:]) <= minor
    )
    stable = abi == "abi3" and python.startswith(f"cp{major}") and python[3:].isdigit() and int(python[3:]) <= minor
    exact = python == here and abi in (here, "none", "abi3")
    if not ((pure and abi == "none") or stable or exact):
        return False
    if platform == "any":
        return abi == "none"  # what is bound to an ABI is for no platform in particular in no tag that is looked for
    return _platform_fits(platform, where)


def _platform_fits(platform: str, where: Target) -> bool | None:
    arch = {
        "windows": {"x86_64": "amd64", "aarch64": "arm64"},
        "macos": {"aarch64": "arm64"},
        "darwin": {"aarch64": "arm64"},
    }
    machine = arch.get(where.os, {}).get(where.arch, where.arch)
    system = where.system
    if system is None:
        return None
    starts = {"linux": ("linux", "manylinux", "musllinux"), "win32": ("win",), "darwin": ("macosx",)}[system[0]]
    if not platform.startswith(starts):
        return False
    if not platform.endswith((machine, "universal2")):
        return False
    return None if platform.startswith("musllinux") else True


def _reason(code: str, message: str, said: Metadata, verdict: Verdict, subject: str = "") -> Reason:
    return Reason(code, message, verdict, When.INSTALL, Location(path=said.path or None), subject)
