"""Say which version this is.

Ignores: the versions of packs; a test compares this one with pyproject.toml.
"""

VERSION = "0.1.0"
