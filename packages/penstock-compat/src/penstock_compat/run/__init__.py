"""Run the cells of a plan: resolve, build, install, probe and test, each in an environment of its own.

A table of contents: `run` is imported from its room when it is first used.
"""

from __future__ import annotations
