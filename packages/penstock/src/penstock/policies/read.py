"""Read the document of a policy file into facts, and complain about everything that has the wrong shape.

Takes:   a document's value; pointers lead back into it.
Gives:   `read_policies`: `WrittenPolicies`, or None when it is not a policy file of format 1 at all.
         Findings L001, L009 to L011, L013, and those of `Values` with the letter L.
Ignores: what names mean. A key that is misspelt is complained about once, then read as the one it was meant to be.
"""

from __future__ import annotations

from penstock.graph.fields import Flag
from penstock.graph.grammar import is_id
from penstock.graph.values import Values
from penstock.graph.wording import kind_of, listed, quoted
from penstock.policies import fields
from penstock.policies.patterns import LINK_RULE, PATTERN_RULE, as_link, is_link_pattern, is_pattern
from penstock.policies.written import (
    Pattern,
    Selector,
    WrittenFailure,
    WrittenNumber,
    WrittenPolicies,
    WrittenRule,
    WrittenUse,
)
from penstock_findings.finding import Severity
from penstock_findings.pointers import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.graph.complaints import Complaints
    from penstock.graph.guesses import Guesses
    from penstock.graph.values import Members

FORMAT = 1
_FLAG = Flag()
_STATUS_RULE = "write a status such as `429`, or both ends of a range: `500-599`"
_ERROR_RULE = "write the name of an exception: `ConnectionError`, `requests.ConnectionError`"


def of_format(value: Any, complaints: Complaints, what: str, begin: str) -> dict[str, Any] | None:
    """The mapping of a file of format 1; None, and a complaint, when it is none. `what` is `policy` or `profile`."""
    if type(value) is not dict:
        message = f"a {what} file is a mapping, and this file holds {kind_of(value)}"
        complaints.add("L003", message, "", hint=f"begin with {begin}")
        return None
    if "format" not in value:
        complaints.add(
            "L001", f"the file does not say which format of {what} files it has", "", hint="begin it with `format: 1`"
        )
        return None
    found = value["format"]
    if type(found) is not int or found != FORMAT:
        later = type(found) is int and FORMAT < found < 1000
        message = f"cannot read {f'format {found}' if later else 'this format'}: this version reads format {FORMAT}"
        hint = "install a newer penstock" if later else f"write `format: {FORMAT}`"
        complaints.add("L001", message, "/format", hint=hint)
        return None
    return value


def read_policies(value: Any, complaints: Complaints, guesses: Guesses) -> WrittenPolicies | None:
    """The rules that stand in `value`, as far as they can be read."""
    members = of_format(value, complaints, "policy", "`format: 1`, `name: ...` and `rules:`")
    return None if members is None else _Reader(complaints, guesses).file(members)


class _Reader(Values):
    """One file, rule by rule."""

    letter = "L"
    written_out = "write it out; a policy file takes nothing from the environment"

    def file(self, value: dict[str, Any]) -> WrittenPolicies:
        top = self.members(value, "", fields.TOP, fields.TOP_REQUIRED, "the file")
        name = self.id_text(*top["name"], "the name of the file") if "name" in top else None
        description = self._said(top, "description", "the file")
        return WrittenPolicies(
            name=name or "", name_pointer=top.get("name", ("", ""))[0], rules=self._rules(top), description=description
        )

    def _said(self, members: Members, key: str, what: str) -> str:
        """A text for people; it may hold anything."""
        pointer, value = members.get(key, ("", ""))
        if type(value) is not str:
            self.wrong_type(pointer, value, f"`{key}` of {what}", "text")
            return ""
        return value

    def _rules(self, top: Members) -> tuple[WrittenRule, ...]:
        if "rules" not in top:
            return ()
        pointer, value = top["rules"]
        if type(value) is not list:
            self.wrong_type(pointer, value, "`rules`", "a list", "write `- for: {node: ...}` for each rule")
            return ()
        return tuple(self._rule(join(pointer, index), rule, index + 1) for index, rule in enumerate(value))

    def _rule(self, pointer: str, value: Any, number: int) -> WrittenRule:
        what = f"rule {number}"
        if type(value) is not dict:
            self.wrong_type(pointer, value, what, "a mapping", "write `for: {node: ...}` and what holds there")
            return WrittenRule(pointer, number, None)
        members = self.members(value, pointer, fields.RULE, fields.RULE_REQUIRED, what)
        if not members.keys() & {"use", "set", "classify"} and value.keys() <= set(fields.RULE):
            hint = "add `use`, `set` or `classify`, or remove the rule"
            self.add("L013", f"{what} says for whom it is, and not what", pointer, on_key=True, hint=hint)
        self._said(members, "note", what)
        selector = self._selector(members, what) if "for" in members else None
        return WrittenRule(
            pointer=pointer,
            number=number,
            selector=selector,
            uses=self._uses(members, what),
            numbers=self._numbers(members, what, selector),
            failures=self._failures(members, what),
            accepts_loss=self._flag_of(members, "accept_loss", what),
            is_optional=self._flag_of(members, "optional", what),
        )

    def _flag_of(self, members: Members, key: str, what: str) -> bool:
        if key not in members:
            return False
        return bool(self._flag(_FLAG, *members[key], f"`{key}` of {what}"))

    # selectors

    def _selector(self, members: Members, what: str) -> Selector | None:
        pointer, value = members["for"]
        if value == fields.RUN:
            return Selector(pointer, "run", {})
        if type(value) is not dict:
            hint = f"write `for: {{node: {value}}}`" if type(value) is str and is_pattern(value) else None
            hint = hint or "write `for: {node: ...}`, or another of " + listed(fields.SELECTOR)
            self.wrong_type(pointer, value, f"`for` of {what}", "a mapping, or `run`", hint)
            return None
        found = self.members(value, pointer, fields.SELECTOR, (), f"`for` of {what}")
        if not found:
            if not value:
                hint = 'write `for: {node: "*"}` for every node'
                self.add("L009", f"`for` of {what} selects by nothing", pointer, hint=hint)
            return None
        kinds = list(dict.fromkeys(key if key in ("channel", "link") else "node" for key in found))
        if len(kinds) > 1:
            message = f"`for` of {what} speaks of {' and '.join(f'a {kind}' for kind in kinds)} at once"
            self.add("L010", message, pointer, hint="write a rule for each")
            return None
        keys = {key: self._patterns(key, *found[key], what) for key in fields.SELECTOR if key in found}
        if not all(keys.values()):
            return None
        return Selector(pointer, kinds[0], keys)

    def _patterns(self, key: str, pointer: str, value: Any, what: str) -> tuple[Pattern, ...]:
        """The patterns of one key; none when one of them cannot be read, since the rule would select something else."""
        if type(value) is not list:
            given = [(pointer, value)]
        elif not value:
            self.add("L009", f"`{key}` of {what} is an empty list, so nothing fits it", pointer, hint=PATTERN_RULE)
            return ()
        else:
            given = [(join(pointer, index), one) for index, one in enumerate(value)]
        read = [self._pattern(key, at, one, what) for at, one in given]
        return tuple(one for one in read if one is not None) if None not in read else ()

    def _pattern(self, key: str, pointer: str, value: Any, what: str) -> Pattern | None:
        said = f"`{key}` of {what}"
        if key == "role":
            role = self._choice(fields.ROLES, pointer, value, said)
            return None if role is None else Pattern(pointer, role)
        text = self.text(pointer, value, said)
        if text is None:
            return None
        is_right, rule = (is_link_pattern, LINK_RULE) if key == "link" else (is_pattern, PATTERN_RULE)
        if not is_right(text):
            self.add("L009", f"{said} cannot be {quoted(text)}", pointer, hint=rule)
            return None
        return Pattern(pointer, as_link(text) if key == "link" else text)

    # what holds there

    def _uses(self, members: Members, what: str) -> tuple[WrittenUse, ...]:
        if "use" not in members:
            return ()
        pointer, value = members["use"]
        if type(value) is not list:
            hint = "write `- {type: ...}` for each policy"
            self.wrong_type(pointer, value, f"`use` of {what}", "a list", hint)
            return ()
        found = [self._use(join(pointer, index), use, what) for index, use in enumerate(value)]
        return tuple(use for use in found if use is not None)

    def _use(self, pointer: str, value: Any, what: str) -> WrittenUse | None:
        said = f"a policy of {what}"
        if type(value) is not dict:
            hint = f"write `{{type: {value}}}`" if type(value) is str and is_id(value) else "write `{type: ...}`"
            self.wrong_type(pointer, value, said, "a mapping", hint)
            return None
        members = self.members(value, pointer, fields.USE, fields.USE_REQUIRED, said)
        config_pointer, config = members.get("config", (join(pointer, "config"), {}))
        if type(config) is not dict:
            self.wrong_type(config_pointer, config, f"`config` of {said}", "a mapping")
            config = {}
        self._no_environment(config_pointer, config)
        alias_pointer, alias = members.get("as", (pointer, None))
        alias = self.id_text(alias_pointer, alias, f"`as` of {said}") if "as" in members else None
        off = self._flag_of(members, "off", said)
        if off and config:
            message = f"{said} is `off` and has a config"
            self.add("L013", message, config_pointer, on_key=True, hint="remove `config`, or `off`")
        type_ = self.text(*members["type"], f"`type` of {said}") if "type" in members else None
        if type_ is None:
            return None
        return WrittenUse(pointer, type_, members["type"][0], alias, alias_pointer, config, config_pointer, off)

    def _no_environment(self, pointer: str, value: Any) -> None:
        if type(value) is dict:
            for key, member in value.items():
                self._no_environment(join(pointer, key), member)
        elif type(value) is list:
            for index, member in enumerate(value):
                self._no_environment(join(pointer, index), member)
        elif type(value) is str:
            self.is_interpolated(pointer, value, "a config of a policy")

    def _numbers(self, members: Members, what: str, selector: Selector | None) -> tuple[WrittenNumber, ...]:
        if "set" not in members:
            return ()
        pointer, value = members["set"]
        if type(value) is not dict:
            self.wrong_type(pointer, value, f"`set` of {what}", "a mapping", "write `set: {concurrency: 4}`")
            return ()
        found = self.members(value, pointer, tuple(fields.SET), (), f"`set` of {what}")
        read = self.fields(found, fields.SET, f" of {what}")
        for name in list(read):
            if selector is not None and selector.kind not in (fields.SET_OF[name], "link"):
                message = f"{what} is for a {selector.kind}, which has no `{name}`"
                hint = f"write a rule for a {fields.SET_OF[name]}"
                self.add("L014", message, found[name][0], on_key=True, hint=hint)
                del read[name]
        return tuple(WrittenNumber(found[name][0], name, number) for name, number in read.items())

    def _failures(self, members: Members, what: str) -> tuple[WrittenFailure, ...]:
        if "classify" not in members:
            return ()
        pointer, value = members["classify"]
        if type(value) is not list:
            hint = "write `- {error: ConnectionError, as: transient}` for each kind of failure"
            self.wrong_type(pointer, value, f"`classify` of {what}", "a list", hint)
            return ()
        found = [self._failure(join(pointer, index), one, what) for index, one in enumerate(value)]
        return tuple(one for one in found if one is not None)

    def _failure(self, pointer: str, value: Any, what: str) -> WrittenFailure | None:
        said = f"a line under `classify` of {what}"
        if type(value) is not dict:
            self.wrong_type(pointer, value, said, "a mapping", "write `{error: ConnectionError, as: transient}`")
            return None
        members = self.members(value, pointer, fields.CLASSIFY, fields.CLASSIFY_REQUIRED, said)
        gives = self._choice(fields.CLASSES, *members["as"], f"`as` of {said}") if "as" in members else None
        if not members.keys() & {"error", "status", "retry_after"} and value.keys() <= set(fields.CLASSIFY):
            hint = "add `error`, `status` or `retry_after`"
            self.add("L013", f"{said} does not say which failures it is about", pointer, on_key=True, hint=hint)
            return None
        error = self._error(*members["error"], f"`error` of {said}") if "error" in members else None
        status = self._status(*members["status"], f"`status` of {said}") if "status" in members else None
        after = (
            self._flag(_FLAG, *members["retry_after"], f"`retry_after` of {said}") if "retry_after" in members else None
        )
        unread = [key for key, read in (("error", error), ("status", status), ("retry_after", after)) if read is None]
        if gives is None or any(key in members for key in unread):
            return None
        return WrittenFailure(pointer, gives, error, status, after)

    def _error(self, pointer: str, value: Any, what: str) -> str | None:
        text = self.text(pointer, value, what)
        if text is None or (text.isascii() and all(part.isidentifier() for part in text.split("."))):
            return text
        self.add("L011", f"{what} cannot be {quoted(text)}", pointer, hint=_ERROR_RULE)
        return None

    def _status(self, pointer: str, value: Any, what: str) -> tuple[int, int] | None:
        if type(value) is int:
            low, high = value, value
        elif type(value) is str:
            ends = [end.strip() for end in value.split("-")]
            if not 1 <= len(ends) <= 2 or not all(end.isascii() and end.isdigit() and len(end) <= 3 for end in ends):
                self.add("L011", f"{what} cannot be {quoted(value)}", pointer, hint=_STATUS_RULE)
                return None
            low, high = int(ends[0]), int(ends[-1])
        else:
            self.wrong_type(pointer, value, what, "a number or a range", _STATUS_RULE)
            return None
        if not 100 <= low <= high <= 999:
            self.add("L011", f"{what} must lie within 100 and 999, its lower end first", pointer, hint=_STATUS_RULE)
            return None
        return low, high + 1


def no_rules(written: WrittenPolicies, complaints: Complaints) -> None:
    """Complain about a file that is right and says nothing."""
    if not written.rules:
        complaints.add(
            "L016", "the file has no rules, so it changes nothing", "/rules", severity=Severity.WARNING,
            hint="add a rule",
        )  # fmt: skip  # what is wrong in one line, what to do in another
