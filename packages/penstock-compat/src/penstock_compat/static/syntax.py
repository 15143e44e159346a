"""Tell whether a source is written in a syntax that the target's Python does not read.

Takes:   the bytes of a module, the tree that this Python made of them (or none), a target.
Gives:   `Wrong`: line, words, and whether it is certain; or nothing.
Why so:  `ast.parse` knows which syntax came with which Python; where this Python is older than the target, its
         refusal proves nothing.
Ignores: everything that a syntax tree does not show.
"""

from __future__ import annotations

import ast
import sys
import warnings
from dataclasses import dataclass

from penstock_compat.static.target import Target


@dataclass(frozen=True, slots=True)
class Wrong:
    """What keeps the target from reading a source."""

    line: int
    text: str
    sure: bool
    newer: bool = False  # a newer Python reads it


def too_new(source: bytes, tree: ast.Module | None, where: Target) -> Wrong | None:
    """Why the target cannot read the source; nothing where nothing speaks against it."""
    here = sys.version_info[:2]
    if tree is None:
        error = _refusal(source, None)
        line, text = error or (1, "it is too deep")
        return Wrong(line, f"this is no Python that can be read: {text}", error is not None and where.python <= here)
    if where.python < here:
        error = _refusal(source, where.python)
        if error is not None:
            return Wrong(error[0], f"Python {where.python_text} does not read this: {error[1]}", True, newer=True)
    return None


def _refusal(source: bytes, python: tuple[int, int] | None) -> tuple[int, str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in somebody's text is not ours to tell
            ast.parse(source, feature_version=python)
    except SyntaxError as error:
        return error.lineno or 1, (error.msg or "invalid syntax").lower()
    except ValueError as error:
        return 1, str(error)
    except (RecursionError, MemoryError):
        return None
    return None
