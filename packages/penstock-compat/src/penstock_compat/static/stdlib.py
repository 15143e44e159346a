"""Say what the standard library of one Python has: modules and names that came or went between 3.10 and 3.13.

Takes:   a dotted name and a Python.
Gives:   present, absent, or nothing known; `is_stdlib`.
Why so:  `stdlib.json` was made by asking the four interpreters; it holds only what differs, and no private name.
Ignores: names that every supported Python has, or none.
"""

from __future__ import annotations

import sys
from functools import lru_cache

Python = tuple[int, int]


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]] | dict[str, dict[str, list[str]]]]:
    import json
    from importlib.resources import files

    text = files("penstock_compat.static").joinpath("stdlib.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, list[str]] | dict[str, dict[str, list[str]]]] = json.loads(text)
    return loaded


def is_stdlib(module: str) -> bool:
    """Whether the name belongs to the standard library of any supported Python."""
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top in _table()["modules"]


def module_span(module: str) -> tuple[str, str]:
    """First and last Python that have the module; empty where there is no end. Looks at the parents, too."""
    spans = _table()["modules"]
    while module:
        if module in spans:
            first, last = spans[module]
            return first, last
        module = module.rpartition(".")[0]
    return "", ""


def name_span(module: str, name: str) -> tuple[str, str]:
    """First and last Python whose module has the name; empty where there is no end."""
    names = _table()["names"].get(module, {})
    assert isinstance(names, dict)
    first, last = names.get(name, ("", ""))
    return str(first), str(last)


def outside(span: tuple[str, str], python: Python) -> str:
    """In words, why a Python lies outside a span; empty when it lies inside."""
    first, last = span
    if first and python < _numbers(first):
        return f"came with Python {first}"
    if last and python > _numbers(last):
        return f"went after Python {last}"
    return ""


def _numbers(text: str) -> Python:
    major, _, minor = text.partition(".")
    return int(major), int(minor)
