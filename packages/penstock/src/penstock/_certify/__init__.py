"""Try a store until something is lost, and say what it is good for."""
