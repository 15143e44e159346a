"""{{ cookiecutter.id }}: what it does, and the promises that the runtime relies on."""

import pytest
from penstock.testing import run_node
from penstock_testkit import node_suite

from {{ cookiecutter.package }}.nodes.{{ cookiecutter.module }} import {{ cookiecutter.cls }}

Test{{ cookiecutter.cls }} = node_suite(
    {{ cookiecutter.cls }},
    config={"limit": 3.0},
    records=[{"value": 1}, {"value": 5.5}],
)


@pytest.mark.parametrize(("value", "over"), [(2, False), (3, False), (3.5, True)])
def test_a_value_is_over_when_it_is_greater_than_the_limit(value: float, over: bool) -> None:
    outcome = run_node({{ cookiecutter.cls }}(limit=3.0), [{"value": value, "unit": "bar"}])
    assert outcome.payloads == [{"value": value, "unit": "bar", "over": over}]
