"""The standard policies, one to a file; each file's class is one policy type."""
