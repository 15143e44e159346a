"""The standard nodes, one to a file; each file's class is one node type."""
