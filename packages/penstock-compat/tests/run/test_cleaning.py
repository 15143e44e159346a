"""What runs keep is cleaned away when nobody uses it, and nothing else is."""

from __future__ import annotations

import os
import sys

import pytest

from penstock_compat.errors import CannotLook, Misuse
from penstock_compat.facts import Plan
from penstock_compat.run.cleaning import clean
from penstock_compat.run.engines import engine_of
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.materials import Resolution, Wheel
from penstock_compat.run.workshop import opened

NOW, DAY = 1_700_000_000.0, 86_400.0  # long ago, so that what is touched now is new
TREE, OTHER = "0" * 32, "1" * 32


@pytest.fixture
def kept(tmp_path):
    """A folder in which a run kept things that were last used two days ago, one wheel excepted."""
    folder = str(tmp_path / "kept")
    ledger = Ledger(f"{folder}/ledger")
    with opened(Plan((), {}), engine_of("pip", folder), ledger, folder):
        pass
    for tree in (TREE, OTHER):
        path = f"{folder}/built/{tree}-3.12-ab/x-1-py3-none-any.whl"
        os.makedirs(os.path.dirname(path))
        with open(path, "w") as file:
            file.write("x" * 1000)
        ledger.keep_wheel(tree, Wheel(path, "sha256:00", "x", "1", (), "", ("x",), True))
    ledger.keep_resolution("q", Resolution((), NOW))
    for path in ("trees/3.12-ab12/dep-1-00", "offers/" + "a" * 24, "interpreters", "trees/mine", "offers/mine"):
        os.makedirs(f"{folder}/{path}", exist_ok=True)
        with open(f"{folder}/{path}/file.json", "w") as file:
            file.write("{}")
    for base, folders, names in os.walk(folder):
        for name in (*folders, *names):
            os.utime(os.path.join(base, name), (NOW - 2 * DAY, NOW - 2 * DAY))
    os.utime(f"{folder}/ledger/wheels/{OTHER}.json", (NOW, NOW))
    return folder


def files(folder: str) -> set[str]:
    return {os.path.relpath(os.path.join(base, name), folder) for base, _, names in os.walk(folder) for name in names}


MINE = {"trees/mine/file.json", "offers/mine/file.json", "CACHEDIR.TAG"}  # what no run made stays


def test_what_was_used_stays_and_the_rest_goes_as_a_whole(kept):
    done = clean(kept, NOW, DAY)
    assert files(kept) == {f"ledger/wheels/{OTHER}.json", f"built/{OTHER}-3.12-ab/x-1-py3-none-any.whl"} | MINE
    assert (done.gone, done.kept) == (6, 2)
    assert done.freed > 1000


def test_nothing_goes_before_its_time(kept):
    before = files(kept)
    assert clean(kept, NOW, 3 * DAY).gone == 0
    assert files(kept) == before


def test_everything_can_go(kept):
    clean(kept, NOW, 0.0)
    assert files(kept) == MINE


def test_what_a_run_uses_it_touches(kept):
    ledger = Ledger(f"{kept}/ledger")
    assert ledger.wheel(TREE) is not None
    assert ledger.resolution("q", 0.0) is not None
    clean(kept, NOW + 2 * DAY, DAY)
    assert {f"ledger/wheels/{TREE}.json", "ledger/versions/q.json"} <= files(kept)


def test_a_run_that_goes_on_is_not_disturbed(kept):
    with opened(Plan((), {}), engine_of("pip", kept), Ledger(f"{kept}/ledger"), kept):
        before = files(kept)
        with pytest.raises(CannotLook, match="going on"):
            clean(kept, NOW, 0.0)
        assert files(kept) == before


def test_a_folder_in_which_no_run_kept_anything_is_left_alone(tmp_path):
    (tmp_path / "built" / f"{TREE}-mine").mkdir(parents=True)
    with pytest.raises(Misuse, match="no folder in which runs keep things"):
        clean(str(tmp_path), NOW, 0.0)
    assert clean(str(tmp_path / "nowhere"), NOW, 0.0).gone == 0
    assert (tmp_path / "built" / f"{TREE}-mine").is_dir()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="this system has no folder in which nobody can write")
def test_a_place_where_nothing_can_be_kept_is_told():
    with (
        pytest.raises(CannotLook, match="cannot keep anything"),
        opened(Plan((), {}), engine_of("pip", "/proc/x"), Ledger("/proc/x"), "/proc/x"),
    ):
        sys.exit("it was opened")


@pytest.mark.parametrize(
    "text", ["", "[1]", "{}", '{"path": 3}', '{"at": "x", "pins": 3}', '{"at": 2e9, "pins": [[1, 2, 3, 4, 5, 6]]}']
)
def test_a_damaged_entry_is_as_good_as_none(tmp_path, text):
    for kind in ("wheels", "versions", "results"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "k.json").write_text(text)
    (tmp_path / "seconds.json").write_text(text)
    ledger = Ledger(str(tmp_path))
    assert (ledger.wheel("k"), ledger.resolution("k", 0.0), ledger.result("k")) == (None, None, None)
    assert all(isinstance(value, float) for value in ledger.seconds().values())
