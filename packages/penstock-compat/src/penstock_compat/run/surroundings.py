"""Choose which environment variables a child may see.

Takes:   our own environment.
Gives:   `for_tools`: for uv and pip, which may be told where packages come from, never where they go; `for_tests`: for
         what a pack brings, which sees next to nothing.
Ignores: what the children do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from penstock_compat.run.child import MARK

_DROPPED = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "CONDA", "TOX", "__PYVENV", "PENSTOCK_COMPAT")
_SOURCES = (  # where packages come from and how they travel, nothing else
    "PIP_CERT", "PIP_CLIENT_CERT", "PIP_CONFIG_FILE", "PIP_DEFAULT_TIMEOUT", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL",
    "PIP_PROXY", "PIP_TRUSTED_HOST", "UV_CACHE_DIR", "UV_CONFIG_FILE", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL",
    "UV_HTTP_TIMEOUT", "UV_INDEX", "UV_INDEX_URL", "UV_INSECURE_HOST", "UV_KEYRING_PROVIDER", "UV_NATIVE_TLS", "UV_OFFLINE",
)  # fmt: skip
_TESTS = ("LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS")


def for_tools(ours: Mapping[str, str]) -> dict[str, str]:
    """Our environment without whatever could choose an interpreter or a place to install to."""
    credentials = ("UV_INDEX_",)  # user names and passwords for indexes
    kept = {
        name: value
        for name, value in ours.items()
        if name in _SOURCES or name.startswith(credentials) or not name.startswith(_DROPPED)
    }
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "NO_COLOR": "1", "PYTHONUTF8": "1"}


def for_tests(
    ours: Mapping[str, str], environment: str, scratch: str, mark: str, keep: Iterable[str] = ()
) -> dict[str, str]:
    """What the tests of a cell see: their own environment's programs, a home and a folder for temporary files."""
    programs = os.path.join(environment, "Scripts" if os.name == "nt" else "bin")
    system = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" if os.name == "posix" else ours.get("PATH", "")
    allowed = {name: ours[name] for name in (*_TESTS, *keep) if name in ours and not name.startswith(_DROPPED)}
    home, temporary = os.path.join(scratch, "home"), os.path.join(scratch, "tmp")
    return {
        "LANG": "C.UTF-8",
        **allowed,
        "PATH": f"{programs}{os.pathsep}{system}",
        "VIRTUAL_ENV": environment,
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": temporary,
        "TEMP": temporary,
        "TMP": temporary,
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        MARK: mark,
    }
