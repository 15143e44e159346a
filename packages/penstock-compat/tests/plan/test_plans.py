"""Which cells there are: all of them, or few in which every pair meets; without what is excluded; within a budget."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.axes import Axes, Exclusion, HowTested
from penstock_compat.errors import CannotRead
from penstock_compat.facts import Cell
from penstock_compat.packs import Pack
from penstock_compat.plan import covering, github, plan

HERE = ("linux", "x86_64")


def pack(name="site", **more):
    return Pack(source=f"/packs/{name}", name=name, version="1.0", lock="/l", pins=("a==1",), **more)


def planned(*packs, axes=None, **more):
    return plan(packs or (pack(),), axes or Axes(), platform=HERE, **more)


def pairs(cells):
    def values(cell):
        return [
            ("core", cell.core),
            ("os", cell.os, cell.arch),
            ("python", cell.python),
            ("deps", cell.deps),
        ]

    return {frozenset(pair) for cell in cells for pair in combinations(values(cell), 2)}


axes = st.builds(
    Axes,
    pythons=st.lists(st.sampled_from(["3.10", "3.11", "3.12", "3.13"]), min_size=1, unique=True).map(tuple),
    deps=st.lists(st.sampled_from(["lowest", "locked", "newest"]), min_size=1, unique=True).map(tuple),
    core=st.just("penstock"),
    cores=st.lists(st.sampled_from(["0.1", "0.2", "1.0"]), min_size=1, unique=True).map(tuple),
    platforms=st.lists(
        st.sampled_from([("linux", "x86_64"), ("darwin", "arm64"), ("windows", "amd64")]), min_size=1, unique=True
    ).map(tuple),
    exclusions=st.lists(
        st.builds(
            Exclusion,
            st.dictionaries(
                st.sampled_from(["python", "deps", "os"]), st.sampled_from(["3.1*", "3.12", "l*", "linux"])
            ),
            st.just("because"),
        ),
        max_size=2,
    ).map(tuple),
    mode=st.sampled_from(["full", "pairwise"]),
)


@given(axes)
def test_every_combination_is_a_cell_or_is_left_out_with_a_reason(axes):
    made = planned(axes=axes)
    total = len(axes.pythons) * len(axes.deps) * len(axes.cores) * len(axes.platforms)
    seen = [*made.cells, *(one.cell for one in made.excluded)]
    assert len(seen) == len(set(seen)) == total
    assert all(one.reason for one in made.excluded)


@given(axes)
def test_every_pair_that_meets_anywhere_meets_in_the_covering_cells(axes):
    cells = planned(axes=Axes(**{name: getattr(axes, name) for name in Axes.__slots__ if name != "mode"})).cells
    few = covering(cells)
    assert set(few) <= set(cells)
    assert pairs(few) == pairs(cells)


def test_a_covering_array_is_much_smaller_than_everything():
    many = Axes(core="penstock", cores=tuple(f"0.{n}" for n in range(4)))
    cells = planned(axes=many).cells
    assert (len(cells), len(covering(cells))) == (48, 16)  # 4 x 4 pairs of core and Python need 16 at least


def test_a_pack_without_lock_file_has_no_locked_cells_and_says_why():
    made = plan([Pack("/p", "site", "1.0")], Axes(), platform=HERE)
    assert {cell.deps for cell in made.cells} == {"lowest", "newest"}
    assert {one.reason for one in made.excluded} == {"the pack has no lock file"}


def test_a_budget_keeps_the_cells_that_show_most():
    many = Axes(core="penstock", cores=tuple(f"0.{n}" for n in range(4)))
    everything = planned(axes=many).cells
    made = planned(axes=replace(many, budget=1.0), seconds={cell.id: 3.0 for cell in everything})
    assert len(made.cells) == 20
    assert pairs(made.cells) == pairs(everything)


def test_what_the_axes_say_of_a_pack_wins_over_what_they_say_of_all_and_that_over_the_pack():
    one, two = pack("one", test_requires=("mine",)), pack("two", test_requires=("mine",))
    said = Axes(testing=HowTested(requires=("shared",), timeout=5.0), packs={"two": HowTested(requires=("special",))})
    made = planned(one, two, axes=said)
    assert made.recipes["one"].requires == ("shared", "pytest")
    assert made.recipes["two"].requires == ("special", "pytest")
    assert made.recipes["two"].timeout == 5.0
    assert planned(one).recipes["one"].requires == ("mine", "pytest")


def test_two_versions_of_one_pack_cannot_be_planned_at_once():
    with pytest.raises(CannotRead) as raised:
        planned(pack(), Pack("/elsewhere", "site", "2.0"))
    assert raised.value.findings[0].code == "C109"


def test_a_ci_job_is_made_for_each_platform_and_python():
    rows = github(planned(axes=Axes(pythons=("3.12", "3.13"))))["include"]
    assert [(row["runner"], row["python"], row["cells"]) for row in rows] == [
        ("ubuntu-latest", "3.12", 3),
        ("ubuntu-latest", "3.13", 3),
    ]


@given(
    st.builds(
        Cell,
        *[st.text(st.characters(exclude_characters="|=", codec="utf-8"), min_size=1).filter(lambda t: t != "*")] * 7,
    )
)
def test_a_cell_can_be_made_again_of_its_id(cell):
    assert Cell.of(cell.id) == cell
