"""A waiver lets one finding of one version pass until a day, and is itself found when it is of no use."""

from __future__ import annotations

from datetime import date

import pytest

from penstock_contracts import reports
from penstock_contracts.asking import Engine
from penstock_contracts.change import Outcome
from penstock_contracts.compare import compare
from penstock_contracts.contract import Contract, Source
from penstock_contracts.direction import needs
from penstock_contracts.exact import digest_of, text_of
from penstock_contracts.inquiry import Judging
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.waiver import read_waivers, stanza, waived
from penstock_findings.load import parse_toml

TODAY = date(2026, 3, 1)
OLD = {"type": "object", "properties": {"a": {"type": "number"}}}
NEW = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def contract(schema, label):
    return Contract(
        "c", schema, Source(f"{label}.json", text_of(schema, indent=1).encode()), label, base=f"urn:{label}"
    )


def outcome(new=NEW, old=OLD):
    found = compare(contract(old, "old"), contract(new, "new"), Judging(needs("backward", ())), Engine(20.0))
    return Outcome("diff", "old", "new", (found,), bump=found.bump)


def row(**changes):
    facts = {
        "code": "K208",
        "pointer": "/required/0",
        "subject": digest_of(NEW),
        "reason": "the only writer always sends it",
        "owner": "ana@example.org",
        "expires": "2026-03-01",
    } | changes
    return "[[waiver]]\n" + "".join(f'{name} = "{value}"\n' for name, value in facts.items())


def read(text):
    parsed = parse_toml(text.encode(), "w.toml")
    assert not parsed.findings
    return read_waivers(parsed.document.value, Source("w.toml", text.encode(), "toml"))


def codes(found):
    return [(finding.code, str(finding.severity)) for finding in found.findings]


def standing(found):
    (comparison,) = found.comparisons
    return {change.code: change.waiver is not None for change in comparison.changes if change.breaking}


def test_a_waiver_lets_one_break_pass_and_not_its_neighbour():
    found = waived(outcome(), read(row()), TODAY)
    assert standing(found) == {"K201": False, "K208": True}
    assert found.comparisons[0].breaking
    assert codes(found) == []


def test_when_all_is_waived_the_gate_passes_and_the_step_stays_major():
    both = read(row() + row(code="K201", pointer="/properties/a/type"))
    found = waived(outcome(), both, TODAY)
    assert not found.comparisons[0].breaking
    assert reports.exit_code(found) == 0
    assert str(found.bump) == "major"


def test_it_holds_on_its_last_day_and_no_longer():
    assert codes(waived(outcome(), read(row(expires="2026-03-01")), TODAY)) == []
    ended = waived(outcome(), read(row(expires="2026-02-28")), TODAY)
    assert codes(ended) == [("K401", "error")]
    assert standing(ended) == {"K201": False, "K208": False}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pointer": "/required/9"}, "K402"),
        ({"code": "K209"}, "K402"),
        ({"subject": "sha256:" + "0" * 64}, "K404"),
    ],
)
def test_a_waiver_that_does_not_fit_is_found_and_lets_nothing_pass(changes, code):
    found = waived(outcome(), read(row(**changes)), TODAY)
    assert codes(found) == [(code, "warning")]
    assert found.findings[0].at.line == 1
    assert standing(found) == {"K201": False, "K208": False}


def test_a_waiver_for_years_is_told():
    assert codes(waived(outcome(), read(row(expires="2028-01-01")), TODAY)) == [("K405", "warning")]


def test_undecided_passes_only_when_it_is_waived():
    old = {"$ref": "https://example.org/a"}
    new = {"$ref": "https://example.org/b"}
    found = outcome(new, old)
    assert reports.exit_code(found) == 3
    doubt = next(change for change in found.comparisons[0].changes if change.undecided)
    text = row(code="K301", subject=digest_of(new), pointer=doubt.candidate.pointer)
    assert reports.exit_code(waived(found, read(text), TODAY)) == 0


def test_a_suggested_waiver_fits_what_it_was_suggested_for():
    found = outcome()
    (comparison,) = found.comparisons
    text = "".join(stanza(change, comparison, "2026-03-31") for change in comparison.changes if change.breaking)
    with pytest.raises(CannotRead):
        read(text)  # nobody has signed it
    signed = text.replace('"TODO"', '"ana@example.org"').replace("TODO: ", "agreed: ")
    assert standing(waived(found, read(signed), TODAY)) == {"K201": True, "K208": True}


def test_all_mistakes_in_the_file_are_told_with_places_and_hints():
    text = row(code="208", expires="2026-02-31") + row(owner=" ", subject="abc").replace("reason", "raeson")
    with pytest.raises(CannotRead) as caught:
        read(text + 'waver = "x"\n')
    found = {(finding.code, finding.at.line, finding.hint) for finding in caught.value.findings}
    assert found == {
        ("K113", 2, "write it like `K208`"),
        ("K112", 8, "add `reason`"),
        ("K113", 11, "write it like `sha256:3f0a...`"),
        ("K111", 12, "write `reason`"),
        ("K113", 13, "write it like `ana@example.org`"),
        ("K111", 15, "write `owner`"),
    }


def test_a_day_that_there_is_not_is_told():
    with pytest.raises(CannotRead) as caught:
        read(row(expires="2026-02-31"))
    assert [(finding.code, finding.at.line) for finding in caught.value.findings] == [("K403", 7)]
