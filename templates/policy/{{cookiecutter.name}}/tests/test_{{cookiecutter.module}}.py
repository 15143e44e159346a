"""{{ cookiecutter.id }}: what it decides, and the promises that the runtime relies on."""

from typing import Any

from penstock import node
from penstock.testing import run_node
from penstock_testkit import policy_suite

from {{ cookiecutter.package }}.policies.{{ cookiecutter.module }} import {{ cookiecutter.cls }}

Test{{ cookiecutter.cls }} = policy_suite(
    {{ cookiecutter.cls }},
    config={"attempts": 4},
)


@node("refuses")
class Refuses:
    """Fails on every record."""

    def process(self, record: Any, ctx: Any) -> None:
        raise OSError("no answer")


def test_a_record_that_goes_on_failing_is_kept_after_its_attempts() -> None:
    outcome = run_node(Refuses(), [1], policy={{ cookiecutter.cls }}(attempts=4, wait=0.5))
    (letter,) = outcome.dead
    assert letter.attempts == 4
