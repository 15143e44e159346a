"""Say where a record goes that is given up, or that is not to be tried again.

Takes:   one failure, and what was decided about it.
Gives:   `DeadLetterRouting`.
Ignores: how often and how long a record is tried (`retry.py`).
"""

from __future__ import annotations

from typing import Literal

from penstock import Decision, Failure, FailureClass, Proceed, policy
from penstock_standard._endings import ChannelName, check_channel, ending


@policy("dead-letter", layer="dead-letter", drops={"then": ("drop",)})
class DeadLetterRouting:
    """Choose what becomes of records that would be dead letters, and of failures that are not worth an attempt.

    Decides: failure.
    When:    `given-up`: when another policy has made a dead letter of the record; `at-once`: at the first failure, before
             anybody is asked whether to try again. Only for failures that fit all of `classes`, `statuses` and `reasons`.
    Then:    `keep` makes a dead letter, for `penstock dlq`; `divert` appends the record to another durable channel of the
             graph; `drop` drops it; `fail-run` stops the run, and the record stays where it is.
    Source:  the dead letter exchange of RabbitMQ, and the redrive policy of Amazon SQS; `at-once` is the reject without
             requeue of AMQP.
    Notes:   bind it several times under names of their own (`as: NAME`) for rules of several kinds; the first that fits holds.
    """

    when: Literal["given-up", "at-once"] = "given-up"
    classes: tuple[FailureClass, ...] = ()  # of failure; none: all
    statuses: tuple[int, ...] = ()  # that the other side answered; none: all
    reasons: tuple[str, ...] = ()  # for which it was given up; none: all
    then: Literal["keep", "divert", "drop", "fail-run"] = "keep"
    channel: ChannelName | None = None  # where `divert` puts it

    def __post_init__(self) -> None:
        check_channel(self.then, self.channel)

    def failure(self, facts: Failure) -> Decision:
        """Another way for what fits."""
        if (facts.verdict is not None) != (self.when == "given-up") or not self._fits(facts):
            return Proceed()
        reason = facts.failure_class.value if facts.verdict is None else facts.verdict.reason
        return ending(self.then, self.channel, reason)

    def _fits(self, facts: Failure) -> bool:
        return (
            (not self.classes or facts.failure_class in self.classes)
            and (not self.statuses or facts.status in self.statuses)
            and (not self.reasons or (facts.verdict is not None and facts.verdict.reason in self.reasons))
        )
