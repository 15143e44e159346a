"""Ask whether code of a pack may be imported, before any of it is.

Takes:   the host configuration, and nothing that a pack could have written.
Gives:   `Gate`, which asks once per pack and remembers; `Refused`, `BrokenProvider`.
Ignores: why a provider says what it says.
"""

from __future__ import annotations

from penstock._plugins.admission import Admission
from penstock._plugins.host import Host
from penstock_findings.errors import PenstockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    import pluggy

    from penstock._plugins.named_hooks import NamedHooks
    from penstock._plugins.packs import FoundPack


class Refused(PenstockError):
    """Code of a pack may not be imported here. Nothing of it has been."""

    code = "P201"


class BrokenProvider(PenstockError):
    """A provider that the host configuration names does not work, so nobody is admitted."""

    code = "P203"


class Gate:
    """The one door through which pack code is imported."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._answers: dict[tuple[str, str], Admission] = {}
        self._expected: dict[tuple[str, str], FoundPack] = {}
        self._manager: NamedHooks | None = None

    def expect(self, packs: Iterable[FoundPack]) -> None:
        """Say which packs will be wanted, so that providers may judge them all when the first is asked about."""
        self._expected |= {(pack.distribution, pack.package): pack for pack in packs if not self._holds_provider(pack)}

    def admit(self, pack: FoundPack) -> None:
        """Return when code of the pack may be imported; otherwise raise `Refused` or `BrokenProvider`.

        The package that holds a provider is admitted by having been named in the host configuration; about itself a
        provider is not asked.
        """
        answer = self.answer(pack)
        if not answer.allowed:
            raise Refused(
                f"pack `{pack}` is not admitted: {answer.reason}",
                code="P202" if answer is _SILENCE else None,
                hint=f"who is asked is said in `{self._host.path}`" if self._host.path else None,
            )

    def answer(self, pack: FoundPack) -> Admission:
        """What the providers say of the pack; asked for once."""
        key = (pack.distribution, pack.package)
        if key not in self._answers:
            self._answers[key] = self._asked(pack)
        return self._answers[key]

    def _asked(self, pack: FoundPack) -> Admission:
        if self._holds_provider(pack):
            return Admission(True, "the host configuration names a provider in it")
        said: list[Admission] = []
        key = (pack.distribution, pack.package)
        others = tuple(other for at, other in self._expected.items() if at != key and at not in self._answers)
        for provider, call in self._callers():
            try:
                answers = call(pack=pack, others=others)
            except Exception as error:  # whatever a provider raises, its answer is not yes
                raise _broken(provider, error) from error
            for answer in answers:
                if not isinstance(answer, Admission):
                    nonsense = TypeError(f"it answered {answer!r}, which is no Admission")
                    raise _broken(provider, nonsense) from nonsense
                said.append(answer)
        refusal = next((answer for answer in said if not answer.allowed), None)
        if refusal is not None:
            return refusal
        if said:
            return said[0]
        return _SILENCE if self._host.required else Admission(True, "nobody has to be asked here")

    def _holds_provider(self, pack: FoundPack) -> bool:
        return any(_is_within(provider, pack.package) for provider in self._host.providers)

    def _callers(self) -> Iterable[tuple[str, pluggy.HookCaller]]:
        """Each provider with the hook caller that asks it alone, in the order of the configuration."""
        if not self._host.providers:
            return []
        manager = self._manager = self._manager or self._filled()
        return [(name, manager.alone("penstock_admit", plugin)) for name, plugin in manager.list_name_plugin()]

    def _filled(self) -> NamedHooks:
        from penstock._plugins import specs
        from penstock._plugins.named_hooks import NamedHooks

        manager = NamedHooks("penstock_admission")
        manager.add_hookspecs(specs)
        for name in dict.fromkeys(self._host.providers):
            try:
                manager.register(_provider(name), name)
            except Exception as error:  # an import may raise anything, and all of it means: no answer from this one
                raise _broken(name, error) from error
        return manager


_SILENCE = Admission(False, "this machine wants a yes before code is imported, and nobody said yes")


def _is_within(provider: str, package: str) -> bool:
    module = provider.partition(":")[0]
    return module == package or module.startswith(package + ".")


def _provider(path: str) -> object:
    from importlib import import_module

    module, _, attributes = path.partition(":")
    found: object = import_module(module)
    for name in attributes.split(".") if attributes else ():
        found = getattr(found, name)
    if not callable(getattr(found, "penstock_admit", None)):
        raise TypeError("it has no function `penstock_admit`")
    return found


def _broken(provider: str, error: Exception) -> BrokenProvider:
    return BrokenProvider(
        f"the admission provider `{provider}` does not work: {type(error).__name__}: {error}",
        hint="nothing is imported until it works, or until the host configuration no longer names it",
    )
