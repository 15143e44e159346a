"""Walk two schemas in step and name the smallest places that differ.

Takes:   two sides.
Gives:   `differences`: each with its rule, both places, plain words, and how to make the one change alone (`edited`, `made_in_place`).
Ignores: whether a difference matters; `inquiry` asks the engine about each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock_contracts import rules
from penstock_contracts.exact import Shapes
from penstock_contracts.keywords import ANNOTATIONS, KINDS, NAMES
from penstock_contracts.rules import GROUPS
from penstock_contracts.sides import Side, parted
from penstock_contracts.wording import allowed, listed, quoted, said
from penstock_findings.pointers import join, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LISTS = ("allOf", "anyOf", "oneOf")
_NAMED = {
    "patternProperties": (rules.CLOSED, "the rule for properties like"),
    "dependentSchemas": ("K215", "the rule that comes with"),
}
_SINGLE = (
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "unevaluatedItems",
)
_BESIDE_REF = frozenset({"$ref", "$id", "id", "$schema", "$comment", "$anchor"}) | ANNOTATIONS | NAMES
_EDIT_GROUP, _EDIT_NAME, _EDIT_MEMBER, _EDIT_REQUIRED, _EDIT_WHOLE, _EDIT_NOTHING = range(6)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: `old` and `new` are the keys of the two schemas that hold it, `pointer`s where it stands in them."""

    code: str
    keyword: str
    message: str
    was: str
    now: str
    old: str
    new: str
    old_spot: str  # key of the keyword or member itself; of the schema when this side has none
    new_spot: str
    in_old: bool
    in_new: bool
    keywords: tuple[str, ...]  # all that belong to it
    edit: int = _EDIT_GROUP
    name: str = ""  # of the property, pattern or dependency
    index: int = -1  # in the list of alternatives or rules, on the side that has it

    @property
    def is_silent(self) -> bool:
        """Whether it cannot matter to any payload."""
        return self.edit == _EDIT_NOTHING


def differences(old: Side, new: Side) -> list[Difference]:
    """All differences, in the order in which the old schema has them."""
    return list(_Walk(old, new).run())


def edited(found: Difference, old: Side, new: Side) -> tuple[Any, Any]:
    """The old schema at that place, and the same with this one change made; both may stand anywhere.

    Raises `NotMovable`.
    """
    before = old.absolute(old.get(found.old))
    return before, _changed(found, before, new.absolute(new.get(found.new)))


def made_in_place(found: Difference, old: Side, new: Side) -> tuple[Any, dict[str, Any]]:
    """The whole old document with this one change made, and the other old documents. Raises `NotMovable`."""
    after = _changed(found, old.get(found.old), new.absolute(new.get(found.new)))
    uri, mark, pointer = parted(found.old)
    others = {name: known.value for name, known in old.contract.documents.items()}
    if mark:
        others[uri] = _placed(others[uri], split(pointer), after)
        return old.contract.schema, others
    return _placed(old.contract.schema, split(pointer), after), others


def _placed(root: Any, tokens: list[str], value: Any) -> Any:
    """A copy of the root with the value at that place; what is not on the way there is shared."""
    if not tokens:
        return value
    first, *rest = tokens
    if isinstance(root, list):
        place = int(first)
        return [*root[:place], _placed(root[place], rest, value), *root[place + 1 :]]
    return {**root, first: _placed(root[first], rest, value)}


def _changed(found: Difference, before: Any, after_all: Any) -> Any:
    """The schema `before` with this one change, whose new parts come from `after_all`."""
    if found.edit == _EDIT_WHOLE or not isinstance(before, dict) or not isinstance(after_all, dict):
        return after_all
    after = dict(before)
    if found.edit == _EDIT_GROUP:
        for keyword in found.keywords:
            _take(after, after_all, keyword)
    elif found.edit == _EDIT_NAME:
        members = dict(before.get(found.keyword) or {})
        _take(members, after_all.get(found.keyword) or {}, found.name)
        after[found.keyword] = members
    elif found.edit == _EDIT_REQUIRED:
        names = [name for name in before.get("required") or () if name != found.name]
        after["required"] = [*names, found.name] if found.in_new else names
        if not after["required"]:
            del after["required"]  # draft 4 wants at least one
    elif found.edit == _EDIT_MEMBER:
        members_list = list(before.get(found.keyword) or ())
        if found.in_new:
            members_list.append(after_all[found.keyword][found.index])
        else:
            del members_list[found.index]
        after[found.keyword] = members_list
    return after


def _take(into: dict[str, Any], source: dict[str, Any], key: str) -> None:
    if key in source:
        into[key] = source[key]
    else:
        into.pop(key, None)


class _Walk:
    """Two sides and what was seen of them."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old = old
        self._new = new
        self._shapes = Shapes()
        self._seen: set[tuple[str, str]] = set()
        self._stack: list[tuple[str, str, str]] = []
        self._home: tuple[str, str] = ("", "")
        self._path = ""

    def run(self) -> Iterator[Difference]:
        start = (self._old.contract.start, self._new.contract.start, "")
        if self._old.draft != self._new.draft:
            was, now = (f"draft {side.draft}" for side in (self._old, self._new))
            yield Difference(
                rules.DIALECT, "$schema", f"the schema is now written in {now}", was, now,
                start[0], start[1], _spot(self._old, start[0], "$schema"), _spot(self._new, start[1], "$schema"),
                True, True, ("$schema",), _EDIT_WHOLE,
            )  # fmt: skip
        self._stack.append(start)
        while self._stack:
            old_key, new_key, path = self._stack.pop()
            waiting, self._stack = self._stack, []
            yield from self._pair(old_key, new_key, path)
            self._stack = waiting + self._stack[::-1]

    def _push(self, old_tokens: Sequence[str | int], new_tokens: Sequence[str | int], step: str = "") -> None:
        """Look at a pair of inner schemas next."""
        old_key, new_key = self._home
        self._stack.append((join(old_key, *old_tokens), join(new_key, *new_tokens), self._path + step))

    def _pair(self, old_key: str, new_key: str, path: str) -> Iterator[Difference]:
        old_key, old = _landed(self._old, old_key)
        new_key, new = _landed(self._new, new_key)
        if (old_key, new_key) in self._seen:
            return
        self._seen.add((old_key, new_key))
        self._home, self._path = (old_key, new_key), path
        if self._same(old, new):
            self._follow_inside(old, new)
            return
        old, new = ({} if one is True and isinstance(other, dict) else one for one, other in ((old, new), (new, old)))
        if not isinstance(old, dict) or not isinstance(new, dict):
            yield self._whole(old, new)
            return
        found = list(self._keywords(old, new))
        if self._is_rewritten(found, old, new):
            yield self._whole(old, new)
            yield from (one for one in found if one.is_silent)
        else:
            yield from found

    def _is_rewritten(self, found: list[Difference], old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether one side says by alternatives what the other says by itself, so that its rules mean little one by one."""
        loud = [one for one in found if not one.is_silent]
        turned = any((keyword in old) != (keyword in new) for keyword in _TURNING)
        return turned and len(loud) > 1 and not self._stack and not {"properties", "required"} & {*old, *new}

    def _same(self, old: Any, new: Any) -> bool:
        return self._shapes.of(old) == self._shapes.of(new)

    def _follow_inside(self, old: Any, new: Any) -> None:
        """Two equal texts: what they refer to may differ."""
        stack: list[tuple[Any, Any, str]] = [(old, new, self._path)]
        while stack:
            one, other, path = stack.pop()
            if not isinstance(one, dict) or not isinstance(other, dict):
                continue
            if "$ref" in one:
                targets = self._old.follow(one), self._new.follow(other)
                if targets[0] is not None and targets[1] is not None:
                    self._stack.append((targets[0], targets[1], path))
            for keyword, kind in KINDS.items():
                holds = "schema" in kind or keyword == "dependencies"
                if holds and keyword in one and keyword not in ("$defs", "definitions"):
                    stack += _beneath(one[keyword], other[keyword], path, keyword)

    # -- one pair of schemas, both objects

    def _keywords(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        yield from self._references(old, new)
        for group, rule in GROUPS.items():
            here = [keyword for keyword in rule.keywords if keyword in old or keyword in new]
            if here and not all(self._equal(keyword, old, new) for keyword in here):
                yield from self._group(group, here, old, new)
            elif here:
                self._descend_equal(here, old, new)
        yield from self._required(old, new)
        yield from self._properties(old, new)
        for keyword, (code, words) in _NAMED.items():
            yield from self._named(keyword, code, words, old, new)
        quiet = [
            key
            for key in dict.fromkeys([*old, *new])
            if (key in ANNOTATIONS or key not in KINDS) and key not in NAMES and not self._equal(key, old, new)
        ]
        quiet = [key for key in quiet if not self._is_room(key)]
        if quiet:
            names = listed(quiet)
            yield self._difference(
                rules.ANNOTATION, quiet[0], f"{names} changed{self._where()}, which no payload can tell",
                _annotated(old, quiet), _annotated(new, quiet), old, new, quiet, _EDIT_NOTHING,
            )  # fmt: skip

    def _is_room(self, key: str) -> bool:
        """Whether it is a part of the document around a contract that begins below its root."""
        at_root = self._home[0] == "" or self._home[1] == ""
        return at_root and bool(self._old.contract.start or self._new.contract.start)

    def _equal(self, keyword: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
        if (keyword in old) != (keyword in new):
            return False
        if keyword not in old:
            return True
        if keyword in ("type", "enum", "required"):
            return _set(self._shapes, old[keyword]) == _set(self._shapes, new[keyword])
        return self._same(old[keyword], new[keyword])

    def _descend_equal(self, keywords: list[str], old: dict[str, Any], new: dict[str, Any]) -> None:
        for keyword in keywords:
            if "schema" in KINDS.get(keyword, "") or keyword == "dependencies":
                for one, other, path in _beneath(old[keyword], new[keyword], self._path, keyword):
                    saved, self._path = self._path, path
                    self._follow_inside(one, other)
                    self._path = saved

    def _group(self, group: str, here: list[str], old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        keyword = here[0]
        both = keyword in old and keyword in new
        if group in _LISTS and both and isinstance(old[keyword], list) and isinstance(new[keyword], list):
            yield from self._members(group, old, new)
        elif group in _SINGLE and both and _are_schemas(old[keyword], new[keyword]):
            self._push([keyword], [keyword], _STEPS.get(keyword, ""))
        elif group in ("items", "prefixItems") and both and _are_lists(old[keyword], new[keyword]):
            yield from self._positions(keyword, old, new)
        elif group == "contains" and both and here == ["contains"] and _are_schemas(old[keyword], new[keyword]):
            self._push([keyword], [keyword], "[*]")
        elif group == "condition" and self._equal("if", old, new) and self._branches(here, old, new):
            for branch in here:
                if branch != "if":
                    self._push([branch], [branch])
        elif group == "values" and self._values(old) == self._values(new):
            return
        else:
            yield self._changed(group, here, old, new)

    def _branches(self, here: list[str], old: dict[str, Any], new: dict[str, Any]) -> bool:
        return all(_are_schemas(old.get(branch), new.get(branch)) for branch in here)

    def _values(self, schema: dict[str, Any]) -> frozenset[int] | None:
        if "const" in schema and "enum" not in schema:
            return frozenset({self._shapes.of(schema["const"])})
        if "enum" in schema and "const" not in schema and isinstance(schema["enum"], list):
            return frozenset(map(self._shapes.of, schema["enum"]))
        return None if not {"const", "enum"} & schema.keys() else frozenset({-1, *map(id, (schema,))})

    def _changed(self, group: str, here: list[str], old: dict[str, Any], new: dict[str, Any]) -> Difference:
        was, now = said(group, old), said(group, new)
        message = f"{_WHAT.get(group, f'`{here[0]}`')}{self._where()} changed"
        if len(was) + len(now) < _SHORT:
            message += f" from {was} to {now}"
        if group == "values" and isinstance(old.get("enum"), list) and isinstance(new.get("enum"), list):
            message = self._enum(old["enum"], new["enum"])
        return self._difference(GROUPS[group].code, here[0], message, was, now, old, new, here)

    def _enum(self, old: list[Any], new: list[Any]) -> str:
        known, fresh = _set(self._shapes, old), _set(self._shapes, new)
        gone = [quoted(value) for value in old if self._shapes.of(value) not in fresh]
        come = [quoted(value) for value in new if self._shapes.of(value) not in known]
        parts = [f"no longer {_several(gone)}"] if gone else []
        parts += [f"also {_several(come)}"] if come else []
        return f"the values{self._where()} are {' and '.join(parts)}"

    def _references(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        """References with other rules beside them; those that stand alone were followed already."""
        if "$ref" not in old and "$ref" not in new:
            return
        targets = self._old.follow(old), self._new.follow(new)
        if targets[0] is not None and targets[1] is not None:
            self._stack.append((targets[0], targets[1], self._path))
        elif old.get("$ref") != new.get("$ref"):
            was, now = (f"what `{one['$ref']}` says" if "$ref" in one else "no reference" for one in (old, new))
            message = f"the reference{self._where()} changed"
            yield self._difference(rules.REFERENCE, "$ref", message, was, now, old, new, ["$ref"])

    def _required(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        before, after = _names(old.get("required")), _names(new.get("required"))
        for name in dict.fromkeys([*before, *after]):
            if (name in before) == (name in after):
                continue
            now_needed = name in after
            words = ("may be missing", "has to be there")
            yield Difference(
                rules.REQUIRED if now_needed else rules.OPTIONAL,
                "required",
                f"`{self._path_to(name)}` {'became required' if now_needed else 'is no longer required'}",
                words[not now_needed], words[now_needed],
                *self._home,
                self._spot(0, old, "required", before.index(name) if name in before else None),
                self._spot(1, new, "required", after.index(name) if name in after else None),
                not now_needed, now_needed, ("required",), _EDIT_REQUIRED, name,
            )  # fmt: skip

    def _properties(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        before, after = _members_of(old.get("properties")), _members_of(new.get("properties"))
        for name in dict.fromkeys([*before, *after]):
            if name in before and name in after:
                self._push(["properties", name], ["properties", name], f".{name}" if self._path else name)
                continue
            come = name in after
            inner = after[name] if come else before[name]
            free = _unnamed(new if not come else old)
            words = (free, allowed(inner)) if come else (allowed(inner), free)
            verb = "is now described" if come else "is no longer described"
            yield self._named_difference(
                rules.ADDED if come else rules.REMOVED, "properties", name,
                f"the property `{self._path_to(name)}` {verb}", words, come,
            )  # fmt: skip

    def _named(
        self, keyword: str, code: str, what: str, old: dict[str, Any], new: dict[str, Any]
    ) -> Iterator[Difference]:
        before, after = _members_of(old.get(keyword)), _members_of(new.get(keyword))
        for name in dict.fromkeys([*before, *after]):
            if name in before and name in after:
                self._push([keyword, name], [keyword, name], f"./{name}/" if keyword == "patternProperties" else "")
                continue
            come = name in after
            words = ("no such rule", allowed(after[name])) if come else (allowed(before[name]), "no such rule")
            message = f"{what} `{name}`{self._where()} {'is new' if come else 'is gone'}"
            yield self._named_difference(code, keyword, name, message, words, come)

    def _named_difference(
        self, code: str, keyword: str, name: str, message: str, words: tuple[str, str], come: bool
    ) -> Difference:
        old_key, new_key = self._home
        spots = (old_key, join(new_key, keyword, name)) if come else (join(old_key, keyword, name), new_key)
        return Difference(
            code, keyword, message, *words, old_key, new_key, *spots, not come, come, (keyword,), _EDIT_NAME, name
        )

    def _members(self, group: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        """Alternatives and rules: equal ones belong together, then those with one name, then those in one place."""
        what = "rule" if group == "allOf" else "alternative"
        for before, after in _matched(self._shapes, old[group], new[group]):
            if before is not None and after is not None:
                self._push([group, before], [group, after])
                continue
            come = before is None
            index = after if after is not None else before
            assert index is not None  # one of the two is there
            inner = (new if come else old)[group][index]
            words = ("none", allowed(inner)) if come else (allowed(inner), "none")
            message = f"{_article(what)}{self._where()} was {'added' if come else 'removed'}: {allowed(inner)}"
            old_key, new_key = self._home
            spots = (join(old_key, group), join(new_key, group, index))
            if not come:
                spots = (join(old_key, group, index), join(new_key, group))
            yield Difference(
                GROUPS[group].code, group, message, *words, old_key, new_key, *spots, not come, come, (group,),
                _EDIT_MEMBER, index=index,
            )  # fmt: skip

    def _positions(self, keyword: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        before, after = old[keyword], new[keyword]
        for place in range(min(len(before), len(after))):
            self._push([keyword, place], [keyword, place], f"[{place}]")
        if len(before) != len(after):
            yield self._changed(keyword, [keyword], old, new)

    # -- making differences

    def _whole(self, old: Any, new: Any) -> Difference:
        was, now = allowed(old), allowed(new)
        old_key, new_key = self._home
        what = f"`{self._path}`" if self._path else "the contract"
        message = f"{what} changed from {was} to {now}"
        return Difference(
            rules.WHOLE, "", message, was, now, old_key, new_key, old_key, new_key, True, True, (), _EDIT_WHOLE
        )

    def _difference(
        self, code: str, keyword: str, message: str, was: str, now: str,
        old: dict[str, Any], new: dict[str, Any], keywords: Sequence[str], edit: int = _EDIT_GROUP,
    ) -> Difference:  # fmt: skip
        in_old = next((key for key in keywords if key in old), None)
        in_new = next((key for key in keywords if key in new), None)
        return Difference(
            code, keyword, message, was, now, *self._home,
            self._spot(0, old, in_old), self._spot(1, new, in_new),
            in_old is not None, in_new is not None, tuple(keywords), edit,
        )  # fmt: skip

    def _spot(self, side: int, schema: dict[str, Any], keyword: str | None, inner: int | None = None) -> str:
        key = self._home[side]
        if keyword is None or keyword not in schema:
            return key
        return join(key, keyword) if inner is None else join(key, keyword, inner)

    def _where(self) -> str:
        return f" of `{self._path}`" if self._path else ""

    def _path_to(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


_SHORT = 90  # characters of what was and is, for both to stand in the sentence
_TURNING = ("allOf", "anyOf", "oneOf", "not", "$ref")
_STEPS = {"items": "[*]", "additionalItems": "[*]", "unevaluatedItems": "[*]", "additionalProperties": ".*", "unevaluatedProperties": ".*"}  # fmt: skip
_WHAT = {
    "type": "the type",
    "values": "the allowed values",
    "least": "the lower bound",
    "most": "the upper bound",
    "multipleOf": "the step",
    "minLength": "the least length",
    "maxLength": "the greatest length",
    "pattern": "the pattern",
    "format": "the format",
    "additionalProperties": "what other properties may be",
    "unevaluatedProperties": "what other properties may be",
    "propertyNames": "what properties may be called",
    "minProperties": "the least number of properties",
    "maxProperties": "the greatest number of properties",
    "items": "what the elements may be",
    "prefixItems": "what the first elements may be",
    "minItems": "the least number of elements",
    "maxItems": "the greatest number of elements",
    "uniqueItems": "whether elements may repeat",
    "contains": "what has to be among the elements",
    "allOf": "the rules",
    "anyOf": "the alternatives",
    "oneOf": "the alternatives",
    "not": "what is ruled out",
    "condition": "the condition",
}


def _landed(side: Side, key: str) -> tuple[str, Any]:
    """Where the references that stand alone lead from there, and what is at the end."""
    seen: set[str] = set()
    while True:
        schema = side.get(key)
        target = side.follow(schema) if isinstance(schema, dict) and _is_only_reference(side, schema, key) else None
        if target is None or target in seen:
            return key, schema
        seen.add(key)
        key = target


def _is_only_reference(side: Side, schema: dict[str, Any], key: str) -> bool:
    if "$ref" in schema:
        return side.draft <= 7 or not schema.keys() - _BESIDE_REF
    return False


def _spot(side: Side, key: str, keyword: str) -> str:
    schema = side.get(key)
    return join(key, keyword) if isinstance(schema, dict) and keyword in schema else key


def _beneath(old: Any, new: Any, path: str, keyword: str) -> list[tuple[Any, Any, str]]:
    """The pairs of schemas inside of two equal values of a keyword."""
    if keyword in ("properties", "patternProperties", "dependentSchemas", "dependencies") and isinstance(old, dict):
        dotted = keyword == "properties"
        return [
            (old[name], new[name], (f"{path}.{name}" if path else name) if dotted else path)
            for name in old
            if name in new
        ]
    if isinstance(old, list) and isinstance(new, list):
        return [(one, other, path) for one, other in zip(old, new, strict=False)]
    return [(old, new, path + _STEPS.get(keyword, ""))]


def _matched(shapes: Shapes, old: list[Any], new: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of positions that belong together; None where the other side has nothing."""
    pairs: dict[int, int] = {}
    free = dict.fromkeys(range(len(new)))
    for sign in (shapes.of, _tag):
        known: dict[Any, list[int]] = {}
        for place in free:
            known.setdefault(sign(new[place]), []).append(place)
        for place, member in enumerate(old):
            mark = sign(member)
            if place not in pairs and mark is not None and known.get(mark):
                pairs[place] = known[mark].pop(0)
                del free[pairs[place]]
    rest = [place for place in range(len(old)) if place not in pairs]
    if len(rest) == len(free):
        pairs.update(zip(rest, list(free), strict=True))
        free = {}
    yield from ((place, pairs.get(place)) for place in range(len(old)))
    yield from ((None, place) for place in free)


def _tag(schema: Any) -> Any:
    """What an alternative is called: its reference, its title, or the value that tells it from the others."""
    if not isinstance(schema, dict):
        return None
    for keyword in ("$ref", "title", "$id", "$anchor"):
        if isinstance(schema.get(keyword), str):
            return keyword, schema[keyword]
    for name, inner in _members_of(schema.get("properties")).items():
        if isinstance(inner, dict) and isinstance(inner.get("const"), (str, int)):
            return "const", name, inner["const"]
        if isinstance(inner, dict) and isinstance(inner.get("enum"), list) and len(inner["enum"]) == 1:
            return "const", name, str(inner["enum"][0])
    return ("type", schema["type"]) if isinstance(schema.get("type"), str) else None


def _set(shapes: Shapes, values: Any) -> frozenset[int]:
    return frozenset(map(shapes.of, values if isinstance(values, list) else [values]))


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _members_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _are_schemas(*values: Any) -> bool:
    return all(isinstance(value, (dict, bool)) for value in values) and any(isinstance(value, dict) for value in values)


def _are_lists(*values: Any) -> bool:
    return all(isinstance(value, list) for value in values)


def _annotated(schema: dict[str, Any], keys: Sequence[str]) -> str:
    shown = [f"`{key}` {quoted(schema[key])}" for key in keys if key in schema]
    return ", ".join(shown) or "not there"


def _unnamed(schema: dict[str, Any]) -> str:
    """What a property may be that the schema does not name."""
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if keyword in schema:
            inner = schema[keyword]
            return "not allowed" if inner is False else allowed(inner)
    return "anything"


def _several(words: Sequence[str]) -> str:
    shown = list(words[:6])
    return ", ".join(shown) + (f" and {len(words) - 6} more" if len(words) > 6 else "")


def _article(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
