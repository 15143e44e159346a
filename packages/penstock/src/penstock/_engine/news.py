"""Who waits for what, and who is woken: only those whom the news concern.

Takes:   topics: short texts, the same for whoever waits and whoever tells.
Gives:   `News`.
Ignores: what a topic means. Whoever is woken looks whether there is something to do; whoever is not looks later.

A woken task costs tens of microseconds, and most of what is committed concerns one or two of many who wait.
"""

from __future__ import annotations

import asyncio

_ANY = ""  # what everybody waits for beside their own topics


class News:
    """Those who wait, by topic."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    async def wait(self, timeout: float, *topics: str) -> None:
        """Wait until one of the topics is told, or everything, and at most `timeout` seconds."""
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        for topic in (_ANY, *topics):
            self._waiting.setdefault(topic, []).append(woken)
        timer = loop.call_later(timeout, _wake, woken)
        try:
            await woken
        finally:
            timer.cancel()
            for topic in (_ANY, *topics):
                self._waiting[topic].remove(woken)

    def tell(self, *topics: str) -> None:
        """Wake whoever waits for one of the topics."""
        for topic in topics:
            for woken in self._waiting.get(topic, ()):
                _wake(woken)

    def tell_all(self) -> None:
        """Wake everybody."""
        self.tell(_ANY)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
