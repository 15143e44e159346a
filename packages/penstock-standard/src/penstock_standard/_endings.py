"""What becomes of a record that a policy takes out, as its setting `then` says.

Takes:   the word of the setting, the channel for `divert`, a reason.
Gives:   `ending`, `check_channel`; `ChannelName` for config fields.
Ignores: why a record is taken out.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from penstock import DeadLetter, Decision, Divert, DropIt, FailRun
from penstock_standard.errors import BadSetting

ChannelName = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", extra_json_schema={"format": "penstock-channel"})]


def check_channel(then: str, channel: str | None, word: str = "divert") -> None:
    """Refuse a channel that nothing goes to, and a `divert` that goes nowhere."""
    if (then == word) != (channel is not None):
        raise BadSetting("channel", f"`{word}` needs one, and nothing else has a use for it")


def ending(then: str, channel: str | None, reason: str) -> Decision:
    """The decision that a word of the settings stands for."""
    if then == "divert" and channel is not None:
        return Divert(channel, reason)
    if then == "drop":
        return DropIt(reason)
    return FailRun(reason) if then == "fail-run" else DeadLetter(reason)
