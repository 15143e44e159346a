"""Q416: an order that somebody left does not reach every process, or not in its order.

Why: `penstock policies apply` leaves an order in the store, and each process that works there takes it up.
Bad:   an order that the first who reads it takes away.
Good:  numbers from 1, which only grow; whoever asks is given all that came after the number that it knows.
"""

from __future__ import annotations

from penstock.stores import Order
from penstock_testkit.keeping import Place, StoreCheck, same


def examine(place: Place) -> None:
    """Leave two orders from two processes, and ask both."""
    one, two = place.process(), place.process()
    first = one.store.give_order("policies", "text \u00e9\n", "ada", place.now)
    second = two.store.give_order("policies", "other", "bob", place.now + 1)
    both = [
        Order(1, "policies", "text \u00e9\n", "ada", place.now),
        Order(2, "policies", "other", "bob", place.now + 1),
    ]
    same("the numbers of two orders", [first, second], [1, 2])
    for process in (one, two):
        same("the orders that a process sees", process.store.orders(), both)
        same("the orders after the first", process.store.orders(after=1), both[1:])


CHECK = StoreCheck("Q416", "hands orders on", examine)
