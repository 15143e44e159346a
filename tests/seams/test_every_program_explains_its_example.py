"""The code that a program names as an example is one that it can explain."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

PROGRAMS = ["penstock", "penstock_contracts", "penstock_trust", "penstock_compat"]


@pytest.mark.parametrize("package", PROGRAMS)
def test_the_example_of_explain_works_wherever_it_stands(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = import_module(f"{package}.cli").main
    assert main(["--help"]) == main(["explain", "--help"]) == 0
    pages = capsys.readouterr().out
    named = set(re.findall(r"explain ([A-Z]\d{3})|such as ([A-Z]\d{3})", pages))
    (code,) = {code for pair in named for code in pair if code}
    assert main(["explain", code]) == 0
