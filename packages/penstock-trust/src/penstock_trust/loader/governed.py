"""Join what belongs to one admitted pack: its files, their digests, its modules and its compiled code.

Takes:   the table of an accepted wheel, a source to read from, a mode.
Gives:   `Governed`, whose `read` and `code` give nothing that is not what was accepted; `NotAsAccepted`.
Ignores: how Python asks (`finder`), and whether the pack may load at all (`admission`).
"""

from __future__ import annotations

import marshal
from hashlib import sha256

from penstock_trust.loader.code import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType
    from typing import Any

    from penstock_trust.facts import FileFact
    from penstock_trust.loader.modules import Module
    from penstock_trust.loader.source import Disk, Sealed

    def _fix_co_filename(code: CodeType, path: str) -> None: ...
else:
    try:
        from _imp import _fix_co_filename  # what importlib itself does with cached code
    except ImportError:  # another interpreter than CPython: tracebacks name the place of compilation

        def _fix_co_filename(code, path):
            """Leave the name of the file as it is."""


class NotAsAccepted(ImportError):
    """A file of a pack is not what was accepted, or was never accepted; it has not been run."""

    def __init__(self, code: str, message: str, *, name: str | None = None, path: str | None = None) -> None:
        super().__init__(f"{code}: {message}", name=name, path=path)
        self.code = code


class Governed:
    """One admitted pack.

    `modules` is dotted name -> module, `folder` is where it is installed, `portions` are further folders in which
    Python may look for what is in its namespaces; `code` gives digest -> marshalled code when it is first wanted.
    """

    __slots__ = ("_code", "_kept", "_table", "_trusting", "folder", "mode", "modules", "portions", "project", "source")

    def __init__(
        self,
        project: str,
        table: Mapping[str, FileFact],
        modules: Mapping[str, Module],
        source: Disk | Sealed,
        folder: str,
        *,
        mode: str = "verified",
        code: Callable[[], Mapping[str, bytes]] = dict,
        portions: tuple[str, ...] = (),
    ) -> None:
        self.project = project
        self.source: Disk | Sealed = source
        self.folder = folder
        self.mode = mode
        self.modules = modules
        self._table = table
        self.portions = portions
        self._code = code
        self._kept: Mapping[str, bytes] | None = None
        self._trusting = mode == "checked"  # what was hashed at the start is not hashed again

    def paths(self) -> Mapping[str, Any]:
        """The files there are."""
        return self._table

    def read(self, path: str, name: str | None = None) -> bytes:
        """The bytes of a file, as they were accepted. Raises `NotAsAccepted` (T422), `OSError`."""
        data = self.source.read(path)
        if sha256(data).hexdigest() != self._table[path].sha256:
            raise NotAsAccepted(
                "T422",
                f"`{self.source.place(path)}` was changed after `{self.project}` was admitted; install it again with "
                "`penstock trust install`, and find out who can write there",
                name=name,
                path=self.source.place(path),
            )
        return data

    def code(self, module: Module) -> CodeType:
        """The code of a module, compiled from the bytes that were accepted. Raises as `read`, and `SyntaxError`."""
        if self._kept is None:
            self._kept = self._code()
        kept = self._kept.get(self._table[module.path].sha256)
        source = b"" if kept is not None and self._trusting else self.read(module.path, module.name)
        place = self.source.place(module.path)
        if kept is None:
            return compiled(source, place)
        code: CodeType = marshal.loads(kept)
        _fix_co_filename(code, place)
        return code
