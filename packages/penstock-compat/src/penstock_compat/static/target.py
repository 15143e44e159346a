"""Say for which machine and Python a question is asked.

Takes:   the texts of a cell: os, architecture, Python.
Gives:   `Target`, with the environment that markers are evaluated in.
Ignores: the machine that asks.
"""

from __future__ import annotations

from dataclasses import dataclass

_SYSTEMS = {
    "linux": ("linux", "posix", "Linux"),
    "macos": ("darwin", "posix", "Darwin"),
    "darwin": ("darwin", "posix", "Darwin"),
    "windows": ("win32", "nt", "Windows"),
    "win32": ("win32", "nt", "Windows"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One machine and one Python, as a cell names them; the third number of the Python is open."""

    python: tuple[int, int]
    os: str = "linux"
    arch: str = "x86_64"

    @property
    def system(self) -> tuple[str, str, str] | None:
        """`sys.platform`, `os.name` and `platform.system()` there; nothing for a system that is not known here."""
        return _SYSTEMS.get(self.os.partition("-")[0].partition(":")[0])

    @property
    def python_text(self) -> str:
        """The Python, as `3.12`."""
        return "{}.{}".format(*self.python)

    def markers(self) -> dict[str, str]:
        """The marker variables that this target decides; `extra` is empty."""
        found = {
            "python_version": self.python_text,
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "platform_machine": self.arch,
            "extra": "",
        }
        if self.system is not None:
            found["sys_platform"], found["os_name"], found["platform_system"] = self.system
        return found


def target(python: str, os: str = "linux", arch: str = "x86_64") -> Target:
    """The target that a cell names; raises `ValueError` when its Python is no pair of numbers."""
    major, _, rest = python.partition(".")
    return Target((int(major), int(rest.partition(".")[0])), os or "linux", arch or "x86_64")
