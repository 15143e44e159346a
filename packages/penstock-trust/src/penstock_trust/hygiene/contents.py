"""Judge what a wheel would bring into an environment: only its own packages, and nothing that acts by being there.

Takes:   a `Wheel` whose RECORD holds.
Gives:   one function for each question; each yields findings with one code of its own.
Ignores: who signed it, and versions.
"""

from __future__ import annotations

import re
import sys

from penstock_trust.hygiene.wheel import ENTRY_POINTS, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.hygiene.wheel import Wheel

SCRIPTS = ("console_scripts", "gui_scripts")
_STARTUP = (".pth", ".start", ".egg-link", ".egg-info", ".egg")  # what `site` and old installers act upon
_CUSTOMIZE = ("sitecustomize", "usercustomize")
_NATIVE = re.compile(r".*\.(?:so(?:\.[0-9]+)*|pyd|dll|dylib|exe|a|lib|o|obj|wasm|node)", re.IGNORECASE | re.DOTALL)
_MAGIC = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xbe\xba\xfe\xca",
    b"\x00asm",
    b"!<arch>\n",
)
_VALUE = re.compile(r"([A-Za-z_][\w.]*)\s*(?::\s*[\w.]+)?\s*(?:\[[\w\s,.-]*\])?", re.ASCII)
# Names that everything stands on: only the distribution of that name may bring them.
RESERVED = frozenset(
    (
        *("penstock", "penstock_compat", "penstock_contracts", "penstock_findings", "penstock_standard"),
        *("penstock_templates", "penstock_testkit", "penstock_trust"),
        *("click", "cryptography", "msgspec", "packaging", "pip", "pkg_resources", "pluggy", "pydantic"),
        *("setuptools", "sigstore", "uv", "wheel", "yaml", "_distutils_hack"),
    )
)


def metadata(wheel: Wheel) -> Iterator[Finding]:
    """T214: file name, folder and metadata that do not speak of one and the same wheel."""
    from packaging.tags import Tag
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
    from packaging.version import InvalidVersion, Version

    hint = "build the wheel again, and do not rename it"
    try:
        name, version, _, tags = parse_wheel_filename(wheel.filename)
    except (InvalidWheelFilename, InvalidVersion) as error:
        yield wheel.said("T214", f"`{shown(wheel.filename)}` is no name of a wheel: {shown(str(error))}", hint)
        return

    def same(said_name: str, said_version: str) -> bool:
        try:
            return canonicalize_name(said_name) == name and Version(said_version) == version
        except InvalidVersion:
            return False

    folder = wheel.info.removesuffix(".dist-info")
    if not same(*folder.rpartition("-")[::2]):
        yield wheel.said("T214", f"the folder `{shown(wheel.info)}` is not that of {name} {version}", hint, wheel.info)
    for where, found, names in (
        ("METADATA", wheel.headers, ("metadata-version", "name", "version")),
        ("WHEEL", wheel.tags, ("wheel-version", "root-is-purelib")),
    ):
        for header in names:
            if len(found.get(header, ())) != 1:
                yield wheel.said("T214", f"{where} does not say `{header}` exactly once", hint, f"{wheel.info}/{where}")
    if not same((wheel.headers.get("name") or [""])[0], (wheel.headers.get("version") or [""])[0]):
        yield wheel.said("T214", f"METADATA is not that of {name} {version}", hint, f"{wheel.info}/METADATA")
    if not (wheel.tags.get("wheel-version") or [""])[0].startswith("1."):
        yield wheel.said("T214", "WHEEL is of a format that nobody here knows; 1.x is", hint, f"{wheel.info}/WHEEL")
    if (wheel.tags.get("root-is-purelib") or [""])[0].lower() not in ("true", "false"):
        yield wheel.said("T214", "Root-Is-Purelib in WHEEL is neither true nor false", hint, f"{wheel.info}/WHEEL")
    said = {tag for line in wheel.tags.get("tag", ()) for tag in _tags(line, Tag)}
    if said != set(tags):
        yield wheel.said("T214", "the tags in WHEEL are not those of the file name", hint, f"{wheel.info}/WHEEL")


def _tags(line: str, tag: type) -> Iterator[object]:
    parts = line.split("-")
    if len(parts) == 3:
        for python in parts[0].split("."):
            for abi in parts[1].split("."):
                for platform in parts[2].split("."):
                    yield tag(python, abi, platform)


def startup(wheel: Wheel) -> Iterator[Finding]:
    """T215: a file that Python runs, or acts upon, without anyone importing it."""
    for path in wheel.files:
        if _acts(path):
            yield wheel.said("T215", f"`{shown(path)}` would act whenever Python starts", "leave it out", path)


def _acts(path: str) -> bool:
    top, below, _ = path.partition("/")
    return (
        top.lower().endswith(_STARTUP)
        or top.partition(".")[0].lower() in _CUSTOMIZE
        or (not below and top.lower().startswith(("__editable__", "_virtualenv", "pyvenv.cfg")))
    )


def data(wheel: Wheel) -> Iterator[Finding]:
    """T216: files that an installer would put elsewhere than into the packages."""
    for path in wheel.files:
        top, below, rest = path.partition("/")
        if below and top.lower().endswith(".data"):
            if rest.startswith("scripts/") and top == wheel.info.removesuffix(".dist-info") + ".data":
                if wheel.rules.scripts:
                    continue
                hint = 'ship it inside the package, or `allow = ["scripts"]` in the policy'
            else:
                hint = "ship it inside the package"
            yield wheel.said("T216", f"`{shown(path)}` would be put outside of the packages", hint, path)


def toplevels(wheel: Wheel) -> Iterator[Finding]:
    """T217: a name in `site-packages` that is not the project's own."""
    declared = ", ".join(f"`{name}`" for name in sorted(wheel.declared))
    for top, path in wheel.tops.items():
        if not _acts(path) and top not in wheel.declared and not _is_libraries(wheel, top):
            what = (
                f"the top-level name `{shown(top)}`" if top.isidentifier() else f"`{shown(top)}`, beside the packages,"
            )
            hint = f"the wheel may bring {declared}; `top-levels` in the policy can say otherwise"
            yield wheel.said("T217", f"{what} is not declared", hint, path)


def _is_libraries(wheel: Wheel, top: str) -> bool:
    """Whether it is the folder in which wheels of compiled code bring the libraries that they link to."""
    return wheel.rules.native and top.endswith(".libs") and top.removesuffix(".libs") in wheel.declared


def stdlib(wheel: Wheel) -> Iterator[Finding]:
    """T218: a top-level name that belongs to Python, or to what everything here stands on."""
    own = wheel.filename.partition("-")[0].replace(".", "_").lower()
    for top, path in wheel.tops.items():
        if not _acts(path) and (top in sys.stdlib_module_names or (top in RESERVED and top != own)):
            yield wheel.said(
                "T218", f"`{shown(top)}` would take the place of another module", "rename the package", path
            )


def entrypoints(wheel: Wheel) -> Iterator[Finding]:
    """T219: entry points that cannot be read, lead into somebody else's code, or make scripts."""
    place = f"{wheel.info}/{ENTRY_POINTS}"
    points, wrong = wheel.entry_points
    if wrong:
        yield wheel.said("T219", f"{ENTRY_POINTS} {wrong}", "mend the entry points of the project", place)
    for group, name, value in points:
        said = f"the entry point `{shown(name)}` of `{shown(group)}`"
        found = _VALUE.fullmatch(value)
        if found is None or "" in found[1].split("."):
            yield wheel.said("T219", f"{said} leads to {shown(value)!r}, which is no object", None, place)
        elif found[1].partition(".")[0] not in wheel.tops:
            hint = "only code of the wheel itself can be offered"
            yield wheel.said("T219", f"{said} leads into `{shown(value)}`, which is not in the wheel", hint, place)
        elif group in SCRIPTS and not wheel.rules.scripts:
            yield wheel.said(
                "T219", f"{said} makes a script", '`allow = ["scripts"]` in the policy lets it pass', place
            )


def native(wheel: Wheel) -> Iterator[Finding]:
    """T220: compiled code where the policy does not allow it."""
    if wheel.rules.native:
        return
    hint = '`allow = ["native"]` in the policy lets it pass'
    for path in natives(wheel):
        yield wheel.said("T220", f"`{shown(path)}` is compiled code", hint, path)
    tag = wheel.filename.removesuffix(".whl").rpartition("-")[2]
    if tag != "any" or (wheel.tags.get("root-is-purelib") or [""])[0].lower() == "false":
        yield wheel.said("T220", "the wheel is made for one platform, as only compiled code needs", hint)


def natives(wheel: Wheel) -> tuple[str, ...]:
    """The files that are compiled code, by their names or by their first bytes; sorted."""
    return tuple(sorted(path for path in wheel.files if _NATIVE.fullmatch(path) or _compiled(wheel.content(path))))


def _compiled(content: bytes) -> bool:
    if content.startswith(b"MZ") and len(content) >= 64:
        header = int.from_bytes(content[60:64], "little")
        return content[header : header + 4] == b"PE\0\0"
    return content.startswith(_MAGIC)


def bytecode(wheel: Wheel) -> Iterator[Finding]:
    """T221: compiled Python, which need not be what its source says."""
    for path in wheel.files:
        if path.lower().endswith((".pyc", ".pyo")) or "__pycache__" in path.lower().split("/"):
            yield wheel.said("T221", f"`{shown(path)}` is bytecode", "ship the source only", path)
