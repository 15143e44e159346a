"""Say what the end of a cell means: its state, its failure, and whom to ask about it."""

from penstock_compat.classify.attribution import attribute
from penstock_compat.classify.endings import classify
from penstock_compat.classify.foreseen import foreseen

__all__ = ["attribute", "classify", "foreseen"]
