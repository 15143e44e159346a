"""Tell what a newer surface takes away from packs that were written for an older one, and what overstays.

Takes:   two surfaces; or one, and the versions that there are.
Gives:   `breaks`, in words, empty when every use of the old one still works; `may_break`; `overdue`.
Ignores: which packs use what was taken away (`compare`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.surface.model import EITHER, KEYWORD, NAMED_REST, POSITIONAL, REST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock.deprecation import Deprecation
    from penstock.surface.model import Name, Parameter, Surface

KEPT = 2  # minor versions in which a deprecated name still works, and warns


def may_break(old: str, new: str) -> bool:
    """Whether the step from one version to the other may take something away: a new minor in 0.x, else a new major.

    >>> may_break("0.1", "0.2"), may_break("0.9", "1.0"), may_break("1.0", "1.1"), may_break("0.1", "0.1")
    (True, True, False, False)
    """
    before, after = old.split("."), new.split(".")
    return before != after if before[0] == "0" else before[0] != after[0]


def breaks(old: Surface, new: Surface) -> Iterator[str]:
    """What worked with the old surface and does not, or not the same way, with the new one."""
    for module, names in old.modules.items():
        now = new.modules.get(module, {})
        for name, was in names.items():
            if name not in now:
                yield f"`{module}.{name}` is gone"
            else:
                yield from _of_name(f"{module}.{name}", was, now[name])


def overdue(surface: Surface, versions: Sequence[str]) -> Iterator[str]:
    """The names that were deprecated `KEPT` of these minor versions ago, or longer; versions are oldest first."""
    for name, mark in deprecations(surface):
        since = versions.index(mark.since) if mark.since in versions else 0
        if versions.index(surface.sdk) - since >= KEPT:
            yield f"`{name}` is deprecated since {mark.since}: it has warned long enough, remove it"


def deprecations(surface: Surface) -> Iterator[tuple[str, Deprecation]]:
    """Every name that is on its way out, dotted, and its mark."""
    for module, names in surface.modules.items():
        for name, found in names.items():
            if found.deprecated:
                yield f"{module}.{name}", found.deprecated
            for of, member in found.members.items():
                if member.deprecated:
                    yield f"{module}.{name}.{of}", member.deprecated


def _of_name(name: str, was: Name, now: Name) -> Iterator[str]:
    if was.kind != now.kind:
        yield f"`{name}` was a {was.kind} and is a {now.kind}"
    yield from _of_call(name, was.parameters, now.parameters)
    for of, member in was.members.items():
        found = now.members.get(of)
        if found is None:
            yield f"`{name}.{of}` is gone"
        elif member.kind != found.kind:
            yield f"`{name}.{of}` was a {member.kind} and is a {found.kind}"
        else:
            yield from _of_call(f"{name}.{of}", member.parameters, found.parameters)
    for base in was.bases:
        if base not in now.bases:
            yield f"`{name}` is no `{base}` any more"


def _of_call(name: str, was: Sequence[Parameter] | None, now: Sequence[Parameter] | None) -> Iterator[str]:
    if was is None:
        return
    if now is None:
        yield f"`{name}` can no longer be called"
        return
    rest = {p.kind for p in now}
    places = [p for p in now if p.kind in (POSITIONAL, EITHER)]
    words = {p.name: p for p in now if p.kind in (EITHER, KEYWORD)}
    for place, parameter in enumerate(was):
        kind, word = parameter.kind, f"parameter `{parameter.name}` of `{name}`"
        by_place = places[place] if kind in (POSITIONAL, EITHER) and place < len(places) else None
        by_word = words.get(parameter.name)
        if kind in (REST, NAMED_REST):
            if kind not in rest:
                yield f"`{name}` no longer takes any number of {'arguments' if kind == REST else 'keywords'}"
        elif kind in (POSITIONAL, EITHER) and by_place is None and REST not in rest:
            yield f"{word} can no longer be given by position"
        elif kind in (EITHER, KEYWORD) and by_word is None and NAMED_REST not in rest:
            yield f"{word} is gone"
        elif kind == EITHER and by_place is not None and by_word is not None and by_place != by_word:
            yield f"{word} has moved"
        else:
            yield from _of_default(word, parameter, by_word or by_place)
    known = {p.name for p in was}
    for number, parameter in enumerate(now):
        old_place = number < len(was) and was[number].kind == POSITIONAL
        needed = parameter.default is None and parameter.kind not in (REST, NAMED_REST)
        if needed and parameter.name not in known and not old_place:
            yield f"`{name}` needs the new parameter `{parameter.name}`"


def _of_default(word: str, was: Parameter, now: Parameter | None) -> Iterator[str]:
    if now is None or was.default is None or was.default == now.default:
        return
    yield f"{word} must be given now" if now.default is None else f"{word} was {was.default} and is {now.default}"
