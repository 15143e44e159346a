"""Remember what was built, chosen and found out, by the content that it came from.

Takes:   a folder; keys.
Gives:   `Ledger`: wheels by tree, versions by question, results by everything that went into a cell.
Why so:  each entry is a file of its own, written whole: a run that was killed goes on where it stopped, and two runs
         at once cannot disturb each other. An entry that is damaged is as good as none.
Ignores: when an entry is too old to be believed; whoever asks says how old it may be.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from typing import Any

from penstock_compat.facts import Result
from penstock_compat.formats import parse_result, result_value
from penstock_compat.run.materials import Pin, Resolution, Wheel
from penstock_findings.errors import PenstockError


class Ledger:
    """Entries below one folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def wheel(self, key: str) -> Wheel | None:
        """The wheel built from that tree, if it is still there."""
        row = self._get("wheels", key)
        try:
            if row is None or not os.path.exists(row["path"]):
                return None
            return Wheel(**{**row, "requires": tuple(row["requires"]), "modules": tuple(row["modules"])})
        except (KeyError, TypeError, ValueError):
            return None

    def keep_wheel(self, key: str, wheel: Wheel) -> None:
        """Remember a wheel."""
        self._put("wheels", key, {name: getattr(wheel, name) for name in Wheel.__slots__})

    def resolution(self, key: str, not_before: float) -> Resolution | None:
        """The versions chosen for that question, unless they are older than that time."""
        row = self._get("versions", key)
        try:
            if row is None or row["at"] < not_before:
                return None
            return Resolution(tuple(Pin(*pin) for pin in row["pins"]), row["at"])
        except (KeyError, TypeError):
            return None

    def keep_resolution(self, key: str, resolution: Resolution) -> None:
        """Remember chosen versions."""
        pins = [[pin.name, pin.version, pin.digest, pin.where] for pin in resolution.pins]
        self._put("versions", key, {"pins": pins, "at": resolution.at})

    def result(self, key: str) -> Result | None:
        """What came out of exactly this."""
        row = self._get("results", key)
        try:
            return None if row is None else parse_result(row)
        except (PenstockError, KeyError, TypeError, ValueError):
            return None

    def keep_result(self, key: str, result: Result) -> None:
        """Remember what came out."""
        self._put("results", key, result_value(result))

    def seconds(self) -> dict[str, float]:
        """Cell id -> how long it took last."""
        row = self._get("", "seconds")
        return {name: value for name, value in (row or {}).items() if isinstance(value, float)}

    def keep_seconds(self, seconds: Mapping[str, float]) -> None:
        """Remember how long cells took."""
        self._put("", "seconds", {**self.seconds(), **seconds})

    def _get(self, kind: str, key: str) -> dict[str, Any] | None:
        path = self._path(kind, key)
        try:
            with open(path, "rb") as file:
                row = json.load(file)
            os.utime(path)  # what is used is not cleaned away (`cleaning`)
        except (OSError, ValueError, RecursionError):
            return None  # a file that was cut off is as good as none
        return row if isinstance(row, dict) else None

    def _put(self, kind: str, key: str, row: Mapping[str, Any]) -> None:
        path = self._path(kind, key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{os.getpid()}.{threading.get_ident()}"
        with open(temporary, "w", encoding="utf-8", errors="replace") as file:
            json.dump(row, file, sort_keys=True)
        os.replace(temporary, path)

    def _path(self, kind: str, key: str) -> str:
        return os.path.join(self.folder, kind, f"{key}.json")
