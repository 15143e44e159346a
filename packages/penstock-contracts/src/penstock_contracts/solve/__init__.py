"""Satisfiability of formulas over JSON values: `search` splits and joins, one module decides each type."""
