"""The SDK is what is recorded of its version, takes away only what its version lets it, and keeps nothing too long."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from penstock.deprecation import Deprecation, deprecated
from penstock.surface.breaks import breaks, may_break, overdue
from penstock.surface.inspect_sdk import present
from penstock.surface.judge import judge
from penstock.surface.kept import NoSurface, read_surface, record, recorded, text_of_surface, versions
from penstock.surface.model import Member, Name, Parameter, Surface

SDK = """
    from dataclasses import dataclass, field
    from enum import Enum
    from typing import Protocol

    __all__ = ["Kind", "Shape", "Lent", "turn", "Choice"]

    class Kind(str, Enum):
        ROUND = "round"

    @dataclass(frozen=True)
    class Shape:
        sides: int
        kind: Kind = Kind.ROUND
        marks: list = field(default_factory=list)
        def area(self, unit: str = "m", *, exact: bool = False) -> float: return 1.0
        async def fetch(self): ...
        def _secret(self): ...

    class Lent(Protocol):
        @property
        def now(self) -> float: ...

    def turn(shape, by=90, /, *others, around=None, **more): ...

    Choice = Kind | Shape
"""


@pytest.fixture
def surface(tmp_path, monkeypatch, request):
    """Makes a module of this text and tells its surface."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(text: str, sdk: str = "0.1") -> Surface:
        name = f"penstock_like_{len(made)}"
        made.append(name)
        # named like a room of ours, so that its classes count as ours
        (tmp_path / f"{name}.py").write_text('__name__ = "penstock.like"\n' + textwrap.dedent(text), encoding="utf-8")
        found = present([name], sdk)
        return Surface(found.sdk, {"sdk": found.modules[name]})

    made: list[str] = []
    yield make
    for name in made:
        sys.modules.pop(name, None)


def test_the_sdk_is_what_is_recorded_of_its_version():
    assert judge(present()).lines == ()


def test_what_is_recorded_names_no_python_and_reads_back_the_same():
    for version in versions():
        text = text_of_surface(recorded(version))
        assert text_of_surface(read_surface(text)) == text
        assert " object at 0x" not in text


def test_a_surface_says_how_each_name_may_be_used(surface):
    names = surface(SDK).modules["sdk"]
    assert {name: found.kind for name, found in names.items()} == {
        "Choice": "alias",
        "Kind": "class",
        "Lent": "class",
        "Shape": "class",
        "turn": "function",
    }
    assert names["Shape"].parameters == (
        Parameter("sides", "either"),
        Parameter("kind", "either", "Kind.ROUND"),
        Parameter("marks", "either", "<factory>"),
    )
    assert {of: member.kind for of, member in names["Shape"].members.items()} == {
        "area": "method",
        "fetch": "async method",
        "kind": "attribute",
        "marks": "attribute",
        "sides": "attribute",
    }
    assert names["turn"].parameters == (
        Parameter("shape", "positional"),
        Parameter("by", "positional", "90"),
        Parameter("others", "rest"),
        Parameter("around", "keyword", "None"),
        Parameter("more", "named rest"),
    )
    assert names["Kind"].bases == ("enum.Enum", "str")
    assert (names["Lent"].parameters, names["Lent"].members) == (None, {"now": Member("attribute")})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"Choice"]', "]", "`sdk.Choice` is gone"),
        ("sides: int\n", "pass\n", "parameter `sides` of `sdk.Shape` is gone"),
        ("sides: int\n", "edges: int\n", "`sdk.Shape.sides` is gone"),
        ("Kind.ROUND\n        marks", '"flat"\n        marks', "parameter `kind` of `sdk.Shape` was Kind.ROUND"),
        ("def area", "def size", "`sdk.Shape.area` is gone"),
        ('unit: str = "m"', "unit: str", "parameter `unit` of `sdk.Shape.area` must be given now"),
        ('unit: str = "m", *', '*, unit: str = "m"', "can no longer be given by position"),
        ("exact: bool", "precise: bool", "parameter `exact` of `sdk.Shape.area` is gone"),
        ("exact: bool = False", "exact: bool = False, of: str", "needs the new parameter `of`"),
        ("async def fetch", "def fetch", "`sdk.Shape.fetch` was a async method and is a method"),
        ("ROUND", "FLAT", "`sdk.Kind.ROUND` is gone"),
        ("str, Enum", "Enum", "`sdk.Kind` is no `str` any more"),
        ("*others, ", "*, ", "`sdk.turn` no longer takes any number of arguments"),
        (", **more", "", "`sdk.turn` no longer takes any number of keywords"),
        ("def turn(", "class turn:\n        def __init__(self, ", "`sdk.turn` was a function and is a class"),
        ("def now", "def then", "`sdk.Lent.now` is gone"),
    ],
)
def test_what_is_taken_away_is_told(surface, before, after, said):
    edited = SDK.replace(before, after)
    assert edited != SDK
    assert said in "; ".join(breaks(surface(SDK), surface(edited)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("exact: bool = False", "exact: bool = False, of: str = ''"),
        ("def _secret", "def fresh"),
        ("shape, by=90, /", "figure, by=90, /"),
        ('ROUND = "round"', 'ROUND = "round"\n        FLAT = "flat"'),
        ("unit: str", "unit: object"),
        (
            "marks: list = field(default_factory=list)",
            "marks: list = field(default_factory=list)\n        more: int = 0",
        ),
    ],
)
def test_what_is_added_breaks_nothing(surface, before, after):
    edited = SDK.replace(before, after)
    assert edited != SDK
    assert list(breaks(surface(SDK), surface(edited))) == []


def test_an_addition_wants_the_record_to_be_renewed_and_says_how(surface, tmp_path):
    record(surface(SDK), str(tmp_path))
    more = surface(SDK.replace("_secret", "fresh"))
    verdict = judge(more, str(tmp_path))
    assert not verdict.broken
    assert "python -m penstock.surface --write" in verdict.lines[0]
    record(more, str(tmp_path))
    assert judge(more, str(tmp_path)).lines == ()


def test_a_removal_fails_until_the_version_says_so(surface, tmp_path):
    record(surface(SDK), str(tmp_path))
    less = SDK.replace("def area", "def size")
    verdict = judge(surface(less), str(tmp_path))
    assert verdict.broken
    assert verdict.lines[0] == "`sdk.Shape.area` is gone, and 0.1 promises it"
    assert "minor version" in verdict.lines[-1]
    verdict = judge(surface(less, "0.2"), str(tmp_path))
    assert (verdict.broken, verdict.lines) == (
        False,
        ("nothing is recorded of 0.2: run `python -m penstock.surface --write`",),
    )


def test_from_one_on_only_a_major_version_takes_away(surface, tmp_path):
    record(surface(SDK, "1.0"), str(tmp_path))
    less = SDK.replace("def area", "def size")
    assert judge(surface(less, "1.1"), str(tmp_path)).broken
    assert not judge(surface(less, "2.0"), str(tmp_path)).broken
    assert not may_break("1.9", "1.10")


def test_a_record_is_found_by_any_patch_of_its_minor_version():
    assert recorded("0.1.7").sdk == "0.1"
    with pytest.raises(NoSurface, match=r"SDK version `0\.999`"):
        recorded("0.999")


def ageing(sdk: str) -> Surface:
    mark = Deprecation("0.2", "`new`")
    return Surface(sdk, {"sdk": {"old": Name("function", "sdk", (), deprecated=mark)}})


@pytest.mark.parametrize(("sdk", "stays"), [("0.2", True), ("0.3", True), ("0.4", False), ("1.0", False)])
def test_a_deprecated_name_warns_for_two_minor_versions_and_no_longer(sdk, stays):
    line = ["0.1", "0.2", "0.3", "0.4", "1.0"]
    assert (list(overdue(ageing(sdk), line)) == []) is stays


def test_the_step_to_one_counts_as_a_minor_version_too():
    assert list(overdue(ageing("1.0"), ["0.1", "0.2", "1.0"])) == []


def test_a_name_that_overstays_fails_the_promise(tmp_path):
    for version in ("0.2", "0.3"):
        record(ageing(version), str(tmp_path))
    verdict = judge(ageing("0.4"), str(tmp_path))
    assert verdict.broken
    assert verdict.lines[0].startswith("`sdk.old` is deprecated since 0.2")


class Old:
    @deprecated(since="0.2", instead="`Old.go`")
    def walk(self, steps: int = 1) -> int:
        return steps

    @property
    @deprecated(since="0.2", instead="`Old.size`")
    def length(self) -> int:
        return 3


@deprecated(since="0.2", instead="`Old`")
@dataclass(frozen=True)
class Older:
    age: int


def test_a_deprecated_name_warns_at_the_place_that_uses_it():
    for use, said in [
        (lambda: Old().walk(steps=2), "`walk` is deprecated since penstock 0.2: use `Old.go`"),
        (lambda: Old().length, "use `Old.size`"),
        (lambda: Older(3), "`Older` is deprecated since penstock 0.2: use `Old`"),
    ]:
        with pytest.warns(DeprecationWarning, match=said) as seen:
            assert use()
        assert Path(seen[0].filename) == Path(__file__)


def test_what_could_not_warn_is_not_marked():
    import msgspec

    with pytest.raises(TypeError, match="could not warn"):
        deprecated(since="0.2", instead="x")(msgspec.defstruct("Quick", ["a"]))
    with pytest.raises(TypeError, match="cannot warn"):
        deprecated(since="0.2", instead="x")(3)


def test_marks_are_recorded_with_what_they_mark(surface):
    marked = surface(
        """
        from penstock.deprecation import deprecated
        __all__ = ["Old", "old"]

        @deprecated(since="0.1", instead="`New`")
        class Old:
            def __init__(self, size: int) -> None:
                self.size = size
            @property
            @deprecated(since="0.1", instead="`size`")
            def length(self): ...
            @deprecated(since="0.1", instead="`run`")
            async def walk(self, steps=1): ...

        @deprecated(since="0.1", instead="`new`")
        def old(a, *, b=2): ...
        """
    )
    again = read_surface(text_of_surface(marked))
    assert again == marked
    old = again.modules["sdk"]["Old"]
    assert (old.deprecated, old.parameters) == (Deprecation("0.1", "`New`"), (Parameter("size", "either"),))
    assert old.members["walk"] == Member(
        "async method", (Parameter("steps", "either", "1"),), Deprecation("0.1", "`run`")
    )
    assert old.members["length"].deprecated == Deprecation("0.1", "`size`")
    assert "size" in old.members
    assert again.modules["sdk"]["old"].parameters == (Parameter("a", "either"), Parameter("b", "keyword", "2"))
