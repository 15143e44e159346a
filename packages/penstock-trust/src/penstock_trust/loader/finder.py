"""Answer Python's import for the packages of admitted packs, and for nothing else.

Takes:   the top-level names that are governed, and whom to ask about a project when one of them is first wanted.
Gives:   `Finder`, to stand first in `sys.meta_path`; `ModuleLoader`.
Why so:  a file that is not in the table of an accepted wheel cannot be imported, wherever on the path it lies; so an
         added file, a shadowing package or a poisoned `.pyc` has nobody who would run it.
Ignores: who may be admitted (`admission`).
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec

from penstock_trust.loader.governed import NotAsAccepted
from penstock_trust.loader.modules import NAMESPACE, NATIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import CodeType, ModuleType
    from typing import Any

    from penstock_trust.loader.governed import Governed
    from penstock_trust.loader.modules import Module


class Finder:
    """A meta-path finder for governed names.

    `ask` has a project judged, which calls `govern` when it may load; otherwise it raises `ImportError`.
    """

    def __init__(self, ask: Callable[[str], object]) -> None:
        self._ask = ask
        self._projects: dict[str, list[str]] = {}  # top-level name -> the projects that bring it
        self._governed: dict[str, Governed | None] = {}  # project -> what was asked for
        self._modules: dict[str, tuple[Governed, Module]] = {}

    def expect(self, project: str, top_levels: Iterable[str]) -> None:
        """From now on these names are imported through us; the project is asked about when one is first wanted."""
        for top in top_levels:
            known = self._projects.setdefault(top, [])
            if project not in known:
                known.append(project)

    def govern(self, project: str, governed: Governed | None) -> None:
        """The project has been judged; None means that Python may import it as always."""
        self._governed[project] = governed
        if governed is None:
            return
        for name, module in governed.modules.items():
            known = self._modules.get(name)
            if known is None or known[1].kind == NAMESPACE:
                self._modules[name] = (governed, module)

    def withdraw(self, project: str) -> None:
        """The project is to be judged again: nothing of it is imported on the strength of what was said before."""
        self._governed.pop(project, None)
        self._modules = {name: found for name, found in self._modules.items() if found[0].project != project}

    def stand_first(self) -> None:
        """Make sure that Python asks us before anyone else."""
        if sys.meta_path[0] is not self:
            sys.meta_path[:] = [self, *(finder for finder in sys.meta_path if finder is not self)]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a governed module; None for every other name. Raises for what was refused or never accepted."""
        found = self._modules.get(fullname)
        if found is None:
            top = fullname.partition(".")[0]
            projects = self._projects.get(top)
            if projects is None or not self._settled(projects):
                return None
            found = self._modules.get(fullname)
            if found is None:
                if self._is_open(fullname, projects):
                    return None
                raise self._unknown(fullname, projects)
        elif found[1].kind == NAMESPACE:
            self._settled(self._projects.get(fullname.partition(".")[0], []))
        governed, module = found
        if module.kind == NATIVE:
            loader: Any = NativeLoader(governed, module)
        else:
            loader = ModuleLoader(governed, module)
        spec = ModuleSpec(fullname, loader, origin=loader.path or None, is_package=bool(module.folder))
        spec.has_location = bool(loader.path)
        if module.folder:
            spec.submodule_search_locations = self._locations(fullname, governed, module)
        return spec

    def invalidate_caches(self) -> None:
        """Nothing is looked up twice here, so there is nothing to forget."""

    def owns(self, module: object) -> bool:
        """Whether a module in `sys.modules` came through us."""
        loader = getattr(getattr(module, "__spec__", None), "loader", None)
        return isinstance(loader, (ModuleLoader, NativeLoader))

    def _settled(self, projects: list[str]) -> bool:
        """Judge the projects that were not judged yet; false when Python may import them as always."""
        refused: ImportError | None = None
        for project in list(projects):
            if project not in self._governed:
                try:
                    self._ask(project)
                except ImportError as error:
                    refused = refused or error
        governed = [self._governed[project] for project in projects if project in self._governed]
        if refused is not None and not governed:
            raise refused
        return any(each is not None for each in governed)

    def _locations(self, name: str, governed: Governed, module: Module) -> list[str]:
        owners = [governed]
        if module.kind == NAMESPACE:
            owners = [each for each in self._governed.values() if each is not None and name in each.modules]
        folders = [folder for each in owners for folder in (each.folder, *each.portions)]
        return [os.path.join(folder, *module.folder.split("/")) for folder in dict.fromkeys(folders)]

    def _is_open(self, name: str, projects: list[str]) -> bool:
        """Whether it is in a namespace to which the policy lets others add."""
        parent = self._modules.get(name.rpartition(".")[0])
        if parent is None or parent[1].kind != NAMESPACE:
            return False
        return any(each is not None and each.portions for each in map(self._governed.get, projects))

    def _unknown(self, name: str, projects: list[str]) -> ImportError:
        inside = name.replace(".", "/")
        for project in projects:
            governed = self._governed.get(project)
            for path in (f"{inside}.py", f"{inside}/__init__.py") if governed is not None else ():
                place = os.path.join(governed.folder, path)  # type: ignore[union-attr]  # nothing is asked of None
                if path not in governed.paths() and os.path.exists(place):  # type: ignore[union-attr]  # the same
                    return NotAsAccepted(
                        "T423",
                        f"`{place}` is not in the accepted wheel of `{project}`, so it is not imported; remove it",
                        name=name,
                        path=place,
                    )
        return ModuleNotFoundError(f"No module named {name!r}", name=name)


class ModuleLoader:
    """Execute one module of a governed pack, and answer what tools ask of a loader."""

    __slots__ = ("governed", "module", "name", "path")

    def __init__(self, governed: Governed, module: Module) -> None:
        self.governed = governed
        self.module = module
        self.name = module.name
        self.path = "" if module.kind == NAMESPACE else governed.source.place(module.path)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Python makes the module object."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the code, compiled from the accepted bytes."""
        if self.module.kind != NAMESPACE:
            exec(self.governed.code(self.module), module.__dict__)

    def is_package(self, fullname: str) -> bool:
        """Whether there are submodules."""
        return bool(self.module.folder)

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the module, None for a namespace."""
        return None if self.module.kind == NAMESPACE else self.governed.code(self.module)

    def get_source(self, fullname: str) -> str | None:
        """The text of the module, for tracebacks and debuggers."""
        if self.module.kind == NAMESPACE:
            return None
        from importlib.util import decode_source

        return decode_source(self.governed.read(self.module.path, self.name))

    def get_filename(self, fullname: str) -> str:
        """What the module has as `__file__`."""
        return self.path

    def get_data(self, path: str) -> bytes:
        """The bytes of a file of the pack, by its place. `OSError` when the wheel did not hold it."""
        for inside in self.governed.paths():
            if self.governed.source.place(inside) == path:
                return self.governed.read(inside)
        raise FileNotFoundError(f"`{path}` is no file of `{self.governed.project}`")

    def get_resource_reader(self, fullname: str) -> Any:
        """What `importlib.resources` asks; it reads accepted bytes only."""
        from penstock_trust.loader.resources import Reader

        return Reader(self.governed, self.module.folder) if self.module.folder else None


class NativeLoader(ExtensionFileLoader):
    """Load compiled code after its file was hashed; the system's linker then opens the file once more."""

    def __init__(self, governed: Governed, module: Module) -> None:
        super().__init__(module.name, governed.source.place(module.path))
        self.governed = governed
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Hash, then load."""
        self.governed.read(self.module.path, self.name)
        return super().create_module(spec)
