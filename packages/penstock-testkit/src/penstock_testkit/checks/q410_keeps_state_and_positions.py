"""Q410: keyed state or the position of a source is not what was committed last.

Why: State goes with the outputs that were computed from it; a position says what a source need not read again.
Bad:   keys of two nodes in one table without the node; a position that goes through a float.
Good:  the bytes of a value as they are; positions as JSON, with the count of readings.
"""

from __future__ import annotations

from penstock.stores import Position
from penstock_testkit.keeping import Place, StoreCheck, same


def examine(place: Place) -> None:
    """Write, write over, delete, and read."""
    one = place.process()
    one.commit(state={("n", "k"): b"1", ("n", "j"): b"[2]", ("m", "k"): b"3"})
    one.commit(state={("n", "k"): b'{"a": 1}', ("n", "j"): None, ("n", "never"): None, ("n", "\u00fc"): b"1"})
    values = [one.store.state(node, key) for node, key in (("n", "k"), ("n", "j"), ("m", "k"), ("x", "k"))]
    same("the values of some keys", values, [b'{"a": 1}', None, b"3", None])
    same("the keys of a node, sorted", one.store.state_keys("n"), ["k", "\u00fc"])
    same("where a source stands that was never read", one.store.position("src"), Position(None, 0))
    for value in (0, 2**70, "offset-9", {"0": 12, "1": [None]}, [1.5, "x"], None):
        one.commit(positions={"src": Position(value, 12), "other": Position("x", 1)})
        same("where a source stands", one.store.position("src"), Position(value, 12))


CHECK = StoreCheck("Q410", "keeps state and positions", examine)
