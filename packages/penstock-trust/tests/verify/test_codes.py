"""Every code that can be printed is explained, and nothing is explained that cannot be printed."""

from __future__ import annotations

import re
from pathlib import Path

import penstock_trust

SOURCE = Path(penstock_trust.__file__).parent


def test_codes_and_pages_are_the_same_set() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    said = {code for text in texts for code in re.findall(r'"(T[0-9]{3})"', text)}
    told = {path.stem for path in (SOURCE / "codes").glob("T*.md")}
    assert (sorted(said - told), sorted(told - said)) == ([], [])


def test_every_page_says_why_and_what_to_do() -> None:
    shape = re.compile(r"# (T[0-9]{3}): [^\n]+[^.\n]\n\nWhy: .+?\n\nDo:  .+\n", re.DOTALL)
    for path in sorted((SOURCE / "codes").glob("T*.md")):
        found = shape.fullmatch(path.read_text(encoding="utf-8"))
        assert found is not None, path.name
        assert found[1] == path.stem
