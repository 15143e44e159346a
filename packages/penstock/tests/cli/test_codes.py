"""Every code that the rooms of packs, manifests and commands can say has a page, and every page has a code."""

from __future__ import annotations

import re
from pathlib import Path

import penstock
from penstock_findings import all_codes

HERE = Path(penstock.__file__).parent
SOURCES = [
    path
    for room in ("_plugins", "_review", "manifest", "surface", "cli")
    for path in sorted((HERE / room).rglob("*.py"))
]


def test_pages_and_code_agree():
    said = {code for path in SOURCES for code in re.findall(r'"([MP][0-9]{3})"', path.read_text(encoding="utf-8"))}
    known = {known.code for known in all_codes() if known.code[0] in "MP"}
    assert said == known


def test_every_page_says_why_and_what_to_do():
    for known in all_codes():
        if known.code[0] in "MP":
            assert known.owner == "penstock"
            assert known.text.startswith("Why: ")
            assert "\n\nDo:  " in known.text
