"""What people type: good names make packs, all others make a finding and nothing else."""

from __future__ import annotations

import json
import sys

import pytest

from penstock_templates.answers import checked
from penstock_templates.cli import main
from penstock_templates.published import wrong_with_published

GOOD = ["acme", "acme-thresholds", "a1-b2", "x" * 40, "my-penstock-pack"]
BAD_NAMES = [
    "", " ", "-", "--", "-a", "a-", "a--b", "1a", "Acme", "ACME", "a_b", "a.b", "a b", " a", "a ", "a\n", "a\nb", "a\tb", "a\0b",
    "../up", "..", ".", "/etc/passwd", "a/b", "a\\b", "C:x", "~", "~root", "$HOME", "`id`", "$(id)", "a;b", "a|b", "a&b", "'a'",
    '"a"', "{{ 7 * 7 }}", "{% raw %}", "{{cookiecutter.name}}", "%s", "%(name)s", "a\u200bb", "\u0430cme", "acm\u00e9", "\u2024\u2024/x", "\uff41cme",
    "\u202eemca", "\U0001f600", "a" * 41, "a" * 300, "con\n", "class", "import", "match", "json", "asyncio", "sys", "tests", "src", "pip",
    "penstock", "penstock-core", "penstock-standard", "pytest", "hypothesis", "cookiecutter", "--force", "-h", "--name=x",
]  # fmt: skip  # a table reads better in few lines
BAD_IDS = ["", " ", "Node", "1st", "a_b", "../x", "class", "nodes", "a" * 21, "{{ x }}", "a\nb", "a/b", "é", "-a"]
BAD_LINES = [
    'a "quoted" word', "back\\slash", "two\nlines", "a\rb", "tab\there", "nul\0", "{{ 7 * 7 }}", "{% for %}", "{# no #}", "a }} b",
    "bell\a", "esc\x1b[2J", "bidi \u202e", "zero\u200bwidth", "`code`", "x" * 201, "line\u2028sep", "half \ud800 pair",
]  # fmt: skip  # a table reads better in few lines


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_is_an_answer(name):
    answers, findings = checked({"name": name, "id": "thing"})
    assert findings == []
    assert (answers.name, answers.package) == (name, name.replace("-", "_"))


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_bad_name_is_a_finding(name):
    answers, findings = checked({"name": name, "id": "thing"})
    assert answers is None
    assert {finding.code for finding in findings} <= {"W103", "W104", "W105"}
    assert all(finding.message.isprintable() for finding in findings)


@pytest.mark.parametrize("id", BAD_IDS[1:], ids=ascii)
def test_a_bad_id_is_a_finding(id):
    _, findings = checked({"name": "acme", "id": id})
    assert [finding.code for finding in findings] == ["W106"]


@pytest.mark.parametrize("line", BAD_LINES, ids=ascii)
@pytest.mark.parametrize("key", ["description", "author"])
def test_a_line_that_would_change_a_file_is_a_finding(key, line):
    _, findings = checked({"name": "acme", key: line})
    assert [finding.code for finding in findings] == ["W107"]


def test_all_mistakes_are_told_at_once():
    _, findings = checked({"kind": "sinc", "name": "A B", "id": "class", "author": "a\nb"})
    assert [finding.code for finding in findings] == ["W102", "W103", "W106", "W107"]
    assert findings[0].hint == "write `sink`"


@pytest.mark.parametrize("words", [["chanel"], ["sinc"]])
def test_a_kind_that_is_none_is_a_finding_from_the_shell_too(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", *words, "--name", "acme-any", "--no-input"]) == 2
    assert "error W102: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "hint"), [({"nmae": "acme"}, "write `name`"), ({"name": 7}, None), ({"name": ["acme"]}, None)]
)
def test_answers_that_nobody_asked_for_are_findings(said, hint):
    _, findings = checked(said)
    assert [(finding.code, finding.hint) for finding in findings] == [("W101", hint)]


def asking(stdout: str, stderr: str, code: int) -> list[str]:
    """A program that answers as pip would."""
    program = f"import sys; print({stdout!r}); print({stderr!r}, file=sys.stderr); raise SystemExit({code})"
    return [sys.executable, "-c", program]


@pytest.mark.parametrize(
    ("pip", "codes"),
    [
        (asking("acme (2.0)\nAvailable versions: 2.0", "", 0), ["W105"]),
        (asking("", "ERROR: No matching distribution found for acme", 1), []),
        (asking("", "WARNING: Retrying (Retry(total=4\nERROR: No matching distribution found for acme", 1), ["W108"]),
        (asking("", "No module named pip", 1), ["W108"]),
        (["no-such-program-anywhere"], ["W108"]),
    ],
)
def test_the_index_is_asked_when_somebody_wants_to_know(pip, codes):
    assert [finding.code for finding in wrong_with_published("acme", pip)] == codes


def test_there_are_many_bad_answers():
    assert len(BAD_NAMES) + len(BAD_IDS) + len(BAD_LINES) >= 90


@pytest.mark.parametrize("name", [*BAD_NAMES[1:], *GOOD[:1]], ids=ascii)
def test_from_the_shell_nothing_is_written_for_a_bad_name(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answers.json").write_text(json.dumps({"name": name, "id": "thing"}))
    code = main(["new", "--answers", "answers.json", "--no-input", "--dry-run"])
    assert code == (0 if name in GOOD else 2)
    assert "Traceback" not in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]
