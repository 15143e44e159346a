"""Read a JSON object of which each member has to be there and of its kind.

Takes:   a value, and what it belongs to, for messages.
Gives:   `Part`; whatever is not as it should be is a `Refusal` (T405).
Ignores: what the members mean (`receipt`).
"""

from __future__ import annotations

import re
from datetime import datetime

from penstock_trust.refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_HEX = re.compile("[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}Z")


class Part:
    """A JSON object of a receipt, asked for members of which each has to be there and of its kind."""

    __slots__ = ("_value", "_what")

    def __init__(self, value: object, what: str) -> None:
        self._what = what
        self._value: dict[str, Any] = value if isinstance(value, dict) else self.wrong("an object")

    def wrong(self, name: str) -> NoReturn:
        """Refuse, because of the member of this name."""
        raise Refusal("T405", f"{self._what} is no receipt: {name} is missing, or of another kind")

    def of(self, name: str) -> Part:
        """The object that is a member."""
        return Part(self._value.get(name), self._what)

    def said(self, name: str) -> object:
        """The member, whatever it is; None when there is none."""
        return self._value.get(name)

    def text(self, name: str) -> str:
        """A text."""
        value = self._value.get(name)
        return value if isinstance(value, str) else self.wrong(f"`{name}`")

    def one_of(self, name: str, words: tuple[str, ...]) -> str:
        """One of the words."""
        value = self.text(name)
        return value if value in words else self.wrong(f"`{name}`")

    def digest(self, name: str, *, optional: bool = False) -> str:
        """A sha256 in lower-case hex; "" as well where it is optional."""
        value = self.text(name)
        return value if _HEX.fullmatch(value) or (optional and not value) else self.wrong(f"`{name}`")

    def number(self, name: str) -> int:
        """A whole number, 0 or more."""
        value = self._value.get(name)
        return (
            value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else self.wrong(f"`{name}`")
        )

    def time(self, name: str) -> datetime:
        """A moment in UTC, to the second."""
        value = self.text(name)
        try:
            if _MOMENT.fullmatch(value):  # strptime would be an import of several milliseconds
                return datetime.fromisoformat(value[:-1] + "+00:00")
        except ValueError:
            pass
        self.wrong(f"`{name}`")

    def maybe_time(self, name: str) -> datetime | None:
        """A moment, or null."""
        return None if self._value.get(name, "") is None else self.time(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._value.get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.wrong(f"`{name}`")
        return tuple(value)

    def table(self, name: str) -> dict[str, str]:
        """An object whose members are texts."""
        value = self._value.get(name)
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            self.wrong(f"`{name}`")
        return value

    def parts(self, name: str) -> list[Part]:
        """A list of objects."""
        value = self._value.get(name)
        return [Part(each, self._what) for each in value] if isinstance(value, list) else self.wrong(f"`{name}`")

    def points(self, name: str) -> tuple[tuple[str, str, str], ...]:
        """A list of lists of three texts: group, name and value of entry points."""
        value = self._value.get(name)
        if not isinstance(value, list):
            self.wrong(f"`{name}`")
        for each in value:
            if not isinstance(each, list) or len(each) != 3 or not all(isinstance(text, str) for text in each):
                self.wrong(f"`{name}`")
        return tuple((group, point, target) for group, point, target in value)
