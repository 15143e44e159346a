"""Say what the environment really is that this file runs in, and what of a pack can be imported there.

    python -I probe.py REPORT [MODULE]...

Takes:   the path of the report, names of modules.
Gives:   JSON lines in the report: first the interpreter and what is installed, then one line for each module, before
         and after it is imported; so a report that ends early names the module that ended it.
Ignores: the package around this file.  It runs under the pack's Python, where nothing of ours is installed.
"""

from __future__ import annotations

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def _interpreter() -> dict[str, str]:
    import os
    import platform
    import sysconfig

    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "build": " ".join(platform.python_build()),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base": os.path.realpath(getattr(sys, "_base_executable", sys.executable)),
        "platform": sysconfig.get_platform(),
        "machine": platform.machine(),
        "system": platform.system(),
    }


def _installed() -> dict[str, str]:
    from importlib.metadata import distributions

    found: dict[str, str] = {}
    for one in distributions():
        name = one.metadata["Name"]
        if name and name.lower() not in found:  # the first on the path is the one that is imported
            found[name.lower().replace("_", "-").replace(".", "-")] = one.version or ""
    return found


def _told(file: TextIO, **line: object) -> None:
    file.write(json.dumps(line, sort_keys=True) + "\n")
    file.flush()


def main(words: list[str]) -> int:
    """Write the report."""
    with open(words[0], "w", encoding="utf-8") as file:
        _told(file, interpreter=_interpreter(), installed=_installed())
        for name in words[1:]:
            _told(file, begins=name)
            try:
                __import__(name)
            except BaseException as error:  # a pack may raise anything, and that is what is asked
                import traceback

                text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
                _told(file, fails=name, kind=type(error).__name__, message=str(error)[:2000], text=text[-20000:])
                sys.stderr.write(text)
                return 1
            _told(file, ends=name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
