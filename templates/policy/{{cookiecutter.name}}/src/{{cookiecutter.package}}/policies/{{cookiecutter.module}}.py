"""{{ cookiecutter.id }}: try again at steady intervals, then keep the record as a dead letter."""

from penstock import DeadLetter, Decision, Delay, Failure, policy


@policy("{{ cookiecutter.id }}")
class {{ cookiecutter.cls }}:
    """Try again every `wait` seconds, `attempts` times in all.

    Decides: failure.
    Notes:   what cannot succeed (a broken contract, bytes that cannot be read) is not tried again.
    """

    attempts: int = 3
    wait: float = 1.0  # seconds

    def failure(self, failure: Failure) -> Decision:
        """Depend on nothing but what is handed over, so that a run can be repeated."""
        if failure.failure_class.is_permanent or failure.attempt >= self.attempts:
            return DeadLetter(reason=failure.failure_class.value)
        return Delay(max(self.wait, failure.retry_after or 0.0))
