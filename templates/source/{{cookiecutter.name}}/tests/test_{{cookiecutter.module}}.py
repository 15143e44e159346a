"""{{ cookiecutter.id }}: what it does, and the promises that the runtime relies on."""

from penstock.testing import run_node
from penstock_testkit import node_suite

from {{ cookiecutter.package }}.nodes.{{ cookiecutter.module }} import {{ cookiecutter.cls }}

Test{{ cookiecutter.cls }} = node_suite(
    {{ cookiecutter.cls }},
    config={"count": 5},
)


def test_the_numbers_come_in_order() -> None:
    outcome = run_node({{ cookiecutter.cls }}(count=3))
    assert outcome.payloads == [{"number": 0}, {"number": 1}, {"number": 2}]
