"""Every code that a standard node can say is documented, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import penstock_standard

HOME = Path(penstock_standard.__file__).parent


def said() -> set[str]:
    """The codes that stand at the beginning of a text somewhere in the code."""
    return {
        code for path in HOME.rglob("*.py") for code in re.findall(r"\"(N\d{3})\b", path.read_text(encoding="utf-8"))
    }


def test_each_code_has_its_page_and_each_page_its_code():
    pages = {path.stem for path in (HOME / "codes").glob("N*.md")}
    assert said() == pages


def test_each_page_begins_with_its_code_and_says_why():
    for page in (HOME / "codes").glob("N*.md"):
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {page.stem}: [a-z].+[^.]\n\nWhy: ", text), page.name
        assert re.search(r"^(Do|Bad|Good): ", text, flags=re.MULTILINE), page.name
