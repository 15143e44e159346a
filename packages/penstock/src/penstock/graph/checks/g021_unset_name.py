"""G021: a declared environment name is not set, and has no default.

Why: a run would begin with an empty text where a path or an address belongs.
Bad:   `environment: [SITE_DATA]` in a shell that does not set it.
Good:  `SITE_DATA=/srv/site penstock check ...`, or `environment: {SITE_DATA: /srv/site}` to give a default.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G021",
    asks=lambda draft: (
        declared for name, declared in draft.written.environment.items() if name not in draft.environment
    ),
    finds=lambda declared: declared.is_sound,
    says=lambda declared: f"the environment variable {quoted(declared.name)} is not set, and has no default",
    on_key=True,
    hint=lambda declared: f"set it, or write `environment: {{{declared.name}: default}}`",
)
