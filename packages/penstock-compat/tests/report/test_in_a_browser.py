"""The page in a real browser: it filters, moves by keys, opens evidence, and says nothing on the console."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from penstock_compat.facts import Results
from penstock_compat.report import compile_report, text_of

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SHOTS = os.environ.get("PENSTOCK_COMPAT_SCREENSHOTS")  # a folder to keep what the page looks like

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium; on Debian: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])  # CI runs as root
        yield running
        running.close()


@pytest.fixture(scope="module")
def address(large, tmp_path_factory):
    """Where the page of the large matrix is; the report before lacks a pack and knows better of another."""
    before = replace(large, results=tuple(r for r in large.results if r.cell.pack != "tidal-sink"))
    first = compile_report(before, label="v0.1.0")
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(text_of(compile_report(large, before=first, label="v0.2.0"), "html"), encoding="utf-8")
    return path.as_uri()


class Seen:
    """A page that is open, and everything that went wrong on it or was fetched by it."""

    def __init__(self, page, address):
        self.page, self.wrong, self.fetched = page, [], []
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self.fetched.append(request.url))
        page.goto(address)

    def rows(self):
        """The packs that are shown."""
        return self.page.locator("#m tbody tr:not([hidden]) th span").all_inner_texts()

    def bright(self):
        """How many cells fit."""
        return self.page.locator("#m tbody tr:not([hidden]) td:not([hidden]) button:not(.dim)").count()

    def shot(self, name):
        """Keep a picture, if somebody wants to look."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(SHOTS, f"{name}.png")))


@pytest.fixture(params=["light", "dark"])
def seen(browser, address, request):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=request.param, offline=True)
    yield Seen(context.new_page(), address)
    context.close()


@pytest.fixture
def light(browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    there = Seen(context.new_page(), address)
    yield there
    assert there.wrong == []
    context.close()


def test_it_filters_and_opens_evidence_without_an_error(seen, request, address):
    page = seen.page
    assert len(seen.rows()) == 100
    seen.shot(f"all-{request.node.callspec.params['seen']}")
    page.fill("#q", "numpy")
    assert len(seen.rows()) == 8
    assert seen.bright() == 64
    assert page.inner_text("#shown") == "64 cells in 8 of 100 packs"
    page.locator("#m button.broken:visible").first.click()
    evidence = page.locator("#evidence")
    assert "module 'numpy' has no attribute 'bool8'" in evidence.inner_text()
    assert "End of the log" in evidence.inner_text()
    assert "It is proven with locked dependencies" in evidence.inner_text()
    assert "python -m pytest -q tests" in evidence.inner_text()
    seen.shot(f"evidence-{request.node.callspec.params['seen']}")
    assert seen.wrong == []
    assert seen.fetched == [address]


def test_looks_and_axes_narrow_it_down(light):
    page = light.page
    page.click("[data-look=doomed]")
    assert light.bright() == 54
    page.select_option("[data-axis=python]", "3.12")
    assert light.rows() == []
    assert page.is_visible("#none")
    page.click("#clear")
    assert page.is_hidden("#everything")
    assert (len(light.rows()), light.bright()) == (100, 2400)
    page.select_option("[data-axis=machine]", "linux x86_64")
    page.select_option("[data-axis=deps]", "newest")
    assert light.bright() == 400
    assert page.locator("#m thead tr:last-child th:not([hidden])").count() == 4


def test_it_can_be_used_with_keys_alone(light):
    page = light.page
    page.keyboard.press("/")
    page.keyboard.type("cedar-gate")
    assert light.rows() == ["cedar-gate"]
    page.keyboard.press("Escape")
    assert len(light.rows()) == 100
    page.keyboard.press("Escape")
    page.locator("#m tbody button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "amber-meter" in page.inner_text("#evidence h2")
    assert "Python 3.11" in page.inner_text("#evidence .chips")
    page.keyboard.press("n")
    assert page.inner_text("#evidence h2").startswith("basalt-sink")  # the next trouble after it
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert page.inner_text("#evidence h2").startswith("amber-gate")
    page.keyboard.press("Escape")
    assert page.is_hidden("#evidence")
    assert page.evaluate("document.activeElement.closest('#m') !== null")


def test_one_cell_can_be_reached_with_tab_and_every_cell_has_a_name(light):
    assert light.page.locator("#m tbody button[tabindex='0']").count() == 1
    assert light.page.locator("#m tbody button:not([aria-label])").count() == 0
    label = light.page.get_attribute("#m button.broken >> nth=0", "aria-label")
    assert label.startswith("broken: cedar-gate, core 0.1.0, darwin arm64, newest")


def test_what_is_shown_is_in_the_address(browser, address, light):
    page = light.page
    page.fill("#q", "urllib3")
    page.locator("#m button.broken:visible").first.click()
    heading = page.inner_text("#evidence h2")
    other = Seen(browser.new_page(), page.url)
    assert other.page.input_value("#q") == "urllib3"
    assert other.page.inner_text("#evidence h2") == heading
    assert len(other.rows()) == len(light.rows()) == 5
    assert other.wrong == []
    other.page.close()


def test_an_obstacle_shows_its_cells(light):
    page = light.page
    page.locator("details.panel summary").first.click()
    page.locator("[data-obstacle='0']").click()
    assert light.bright() == 64
    assert page.is_visible("#evidence")


def test_signs_differ_without_any_colour(light):
    signs = light.page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#m tbody button')].map((b) => [b.className.split(' ')[0], b.textContent]))"
    )
    assert len(signs) == 9
    assert len(set(signs.values())) == 9


def test_it_is_readable_without_scripts_and_on_paper(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("#m tbody tr:visible").count() == 100
    assert page.is_visible("noscript p")
    page.emulate_media(media="print")
    assert page.is_hidden("#filters")
    context.close()
    assert playwright  # the driver is closed by its fixture


def test_an_old_report_says_that_it_is_old(browser, large, tmp_path):
    old = replace(
        large,
        results=tuple(
            replace(r, evidence=replace(r.evidence, at="2020-01-01T00:00:00+00:00")) if r.evidence else r
            for r in large.results[:24]
        ),
    )
    path = tmp_path / "old.html"
    path.write_text(text_of(compile_report(old, label="v0"), "html"), encoding="utf-8")
    there = Seen(browser.new_page(), path.as_uri())
    assert "days old" in there.page.inner_text("#old")
    assert there.wrong == []
    there.page.close()


def test_what_results_say_never_becomes_part_of_the_page(browser, synthetic, tmp_path):
    import random

    nasty = "<img src=x onerror=alert(1)></script><script>alert(2)</script>'\"><b>bold</b>"
    cell = replace(synthetic.matrix(1).results[0].cell, deps=nasty, version=nasty)
    draw = random.Random(1)
    bad = synthetic.failed(cell, draw, "test", nasty, log=nasty, detail={nasty: [nasty]})
    bad = replace(
        bad, reasons=(nasty,), origin=nasty, evidence=replace(bad.evidence, by=nasty, interpreter={nasty: nasty})
    )
    good = synthetic.passed(replace(cell, python="3.13"), draw)
    path = tmp_path / "nasty.html"
    path.write_text(text_of(compile_report(Results(nasty, (bad, good)), label=nasty), "html"), encoding="utf-8")
    there = Seen(browser.new_page(), path.as_uri())
    there.page.on("dialog", lambda dialog: (there.wrong.append("a dialog"), dialog.dismiss()))
    for number in range(2):
        there.page.locator("#m tbody button").nth(number).click()
        there.page.locator("#evidence details summary").click()
        assert nasty in there.page.inner_text("#evidence")
        assert there.page.locator("#evidence img, #evidence script").count() == 0
    there.page.fill("#q", "<b>bold")
    assert there.page.locator("img").count() == 0
    assert there.wrong == []
    there.page.close()
