"""Stores: what a graph remembers, in one SQLite file or in memory.  Start at `interface.py`."""
