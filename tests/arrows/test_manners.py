"""Small promises that the tree makes about itself: names, silenced checks, news, the lines that people copy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

NO_OWNER = re.compile(r"(^|_)(utils?|helpers?|common|misc|manager_manager)(_|$)")
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover)\b(?P<rest>.*)")
WHAT = re.compile(r"^(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*|\[[a-z-]+(,\s*[a-z-]+)*\])?[\s#:;,-]*")


def silenced_without_reason(line: str) -> bool:
    match = SILENCED.search(line)
    return bool(match) and len(WHAT.sub("", match.group("rest"))) < len("Windows")


def test_a_silenced_check_without_reason_is_seen() -> None:
    assert silenced_without_reason("x = 1  # noqa: F401")
    assert silenced_without_reason("x = 1  # type: ignore[arg-type]")
    assert not silenced_without_reason("x = 1  # noqa: F401 - the plugin reads it from here")
    assert not silenced_without_reason("x = 1  # type: ignore[arg-type]  # click types this as Any")
    assert not silenced_without_reason("except ImportError:  # pragma: no cover - Windows")
    assert not silenced_without_reason("x = 1")


def test_every_silenced_check_gives_its_reason_on_the_same_line(root: Path, sources: list[Path]) -> None:
    here = Path(__file__).resolve()
    silent = [
        f"{path.relative_to(root)}:{number}"
        for path in sources
        if path != here
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if silenced_without_reason(line)
    ]
    assert not silent


def test_no_module_has_a_name_without_an_owner(root: Path, sources: list[Path]) -> None:
    homeless = [
        str(path.relative_to(root))
        for path in sources
        if any(NO_OWNER.search(part) for part in path.relative_to(root).with_suffix("").parts)
    ]
    assert not homeless


def test_nothing_names_the_address_of_a_package_index(root: Path, files: list[Path]) -> None:
    address = re.compile(r"(index-url|find-links|index-strategy)\b|https?://[^\s/]*/(?:[^\s]*/)?simple\b")
    here = Path(__file__).resolve()
    naming = [
        str(path.relative_to(root))
        for path in files
        if path != here and path.suffix in {".toml", ".txt", ".md", ".py", ".yaml", ".yml", ".cfg", ""}
        if address.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not naming


def test_the_readme_shows_the_two_lines_and_ci_runs_the_second(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    (python3 -m venv .*)$", readme, flags=re.MULTILINE)
    assert [line.rsplit(maxsplit=1)[-1] for line in lines] == ["demo", "tests"]
    assert f"    {lines[1]}" in (root / ".ci/run").read_text(encoding="utf-8").splitlines()


def test_news_is_told_in_known_kinds(root: Path, settings: dict[str, Any]) -> None:
    kinds = {kind["directory"] for kind in settings["tool"]["towncrier"]["type"]}
    fragments = list(root.glob("packages/*/changes/*"))
    assert fragments
    assert not [
        str(path.relative_to(root))
        for path in fragments
        if not re.fullmatch(rf"[a-z0-9-]+\.({'|'.join(sorted(kinds))})\.md", path.name) or not path.read_text().strip()
    ]


def test_every_package_has_its_papers(root: Path, packages: dict[str, dict[str, Any]]) -> None:
    for name, package in packages.items():
        project = package["project"]
        assert project["name"] == name
        assert project["license"] == "Apache-2.0"
        assert (root / "packages" / name / project["readme"]).is_file()
        assert (root / "packages" / name / "src" / name.replace("-", "_") / "py.typed").is_file()
        assert (root / "packages" / name / "changes").is_dir()
        # a copy, because a distribution must carry the text and cannot reach out of its folder
        assert (root / "packages" / name / "LICENSE").read_bytes() == (root / "LICENSE").read_bytes()


def test_every_decision_says_what_was_turned_down(root: Path) -> None:
    pages = [path for path in root.glob("docs/decisions/*.md") if path.name != "README.md"]
    assert pages
    for page in pages:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert headings == ["Context", "Decision", "Turned down", "Consequences"], page.name
