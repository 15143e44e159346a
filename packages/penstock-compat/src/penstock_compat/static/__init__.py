"""Decide without running: what metadata, sources and a resolver say of a cell."""

from penstock_compat.static.judging import judge
from penstock_compat.static.verdict import Reason, Static, Verdict, When

__all__ = ["Reason", "Static", "Verdict", "When", "judge"]
