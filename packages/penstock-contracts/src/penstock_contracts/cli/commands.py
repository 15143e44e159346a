"""List the commands of the gate: one row each, in the order in which the help page shows them.

Takes:   nothing.
Gives:   `COMMANDS`; the quick help page and click's group both read it.
Ignores: options; a command's own module declares them.
"""

from penstock_findings.cli.commands import table

COMMANDS = table(
    "penstock_contracts.cli",
    {
        "Commands": [
            ("diff", "diff:diff", "Compare with an older version, and show what breaks."),
            ("check", "check:check", "Check every link of a graph, or the contracts of a pack."),
            ("bump", "bump:bump", "Say which version the changes need; --check holds you to it."),
            ("witness", "witness:witness", "Show one payload that tells two schemas apart."),
            ("compatible", "compatible:compatible", "Answer a script: is every payload of A one of B?"),
            ("lock", "lock:lock", "Keep released versions in a file, to compare with later."),
            ("explain", "about:explain", "Say what a code means, such as K208."),
            ("completion", "about:completion", "Print the completion script for a shell."),
        ],
    },
)
