"""Every code that the gate can say is documented, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import penstock_contracts

HOME = Path(penstock_contracts.__file__).parent
PAGES = sorted((HOME / "codes").glob("K*.md"))


def said() -> set[str]:
    """The codes that stand as a text of their own somewhere in the code."""
    return {
        code for path in HOME.rglob("*.py") for code in re.findall(r"\"(K\d{3})\"", path.read_text(encoding="utf-8"))
    }


def test_each_code_has_its_page_and_each_page_its_code():
    assert said() == {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_page_begins_with_its_code_and_says_why(page):
    text = page.read_text(encoding="utf-8")
    assert re.match(rf"# {page.stem}: [a-z].+[^.]\n\nWhy: ", text)
    assert re.search(r"^(Do|Bad|Good): ", text, flags=re.MULTILINE)
