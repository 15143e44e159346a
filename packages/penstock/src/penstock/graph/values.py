"""Read single values of a graph file: mappings with known keys, lists of words, texts, numbers, choices.

Takes:   values of the document, with their pointers, and what may stand there.
Gives:   `Values`, whose methods return what could be read, and complain about the rest.
         Findings 002 to 008, 012 and 024 of the letter that the kind of file has; G for graphs.
Ignores: which sections a file has (`read`).
"""

from __future__ import annotations

from penstock.graph.fields import Choice, Duration, Named, Whole
from penstock.graph.grammar import DURATION_RULE, ID_RULE, is_id, is_variable, seconds
from penstock.graph.interpolation import interpolate
from penstock.graph.wording import kind_of, quoted, suggestion
from penstock_findings.finding import Severity
from penstock_findings.pointers import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any, TypeAlias

    from penstock.graph.complaints import Complaints
    from penstock.graph.fields import Flag, Kind
    from penstock.graph.guesses import Guesses

    Members: TypeAlias = dict[str, tuple[str, Any]]  # key as it was meant -> pointer, value


class Values:
    """Reads values. `what`, in every method, is how a sentence calls the value."""

    letter = "G"  # of the codes; a reader of another kind of file has its own
    written_out = "write it out; `${...}` is for texts inside `config`"

    def __init__(self, complaints: Complaints, guesses: Guesses) -> None:
        self.add = complaints.add
        self._guesses = guesses
        self.used: set[str] = set()  # environment names that stand where none may stand

    def members(
        self, value: dict[str, Any], pointer: str, known: Collection[str], required: Collection[str], what: str
    ) -> Members:
        """Known key -> pointer and value; complains about unknown keys, guesses what they meant, then about missing ones."""
        found: Members = {key: (join(pointer, key), value[key]) for key in value if key in known}
        for key in value:
            if key not in known:
                self._unknown(key, value, pointer, known, found, what)
        for key in required:
            if key not in found:
                self.add(f"{self.letter}004", f"{what} has no `{key}`", pointer, on_key=True, hint=f"add `{key}`")
        return found

    def _unknown(
        self, key: str, value: dict[str, Any], pointer: str, known: Collection[str], found: Members, what: str
    ) -> None:
        guess = self._guesses.nearest(" ".join(known), key, known)
        at = join(pointer, key)
        message = f"{what} has an unknown key {quoted(key)}"
        self.add(f"{self.letter}002", message, at, on_key=True, hint=suggestion(guess, known))
        if guess is not None and guess not in found:
            found[guess] = (at, value[key])

    def section(self, members: Members, key: str) -> tuple[str, dict[str, Any]]:
        """The pointer and the value of a mapping; an empty one when it is missing or something else."""
        pointer, value = members.get(key, (join("", key), {}))
        if type(value) is not dict:
            self.wrong_type(pointer, value, f"`{key}`", "a mapping")
            value = {}
        return pointer, value

    def mapping(self, members: Members, key: str, wanted: str, hint: str | None = None) -> Members:
        """Every key of a mapping with free keys -> pointer and value."""
        if key not in members:
            return {}
        pointer, value = members[key]
        if type(value) is not dict:
            self.wrong_type(pointer, value, f"`{key}`", wanted, hint)
            return {}
        return {name: (join(pointer, name), member) for name, member in value.items()}

    def words(self, members: Members, key: str, wanted: str) -> list[tuple[str, str]]:
        """Pointer and text of every element of a list of texts; complains about one that stands there twice."""
        if key not in members:
            return []
        pointer, value = members[key]
        if type(value) is not list:
            hint = f"write `[{value}]`" if type(value) is str and is_variable(value) else None
            self.wrong_type(pointer, value, f"`{key}`", wanted, hint)
            return []
        words: dict[str, str] = {}
        for index, element in enumerate(value):
            at = join(pointer, index)
            text = self.text(at, element, f"element {index + 1} of `{key}`")
            if text in words:
                message = f"{quoted(text)} stands in `{key}` twice"
                self.add(f"{self.letter}012", message, at, hint="remove one of the two", severity=Severity.WARNING)
            elif text is not None:
                words[text] = at
        return [(at, text) for text, at in words.items()]

    def id_text(self, pointer: str, value: Any, what: str) -> str | None:
        text = self.text(pointer, value, what)
        if text is not None:
            self.check_id(text, pointer, what, article="")
        return text

    def check_id(
        self, text: str, pointer: str, what: str, *, on_key: bool = False, article: str = "the name of "
    ) -> None:
        if not is_id(text):
            self.add(
                f"{self.letter}005", f"{quoted(text)} cannot be {article}{what}", pointer, on_key=on_key, hint=ID_RULE
            )

    def text(self, pointer: str, value: Any, what: str, hint: str | None = None) -> str | None:
        """The text at a place where nothing is interpolated; None, and a complaint, when it is none."""
        if type(value) is not str:
            if hint is None and type(value) in (int, float, bool):
                hint = "put it in quotes"
            self.wrong_type(pointer, value, what, "text", hint)
            return None
        return None if self.is_interpolated(pointer, value, what) else value

    def is_interpolated(self, pointer: str, text: str, what: str) -> bool:
        if "${" not in text:
            return False
        read = interpolate(text, {})
        if read.names or read.broken:
            self.used.update(read.names)
            self.add(f"{self.letter}024", f"{what} cannot come from the environment", pointer, hint=self.written_out)
            return True
        return False

    def fields(self, members: Members, kinds: Mapping[str, Kind | None], of: str) -> dict[str, Any]:
        values = {}
        for key, (pointer, value) in members.items():
            kind = kinds[key]
            if kind is not None:
                made = self.value(kind, pointer, value, f"`{key}`{of}")
                if made is not None:
                    values[key] = made
        return values

    def value(self, kind: Kind, pointer: str, value: Any, what: str) -> Any:
        """The value as the model wants it; None, and a complaint, when it is wrong."""
        if type(value) is str and self.is_interpolated(pointer, value, what):
            return None
        if isinstance(kind, Whole):
            return self._whole(kind, pointer, value, what)
        if isinstance(kind, Duration):
            return self._duration(kind, pointer, value, what)
        if isinstance(kind, Choice):
            return self._choice(kind, pointer, value, what)
        if isinstance(kind, Named):
            if type(value) is not str:
                self.wrong_type(pointer, value, what, "a word", suggestion(None, kind.own))
                return None
            return value
        return self._flag(kind, pointer, value, what)

    def _whole(self, kind: Whole, pointer: str, value: Any, what: str) -> int | None:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            plain = value.replace("_", "").strip() if type(value) is str else ""
            hint = f"write {plain}" if plain.isascii() and plain.isdigit() and len(plain) < 20 else None
            self.wrong_type(pointer, value, what, "a whole number", hint, fraction=type(value) is float)
            return None
        return value if self._in_range(kind, pointer, value, what, "") else None

    def _duration(self, kind: Duration, pointer: str, value: Any, what: str) -> float | None:
        if type(value) is str:
            made = seconds(value)
            if made is None:
                self.add(f"{self.letter}006", f"{what} is no duration: {quoted(value)}", pointer, hint=DURATION_RULE)
                return None
            value = made
        elif type(value) not in (int, float):
            self.wrong_type(pointer, value, what, "a duration", DURATION_RULE)
            return None
        return float(value) if self._in_range(kind, pointer, value, what, " seconds") else None

    def _in_range(self, kind: Whole | Duration, pointer: str, value: int | float, what: str, unit: str) -> bool:
        if kind.low <= value <= kind.high:
            return True
        side = f"at least {kind.low}" if value < kind.low else f"at most {kind.high}"
        self.add(
            f"{self.letter}008",
            f"{what} must be {side}{unit}",
            pointer,
            hint=f"write a value from {kind.low} to {kind.high}{unit}",
        )
        return False

    def _choice(self, kind: Choice, pointer: str, value: Any, what: str) -> str | None:
        if type(value) is not str:
            self.wrong_type(pointer, value, what, "a word", suggestion(None, kind.options))
            return None
        if value not in kind.options:
            guess = self._guesses.nearest(" ".join(kind.options), value, kind.options)
            self.add(
                f"{self.letter}007", f"{what} cannot be {quoted(value)}", pointer, hint=suggestion(guess, kind.options)
            )
            return None
        return value

    def _flag(self, kind: Flag, pointer: str, value: Any, what: str) -> bool | None:
        if type(value) is not bool:
            self.wrong_type(
                pointer, value, what, "true or false", "write `true` or `false`: YAML 1.2 has no yes and no"
            )
            return None
        return value

    def wrong_type(
        self, pointer: str, value: Any, what: str, wanted: str, hint: str | None = None, *, fraction: bool = False
    ) -> None:
        is_ = "a fraction" if fraction else kind_of(value)
        if value is None and hint is None:
            hint = "give it a value, or remove the key"
        self.add(f"{self.letter}003", f"{what} is {is_}, and must be {wanted}", pointer, hint=hint)
