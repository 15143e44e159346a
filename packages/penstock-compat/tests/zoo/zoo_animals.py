"""The zoo: packs that are broken, each in one way, with what a run over them has to say.

Takes:   a folder for wheels and sources.
Gives:   `ANIMALS`: how each is made and tested, and for which of its cells what is expected.
Why so:  every animal is made by hand; nothing is fetched, and what it does is written beside what is expected of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo_wheels import wheel, wheels_of_installed

from penstock_compat.facts import Cause, State

Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Expected:
    """What a cell has to come out as; `says` has to stand in the failure's summary or details."""

    state: State
    kind: str = ""
    cause: Cause = Cause.NONE
    says: str = ""


@dataclass(frozen=True)
class Animal:
    """One broken pack. `expected` is by dependency set and core, as `newest/2.0`; `*` stands for every other cell."""

    name: str
    make: Make
    expected: Mapping[str, Expected]
    command: tuple[str, ...] = ("python", "-m", "unittest", "-v")
    timeout: float = 20.0
    output: int = 4 * 2**20
    pythons: str = "here"  # here, or both: then keys are `newest/2.0/old` and `.../new`
    requires: tuple[str, ...] = ()
    deep: bool = False
    entry: str = ""  # what the probe imports


_GOOD = "VALUE = 1\n"
_HOST = "import zoohost\nVALUE = 1\n"
PASSES = Expected(State.PASSED)


def everywhere(state: State, kind: str, cause: Cause, says: str = "") -> dict[str, Expected]:
    """The same in every cell."""
    return {"*": Expected(state, kind, cause, says)}


def source(name: str, code: str, test: str, *, requires: tuple[str, ...] = ("zoohost>=1",), python: str = "") -> Make:
    """A pack whose wheel holds its module and its test."""
    module = name.replace("-", "_")

    def make(folder: Path) -> Path:
        files = {f"{module}.py": code, f"{module}_tests.py": _TESTS.format(module=module, body=_indented(test))}
        return wheel(folder, name, files=files, requires=requires, python=python)

    return make


def odd(name: str, **how: object) -> Make:
    """A pack whose metadata is odd; its code is well."""

    def make(folder: Path) -> Path:
        return wheel(folder, name, **how)  # type: ignore[arg-type]  # what a table says is handed on as it is

    return make


def project(name: str, backend: str, *, requires: str = "[]") -> Make:
    """A pack that has yet to be built, by a backend of its own."""

    def make(folder: Path) -> Path:
        home = folder / f"{name}-source"
        home.mkdir(parents=True)
        text = f'[build-system]\nrequires = {requires}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        (home / "pyproject.toml").write_text(f'{text}[project]\nname = "{name}"\nversion = "1.0"\n', encoding="utf-8")
        (home / "backend.py").write_text(backend, encoding="utf-8")
        return home

    return make


_TESTS = """import unittest
import {module} as pack


class Test(unittest.TestCase):
    def test_it(self):
{body}
"""


def _indented(text: str) -> str:
    return "\n".join(f"        {line}" for line in text.strip().splitlines())


def tested(name: str) -> tuple[str, ...]:
    """The command that runs the test in an animal's wheel."""
    return ("python", "-m", "unittest", "-v", f"{name.replace('-', '_')}_tests")


def animal(name: str, code: str, test: str, expected: Mapping[str, Expected], **more: object) -> Animal:
    """An animal whose wheel holds one module and one test."""
    needs = more.pop("needs", ("zoohost>=1",))
    make = source(name, code, test, requires=needs)  # type: ignore[arg-type]  # a tuple, as the table has it
    return Animal(name, make, expected, **{"command": tested(name), **more})  # type: ignore[arg-type]  # as above


def with_pytest(name: str, test: str, expected: Mapping[str, Expected]) -> Animal:
    """An animal that pytest tests."""
    module = name.replace("-", "_")

    def make(folder: Path) -> Path:
        return wheel(folder, name, files={f"{module}.py": _GOOD, f"{module}_tests.py": test}, requires=("zoohost>=1",))

    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", f"{module}_tests")
    return Animal(name, make, expected, command, requires=("pytest",), entry=module)


def offered(folder: Path) -> None:
    """The distributions that the animals depend on."""
    folder.mkdir(parents=True)
    wheels_of_installed(folder, "pytest")
    for version, api in (("1.0", "old"), ("2.0", "new")):
        host = f"VERSION = {version!r}\ndef both(name): return name\ndef {api}_way(name, *, {api}=True): return name\n"
        host += "class Port:\n    def __init__(self, name{}): self.name = name\n".format(
            ", width=1" if api == "old" else ""
        )
        wheel(folder, "zoohost", version, {"zoohost/__init__.py": host})
        wheel(folder, "zoolib", version, {"zoolib.py": f"def {api}_function(): return {version!r}\n"})
    wheel(folder, "zoopin", "1.0", requires=["zoolib<2"])
    for version in ("1.0", "1.1"):  # the zoo's keeper withdraws 1.1
        wheel(folder, "zoowithdrawn", version)
    wheel(folder, "zoonative", "1.0", tag="cp38-cp38-win_amd64")
    wheel(folder, "zoofuture", "1.0", python=">=3.99")
    wheel(folder, "zoofaulty", "1.0", {"zoofaulty.py": "raise ValueError('nobody can import zoofaulty')\n"})


# What a refusal of the test kit reads like; that the real kit's reads so is tested in classify/test_endings.py.
_KIT_SAYS = """
def test_chance_and_clock():
    raise AssertionError("Q109: `zoo-clock` reads the clock\\nask again: penstock_testkit.check('Q109', Clock)")
"""


ANIMALS = (
    # how it should be
    animal("good", _HOST, "assert pack.VALUE == 1", {"*": PASSES}, pythons="both"),
    animal("meddles-with-variables", "import os\nos.environ['PIP_TARGET'] = os.environ['UV_PROJECT_ENVIRONMENT'] = '/nowhere'\nVALUE = 1\n", "pass", {"*": PASSES}),
    # metadata
    Animal("no-version", odd("no-version", metadata="Metadata-Version: 2.1\nName: no-version\n"), everywhere(State.BUILD_FAILED, "metadata", Cause.PACK)),
    Animal("bad-specifier", odd("bad-specifier", requires=["zoohost>>1"]), everywhere(State.RESOLVE_FAILED, "metadata", Cause.PACK, "bad_specifier")),
    Animal("unknown-marker", odd("unknown-marker", requires=["zoohost; colour == 'red'"]), everywhere(State.RESOLVE_FAILED, "metadata", Cause.PACK, "unknown_marker")),
    Animal("wrong-python", odd("wrong-python", python=">=3.99"), everywhere(State.RESOLVE_FAILED, "requires-python", Cause.PYTHON, "3.99")),
    Animal("bad-python", odd("bad-python", python="python3"), everywhere(State.RESOLVE_FAILED, "metadata", Cause.PACK, "bad_python")),
    # resolving
    Animal("native-only", odd("native-only", tag="cp38-cp38-win_amd64"), everywhere(State.NO_WHEEL, "missing-wheel", Cause.PACK)),
    Animal("native-dependency", odd("native-dependency", requires=["zoonative"]), everywhere(State.NO_WHEEL, "missing-wheel", Cause.DEPENDENCY, "zoonative")),
    Animal("dependency-of-tomorrow", odd("dependency-of-tomorrow", requires=["zoofuture"]), everywhere(State.RESOLVE_FAILED, "requires-python", Cause.PYTHON, "zoofuture")),
    Animal("contradicts-itself", odd("contradicts-itself", requires=["zoopin", "zoolib>=2"]), everywhere(State.RESOLVE_FAILED, "resolver-conflict", Cause.DEPENDENCY, "zoopin")),
    Animal("nobody-offers-it", odd("nobody-offers-it", requires=["zoo-nowhere>=1"]), everywhere(State.RESOLVE_FAILED, "resolver-conflict", Cause.DEPENDENCY, "zoo-nowhere")),
    Animal("version-that-never-was", odd("version-that-never-was", requires=["zoolib==1.5"]), everywhere(State.RESOLVE_FAILED, "resolver-conflict", Cause.DEPENDENCY, "zoolib==1.5")),
    Animal("yanked-dependency", odd("yanked-dependency", requires=["zoowithdrawn>1.0"]), everywhere(State.RESOLVE_FAILED, "resolver-conflict", Cause.DEPENDENCY, '"yanked": true')),
    animal("only-old-host", "import zoohost\n", "pass", {"newest/1.0": PASSES, "lowest/1.0": PASSES, "*": Expected(State.RESOLVE_FAILED, "resolver-conflict", Cause.HOST, "zoohost<2")}, needs=("zoohost<2",)),
    # building
    Animal("backend-raises", project("backend-raises", "def build_wheel(*a, **k):\n    raise RuntimeError('the compiler is on holiday')\n"), everywhere(State.BUILD_FAILED, "build", Cause.PACK, "the compiler is on holiday")),
    Animal("backend-missing", project("backend-missing", "", requires='["zoo-no-such-backend"]'), everywhere(State.BUILD_FAILED, "build", Cause.PACK, "zoo-no-such-backend")),
    Animal("backend-dies", project("backend-dies", "import os\ndef build_wheel(*a, **k):\n    os.abort()\n"), everywhere(State.BUILD_FAILED, "build", Cause.PACK)),
    # importing
    animal("undeclared-dependency", "import zoo_undeclared\n", "pass", everywhere(State.FAILED, "import", Cause.PACK, "zoo_undeclared")),
    animal("faulty-dependency", "import zoofaulty\n", "pass", everywhere(State.FAILED, "import", Cause.DEPENDENCY, "zoofaulty"), needs=("zoofaulty",)),
    animal("circle", "import circle\ncircle.VALUE\nVALUE = 1\n", "pass", everywhere(State.FAILED, "import", Cause.PACK, "circular import")),
    animal("syntax-of-nobody", "def f(:\n", "pass", everywhere(State.FAILED, "import", Cause.PACK, "SyntaxError")),
    animal("leaves-at-import", "import sys\nsys.exit(0)\n", "pass", everywhere(State.FAILED, "import", Cause.PACK, "SystemExit")),
    animal("vanishes-at-import", "import os\nos._exit(0)\n", "pass", everywhere(State.FAILED, "import", Cause.PACK)),
    animal("segfault-at-import", "import ctypes\nctypes.string_at(0)\n", "pass", everywhere(State.CRASHED, "crash", Cause.PACK, "SIGSEGV")),
    animal("hangs-at-import", "import time\ntime.sleep(600)\n", "pass", everywhere(State.TIMEOUT, "timeout", Cause.PACK, "import"), timeout=2.0),
    animal("gone-from-library", "import tomllib\n", "pass", {"newest/1.0/new": PASSES, "newest/1.0/old": Expected(State.FAILED, "import", Cause.PYTHON, "tomllib")}, pythons="both"),
    animal("syntax-of-tomorrow", "def f():\n    try:\n        pass\n    except* ValueError:\n        pass\n", "pass", {"newest/1.0/new": PASSES, "newest/1.0/old": Expected(State.FAILED, "import", Cause.PYTHON, "SyntaxError")}, pythons="both"),
    # the host
    animal("name-of-old-host", "from zoohost import old_way\n", "pack.old_way(1)", {"newest/1.0": PASSES, "lowest/1.0": PASSES, "*": Expected(State.FAILED, "surface", Cause.HOST, "old_way")}),
    animal("keyword-of-old-host", _HOST, "zoohost = pack.zoohost; zoohost.Port('a', width=3)", {"newest/1.0": PASSES, "lowest/1.0": PASSES, "*": Expected(State.FAILED, "test", Cause.HOST, "width")}),
    animal("new-host-only", _HOST, "pack.zoohost.new_way('a')", {"newest/2.0": PASSES, "lowest/2.0": PASSES, "*": Expected(State.FAILED, "test", Cause.HOST, "new_way")}),
    # dependencies
    animal("only-newest-dependency", "import zoolib\n", "assert pack.zoolib.new_function()", {"newest/1.0": PASSES, "newest/2.0": PASSES, "*": Expected(State.FAILED, "test", Cause.DEPENDENCY, "new_function")}, needs=("zoohost", "zoolib>=1")),
    animal("only-lowest-dependency", "from zoolib import old_function\n", "pass", {"lowest/1.0": PASSES, "lowest/2.0": PASSES, "*": Expected(State.FAILED, "import", Cause.DEPENDENCY, "old_function")}, needs=("zoohost", "zoolib>=1")),
    # testing
    animal("fails", _GOOD, "assert pack.VALUE == 2", everywhere(State.FAILED, "test", Cause.PACK)),
    animal("raises", _GOOD, "raise RuntimeError('on purpose')", everywhere(State.FAILED, "test", Cause.PACK, "on purpose")),
    animal("no-tests", _GOOD, "pass", everywhere(State.NO_TESTS, "no-tests", Cause.NONE), command=("python", "-m", "unittest", "discover", "-s", ".")),
    animal("all-skipped", _GOOD, "self.skipTest('not today')", everywhere(State.NO_TESTS, "no-tests", Cause.NONE)),
    animal("hangs", _GOOD, "import time\ntime.sleep(600)", everywhere(State.TIMEOUT, "timeout", Cause.PACK, "test"), timeout=2.0),
    animal("hangs-and-ignores", _GOOD, "import signal, time\nfor n in (1, 2, 15):\n    signal.signal(n, signal.SIG_IGN)\ntime.sleep(600)", everywhere(State.TIMEOUT, "timeout", Cause.PACK), timeout=2.0),
    animal("segfault", _GOOD, "import ctypes\nctypes.string_at(0)", everywhere(State.CRASHED, "crash", Cause.PACK, "SIGSEGV")),
    animal("aborts", _GOOD, "import os\nos.abort()", everywhere(State.CRASHED, "crash", Cause.PACK, "SIGABRT")),
    animal("kills-its-group", _GOOD, "import os, signal\nos.killpg(os.getpgid(0), signal.SIGKILL)", everywhere(State.CRASHED, "crash", Cause.PACK, "SIGKILL")),
    animal("pretends-a-signal", _GOOD, "import os\nos._exit(139)", everywhere(State.CRASHED, "crash", Cause.PACK, "SIGSEGV")),
    animal("fork-bomb", _GOOD, "import os, time\nfor _ in range(6):\n    os.fork()\ntime.sleep(600)", everywhere(State.TIMEOUT, "timeout", Cause.PACK), timeout=2.0),
    animal("leaves-a-daemon", _GOOD, "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.close(0), os.close(1), os.close(2)\n    time.sleep(600)", {"*": PASSES}),
    animal("deletes-its-environment", _GOOD, "import shutil, sys\nshutil.rmtree(sys.prefix)\nassert False, 'gone'", everywhere(State.FAILED, "test", Cause.PACK)),
    animal("writes-into-its-host", _HOST, "open(pack.zoohost.__file__, 'w').write('raise SystemError(1)')\nimport subprocess, sys\nassert subprocess.call([sys.executable, '-c', 'import zoohost']) == 0", everywhere(State.FAILED, "test", Cause.PACK)),
    animal("prints-without-end", _GOOD, "while True:\n    print('x' * 65536)", everywhere(State.FAILED, "output", Cause.PACK), output=2**20),
    animal("prints-a-gigabyte", _GOOD, "for _ in range(2 ** 14):\n    print('x' * 65536)", everywhere(State.FAILED, "output", Cause.PACK), output=2**30, deep=True),
    animal("eats-memory", _GOOD, "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2 ** 29, 2 ** 29))\nx = bytearray(2 ** 30)", everywhere(State.FAILED, "test", Cause.PACK, "MemoryError")),
    # testing with pytest, which leaves a report
    with_pytest("pytest-fails", "def test_it():\n    assert {'a': 1} == {'a': 2}\ndef test_other(): pass\n", everywhere(State.FAILED, "test", Cause.PACK, "1 of 2 tests failed: AssertionError")),
    with_pytest("kit-refuses-it", _KIT_SAYS, everywhere(State.FAILED, "kit", Cause.PACK, '"Q109"')),
    with_pytest("pytest-finds-none", "x = 1\n", everywhere(State.NO_TESTS, "no-tests", Cause.NONE)),
    with_pytest("pytest-skips-all", "import pytest\npytest.skip('not today', allow_module_level=True)\n", everywhere(State.NO_TESTS, "no-tests", Cause.NONE)),
    with_pytest("pytest-cannot-import", "import zoo_undeclared\n", everywhere(State.FAILED, "import", Cause.PACK, "zoo_undeclared")),
    with_pytest("pytest-vanishes", "import os\ndef test_it():\n    os._exit(0)\n", everywhere(State.FAILED, "test", Cause.PACK, "no report")),
    with_pytest("pytest-segfault", "import ctypes\ndef test_it():\n    ctypes.string_at(0)\n", everywhere(State.CRASHED, "crash", Cause.PACK, "SIGSEGV")),
    with_pytest("pytest-passes", "import zoohost\ndef test_it():\n    assert zoohost.VERSION\n", {"*": PASSES}),
    # the environment
    animal("disk-full", _GOOD, "with open('/dev/full', 'w') as file:\n    file.write('x')", everywhere(State.FAILED, "environment", Cause.ENVIRONMENT, "No space left")),
    animal("nobody-listens", _GOOD, "import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=2)", everywhere(State.FAILED, "environment", Cause.ENVIRONMENT, "refused")),
    animal("program-missing", _GOOD, "pass", everywhere(State.FAILED, "environment", Cause.ENVIRONMENT, "cannot start `zoo-no-such-program`"), command=("zoo-no-such-program",)),
    animal("tool-missing", _GOOD, "pass", everywhere(State.FAILED, "environment", Cause.ENVIRONMENT, "pytest"), command=("python", "-m", "pytest")),
)  # fmt: skip
