"""Spend no more than so much.

Takes:   records that a source has read, or that are about to be given to a node, and how long a node worked.
Gives:   `Budget`.
Ignores: how fast it is spent (`rate_limit.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import Answer, Arrival, Completion, Decision, Delay, Dispatch, Memory, Proceed, policy
from penstock_standard._endings import ChannelName, check_channel, ending
from penstock_standard.errors import BadSetting

_AGAIN = 60.0  # seconds, then a budget that is spent for good is asked again: an operator may have given another
_WHOLE = ("wait", "fail-run")  # what is for a batch, and not for one record among others


@policy("budget", layer="admission", durable=True, drops={"then": ("drop",)})
class Budget:
    """Let records pass until so many records, bytes or seconds are spent; then do as `then` says.

    Decides: admit (bound to a source), dispatch and completion (bound to a node).
    Spends:  a record, and the bytes of its payload as JSON, when it passes; at a node each attempt. `seconds` are those that
             the node worked; at a source those since the period began. Of records and bytes nothing is overspent, but by
             the batch that a source has in hand when it has to wait, or the run to stop; seconds are known afterwards, so
             a batch may go over.
    State:   what is spent in this period, durable: a restart does not renew a budget. A period begins with its first record.
    Source:  the fixed window counter of API quotas; per-run limits of batch systems (Slurm's `--time`, Logstash's `count`).
    Notes:   `wait` waits for the next period, or, without `per`, until an operator gives another budget.
    """

    records: Annotated[int, Meta(ge=1)] | None = None  # null: any number
    size: Annotated[int, Meta(ge=1)] | None = None  # bytes; null: any number
    seconds: Annotated[float, Meta(gt=0)] | None = None  # null: any time
    per: Annotated[float, Meta(gt=0)] | None = None  # seconds, then it is renewed; null: never
    then: Literal["wait", "drop", "divert", "dead-letter", "fail-run"] = "wait"
    channel: ChannelName | None = None  # where `divert` puts it

    def __post_init__(self) -> None:
        if self.records is None and self.size is None and self.seconds is None:
            raise BadSetting("records", "a budget needs `records`, `size` or `seconds`")
        check_channel(self.then, self.channel)

    def admit(self, facts: Arrival) -> Answer:
        """As many as can be paid for."""
        began = self._period(facts.memory, facts.now)
        if self.seconds is not None:
            facts.memory["seconds"] = facts.now - began
        if self.then in _WHOLE:  # a source's batch is let in whole or not at all
            return self._over(began, facts.now) if self._is_spent(facts.memory) else self._pay_whole(facts)
        return self._pay(facts)

    def dispatch(self, facts: Dispatch) -> Answer:
        """As many as can be paid for."""
        if facts.pulling:
            return self._peek(facts)
        self._period(facts.memory, facts.now)
        return self._pay(facts)

    def completion(self, facts: Completion) -> Decision:
        """The seconds are spent."""
        if self.seconds is not None:
            facts.memory["seconds"] = facts.memory.get("seconds", 0.0) + facts.seconds
        return Proceed()

    def _period(self, memory: Memory, now: float) -> float:
        """When the present period began; a new one has everything yet to spend."""
        began: float | None = memory.get("began")
        if began is None or (self.per is not None and now - began >= self.per):
            began = now if began is None or self.per is None else now - (now - began) % self.per
            memory.update(began=began, records=0, size=0, seconds=0.0)
        return began

    def _peek(self, facts: Dispatch) -> Decision:
        began = facts.memory.get("began")
        if began is None or self.then != "wait" or (self.per is not None and facts.now - began >= self.per):
            return Proceed()
        if self._is_spent(facts.memory):
            return self._over(began, facts.now)
        return Proceed() if self.records is None else Proceed(at_most=self.records - facts.memory["records"])

    def _is_spent(self, memory: Memory) -> bool:
        return (
            (self.records is not None and memory["records"] >= self.records)
            or (self.size is not None and memory["size"] >= self.size)
            or (self.seconds is not None and memory["seconds"] >= self.seconds)
        )

    def _pay_whole(self, facts: Arrival) -> Decision:
        size = 0 if self.size is None else sum(facts.size(at) for at in range(len(facts.records)))
        facts.memory.update(records=facts.memory["records"] + len(facts.records), size=facts.memory["size"] + size)
        return Proceed()

    def _pay(self, facts: Arrival | Dispatch) -> Answer:
        memory = facts.memory
        records, size = memory["records"], memory["size"]
        left = self.records if self.records is not None else records + len(facts.records)
        paid = 0
        over = self.seconds is not None and memory["seconds"] >= self.seconds
        for at in range(len(facts.records)):
            cost = 0 if self.size is None else facts.size(at)
            if over or records >= left or (self.size is not None and size + cost > self.size):
                break
            records, size, paid = records + 1, size + cost, paid + 1
        if paid:
            memory.update(records=records, size=size)
        if paid == len(facts.records):
            return Proceed()
        if self.then not in _WHOLE:
            return dict.fromkeys(range(paid, len(facts.records)), self._over(memory["began"], facts.now))
        return Proceed(at_most=paid) if paid else self._over(memory["began"], facts.now)

    def _over(self, began: float, now: float) -> Decision:
        if self.then != "wait":
            return ending(self.then, self.channel, "budget")
        return Delay(_AGAIN if self.per is None else max(0.0, began + self.per - now))
