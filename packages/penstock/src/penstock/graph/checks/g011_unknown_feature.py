"""G011: the graph requires a feature that this version of Penstock does not have.

Why: `requires` names parts of the runtime without which the graph would run wrongly; a version that lacks one refuses.
Bad:   `requires: [lanes]`, where nobody has heard of lanes.
Good:  `requires: [timers]`, or a newer version of Penstock.
"""

from penstock.graph.check import Check
from penstock.graph.fields import FEATURES
from penstock.graph.wording import quoted, suggestion

CHECK = Check(
    "G011",
    asks=lambda draft: ((feature, draft.feature_guesses.get(feature.name)) for feature in draft.written.requires),
    finds=lambda pair: pair[0].name not in FEATURES,
    says=lambda pair: f"this version of penstock has no feature {quoted(pair[0].name)}",
    at=lambda pair: pair[0].pointer,
    hint=lambda pair: suggestion(pair[1], FEATURES),
)
