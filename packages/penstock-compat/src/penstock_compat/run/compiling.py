"""Compile the modules of an environment, except those of which a program imports few.

    python -I compiling.py FOLDER

Takes:   a folder of installed packages.
Gives:   byte code beside each module, as an import would leave it.
Why so:  a folder with many modules is a catalogue, as of lexers or locales: compiling it costs more than all the rest,
         and what is imported of it is compiled then.
Ignores: files that do not compile; an import says what is wrong with them.  It runs under the pack's Python.
"""

from __future__ import annotations

import os
import py_compile
import sys

CATALOGUE = 100  # modules in one folder


def main(folder: str) -> None:
    """Compile below the folder."""
    for base, _, names in os.walk(folder):
        modules = [name for name in names if name.endswith(".py")]
        if len(modules) > CATALOGUE:
            modules = [name for name in modules if name.startswith("_")]
        for name in modules:
            try:
                py_compile.compile(os.path.join(base, name), doraise=True, quiet=2)
            except Exception:  # a module may hold anything
                continue


if __name__ == "__main__":
    main(sys.argv[1])
