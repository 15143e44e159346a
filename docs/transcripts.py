"""Run the examples of a page, from top to bottom, and compare what it shows with what happens.

    python docs/transcripts.py docs/tutorials/first-graph.md            tell the differences
    python docs/transcripts.py --write docs/tutorials/first-graph.md    put into the page what happened

Takes:   a page. Its fenced blocks are a conversation, held in a folder of its own:
             ```yaml title=flow.graph.yaml     a file, written when the conversation comes to it
             ```json title=in.jsonl append     lines that are added to a file
             ```console                        bash runs the lines behind `$ `; what follows is what they print
             ```console shown                  for readers only
         Every other block is for readers only. A command that fails is followed by `$ echo $?`.
Gives:   `differences_of`: what the page says and what is true, where the two differ.
Why so:  what no two runs print alike is compared by its form; `VARIES` and `without_times` say what that is.
Ignores: whether the links lead anywhere, and the generated pages (`generate.py`).
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 120.0  # seconds for one command
WIDTH = 100  # columns of the terminal that commands believe to have
HERE = "/home/you"  # what the folder of the conversation is called in a page

# What is different in every run -> what is compared instead.
VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "<time>"),
    (re.compile(r"\bafter \d+\.\d s\b"), "after <seconds>"),
    (re.compile(r"\(run [0-9a-f]{12}\)"), "(run <run>)"),
    (re.compile(r"\bin \d+\.\d\ds\b"), "in <seconds>"),  # pytest
    (re.compile(r"\bed25519:[A-Za-z0-9+/]{43}="), "<public key>"),  # of a key that the page has made
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),  # of a key, or of a wheel with the time of its making in it
    (re.compile(r"(?<=sha256 )[0-9a-f]{12}(?=\.\.\.)"), "<digest>"),
    (re.compile(r"\bkey-[0-9a-f]{8}\b"), "key-<id>"),
    (re.compile(r"/tmp/penstock-docs-\w+/"), "<folder>/"),
    (re.compile(r"(?<=valid at )[-0-9T:.]{19,26}\+00:00"), "<time>"),  # when something was signed
    (re.compile(r"(?<=accepted at )[-0-9T:]{19}Z"), "<time>"),
    (re.compile(r"^.*\b(?:Killed|Terminated)\b.*penstock .*\n?", re.MULTILINE), ""),  # what a shell says of its jobs
)
_SERVICE_TIMES = re.compile(r"\s+P50 MS\s+P99 MS$")
_FENCE = re.compile(r"(`{3,})\s*(.*)")


@dataclass(slots=True)
class Turn:
    """One command, and the lines that the page shows behind it; `first` and `last` are indexes of these lines."""

    command: str
    shown: list[str]
    first: int
    last: int


@dataclass(slots=True)
class Block:
    """One fenced block: its words, its lines, and the index of its first line in the page."""

    words: list[str]
    lines: list[str]
    first: int

    @property
    def title(self) -> str | None:
        """The file that the block is."""
        return next((word[len("title=") :] for word in self.words if word.startswith("title=")), None)

    @property
    def is_conversation(self) -> bool:
        """Whether its commands are run."""
        return self.words[:1] == ["console"] and "shown" not in self.words

    def turns(self) -> Iterator[Turn]:
        """Its commands, in order; a line that ends in a backslash goes on in the next one."""
        turn: Turn | None = None
        for at, line in enumerate(self.lines, start=self.first):
            if turn is not None and turn.command.endswith("\\") and turn.first == at:
                turn.command += "\n" + line
                turn.first = turn.last = at + 1
            elif line.startswith("$ "):
                if turn is not None:
                    yield turn
                turn = Turn(line[2:], [], at + 1, at + 1)
            elif turn is not None:
                turn.shown.append(line)
                turn.last = at + 1
        if turn is not None:
            yield turn


@dataclass(slots=True)
class Difference:
    """Something that a page says and that is not so."""

    page: Path
    line: int
    command: str
    what: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: $ {self.command}\n{self.what}"


@dataclass(slots=True)
class Told:
    """A page after its conversation was held: what differs, and the text as it should be."""

    differences: list[Difference] = field(default_factory=list)
    text: str = ""


def blocks_of(text: str) -> Iterator[Block]:
    """The fenced blocks of a page."""
    block: Block | None = None
    fence = ""
    for number, line in enumerate(text.splitlines()):
        found = _FENCE.match(line)
        if block is None and found:
            fence = found[1]
            block = Block(found[2].split(), [], number + 1)
        elif block is not None and line.strip() == fence:
            yield block
            block = None
        elif block is not None:
            block.lines.append(line)


def same(shown: str, happened: str) -> bool:
    """Whether two outputs say the same, apart from what no two runs have alike."""
    return comparable(shown) == comparable(happened)


def comparable(text: str) -> str:
    """The text with whatever varies replaced by a name for it."""
    for pattern, name in VARIES:
        text = pattern.sub(name, text)
    return without_times("\n".join(line.rstrip() for line in text.splitlines()).rstrip())


def without_times(text: str) -> str:
    """The summary of a run without its last two columns, which are service times."""
    lines = []
    inside = False
    for line in text.splitlines():
        if _SERVICE_TIMES.search(line):
            inside = True
        elif not line:
            inside = False
        lines.append(" ".join(line.split()[:-2]) if inside else line)
    return "\n".join(lines)


def differences_of(page: Path) -> list[Difference]:
    """What a page shows and what happens, where they differ."""
    return tell(page).differences


def tell(page: Path, patience: float = PATIENCE) -> Told:
    """Hold the conversation of a page; a command that takes longer than `patience` raises `TimeoutError`."""
    text = page.read_text("utf-8")
    told = Told()
    lines = text.splitlines()
    changes: list[tuple[Turn, list[str]]] = []
    with conversation(patience) as talk:
        for block in blocks_of(text):
            if block.title is not None:
                talk.write(block.title, "\n".join(block.lines) + "\n", append="append" in block.words)
            if not block.is_conversation:
                continue
            turns = list(block.turns())
            for turn, after in zip(turns, [*turns[1:], None], strict=True):
                happened, code = talk.say(turn.command)
                shown = "\n".join(turn.shown)
                if not same(shown, happened):
                    changes.append((turn, happened.splitlines()))
                    told.differences.append(Difference(page, turn.first, turn.command, _diff(shown, happened)))
                if code and (after is None or after.command != "echo $?"):
                    what = f"it ended with {code}; show that with `$ echo $?`\n{happened}"
                    told.differences.append(Difference(page, turn.first, turn.command, what))
    for turn, happened_lines in reversed(changes):
        lines[turn.first : turn.last] = happened_lines
    told.text = "\n".join(lines) + "\n"
    return told


def _diff(shown: str, happened: str) -> str:
    before, after = comparable(shown).splitlines(), comparable(happened).splitlines()
    return "\n".join(difflib.unified_diff(before, after, "shown", "happened", lineterm=""))


class Conversation:
    """A bash in a folder of its own, with an environment of its own into which packs may be installed."""

    def __init__(self, folder: Path, environment: dict[str, str], patience: float) -> None:
        self._folder = folder
        self._patience = patience
        self._mark = f"--{secrets.token_hex(8)}--"
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=folder, env=environment, start_new_session=True, bufsize=0,
        )  # fmt: skip  # what it is, what it speaks through, where it is

    def write(self, name: str, text: str, *, append: bool) -> None:
        """Write a file, or add to it."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(text)

    def say(self, command: str) -> tuple[str, int]:
        """Run a command: what it prints, on both streams, and its exit code."""
        assert self._shell.stdin is not None
        words = f"{{ {command}\n}} </dev/null\n__code=$?; printf '\\n%s %s\\n' {self._mark} $__code; (exit $__code)\n"
        self._shell.stdin.write(words.encode())
        heard = self._listen(command)
        text, _, code = heard.rpartition(f"\n{self._mark} ")
        return text.rstrip("\n").replace(str(self._folder), HERE), int(code)

    def _listen(self, command: str) -> str:
        assert self._shell.stdout is not None
        heard = b""
        ending = re.compile(rb"\n%s \d+\n$" % self._mark.encode())
        deadline = time.monotonic() + self._patience
        while not ending.search(heard[-200:]):
            ready, _, _ = select.select([self._shell.stdout], [], [], max(0.0, deadline - time.monotonic()))
            piece = self._shell.stdout.read(65536) if ready else b""
            if not piece:
                raise TimeoutError(f"`{command}` does not end; so far: {heard.decode('utf-8', 'replace')}")
            heard += piece
        return heard.decode("utf-8", "replace")

    def end(self) -> None:
        """End the shell and whatever it has left running."""
        try:
            os.killpg(self._shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._shell.communicate()


@contextmanager
def conversation(patience: float = PATIENCE) -> Iterator[Conversation]:
    """A shell that finds this Python's packages, may install more for itself, and cannot reach an index for them."""
    with tempfile.TemporaryDirectory(prefix="penstock-docs-") as directory:
        root = Path(directory).resolve()
        programs = _environment_below(root)
        home = root / "home"
        home.mkdir()
        around = {
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "HOME": str(home), "LANG": "C.UTF-8",
            "COLUMNS": str(WIDTH), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "penstock_testkit.plugin",
            "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_WARN_SCRIPT_LOCATION": "1", "PIP_ROOT_USER_ACTION": "ignore",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "You", "GIT_AUTHOR_EMAIL": "you@example.org",
            "GIT_COMMITTER_NAME": "You", "GIT_COMMITTER_EMAIL": "you@example.org",
        }  # fmt: skip  # whose it is, how it looks, no plugins but ours, what pip may do (its 0 means: no isolation), who commits
        talk = Conversation(home, around, patience)
        try:
            yield talk
        finally:
            talk.end()


def _environment_below(root: Path) -> Path:
    """A virtual environment in which this Python's packages are installed too; its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / "venv"], check=True)
    python = root / "venv/bin/python"
    own = Path(sysconfig.get_path("purelib", vars={"base": str(root / "venv"), "platbase": str(root / "venv")}))
    others = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    own.joinpath("others.pth").write_text(
        "".join(f"import site; site.addsitedir({place!r})\n" for place in others), "utf-8"
    )
    for name, words in {
        "penstock": "from penstock.cli import main",
        "penstock-compat": "from penstock_compat.cli import main",
        "penstock-contracts": "from penstock_contracts.cli import main",
        "penstock-trust": "from penstock_trust.cli import main",
        "pytest": "from pytest import main",
        "pip": "from pip._internal.cli.main import main",
    }.items():
        program = python.with_name(name)
        program.write_text(
            f"#!{python}\n{words}\n\nif __name__ == '__main__':\n    raise SystemExit(main())\n", "utf-8"
        )
        program.chmod(0o755)
    return python.parent


def main() -> int:
    """Compare pages, or write what happened into them."""
    parser = argparse.ArgumentParser(description="Run the examples in pages of the documentation.")
    parser.add_argument("--write", action="store_true", help="put into the pages what happened")
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    if shutil.which("bash") is None:
        sys.stderr.write("the examples are run by bash, and there is none\n")
        return 3
    found = 0
    for page in arguments.pages:
        told = tell(page)
        found += len(told.differences)
        for difference in told.differences:
            sys.stdout.write(f"{difference}\n\n")
        if arguments.write and told.text != page.read_text("utf-8"):
            page.write_text(told.text, "utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
