"""Judge how the files of a wheel are called: whether they land where they seem to, on every file system.

Takes:   a `Wheel`.
Gives:   `paths`, `collisions`, `links`.
Ignores: what is in the files.
"""

from __future__ import annotations

import re
import stat
import unicodedata

from penstock_trust.hygiene.archive import UTF8
from penstock_trust.hygiene.wheel import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.hygiene.archive import Member
    from penstock_trust.hygiene.wheel import Wheel

LONGEST = 240  # bytes of a path inside a wheel; Windows has about 260 for all of it
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)
_RESERVED = frozenset('<>:"|?*\\')
_IGNORED = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")  # letters that show nothing


def paths(wheel: Wheel) -> Iterator[Finding]:
    """T206: a path that leads out of the folder, or to another place than it seems."""
    for member in wheel.archive.members:
        why = _wrong(member)
        if why:
            yield wheel.said("T206", f"the path `{shown(member.name)}` {why}", "rename the file", member.name)


def _wrong(member: Member) -> str:
    name = member.name[:-1] if member.is_folder else member.name
    parts = name.split("/")
    if not member.raw.isascii():
        try:
            member.raw.decode("utf-8")
        except UnicodeDecodeError:
            return "is not UTF-8"
        if not member.flags & UTF8:
            return "does not say in which encoding it is"
        if unicodedata.normalize("NFC", name) != name:
            return "is not written in composed characters (NFC)"
    if any(mark < " " or "\x7f" <= mark < "\xa0" for mark in name):
        return "has control characters"
    if _RESERVED & set(name):
        return f"has a character that file systems reserve, one of {' '.join(sorted(_RESERVED))}"
    if "" in parts or "." in parts or ".." in parts:
        return "is absolute, or leads out of its folder or nowhere"
    if any(part[-1] in ". " or part[0] == " " for part in parts):
        return "has a part that begins or ends with a space, or ends with a dot"
    if any(map(_DEVICE.fullmatch, parts)):
        return "is the name of a device"
    return f"has more than {LONGEST} bytes" if len(member.raw) > LONGEST else ""


def collisions(wheel: Wheel) -> Iterator[Finding]:
    """T207: two paths that some file systems or readers cannot tell apart."""
    spelled: dict[str, str] = {}  # folded path of a file or folder -> how it is written
    folders = {above for path in wheel.files for above in _above(path)}
    for member in wheel.archive.members:
        name = member.name.rstrip("/")
        if not name.isascii() and any(unicodedata.category(m) == "Cf" or m in _IGNORED for m in name):
            why = "holds marks that nobody can see"
            yield wheel.said("T207", f"the path `{shown(name)}` {why}", "rename the file", member.name)
            continue
        if name in folders and not member.is_folder:
            yield wheel.said("T207", f"`{shown(name)}` is a file and a folder", "rename one of them", member.name)
        for path in (*_above(name), name):
            other = spelled.setdefault(folded(path), path)
            if other != path:
                both = f"`{shown(other)}` and `{shown(path)}` are one path on some file systems"
                yield wheel.said("T207", both, "rename one of them", member.name)


def folded(path: str) -> str:
    """The path as a file system sees it that ignores case and compatibility forms."""
    if path.isascii():
        return path.lower()
    once = unicodedata.normalize("NFKC", path).casefold()
    return unicodedata.normalize("NFKC", once)


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def links(wheel: Wheel) -> Iterator[Finding]:
    """T208: something else than a plain file or an empty folder."""
    for member in wheel.archive.members:
        kind = stat.S_IFMT(member.mode)
        if kind not in (0, stat.S_IFDIR if member.is_folder else stat.S_IFREG):
            why = "is a symbolic link" if kind == stat.S_IFLNK else "is no plain file"
        elif member.mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
            why = "would run with the rights of somebody else"
        elif member.is_folder and member.size:
            why = "is a folder with content of its own"
        else:
            continue
        hint = "ship the file itself, with plain rights"
        yield wheel.said("T208", f"`{shown(member.name)}` {why}", hint, member.name)
