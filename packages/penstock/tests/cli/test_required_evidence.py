"""What `penstock run --require-evidence` does when nobody is there who could judge evidence."""

from __future__ import annotations

import pytest

from penstock._plugins.discovery import Catalog
from penstock.cli.assembly import Assembled, Ground
from penstock.cli.evidence import Required, packs_in_use, require
from penstock_findings import Report

NOTHING = Assembled(Report("penstock run"), Ground(None, None, ()))


def test_that_nobody_was_asked_is_not_a_yes(capsys):
    with pytest.raises(SystemExit) as ended:
        require(Required(("all.compat.json",)), NOTHING, Catalog())
    assert ended.value.code == 1
    assert "error P242" in capsys.readouterr().err


def test_a_warning_is_printed_and_the_run_goes_on(capsys):
    require(Required(("all.compat.json",), "warn"), NOTHING, Catalog())
    assert "warning P242" in capsys.readouterr().err


def test_nothing_is_asked_when_nothing_is_required(capsys):
    require(Required(), NOTHING, Catalog())
    assert capsys.readouterr().err == ""


def test_a_graph_that_is_not_there_uses_no_packs():
    assert packs_in_use(NOTHING, Catalog()) == {}
