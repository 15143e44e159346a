"""Sinks that break a promise about the outside world: a folder with one file, `seen`, a line for each effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock import Record, node

FILES = ["filesystem"]

# -- Q201: delivers each record


@node("writes-when-it-closes", capabilities=FILES, effect="external")
class WritesWhenItCloses:
    """Keeps everything until the end."""

    folder: str

    def open(self, ctx: Any) -> None:
        self.kept: list[str] = []

    def write(self, record: Record, ctx: Any) -> None:
        self.kept.append(ctx.effect_key)

    def close(self, ctx: Any) -> None:
        with open(Path(self.folder, "seen"), "a") as file:
            file.writelines(f"{key}\n" for key in getattr(self, "kept", ()))
        self.kept = []


@node("writes-every-second", capabilities=FILES, effect="external")
class WritesEverySecond:
    """Returns from every second record without having written it."""

    folder: str

    def open(self, ctx: Any) -> None:
        self.kept: list[str] = []

    def write(self, record: Record, ctx: Any) -> None:
        self.kept.append(ctx.effect_key)
        if len(self.kept) == 2:
            self._out()

    def close(self, ctx: Any) -> None:
        self._out()

    def _out(self) -> None:
        with open(Path(self.folder, "seen"), "a") as file:
            file.writelines(f"{key}\n" for key in getattr(self, "kept", ()))
        self.kept = []


# -- Q202: keeps its effect class


@node("appends-and-says-idempotent", capabilities=FILES, effect="idempotent")
class AppendsAndSaysIdempotent:
    """Appends whatever comes, and has read what is there only once too often: it looks at the file, and not in it."""

    folder: str

    def write(self, record: Record, ctx: Any) -> None:
        with open(Path(self.folder, "seen"), "a") as file:
            file.write(f"{ctx.effect_key}\n")


@node("writes-and-says-none", capabilities=FILES, effect="none")
class WritesAndSaysNone:
    """Has effects and says that it has none; each of them once, at least."""

    folder: str

    def write(self, record: Record, ctx: Any) -> None:
        path = Path(self.folder, "seen")
        if not path.exists() or ctx.effect_key not in path.read_text():
            with open(path, "a") as file:
                file.write(f"{ctx.effect_key}\n")


# -- Q203: loses nothing to a kill


@node("begins-with-an-empty-file", capabilities=FILES, effect="idempotent")
class BeginsWithAnEmptyFile:
    """Writes safely, and throws away what an earlier process has written."""

    folder: str

    def open(self, ctx: Any) -> None:
        Path(self.folder, "seen").write_text("")

    def write(self, record: Record, ctx: Any) -> None:
        path = Path(self.folder, "seen")
        if ctx.effect_key not in path.read_text():
            with open(path, "a") as file:
                file.write(f"{ctx.effect_key}\n")


@node("keeps-one-file-for-each-life", capabilities=FILES, effect="idempotent")
class KeepsOneFileForEachLife:
    """Replaces the whole file by what this instance has seen."""

    folder: str

    def open(self, ctx: Any) -> None:
        self.mine: list[str] = []

    def write(self, record: Record, ctx: Any) -> None:
        if ctx.effect_key not in self.mine:
            self.mine.append(ctx.effect_key)
        Path(self.folder, "seen").write_text("".join(f"{key}\n" for key in self.mine))
