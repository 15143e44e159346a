"""However `penstock` ends, its exit code says how, as a program of its own."""

from __future__ import annotations
