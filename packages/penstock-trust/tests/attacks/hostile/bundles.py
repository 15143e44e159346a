"""Bundles, and what stands around them, that have to be refused although much about them is right.

Gives:   `BUNDLES`: each attack makes a `Case`. A table of contents: one module for each thing that can be wrong.
Ignores: wheels that are bad by themselves (`wheels`), and policy files that are (`policies`).
"""

from __future__ import annotations

from hostile import bundle_certificates as bundle_certificates
from hostile import bundle_decisions as bundle_decisions
from hostile import bundle_denials as bundle_denials
from hostile import bundle_keys as bundle_keys
from hostile import bundle_logs as bundle_logs
from hostile import bundle_roots as bundle_roots
from hostile import bundle_signatures as bundle_signatures
from hostile import bundle_signers as bundle_signers
from hostile import bundle_statements as bundle_statements
from hostile import bundle_texts as bundle_texts
from hostile import bundle_times as bundle_times
from hostile import bundle_versions as bundle_versions
from hostile.bundling import BUNDLES as BUNDLES

__all__ = ["BUNDLES"]
