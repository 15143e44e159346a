"""What every test run shares: the two hypothesis profiles, chosen by HYPOTHESIS_PROFILE.

quick: what runs on every change; the same examples each time, so a red run is red for everybody.
deep:  many more, chosen afresh, for `nox -s deep`.
Ignores: fixtures; those live beside the tests that need them.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick",
    max_examples=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
