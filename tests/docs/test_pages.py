"""What the pages show is what happens, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import generate
import pytest
import transcripts

DOCS = Path(transcripts.__file__).parent
ROOT = DOCS.parent
PAGES = sorted(DOCS.rglob("*.md"))
TOLD = [
    page for page in PAGES if any(block.is_conversation for block in transcripts.blocks_of(page.read_text("utf-8")))
]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _name(page: Path) -> str:
    return str(page.relative_to(DOCS))


@pytest.mark.parametrize("page", TOLD, ids=_name)
def test_the_examples_of_a_page_do_what_it_shows(page):
    assert [str(difference) for difference in transcripts.differences_of(page)] == []


def test_the_pages_that_tell_a_conversation_are_found():
    assert {"tutorials/first-graph.md", "how-to/write-a-sink.md", "reference/graph-file.md"} <= set(map(_name, TOLD))


def test_the_reference_is_what_the_code_says():
    out_of_step = [_name(page) for page in generate.outdated(generate.pages())]
    assert out_of_step == [], "run `python docs/generate.py`"


def test_every_generated_part_stands_in_a_page():
    text = "\n".join(page.read_text("utf-8") for page in generate.pages())
    assert set(generate.REGIONS) == set(re.findall(r"<!-- generated: ([a-z ]+) -->", text))


def _prose(text: str) -> str:
    return re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them; of a file of tests, their names."""
    if page.suffix == ".py":
        return set(re.findall(r"^(?:async )?def (\w+)", page.read_text("utf-8"), re.MULTILINE))
    headings = re.findall(r"^#+ (.*)$", _prose(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_lead_somewhere(page):
    lost = []
    for target in _LINK.findall(_prose(page.read_text("utf-8"))):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if "://" in target:
            continue
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            lost.append(target)
    assert lost == []


def test_the_map_names_every_page():
    named = set(_LINK.findall((DOCS / "README.md").read_text("utf-8")))
    written = {_name(page) for page in PAGES if page.parent != DOCS and page.parent.name != "decisions"}
    assert written - named == set()
