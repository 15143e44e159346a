"""List the commands of trust: one row each, in the order in which the help page shows them.

Takes:   nothing.
Gives:   `COMMANDS`; the quick help page and click's group both read it.
Ignores: options; a command's own module declares them.
"""

from penstock_findings.cli.commands import table

COMMANDS = table(
    "penstock_trust.cli",
    {
        "Release": [
            ("sign", "sign:sign", "Sign wheels with sigstore, or with a key."),
            ("attest", "sign:attest", "Sign a statement about a wheel, such as how it was built."),
            ("keys", "keys:keys", "Make and show Ed25519 keys, for where there is no sigstore."),
        ],
        "Decide": [
            ("verify", "verify:verify", "Say whether a policy accepts wheels, and why not."),
            ("import-pep740", "imports:import_pep740", "Take over what a publisher attested on a package index."),
        ],
        "This machine": [
            ("install", "install:install", "Verify wheels, install exactly those bytes, keep receipts."),
            ("renew", "install:renew", "Verify what is installed again, after the policy changed."),
            ("forget", "install:forget", "Take the acceptance of a pack back."),
            ("status", "status:status", "List every pack: may it load, and which file differs if not."),
            ("doctor", "status:doctor", "Say who can write what trust stands on."),
            ("receipt", "receipt:receipt", "Show what was accepted, by which policy, and when."),
        ],
        "Rules": [
            ("policy", "policy:policy", "Check, explain, try and compare policy files."),
            ("deny", "deny:deny", "Sign, show and check deny lists."),
            ("audit", "audit:audit", "Verify, show and anchor the log of what was done."),
            ("secrets", "secrets:secrets", "Check that references to secrets lead somewhere."),
        ],
        "More": [
            ("explain", "about:explain", "Say what a code means, such as T324."),
            ("completion", "about:completion", "Print the completion script for a shell."),
        ],
    },
)
