"""Read why a resolver found no set of versions, from what uv or pip printed.

Takes:   the text.
Gives:   `Refusal`: its kind, a sentence, the chain of requirements, whom it names; nothing where it is no refusal.
Ignores: whether the resolver was right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no solution. `chain` holds one clause a line, as the resolver gave them."""

    kind: str  # resolver-conflict, requires-python, missing-wheel, metadata
    summary: str
    chain: tuple[str, ...]
    names: tuple[str, ...]  # distributions that the chain speaks of, sorted
    yanked: bool = False
    missing: str = ""  # a distribution or version that nobody offers


STROKES = "\u00d7\u2570\u2500\u25b6\u2502\u251c\u2717"  # with which uv draws a tree
_TREE = re.compile(rf"^[\s{STROKES}]*")
_NAME = r"([A-Za-z0-9][A-Za-z0-9._-]*)"


def refusal(log: str) -> Refusal | None:
    """What a resolver's text says; nothing when it speaks of something else."""
    for read in (_of_uv, _of_pip):
        found = read(log)
        if found is not None:
            return found
    return None


def _of_uv(log: str) -> Refusal | None:
    if "No solution found" not in log:
        return None
    text = " ".join(_TREE.sub("", line).strip() for line in log[log.index("No solution found") :].splitlines())
    text, _, hint = re.sub(r"\s+", " ", text).partition(" hint: ")
    clauses = [
        part.strip(" .,") for part in re.split(r"(?:And because|Because|because|we can conclude that)", text)[1:]
    ]
    clauses = [re.sub(r",?\s+and$", "", clause) for clause in clauses if clause]
    kind = _kind_of(text, hint)
    return Refusal(
        kind, _headline(clauses, hint, kind), tuple(clauses), _names(clauses), "yanked" in text, _missing(text)
    )


def _kind_of(text: str, hint: str) -> str:
    if "has invalid metadata" in text or "could not be parsed" in hint:
        return "metadata"
    if re.search(
        r"no (usable )?wheels|has no wheels|no source distribution|building source distributions is disabled", text
    ):
        return "missing-wheel"
    if re.search(r"current Python version|requires Python|depends? on Python", text, re.IGNORECASE):
        return "requires-python"
    return "resolver-conflict"


def _headline(clauses: list[str], hint: str, kind: str) -> str:
    if kind == "metadata" and hint:
        return hint.rstrip(" .")
    fitting = {"missing-wheel": "wheel", "requires-python": "Python"}.get(kind, "")
    for clause in clauses:
        if fitting in clause:
            return clause
    return clauses[0] if clauses else "no set of versions meets every requirement"


def _names(clauses: list[str]) -> tuple[str, ...]:
    found = set()
    for clause in clauses:
        found |= set(re.findall(rf"{_NAME}(?:==|>=|<=|~=|!=|<|>)", clause))
        found |= set(re.findall(rf"depends? on {_NAME}", clause)) | set(re.findall(rf"versions of {_NAME}", clause))
        found |= set(re.findall(rf"^{_NAME} was not found", clause))
    return tuple(sorted({re.sub(r"[-_.]+", "-", name).lower() for name in found} - {"python"}))


def _missing(text: str) -> str:
    found = re.search(rf"{_NAME} was not found", text) or re.search(r"there (?:is|are) no versions? of ([^\s,]+)", text)
    if found is None:
        found = re.search(r"only \S+ (?:is|are) available and .*? depends? on ([^\s,]+)", text)
    return found.group(1) if found else ""


def _of_pip(log: str) -> Refusal | None:
    for read in _PIP:
        found = read(log)
        if found is not None:
            return found
    return None


def _pip_conflict(log: str) -> Refusal | None:
    if "conflict is caused by" not in log and "ResolutionImpossible" not in log:
        return None
    after = log.partition("The conflict is caused by:")[2]
    chain = []
    for line in after.splitlines():
        if line.strip() and not line.startswith((" ", "\t")):
            break
        if line.strip():
            chain.append(line.strip())
    names = set(re.findall(rf"^{_NAME} \S+ (?:depends|requires)", "\n".join(chain), re.MULTILINE))
    names |= set(re.findall(rf"depends on {_NAME}", "\n".join(chain)))
    summary = "; ".join(chain) or "no set of versions meets every requirement"
    return Refusal("resolver-conflict", summary, tuple(chain), tuple(sorted(name.lower() for name in names)))


def _pip_python(log: str) -> Refusal | None:
    found = re.search(rf"Package '{_NAME}' requires a different Python: (\S+) not in '([^']+)'", log)
    if found is None:
        return None
    text = f"{found[1]} requires Python {found[3]}, and this is {found[2]}"
    return Refusal("requires-python", text, (text,), (found[1].lower(),))


def _pip_metadata(log: str) -> Refusal | None:
    found = re.search(
        r"has invalid metadata: (.+)|invalid Requires-Python: (.+)|(InvalidMetadata.*|invalid wheel.*)", log
    )
    if found is None:
        return None
    text = next(part for part in found.groups() if part).strip()
    return Refusal("metadata", f"the metadata cannot be read: {text}", (text,), ())


def _pip_wheel(log: str) -> Refusal | None:
    found = re.search(r"ERROR: (\S+\.whl) is not a supported wheel on this platform", log)
    if found is None:
        return None
    return Refusal("missing-wheel", f"{found[1]} is not for this platform", (found[0],), ())


def _pip_missing(log: str) -> Refusal | None:
    found = re.search(r"No matching distribution found for (\S+)(?: \(from ([^)]+)\))?", log)
    if found is None:
        return None
    who = re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[]", found[1])[0]).lower()
    chain = (f"{found[2] or 'the request'} depends on {found[1]}",)
    offered = re.search(r"\(from versions: ([^)]*)\)", log)
    nothing = offered is not None and offered[1] == "none"
    text = f"nobody offers {found[1]}" + ("" if nothing or offered is None else f"; there are {offered[1]}")
    return Refusal("resolver-conflict", text, chain, (who,), missing=found[1])


_PIP: tuple[Callable[[str], Refusal | None], ...] = (
    _pip_conflict,
    _pip_python,
    _pip_metadata,
    _pip_wheel,
    _pip_missing,
)
