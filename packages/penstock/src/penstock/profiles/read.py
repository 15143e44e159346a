"""Read the document of a profile file into facts, and complain about everything that has the wrong shape.

Takes:   a document's value; pointers lead back into it.
Gives:   `read_profile`: `WrittenProfile`, or None when it is not a profile file of format 1 at all.
         Findings L001, and those of `Values` with the letter L.
Ignores: the profiles that it names, and its policy files.
"""

from __future__ import annotations

from penstock.graph.values import Values
from penstock.policies.read import of_format
from penstock.profiles import fields
from penstock.profiles.written import Given, WrittenProfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.graph.complaints import Complaints
    from penstock.graph.guesses import Guesses


def read_profile(value: Any, complaints: Complaints, guesses: Guesses) -> WrittenProfile | None:
    """The profile that stands in `value`, as far as it can be read."""
    members = of_format(value, complaints, "profile", "`format: 1`, `name: ...` and `settings:`")
    return None if members is None else _Reader(complaints, guesses).profile(members)


class _Reader(Values):
    letter = "L"
    written_out = "write it out; a profile takes nothing from the environment"

    def profile(self, value: dict[str, Any]) -> WrittenProfile:
        top = self.members(value, "", fields.TOP, fields.TOP_REQUIRED, "the profile")
        name = self.id_text(*top["name"], "the name of the profile") if "name" in top else None
        description = top.get("description", ("", ""))
        if type(description[1]) is not str:
            self.wrong_type(*description, "`description`", "text")
        inherits_pointer, inherits = top.get("inherits", ("", None))
        if "inherits" in top and type(inherits) is list:
            hint = "write the name of one profile; there is no inheriting from several"
            self.wrong_type(inherits_pointer, inherits, "`inherits`", "the name of one profile", hint)
            inherits = None
        elif "inherits" in top:
            inherits = self.text(inherits_pointer, inherits, "`inherits`")
        pointer, settings = self.section(top, "settings")
        found = self.members(settings, pointer, tuple(fields.SETTINGS), (), "`settings`")
        values = self.fields(found, fields.SETTINGS, "")
        return WrittenProfile(
            name=name or "",
            description=description[1] if type(description[1]) is str else "",
            inherits=inherits,
            inherits_pointer=inherits_pointer,
            settings={key: Given(found[key][0], value) for key, value in values.items()},
            policies=tuple(self.words(top, "policies", "a list of policy files")),
            accepts=self._accepts(top),
        )

    def _accepts(self, top: Any) -> tuple[str, ...]:
        words = self.words(top, "accept_loss", "a list of settings, such as `[ack]`")
        said = [self._choice(fields.ACCEPTABLE, at, word, "an element of `accept_loss`") for at, word in words]
        return tuple(word for word in said if word is not None)
